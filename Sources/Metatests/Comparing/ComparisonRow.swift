public import Warehouse

/// One difference as it is printed.
public struct ComparisonRow: Sendable, Encodable, Equatable {
  /// Where the values belong.
  public let campaign, block: String
  /// The position on the focal plane; nil off it.
  public let slot: OrNull<String>
  /// The test and session of the left run.
  public let test, session: String
  /// The runs' numbers.
  public let leftRun, rightRun: Int64
  /// What was measured, and its unit in the FITS standard's spelling.
  public let quantity, unit: String
  /// What the value belongs to within the run.
  public let ccd, quadrant: OrNull<String>
  /// The exposure.
  public let obsid: OrNull<Int>
  /// Spot, ladder step, region.
  public let item: OrNull<String>
  /// The values.
  public let left, right: OrNull<Double>
  /// Their 1-sigma uncertainties.
  public let leftUncertainty, rightUncertainty: OrNull<Double>
  /// Why there are no values.
  public let leftReason, rightReason: OrNull<String>
  /// Right less left, the same by the larger value, the uncertainty, and the difference by it.
  public let difference, relative, sigma, significance: OrNull<Double>
  /// What happened.
  public let state: String
  /// Why a changed value has no significance.
  public let note: OrNull<String>

  /// Describes a difference.
  public init(_ difference: MeasuredDifference, unit: String, slot: String?) {
    campaign = difference.campaign
    block = difference.block
    self.slot = OrNull(slot)
    (test, session) = (difference.test, difference.session)
    (leftRun, rightRun) = (difference.leftRun.id, difference.rightRun.id)
    quantity = difference.quantity
    self.unit = unit
    let place = difference.place
    (ccd, quadrant) = (OrNull(place.detector), OrNull(place.amplifier))
    (obsid, item) = (OrNull(place.obsid), OrNull(place.item))
    func parts(_ value: MeasuredValue?) -> (OrNull<Double>, OrNull<Double>, OrNull<String>) {
      switch value {
      case .value(let number, let error, _)?: (OrNull(number), OrNull(error), OrNull(nil))
      case .missing(let reason)?: (OrNull(nil), OrNull(nil), OrNull(reason))
      case nil: (OrNull(nil), OrNull(nil), OrNull(nil))
      }
    }
    (left, leftUncertainty, leftReason) = parts(difference.left)
    (right, rightUncertainty, rightReason) = parts(difference.right)
    self.difference = OrNull(difference.difference)
    relative = OrNull(difference.relative)
    sigma = OrNull(difference.sigma)
    significance = OrNull(difference.significance)
    state = difference.state.rawValue
    note = OrNull(difference.unjudged)
  }
}

/// A comparison as JSON.
public struct ComparisonAnswer: Sendable, Encodable {
  /// A side.
  public struct Side: Sendable, Encodable {
    let name: String
    let runs: [Int64]
  }

  struct Summary: Sendable, Encodable {
    let quantity, unit: String
    let compared, changed, moved, unjudged, lost, gained, onlyLeft, onlyRight: Int
    let largest, medianShift, pullWidth: OrNull<Double>
  }

  struct Provenance: Sendable, Encodable {
    let program, configuration: [ChangeRow]
    let pairs, sameInputs, overlapping, commonFiles, differentConfigurations: Int
    let independence: String
  }

  struct ChangeRow: Sendable, Encodable {
    let what: String
    let left, right: OrNull<String>
    let pairs: Int
  }

  let left, right: Side
  let pairing: [String]
  let pairs: [[Int64]]
  let onlyLeft, onlyRight, superseded: [Int64]
  let equal, beyond, unjudged: Int
  let limit: OrNull<Double>
  let states: [String: Int]
  let summary: [Summary]
  let provenance: Provenance
  let differences: [ComparisonRow]

  /// The answer with some of the differences.
  public init(_ comparison: Comparison, rows: [ComparisonRow]) {
    left = Side(name: comparison.left.text, runs: comparison.left.runs.map(\.key.id))
    right = Side(name: comparison.right.text, runs: comparison.right.runs.map(\.key.id))
    pairing = comparison.pairing.map(\.rawValue).sorted()
    pairs = comparison.pairs.map { [$0.left.id, $0.right.id] }
    onlyLeft = comparison.onlyLeft.map(\.key.id)
    onlyRight = comparison.onlyRight.map(\.key.id)
    superseded = comparison.superseded.map(\.id)
    (equal, beyond, unjudged) = (comparison.equal, comparison.beyond, comparison.unjudged)
    limit = OrNull(comparison.limit)
    states = Dictionary(
      uniqueKeysWithValues: DifferenceState.allCases.map {
        ($0.rawValue, comparison.counts[$0] ?? 0)
      })
    summary = comparison.summaries.map {
      Summary(
        quantity: $0.quantity, unit: $0.unit, compared: $0.compared, changed: $0.changed,
        moved: $0.moved, unjudged: $0.unjudged, lost: $0.lost, gained: $0.gained,
        onlyLeft: $0.onlyLeft, onlyRight: $0.onlyRight, largest: OrNull($0.largest),
        medianShift: OrNull($0.medianShift), pullWidth: OrNull($0.pullWidth))
    }
    let made = comparison.provenance
    func changes(_ changes: [ProvenanceDifference.Change]) -> [ChangeRow] {
      changes.map {
        ChangeRow(what: $0.what, left: OrNull($0.left), right: OrNull($0.right), pairs: $0.pairs)
      }
    }
    provenance = Provenance(
      program: changes(made.program), configuration: changes(made.configuration),
      pairs: made.pairs, sameInputs: made.sameInputs, overlapping: made.overlapping,
      commonFiles: made.commonFiles, differentConfigurations: made.differentConfigurations,
      independence: made.independence)
    differences = rows
  }
}
