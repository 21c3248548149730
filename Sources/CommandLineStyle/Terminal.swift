#if canImport(Glibc)
  import Glibc
#endif

/// What standard output and standard error can show.
public struct Terminal: Sendable, Hashable {
  /// The two streams.
  public enum Stream: Sendable { case output, error }

  /// Whether the stream is a terminal.
  public let isTerminal: Bool
  /// Whether colours may be used: `NO_COLOR` forbids, `CLICOLOR_FORCE` demands them, else a terminal.
  public let hasColour: Bool
  /// Whether a line can be written anew: a terminal that is not `TERM=dumb`.
  public let isRewritable: Bool
  /// Whether box-drawing characters are shown: a terminal whose locale is UTF-8.
  public let hasUnicode: Bool
  /// The number of columns; 80 where it is unknown.
  public let columns: Int

  /// A terminal of known properties.
  public init(isTerminal: Bool, environment: [String: String], columns: Int = 80) {
    func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
    self.isTerminal = isTerminal
    self.columns = max(20, columns)
    let isDumb = (environment["TERM"] ?? "dumb") == "dumb"
    isRewritable = isTerminal && !isDumb
    // The first that is set counts (POSIX, chapter 8.2).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
      .first { !$0.isEmpty }?.uppercased() ?? ""
    hasUnicode = isTerminal && !isDumb && (locale.contains("UTF-8") || locale.contains("UTF8"))
    if isSet("NO_COLOR") {
      hasColour = false
    } else if isSet("CLICOLOR_FORCE"), environment["CLICOLOR_FORCE"] != "0" {
      hasColour = true
    } else {
      hasColour = isRewritable
    }
  }

  /// What a stream of this process can show now.
  public static func current(_ stream: Stream) -> Terminal {
    let descriptor = stream == .output ? STDOUT_FILENO : STDERR_FILENO
    var environment: [String: String] = [:]
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    var size = winsize()
    let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return Terminal(
      isTerminal: isatty(descriptor) == 1, environment: environment,
      columns: known ? Int(size.ws_col) : 80)
  }

  /// The styles that messages and tables use.
  public enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  /// A text in a style where colours may be used, else as it is.
  public func styled(_ text: String, _ style: Style) -> String {
    hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
