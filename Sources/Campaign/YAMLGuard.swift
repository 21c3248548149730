import Diagnostics
import Yams

/// What every YAML text passes before it is parsed: size, encoding, and no anchors or aliases.
///
/// Aliases let a file of one kilobyte stand for gigabytes, and a configuration needs none; so they are
/// refused with their line. Nesting is limited by the parser.
enum YAMLGuard {
  /// The largest file that is read, in bytes.
  static let largestFile = 1 << 20

  /// The text of a file that may be parsed.
  static func text(_ bytes: [UInt8], file: String) throws(CampaignError) -> String {
    guard bytes.count <= largestFile else {
      throw CampaignError(
        .tooLarge, "the file has \(bytes.count) bytes, more than \(largestFile)", place: file)
    }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw CampaignError(
        .badSyntax, "the file is not a UTF-8 text", place: file, remedy: "save it as UTF-8")
    }
    try refuseAliases(bytes, file: file)
    return text
  }

  /// A parser's complaint as an error of ours.
  static func syntaxError(
    _ error: any Error, file: String, text: String = ""
  ) -> CampaignError {
    if let error = error as? CampaignError { return error }
    guard let error = error as? YamlError else {
      return CampaignError(.badSyntax, "the file cannot be read as YAML", place: file)
    }
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let detail = context.map { " \($0.text)" } ?? ""
      return CampaignError(
        .badSyntax, "not valid YAML: \(problem)\(detail)",
        place: "\(file):\(mark.line):\(mark.column)", remedy: "see docs/configuration.md")
    case .duplicatedKeysInMapping(let keys, let context):
      let key = (keys.first ?? "").trimmingWhitespace()
      let line = secondLine(of: key, in: text, from: context.mark.line)
      let place = line.map { "\($0)" } ?? "\(context.mark.line):\(context.mark.column)"
      return CampaignError(
        .duplicateKey, "the key '\(key.clipped(to: 60))' is given twice",
        place: "\(file):\(place)", remedy: "keep one of them")
    case .reader(let problem, _, _, _):
      return CampaignError(.badSyntax, "not valid YAML: \(problem)", place: file)
    default:
      return CampaignError(.badSyntax, "the file cannot be read as YAML", place: file)
    }
  }

  /// The line and column of the second of two equal keys; the parser only tells where the mapping is.
  private static func secondLine(of key: String, in text: String, from first: Int) -> String? {
    var indentation: Int?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where index + 1 >= first {
      let body = line.drop { $0 == " " }
      guard body.hasPrefix(key), body.dropFirst(key.count).first(where: { $0 != " " }) == ":" else {
        continue
      }
      let spaces = line.count - body.count
      if spaces == indentation { return "\(index + 1):\(spaces + 1)" }
      if indentation == nil { indentation = spaces }
    }
    return nil
  }

  /// Refuses every anchor, alias and tag where a node begins, with its line.
  private static func refuseAliases(_ bytes: [UInt8], file: String) throws(CampaignError) {
    try boundExpansion(bytes, file: file)
    var line = 1
    var column = 0
    var quote: UInt8?
    var isEscaped = false
    // A node may begin here: after the start of a line or one of the indicators - : ? [ { ,
    var mayBegin = true
    var previous = UInt8(ascii: "\n")
    var inComment = false
    for byte in bytes {
      column += 1
      defer { previous = byte }
      if byte == UInt8(ascii: "\n") {
        (line, column, inComment, isEscaped) = (line + 1, 0, false, false)
        if quote == nil { mayBegin = true }
        continue
      }
      if inComment { continue }
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\"") {
          isEscaped = true
        } else if byte == open {
          quote = nil
        }
        continue
      }
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      case UInt8(ascii: "#") where previous <= 0x20: inComment = true
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        if mayBegin { quote = byte }
        mayBegin = false
      case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
        if mayBegin {
          throw CampaignError(
            .badSyntax, "anchors, aliases and tags (&, *, !) are not accepted",
            place: "\(file):\(line):\(column)",
            remedy: "write the value out, or put a text that begins so in quotes")
        }
      case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "["),
        UInt8(ascii: "{"), UInt8(ascii: ","):
        mayBegin = true
      default: mayBegin = false
      }
    }
  }

  /// Bounds what aliases could expand to, however they are hidden from the line-by-line look.
  ///
  /// With k anchors and s aliases the text stands for at most (s/k + 1)^k times what it shows.
  private static func boundExpansion(_ bytes: [UInt8], file: String) throws(CampaignError) {
    let anchors = bytes.count { $0 == UInt8(ascii: "&") }
    let aliases = bytes.count { $0 == UInt8(ascii: "*") }
    guard anchors > 0, aliases > 0 else { return }
    var expansion = 1.0
    for _ in 0..<min(anchors, 64) { expansion *= Double(aliases) / Double(anchors) + 1 }
    guard expansion <= 10_000 else {
      throw CampaignError(
        .badSyntax, "the file holds too many & and * characters to be read safely", place: file,
        remedy: "anchors and aliases are not accepted: write the values out")
    }
  }
}

extension String {
  /// The text without spaces, tabs and line ends at both ends.
  func trimmingWhitespace() -> String {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    guard let first = firstIndex(where: { !isSpace($0) }),
      let last = lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(self[first...last])
  }
}
