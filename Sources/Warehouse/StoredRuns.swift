import Diagnostics
import GRDB

/// An analysis as it is stored.
public struct StoredAnalysis: Sendable, Hashable {
  /// Refers to it.
  public let key: AnalysisKey
  /// What was recorded when it began.
  public let record: AnalysisRecord
  /// When it ended; nil while it runs, or after a kill.
  public let finished: String?
  /// Where it stands.
  public let status: RunStatus
}

/// A test run as it is stored, without its inputs and exposures.
public struct StoredTestRun: Sendable, Hashable {
  /// Refers to it.
  public let key: TestRunKey
  /// The analysis.
  public let analysis: AnalysisKey
  /// The campaign's name.
  public let campaign: String
  /// The block's name.
  public let block: String
  /// The camera's name.
  public let camera: String
  /// The camera's whole description, as JSON; "" where it was not recorded.
  public let cameraText: String
  /// The test's name.
  public let test: String
  /// The session's name.
  public let session: String
  /// The lowest and highest ObsID; nil where there are none.
  public let obsids: ClosedRange<Int>?
  /// The day folders.
  public let dayFolders: [String]
  /// The serial number of each detector, by the detector's name.
  public let serials: [String: String]
  /// The SHA-256 of what of the configuration matters for this test.
  public let configurationDigest: String
  /// The SHA-256 over all inputs.
  public let inputDigest: String
  /// When it began.
  public let started: String
  /// When it ended; nil while it runs, or after a kill.
  public let finished: String?
  /// Where it stands.
  public let status: RunStatus
  /// The latest verdict; nil where there is none, or it was withdrawn.
  public let verdict: VerdictRecord.State?
}

/// With which program a test run was made, and on how much data.
public struct TestRunFacts: Sendable, Hashable {
  /// The program's version and commit.
  public let programVersion: String
  /// How many raw files it read.
  public let frames: Int
  /// How many files it read, of any kind.
  public let files: Int
  /// The size of all files that it read.
  public let bytes: Int
  /// How long its finished steps took together.
  public let seconds: Double
  /// How many checks were made, and how many of them failed.
  public let checks, failedChecks: Int
}

/// A subtask as it is stored.
public struct StoredSubtask: Sendable, Hashable {
  /// The test run.
  public let run: TestRunKey
  /// The subtask's name.
  public let name: String
  /// The place in the test's order.
  public let ordinal: Int
  /// How it ended.
  public let status: SubtaskCommit.Status
  /// How long it took.
  public let seconds: Double
  /// The lines of its log.
  public let log: [String]

  static func all(of run: TestRunKey, _ database: Database) throws -> [StoredSubtask] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT name, ordinal, status, seconds, log FROM subtask WHERE testRun = ?
        ORDER BY ordinal, id
        """, arguments: [run.id]
    ).map { row in
      StoredSubtask(
        run: run, name: StoredText.decoded(row[0]), ordinal: row[1],
        status: try stored(row[2], as: SubtaskCommit.Status.self), seconds: row[3],
        log: try JSONText.strings(StoredText.decoded(row[4])))
    }
  }
}

/// A stored word as a value of an enumeration.
func stored<Value: RawRepresentable<String>>(_ text: String, as type: Value.Type) throws -> Value {
  guard let value = Value(rawValue: text) else {
    throw WarehouseError(.damaged, "an unknown word is stored: \(text.clipped(to: 40))")
  }
  return value
}
