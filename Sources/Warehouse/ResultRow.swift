/// A measurement with all that describes it.
public struct ResultRow: Sendable, Hashable {
  /// The test run.
  public let run: ResultRun
  /// The quantity's name.
  public let quantity: String
  /// The unit, in the FITS standard's spelling.
  public let unit: String
  /// What it belongs to within the run.
  public let place: ResultPlace
  /// The position on the focal plane; nil off it.
  public let slot: String?
  /// The value or the reason.
  public let value: MeasuredValue
}
