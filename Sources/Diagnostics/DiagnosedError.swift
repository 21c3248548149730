/// An error that a user can act upon: what is wrong, where, and what to do.
///
/// Each module has one such type. Its `code` is stable and listed in `docs/errors.md`; scripts may
/// depend on it.
public protocol DiagnosedError: Error, CustomStringConvertible {
  /// A short, stable name in kebab case, such as `no-such-block`.
  var code: String { get }

  /// What is wrong, as one sentence without a final full stop.
  var problem: String { get }

  /// Where: a file, a line, an ObsID; nil where the place is evident from `problem`.
  var place: String? { get }

  /// What the user can do about it; nil where nothing sensible can be advised.
  var remedy: String? { get }

  /// The exit code that a command ends with because of this error.
  var exitCode: ExitCode { get }
}

extension DiagnosedError {
  public var place: String? { nil }
  public var remedy: String? { nil }
  public var exitCode: ExitCode { .failed }

  /// One line: `error[code]: what (where): remedy`.
  ///
  /// Control characters, which outside text may carry, are shown as escapes so that the message
  /// stays one line and cannot command a terminal.
  public var description: String {
    var line = "error[\(code)]: \(problem)"
    if let place { line += " (\(place))" }
    if let remedy { line += ": \(remedy)" }
    return line.escapingControlCharacters()
  }
}

extension String {
  /// The text with control characters and line separators replaced by `\u{...}` escapes.
  public func escapingControlCharacters() -> String {
    guard
      unicodeScalars.contains(where: {
        $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value)
          || (0x2066...0x2069).contains($0.value)
      })
    else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// At most `count` characters, with an ellipsis where something was cut.
  public func clipped(to count: Int) -> String {
    self.count <= count ? self : String(prefix(count)) + "…"
  }
}
