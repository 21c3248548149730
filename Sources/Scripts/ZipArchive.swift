import CZlib

/// The members of a zip archive in memory: stored or deflated, as workbooks have them.
///
/// Every length is checked against the bytes that are there; a member may not inflate beyond a limit.
struct ZipArchive {
  /// Why an archive cannot be read, as a sentence without a place.
  struct Damage: Error {
    var reason: String
  }

  /// No script comes near this size, inflated.
  static let largestMember = 32 << 20

  private struct Entry {
    var method: Int
    var crc: UInt32
    var compressed: Int
    var inflated: Int
    var offset: Int
  }

  private let bytes: [UInt8]
  private var entries: [String: Entry] = [:]

  init(_ bytes: [UInt8]) throws(Damage) {
    self.bytes = bytes
    guard bytes.count >= 22, bytes.starts(with: [0x50, 0x4B]) else {
      throw Damage(reason: "it is no zip archive, as workbooks are")
    }
    // The record of the end is followed by a comment of at most 64 KiB.
    let first = max(0, bytes.count - 22 - 65_535)
    guard
      let end = stride(from: bytes.count - 22, through: first, by: -1).first(where: {
        number(at: $0, size: 4) == 0x0605_4B50
      })
    else { throw Damage(reason: "its directory is missing: the file is cut short") }
    let count = number(at: end + 10, size: 2) ?? 0
    var position = number(at: end + 16, size: 4) ?? 0
    for _ in 0..<count {
      guard number(at: position, size: 4) == 0x0201_4B50,
        let method = number(at: position + 10, size: 2), let crc = number(at: position + 16, size: 4),
        let compressed = number(at: position + 20, size: 4),
        let inflated = number(at: position + 24, size: 4),
        let nameLength = number(at: position + 28, size: 2),
        let extra = number(at: position + 30, size: 2),
        let comment = number(at: position + 32, size: 2),
        let offset = number(at: position + 42, size: 4),
        position + 46 + nameLength <= bytes.count
      else { throw Damage(reason: "its directory is damaged") }
      let name = String(decoding: bytes[position + 46..<position + 46 + nameLength], as: UTF8.self)
      entries[name] = Entry(
        method: method, crc: UInt32(truncatingIfNeeded: crc), compressed: compressed,
        inflated: inflated, offset: offset)
      position += 46 + nameLength + extra + comment
    }
  }

  /// The names of the members.
  var names: [String] { entries.keys.sorted() }

  /// The content of a member; nil where there is none of that name.
  func member(_ name: String) throws(Damage) -> [UInt8]? {
    guard let entry = entries[name] else { return nil }
    guard number(at: entry.offset, size: 4) == 0x0403_4B50,
      let nameLength = number(at: entry.offset + 26, size: 2),
      let extra = number(at: entry.offset + 28, size: 2)
    else { throw Damage(reason: "its member '\(name)' is damaged") }
    let start = entry.offset + 30 + nameLength + extra
    guard start + entry.compressed <= bytes.count, entry.inflated <= Self.largestMember else {
      throw Damage(reason: "its member '\(name)' is cut short or too large")
    }
    let data = Array(bytes[start..<start + entry.compressed])
    let content: [UInt8]?
    switch entry.method {
    case 0: content = data.count == entry.inflated ? data : nil
    case 8: content = Self.inflate(data, to: entry.inflated)
    default: throw Damage(reason: "its member '\(name)' is compressed in an unknown way")
    }
    guard let content, Self.checksum(content) == entry.crc else {
      throw Damage(reason: "its member '\(name)' is damaged: the checksum differs")
    }
    return content
  }

  // MARK: - Bytes

  /// A little-endian number; nil beyond the end.
  private func number(at offset: Int, size: Int) -> Int? {
    guard offset >= 0, offset + size <= bytes.count else { return nil }
    var value = 0
    for index in (0..<size).reversed() { value = value << 8 | Int(bytes[offset + index]) }
    return value
  }

  private static func inflate(_ data: [UInt8], to size: Int) -> [UInt8]? {
    var stream = z_stream()
    guard vison_inflate_init_raw(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = data
    // One byte more shows a member that is longer than it says.
    var output = [UInt8](repeating: 0, count: size + 1)
    let status = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(clamping: source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(clamping: target.count)
        return CZlib.inflate(&stream, Z_FINISH)
      }
    }
    guard status == Z_STREAM_END, Int(stream.total_out) == size else { return nil }
    output.removeLast()
    return output
  }

  private static func checksum(_ data: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32(crc32(0, nil, 0), data, UInt32(clamping: data.count)))
  }
}
