public import Diagnostics
import Foundation

/// JSON as all commands print it: sorted keys, two-space indent, a line end, numbers that read back
/// the same.
public enum JSONText {
  /// A value as indented JSON with a line end.
  ///
  /// - Throws: `EncodingError` for NaN and infinities, which a result must not hold.
  public static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: closingEmpty(try encoder.encode(value)), as: UTF8.self) + "\n"
  }

  /// Empty arrays and objects as `[]` and `{}`; the encoder puts blank lines between the brackets.
  /// In texts line ends are escaped, so that a bracket before a line end is never part of one.
  private static func closingEmpty(_ json: Data) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(json.count)
    var blanks = 0
    for byte in json {
      let closed: UInt8? =
        switch byte {
        case UInt8(ascii: "]"): UInt8(ascii: "[")
        case UInt8(ascii: "}"): UInt8(ascii: "{")
        default: nil
        }
      if blanks > 0, let closed, result.count > blanks,
        result[result.count - blanks - 1] == closed, result[result.count - blanks] == 0x0A
      {
        result.removeLast(blanks)
      }
      blanks = byte == 0x0A || byte == 0x20 ? blanks + 1 : 0
      result.append(byte)
    }
    return result
  }

  /// A value as one line, for JSON Lines.
  ///
  /// - Throws: as `text`.
  public static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// The error object that `--json` prints: `{"error": {"code", "message", "place", "remedy", "exit"}}`.
  public static func error(_ error: any DiagnosedError, program: String) -> String {
    let object = ErrorObject(
      error: .init(
        code: error.code, message: error.problem, place: error.place, program: program,
        remedy: error.remedy, exit: error.exitCode.rawValue))
    // Texts and an integer always encode; the fallback keeps the promise of an object all the same.
    return ((try? line(object)) ?? "{\"error\":{}}\n").trimmingCharacters(in: .newlines)
  }

  private struct ErrorObject: Encodable {
    struct Body: Encodable {
      let code: String
      let message: String
      let place: String?
      let program: String
      let remedy: String?
      let exit: Int32
    }
    let error: Body
  }
}
