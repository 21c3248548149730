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
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
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
