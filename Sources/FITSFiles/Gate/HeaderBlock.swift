/// One header, read block by block and taken apart into cards.
struct HeaderBlock {
  /// The HDU's position in the file.
  let index: Int
  /// Where the header begins, and where the data begin.
  let offset: Int
  private(set) var dataOffset: Int
  /// The cards, END excluded.
  private(set) var cards: [FITSCard] = []
  /// What is irregular but harmless.
  private(set) var warnings: [String] = []

  /// Reads the header at `offset`.
  ///
  /// - Throws: `truncated` where the file ends before END, `badHeader`, `tooLarge`.
  init(_ source: some ByteSource, at offset: Int, hdu: Int) throws(FITSError) {
    index = hdu
    self.offset = offset
    var position = offset
    dataOffset = offset
    var names: Set<String> = []
    while true {
      let bytes = try source.bytes(at: position, count: FITSGate.block)
      position += FITSGate.block
      for start in stride(from: 0, to: bytes.count - 79, by: 80) {
        let card = bytes[start..<start + 80]
        if Self.isEnd(card) {
          guard bytes.count == FITSGate.block else {
            throw FITSError(
              .truncated, "the header's last block has \(bytes.count) of 2880 bytes",
              file: source.name, hdu: hdu)
          }
          if bytes[(start + 80)...].contains(where: { $0 != 0x20 }) {
            warnings.append("HDU \(hdu): text after END")
          }
          dataOffset = position
          return
        }
        guard cards.count < FITSGate.maximumCards else {
          throw FITSError(
            .tooLarge, "more than \(FITSGate.maximumCards) cards", file: source.name, hdu: hdu)
        }
        try append(card, &names, source.name)
      }
      guard bytes.count == FITSGate.block, position < source.length else {
        throw FITSError(
          .truncated, "the header has no END within the \(source.length) bytes of the file",
          file: source.name, hdu: hdu)
      }
    }
  }

  private static func isEnd(_ card: ArraySlice<UInt8>) -> Bool {
    card.starts(with: [0x45, 0x4E, 0x44]) && card.dropFirst(3).allSatisfy { $0 == 0x20 }
  }

  private mutating func append(
    _ bytes: ArraySlice<UInt8>, _ names: inout Set<String>, _ file: String
  ) throws(FITSError) {
    guard let raw = CardParser.parse(bytes) else {
      let number = cards.count + 1
      throw FITSError(
        .badHeader, "card \(number) has a keyword with illegal characters", file: file, hdu: index)
    }
    if let warning = raw.warning { warnings.append("HDU \(index): \(warning)") }
    if bytes.contains(where: { !(0x20...0x7E).contains($0) }) {
      warnings.append("HDU \(index): card \(cards.count + 1) is not plain ASCII")
    }
    let keyword = raw.card.keyword
    if keyword == "CONTINUE", let last = cards.last, case .text(let head) = last.value,
      head.hasSuffix("&"), let tail = CardParser.continuation(bytes)
    {
      cards[cards.count - 1] = FITSCard(
        last.keyword, .text(head.dropLast() + tail.text), unit: last.unit,
        last.comment + tail.comment)
      return
    }
    if raw.hasValue, let problem = Self.structuralProblem(keyword, &names) {
      throw FITSError(.badHeader, problem, file: file, hdu: index)
    }
    cards.append(raw.card)
  }

  /// Keywords that decide about sizes must be unambiguous: CFITSIO reads TFORM01 as TFORM1, and of
  /// two cards of the same name it may take the other one.
  private static func structuralProblem(_ keyword: String, _ names: inout Set<String>) -> String? {
    let upper = keyword.uppercased()
    let stem = String(upper.prefix { !$0.isNumber })
    guard structural.contains(stem) else { return nil }
    if upper != keyword { return "the structural keyword \(keyword) is not in capitals" }
    let digits = upper.dropFirst(stem.count)
    if digits.hasPrefix("0") { return "the structural keyword \(keyword) has a leading zero" }
    if !names.insert(upper).inserted { return "the structural keyword \(keyword) is given twice" }
    return nil
  }

  private static let structural: Set<String> = [
    "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS", "TFIELDS", "TFORM",
    "TBCOL", "THEAP", "ZIMAGE", "ZBITPIX", "ZNAXIS", "ZTILE", "ZCMPTYPE", "ZTABLE", "ZTILELEN",
  ]
}
