public import Warehouse

/// One value of an answer, as commands print it.
public struct MeasurementRow: Sendable, Encodable {
  /// Where the value comes from.
  public let campaign, block: String
  /// The position on the focal plane; nil off it.
  public let slot: String?
  /// Where the value comes from.
  public let test, session, analysis: String
  /// The test run's number.
  public let run: Int64
  /// The verdict on the run: accepted or rejected; nil for none.
  public let verdict: String?
  /// What the value belongs to; nil for "all" or "none".
  public let ccd, quadrant: String?
  /// The exposure; nil for none.
  public let obsid: Int?
  /// Spot, ladder step, region; nil for none.
  public let item: String?
  /// What was measured.
  public let quantity: String
  /// The value; nil where it could not be measured.
  public let value: Double?
  /// The 1-sigma uncertainty.
  public let uncertainty: Double?
  /// The number of samples.
  public let count: Int?
  /// The unit, in the FITS standard's spelling.
  public let unit: String
  /// Why there is no value.
  public let reason: String?

  /// The PTC01 run whose gain turned ADU into electrons; nil where there is none, or it was not asked for.
  public let gainRun: Int64?
  /// Whether electrons were asked for.
  let isInElectrons: Bool

  /// Takes a row of a warehouse apart.
  ///
  /// - Parameter gains: turn ADU into electrons where they are given.
  public init(_ original: ResultRow, gains: GainTable? = nil) {
    let converted = gains?.inElectrons(original)
    let row = converted?.row ?? original
    gainRun = converted?.gains?.run?.key.id
    isInElectrons = gains != nil
    campaign = row.run.campaign
    block = row.run.block
    slot = row.slot
    test = row.run.test
    session = row.run.session
    analysis = row.run.analysis
    run = row.run.key.id
    verdict = row.run.verdict?.rawValue
    ccd = row.place.detector
    quadrant = row.place.amplifier
    obsid = row.place.obsid
    item = row.place.item
    quantity = row.quantity
    unit = row.unit
    switch row.value {
    case .value(let number, let error, let samples):
      (value, uncertainty, count, reason) = (number, error, samples, nil)
    case .missing(let why):
      (value, uncertainty, count, reason) = (nil, nil, nil, why)
    }
  }
}
