public import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// The log of a run, in the layout of the original pipeline: `date time,ms - LEVEL - text`, texts
/// wrapped at 80 characters, an empty line after each record.
///
/// Records are appended in one write each, so that what was logged survives a kill.
public final class RunLog: Sendable {
  /// How important a record is.
  public enum Level: String, Sendable {
    case info = "INFO"
    case warning = "WARNING"
    case error = "ERROR"
  }

  /// The log file's path; nil where nothing is written.
  public let path: String?
  private let descriptor: Int32
  private let mirror: (@Sendable (String) -> Void)?

  /// Opens a log file for appending.
  ///
  /// - Parameters:
  ///   - path: nil for a log without a file.
  ///   - mirror: gets each line too, with its level; for `vison-run -g`.
  /// - Throws: `FileError`.
  public init(path: String?, mirror: (@Sendable (String) -> Void)? = nil) throws(FileError) {
    self.path = path
    self.mirror = mirror
    guard let path else {
      descriptor = -1
      return
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(action: "write the log", path: path, errno: errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends a record; an item of a list stands on a line of its own.
  public func record(_ lines: [String], level: Level = .info) {
    if let mirror { for line in lines { mirror("\(level.rawValue) \(line)") } }
    guard descriptor >= 0 else { return }
    let stamp = Self.stamp()
    let wrapped = lines.flatMap { Self.wrap($0, width: 80) }
    let text = "\(stamp) - \(level.rawValue) - " + wrapped.joined(separator: "\n") + "\n\n"
    let bytes = Array(text.utf8)
    // One write keeps records of concurrent processes apart; a full disk must not end the analysis.
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  /// Appends a record of one line.
  public func record(_ line: String, level: Level = .info) { record([line], level: level) }

  /// The present local time, `YYYY-MM-DD HH:MM:SS,mmm`.
  public static func stamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var seconds = now.tv_sec
    var parts = tm()
    localtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let milliseconds = String(1000 + now.tv_nsec / 1_000_000).dropFirst()
    return
      "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)),\(milliseconds)"
  }

  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ", omittingEmptySubsequences: true) {
        if !line.isEmpty, line.count + 1 + word.count > width {
          lines.append(line)
          line = ""
        }
        line += line.isEmpty ? String(word) : " \(word)"
      }
      lines.append(line)
    }
    return lines
  }
}
