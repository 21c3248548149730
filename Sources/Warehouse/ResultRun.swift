/// A test run, as far as results are restricted and grouped by it.
public struct ResultRun: Sendable, Hashable {
  /// Refers to it.
  public let key: TestRunKey
  /// The campaign's name.
  public let campaign: String
  /// The block's name.
  public let block: String
  /// The test's name.
  public let test: String
  /// The session's name.
  public let session: String
  /// The analysis's name.
  public let analysis: String
  /// When it began.
  public let started: String
  /// Where it stands.
  public let status: RunStatus
  /// The latest verdict, as of the instant asked for; nil for none, or a withdrawn one.
  public let verdict: VerdictRecord.State?

  /// Its name in a dimension of runs; nil in another.
  func name(of dimension: ResultDimension) -> String? {
    switch dimension {
    case .campaign: campaign
    case .block: block
    case .test: test
    case .family: TestName.family(test)
    case .session: session
    case .analysis: analysis
    case .run: String(key.id)
    case .quantity, .slot, .detector, .amplifier, .obsid, .item: nil
    }
  }
}
