import Warehouse

/// What tells one test run of the files from another.
struct RunIdentity: Hashable {
  let analysis, campaign, block, test, session: String
  /// nil where the files do not say; the import's own time stands then.
  let started: String?
}

/// A test run as it is gathered from rows: about 100 bytes a row.
struct CollectedRun {
  struct Row {
    let quantity: Int32
    let place: Int32
    /// NaN stands for none.
    let value, uncertainty: Double
    /// -1 stands for none.
    let count: Int
    /// -1 where there is a value.
    let reason: Int32
  }

  let identity: RunIdentity
  let camera: String
  let program: String
  let status: RunStatus
  let verdict: VerdictRecord.State?
  /// Where it begins, for messages.
  let begin: String
  var serials: [String: String] = [:]
  var obsids: ClosedRange<Int>?
  var rows: [Row] = []
  /// Where each quantity and place was met first: file and line.
  var seen: [UInt64: UInt64] = [:]

  mutating func note(_ obsid: Int?) {
    guard let obsid else { return }
    let old = obsids ?? obsid...obsid
    obsids = min(old.lowerBound, obsid)...max(old.upperBound, obsid)
  }
}
