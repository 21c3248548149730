import Campaign
import Ingest
import Warehouse

/// A test that is waited for.
struct WaitedTest {
  enum State: Equatable {
    case open
    /// Run by this process, on these ObsIDs.
    case run(ClosedRange<Int>)
    /// In the warehouse already, from these ObsIDs.
    case done(ClosedRange<Int>)
  }

  let task: BlockConfiguration.TaskEntry
  let definition: TestDefinition
  /// Whether the session has the same test again: each then gets an acquisition of its own. A test of another
  /// family, which analyses the same frames, shares them.
  let isRepeatedOnPurpose: Bool

  var state = State.open
  /// Where it stands, for people.
  var standing = "nothing in the log yet"
  /// How often it failed because of its files.
  var tries = 0
  /// The analysis that has it already; nil where this process runs it.
  var earlier: String?
  /// What has been said of it.
  var said: Set<String> = []
  /// Since when all of its exposures are listed, by ObsIDs.
  var listed: (obsids: ClosedRange<Int>, since: Double)?
  /// What the log shows of it.
  var attempts: AcquisitionAttempts?

  init(
    task: BlockConfiguration.TaskEntry, definition: TestDefinition, isRepeatedOnPurpose: Bool
  ) {
    self.task = task
    self.definition = definition
    self.isRepeatedOnPurpose = isRepeatedOnPurpose
  }

  /// The ObsIDs that it has used; nil while it is open.
  var used: ClosedRange<Int>? {
    switch state {
    case .open: nil
    case .run(let range), .done(let range): range
    }
  }

  static func text(_ range: ClosedRange<Int>) -> String {
    range.lowerBound == range.upperBound
      ? "ObsID \(range.lowerBound)" : "ObsIDs \(range.lowerBound)-\(range.upperBound)"
  }
}

extension Engine {
  /// The finished run of a test on exposures of this log, made with the same configuration; nil where there
  /// is none.
  func finishedRun(
    of test: WaitedTest, session: BlockConfiguration.Session, rows: [ExposureRow], from first: Int,
    besides used: [ClosedRange<Int>]
  ) throws -> (obsids: ClosedRange<Int>, analysis: String)? {
    let runs = try warehouse.testRuns(
      block: configuration.block, test: test.task.test, session: session.name, status: .finished)
    guard !runs.isEmpty else { return nil }
    var dates: [Int: Set<String>] = [:]
    for row in rows where row.test == test.definition.label {
      if let date = row.date { dates[row.obsid, default: []].insert(date.isoText) }
    }
    for run in runs.reversed() {
      guard let obsids = run.obsids, obsids.lowerBound >= first,
        !used.contains(where: { $0.overlaps(obsids) })
      else { continue }
      var task = test.task
      task.obsids = obsids
      guard digest(of: task, definition: test.definition) == run.configurationDigest else {
        continue
      }
      // ObsIDs begin anew with a campaign; the dates tell whether it is this one.
      let stored = try warehouse.exposures(of: run.key)
      if !stored.isEmpty, stored.allSatisfy({ dates[$0.obsid]?.contains($0.time) ?? false }) {
        return (obsids, run.analysis.name)
      }
    }
    return nil
  }
}
