import BlockTests
import Detector
import Warehouse

/// What MetaBF knows of one test: the chosen runs, their values and matrices.
struct BrighterFatterPlane: MappedPlane {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  /// The script columns of all runs, in order.
  let columns: [String]
  /// Curves of single fluences by block and name.
  private let curves: [String: [String: [CurveRecord]]]
  /// The script column of each exposure, by block.
  private let labels: [String: [Int: String]]
  /// The PTC01 run whose gains a block's run used.
  let gainRuns: [String: Int64]

  /// Reads one test.
  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection]
  ) throws {
    (self.test, self.selections, self.layout) = (test, selections, layout)
    let runs = selections.compactMap(\.run)
    reader = try ChannelReader(
      input.warehouse, runs: runs, quantities: MetaBF.quantities, curves: [])
    var names: Set<String> = []
    var curves: [String: [String: [CurveRecord]]] = [:]
    var labels: [String: [Int: String]] = [:]
    var gains: [String: Int64] = [:]
    for run in runs {
      for row in try input.warehouse.measurements(
        of: [BrighterFatterQuantities.columnMean.name], in: [run.key])
      { if let item = row.place.item { names.insert(item) } }
      for name in [
        BrighterFatterQuantities.columnA, BrighterFatterQuantities.columnCorrelations,
        BrighterFatterQuantities.columnSmoothing, BrighterFatterQuantities.matrixA,
        BrighterFatterQuantities.vertical, BrighterFatterQuantities.horizontal,
        BrighterFatterQuantities.columnVertical, BrighterFatterQuantities.columnHorizontal,
      ] {
        curves[run.block, default: [:]][name] = try input.warehouse.curves(name, in: run.key)
      }
      for exposure in try input.warehouse.exposures(of: run.key) {
        labels[run.block, default: [:]][exposure.obsid] = exposure.commanded["label"]
      }
      let gain = try input.warehouse.measurements(
        of: [BrighterFatterQuantities.gainRun.name], in: [run.key])
      gains[run.block] = gain.first?.value.number.flatMap { Int64(exactly: $0) }
    }
    columns = names.sorted()
    (self.curves, self.labels, gainRuns) = (curves, labels, gains)
  }

  // MARK: - Fluences

  /// A value of one fluence.
  struct Point: Sendable {
    let column: String
    /// Mean signal [adu].
    let mean: Double
    let value: Double
    let error: Double?
    /// The number of samples.
    let count: Int?
  }

  /// A quantity of each fluence of an amplifier, by rising signal.
  func points(_ quantity: Quantity, _ place: ChannelPlace) -> [Point] {
    columns.compactMap { column in
      guard
        let mean = reader.values(of: BrighterFatterQuantities.columnMean, item: column)[place]?
          .number,
        case .value(let value, let error, let count)? = reader.values(of: quantity, item: column)[place]
      else { return nil }
      return Point(column: column, mean: mean, value: value, error: error, count: count)
    }.sorted { $0.mean < $1.mean }
  }

  /// The gain of an amplifier [e-/adu] with its uncertainty; nil where there is none.
  func gain(_ place: ChannelPlace) -> (value: Double, error: Double)? {
    guard
      case .value(let value, let error, _)? =
        reader.values(of: BrighterFatterQuantities.gain, item: nil)[place]
    else { return nil }
    return (value, error ?? 0)
  }

  /// The curves of an amplifier of one name, with the script column of those of single fluences.
  func curves(_ name: String, _ place: ChannelPlace) -> [(column: String?, curve: CurveRecord)] {
    (curves[place.block]?[name] ?? []).filter {
      $0.place.detector == place.detector && $0.place.amplifier == place.amplifier
    }.map { curve in
      (curve.place.obsid.flatMap { labels[place.block]?[$0] }, curve)
    }
  }

  /// Places of one run, in the order of detectors and amplifiers.
  func places(of block: String) -> [ChannelPlace] { places.filter { $0.block == block } }
}
