import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// The progress of a long command on standard error: one line that is rewritten on a terminal, and a
/// plain line per finished stage elsewhere, so that logs stay readable.
///
/// May be told of progress by any thread.
public final class ProgressLine: Sendable {
  private struct State {
    var isShown = false
    var last: UInt64 = 0
  }

  private let isQuiet: Bool
  private let terminal: Terminal
  private let state = Mutex(State())
  private let sink: @Sendable (String) -> Void

  /// A progress display.
  ///
  /// - Parameters:
  ///   - isQuiet: shows nothing at all.
  ///   - terminal: what standard error is, unless given.
  ///   - sink: takes the text; standard error unless given.
  public init(
    isQuiet: Bool = false, terminal: Terminal = .current(.error),
    sink: (@Sendable (String) -> Void)? = nil
  ) {
    self.isQuiet = isQuiet
    self.terminal = terminal
    self.sink = sink ?? { write($0, to: STDERR_FILENO) }
  }

  /// Shows how far the work is, at most ten times a second; only on a terminal.
  public func update(done: Int, of total: Int, _ label: String) {
    guard !isQuiet, terminal.isRewritable else { return }
    state.withLock { state in
      let now = Self.milliseconds
      guard !state.isShown || done >= total || now >= state.last + 100 else { return }
      state.isShown = true
      state.last = now
      sink("\r\u{1B}[K" + Self.line(done: done, of: total, label, columns: terminal.columns))
    }
  }

  /// Writes a whole line that stays: the end of a stage, a warning.
  public func note(_ line: String) {
    guard !isQuiet else { return }
    state.withLock { state in
      sink((state.isShown ? "\r\u{1B}[K" : "") + line + "\n")
      state.isShown = false
    }
  }

  /// Removes the progress line.
  public func finish() {
    state.withLock { state in
      if state.isShown { sink("\r\u{1B}[K") }
      state.isShown = false
    }
  }

  /// The text of a progress line: `[#####-----]  50 % label`.
  static func line(done: Int, of total: Int, _ label: String, columns: Int) -> String {
    let share = total > 0 ? Double(min(max(done, 0), total)) / Double(total) : 1
    let full = Int(share * 20)
    let percent = String(Int(share * 100))
    let bar = String(repeating: "#", count: full) + String(repeating: "-", count: 20 - full)
    let text =
      "[\(bar)] " + String(repeating: " ", count: 3 - percent.count) + "\(percent) % \(label)"
    return TextTable.clipped(text, to: max(1, columns - 1))
  }

  private static var milliseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}
