public import Warehouse

/// A test run with what decides how one looks at it: steps, verdict, flags, failed checks.
public struct RunOverview: Sendable, Encodable {
  /// The run's number, as commands take it.
  public let run: Int64
  /// What was tested, and in which analysis.
  public let campaign, block, camera, test, session, analysis: String
  /// The ObsIDs, "first-last"; nil where there are none.
  public let obsids: String?
  /// When it began and ended.
  public let started: String
  /// When it ended; nil where it did not.
  public let finished: String?
  /// running, finished, failed or interrupted.
  public let status: String
  /// accepted or rejected; nil where nobody has decided.
  public let verdict: String?
  /// The steps that finished, in order.
  public let steps: [String]
  /// The names of the flags that were raised, each once, in order.
  public let flags: [String]
  /// How many checks were made, and how many of them failed.
  public let checks, failedChecks: Int

  /// The program's version.
  public let version: String
  /// The SHA-256 of what of the configuration matters for the test.
  public let configuration: String
  /// How long its steps took together.
  public let seconds: Double
  /// How many raw files it read, and the size of all files that it read.
  public let frames, inputBytes: Int

  /// Looks at a run.
  ///
  /// - Throws: `WarehouseError`.
  public init(_ stored: StoredTestRun, in warehouse: Warehouse) throws {
    run = stored.key.id
    campaign = stored.campaign
    block = stored.block
    camera = stored.camera
    test = stored.test
    session = stored.session
    analysis = stored.analysis.name
    obsids = stored.obsids.map { "\($0.lowerBound)-\($0.upperBound)" }
    started = stored.started
    finished = stored.finished
    status = stored.status.rawValue
    verdict = stored.verdict?.rawValue
    steps = try warehouse.subtasks(of: stored.key).filter { $0.status == .finished }.map(\.name)
    var seen: Set<String> = []
    flags = try warehouse.flags(of: stored.key).map(\.flag.name).filter { seen.insert($0).inserted }
    let facts = try warehouse.facts(of: stored.key)
    checks = facts.checks
    failedChecks = facts.failedChecks
    version = facts.programVersion
    configuration = stored.configurationDigest
    seconds = facts.seconds
    frames = facts.frames
    inputBytes = facts.bytes
  }
}
