public import Diagnostics
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Whether the user or the system asked the program to end: Ctrl-C (SIGINT) or SIGTERM.
///
/// The first request only raises the flag, so that an engine can end with whole results; a second
/// Ctrl-C ends the program at once. Engines poll `check()` between pieces of work.
public enum CancellationFlag {
  /// What ends a program that was asked to.
  public struct Interruption: DiagnosedError, Equatable {
    /// The signal's number.
    public let signal: Int32

    public var code: String { signal == SIGTERM ? "terminated" : "interrupted" }
    public var problem: String {
      signal == SIGTERM ? "ended by a termination request" : "ended by Ctrl-C"
    }
    public var remedy: String? {
      "what was finished before is kept"
    }
    public var exitCode: ExitCode { signal == SIGTERM ? .terminated : .interrupted }
  }

  // A lock-free atomic is all that a signal handler may touch.
  private static let received = Atomic<Int32>(0)

  /// Begins to listen for SIGINT and SIGTERM.
  public static func install() {
    // Made before the first signal: a lazy global must not be initialised within a handler.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if CancellationFlag.received.exchange(number, ordering: .relaxed) != 0 {
          _exit(128 + number)
        }
      }
    }
    // A reader that goes away (`vis-meta query | head`) is reported by write, not by death.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Whether an end was requested.
  public static var isRaised: Bool { received.load(ordering: .relaxed) != 0 }

  /// The error that a command ends with because of the request; nil where there was none.
  public static var interruption: Interruption? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : Interruption(signal: number)
  }

  /// Throws where an end was requested; cheap enough for inner loops.
  ///
  /// - Throws: `Interruption`.
  @Sendable public static func check() throws {
    if let interruption { throw interruption }
  }

  /// Raises the flag as a signal would, or lowers it with 0; for tests and for embedding.
  public static func set(signal number: Int32) { received.store(number, ordering: .relaxed) }
}
