#if canImport(Glibc)
  import Glibc
#endif

/// How data are waited for; all times in seconds.
public struct WaitOptions: Sendable, Hashable {
  /// `-O`: exposures with a lower ObsID are left out of account.
  public var firstObsid = 0
  /// `--poll`: the time between two looks at the day folder.
  public var pollSeconds = 10.0
  /// `--settle`: how long a file must not have changed before it is read.
  public var settleSeconds = 5.0
  /// `--late`: how long files may be late once all exposures are in the log; then the test is run
  /// without them.
  public var lateSeconds = 900.0
  /// `--timeout`: how long nothing new may come.
  public var timeoutSeconds = 14_400.0

  /// The defaults.
  public init() {}
}

/// The time as the waiting sees it; tests bring their own.
public struct WaitClock: Sendable {
  /// Seconds since some instant, which never go back.
  public var now: @Sendable () -> Double
  /// Waits some seconds, or until it is to end.
  public var sleep: @Sendable (_ seconds: Double) async -> Void

  /// A clock.
  public init(
    now: @escaping @Sendable () -> Double,
    sleep: @escaping @Sendable (_ seconds: Double) async -> Void
  ) {
    self.now = now
    self.sleep = sleep
  }

  /// The machine's clock; it sleeps in short naps, so that a request to end is heard.
  ///
  /// - Parameter isEnding: whether to end.
  public static func machine(isEnding: @escaping @Sendable () -> Bool) -> WaitClock {
    WaitClock(
      now: { seconds },
      sleep: { duration in
        let end = seconds + duration
        while !isEnding() {
          let rest = end - seconds
          guard rest > 0 else { return }
          try? await Task.sleep(for: .seconds(min(rest, 0.1)))
        }
      })
  }

  private static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
