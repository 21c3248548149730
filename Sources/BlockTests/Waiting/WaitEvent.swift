/// Something that the waiting tells, for people and for programs that watch it.
public struct WaitEvent: Sendable, Hashable, Encodable {
  /// What has happened.
  public enum Kind: String, Sendable, Encodable, CaseIterable {
    /// The day folder or its log is not there, or not there any more.
    case away
    /// It is there, after it was not.
    case back
    /// The log cannot be read as it is.
    case unreadable
    /// The first exposure of a test is in the log.
    case begun
    /// All exposures of a test are in the log.
    case acquired
    /// Files of a test are not there yet, or not whole.
    case lacking
    /// A test was not acquired as a whole.
    case partial
    /// A test, or an ObsID, was acquired more than once.
    case repeated
    /// A test is in the warehouse already.
    case done
    /// A test is run.
    case started
    /// A test has been run.
    case finished
    /// A test failed because of its files, and will be run again.
    case retried
    /// Nothing new has come for too long.
    case timeout
  }

  /// What has happened.
  public let event: Kind
  /// The test; nil for what concerns the day folder.
  public let test: String?
  /// The lowest and highest ObsID; nil where none are concerned.
  public let firstObsid, lastObsid: Int?
  /// The same as a sentence.
  public let text: String

  init(_ event: Kind, _ test: String? = nil, _ obsids: ClosedRange<Int>? = nil, _ text: String) {
    self.event = event
    self.test = test
    firstObsid = obsids?.lowerBound
    lastObsid = obsids?.upperBound
    self.text = test.map { "\($0): \(text)" } ?? text
  }
}

/// How the waiting ended.
public struct WaitOutcome: Sendable {
  /// Why it ended.
  public enum End: Sendable, Hashable {
    /// Every test is done.
    case allDone
    /// Nothing new came for too long.
    case timedOut
    /// The user wanted it.
    case interrupted
  }

  /// A test that was not run.
  public struct Open: Sendable, Hashable, Encodable {
    /// The test.
    public let test: String
    /// What it lacks.
    public let text: String
  }

  /// Why it ended.
  public let end: End
  /// The tests that were run.
  public let summary: ExecutionSummary
  /// The tests that were in the warehouse already, each with its analysis.
  public let earlier: [Open]
  /// The tests that were not run, in order.
  public let open: [Open]
}
