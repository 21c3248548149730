import Analysis
import BlockTests
import Detector
import Diagnostics
public import Plots
public import Warehouse

/// A focal-plane map of what moved, and the distribution of it.
public struct ComparisonFigure: Sendable {
  /// What the map shows.
  public enum Measure: String, Sendable, CaseIterable {
    /// Differences in sigmas.
    case sigma
    /// Differences in the quantity's unit.
    case unit
  }

  /// The quantity, and the item of it; nil for values without item.
  public let quantity: String
  public let item: String?
  /// What the map shows.
  public let measure: Measure
  /// Differences, or significances, by amplifier: the median over exposures.
  public let values: [ChannelPlace: Double]
  /// Why an amplifier has no value.
  public let missing: [ChannelPlace: String]
  /// All values that went into the medians, in the order of places.
  public let all: [Double]

  /// Chooses and gathers the values of one quantity.
  ///
  /// - Parameters:
  ///   - name: the quantity; nil for the one with the largest significance that has amplifiers.
  ///   - item: its item; nil for the one that moved most.
  /// - Throws: `MetatestError.Kind.noSuchQuantity` where nothing of it belongs to amplifiers;
  ///   `WarehouseError`.
  public init(
    _ comparison: Comparison, quantity name: String?, item: String?, measure: Measure,
    in warehouse: Warehouse
  ) throws {
    let chosen = comparison.differences.first { difference in
      difference.place.detector != nil && difference.place.amplifier != nil
        && (name == nil || difference.quantity == name)
        && (item == nil || difference.place.item == item) && difference.difference != nil
    }
    let wanted = chosen?.quantity ?? name
    guard let wanted else {
      throw MetatestError(
        .noSuchQuantity, "nothing that belongs to amplifiers has changed, so that there is no map",
        remedy: "name a quantity with --figure-quantity, also one without any change")
    }
    let chosenItem = item ?? chosen?.place.item
    let found = try warehouse.diff(
      comparison.pairs.map(\.left), comparison.pairs.map(\.right), pairing: comparison.pairing,
      quantities: [wanted], includingEqual: true,
      where: {
        $0.detector != nil && $0.amplifier != nil && (chosenItem == nil || $0.item == chosenItem)
      }
    ).differences.filter { $0.quantity == wanted }
    guard !found.isEmpty else {
      throw MetatestError(
        .noSuchQuantity, "no value of \(wanted.prefix(60)) belongs to an amplifier",
        remedy: "name another quantity with --figure-quantity")
    }
    quantity = wanted
    self.item = chosenItem
    self.measure = measure
    var values: [ChannelPlace: [Double]] = [:]
    var missing: [ChannelPlace: String] = [:]
    var all: [Double] = []
    for difference in found {
      guard let place = ChannelPlace(difference.block, difference.place) else { continue }
      let value: Double? =
        switch measure {
        case .unit: difference.difference
        case .sigma:
          difference.significance
            ?? (difference.difference == 0 && difference.sigma != nil ? 0 : nil)
        }
      if let value {
        values[place, default: []].append(value)
        all.append(value)
      } else if missing[place] == nil {
        missing[place] = Self.reason(difference)
      }
    }
    self.values = values.compactMapValues { try? median($0) }
    self.missing = missing.filter { values[$0.key] == nil }
    self.all = all
  }

  /// The page: the map at the left, at the right the histogram, of pulls with the normal curve that
  /// right and independent uncertainties give.
  ///
  /// - Parameter layout: the focal plane; without channels on it, blocks stand below each other.
  public func figure(_ comparison: Comparison, layout: PlaneLayout, limit: Double?) -> Figure {
    let label = quantity + (item.map { " [\($0)]" } ?? "")
    let display = Unit(rawValue: comparison.units[quantity] ?? "")?.display ?? ""
    let unit = measure == .sigma ? "σ" : display
    let axis = Axis("right − left", unit: unit)
    let isOnPlane = layout.channels.contains {
      values[$0.place] != nil || missing[$0.place] != nil
    }
    var map = isOnPlane ? planeMap(layout) : listMap()
    if isOnPlane { map.caption += Self.absence(of: Set(values.keys.map(\.block)), from: layout) }
    map.value = axis
    map.cells = map.cells.map { cell in
      var cell = cell
      if measure == .sigma, let limit, case .value(let value) = cell.content {
        cell.isFailed = value.magnitude > limit
      }
      return cell
    }
    map.failureMeaning = limit.map { "beyond \(Self.plain($0)) σ" } ?? ""
    func plural(_ number: Int) -> String { number == 1 ? "" : "s" }
    let words =
      comparison.provenance.sameInputs > 0 || comparison.provenance.overlapping > 0
      ? "; errors not independent" : ""
    return Figure(
      width: 11, height: 6.2, title: "\(label): \(comparison.right.text) − \(comparison.left.text)",
      footer: "\(label) · \(comparison.pairs.count) pair\(plural(comparison.pairs.count)) of runs · "
        + "\(all.count) place\(plural(all.count)) · "
        + "left \(comparison.left.text) · right \(comparison.right.text)\(words)",
      content: .beside(map, histogram(axis), share: 0.68))
  }

  private static func reason(_ difference: MeasuredDifference) -> String {
    if difference.difference != nil { return "sigma 0 or unknown" }
    return difference.left?.number == nil && difference.right?.number == nil
      ? "not measurable" : "on one side only"
  }

  /// A limit as it was given: 5, not 5.00.
  private static func plain(_ limit: Double) -> String {
    limit == limit.rounded() && limit < 1e6 ? String(Int(limit)) : "\(limit)"
  }

  private func content(_ place: ChannelPlace) -> CellMap.Cell.Content {
    if let value = values[place] { return .value(value) }
    return .missing(missing[place] ?? "not compared")
  }

  private func planeMap(_ layout: PlaneLayout) -> CellMap {
    let plane = PlaneFigures(layout: layout, selections: [])
    return plane.cellMap { content($0) }
  }

  /// Blocks below each other, detectors and amplifiers beside each other.
  private func listMap() -> CellMap {
    let places = Set(values.keys).union(missing.keys)
    let blocks = Set(places.map(\.block)).sorted()
    let columns = Set(places.map { "\($0.detector)\n\($0.amplifier)" }).sorted()
    let cells = places.sorted().compactMap { place -> CellMap.Cell? in
      guard let row = blocks.firstIndex(of: place.block),
        let column = columns.firstIndex(of: "\(place.detector)\n\(place.amplifier)")
      else { return nil }
      return CellMap.Cell(column: column, row: blocks.count - 1 - row, content(place))
    }
    return CellMap(
      columns: max(1, columns.count), rows: max(1, blocks.count), cells: cells, value: Axis(),
      scale: .centred(0), map: .coolWarm,
      bottomLabels: columns.enumerated().map { Tick(Double($0) + 0.5, $1) },
      leftLabels: blocks.enumerated().map { Tick(Double(blocks.count - 1 - $0) + 0.5, $1) })
  }

  private func histogram(_ axis: Axis) -> Panel {
    guard !all.isEmpty else { return .missing("no difference with a known sigma") }
    let summary = Summary(all)
    var figure = Figure.histogram(title: "", samples: [(label: "places", values: all)], axis: axis)
    guard case .panel(.axes(var axes)) = figure.content else { return .missing("no values") }
    figure.content = .panel(.axes(axes))
    axes.legend = .none
    if let summary {
      axes.note = "N = \(summary.count), median \(summary.median.formatted), σ \(summary.sigma.formatted)"
    }
    if measure == .sigma, let curve = expected(axes) { axes.marks.append(curve) }
    if case .fixed(let low, let high) = axes.y.limits {
      // Room for the note above the bars.
      axes.y.limits = .fixed(low, max(high, peak(axes)) * 1.15)
    }
    return .axes(axes)
  }

  private func peak(_ axes: Axes) -> Double {
    axes.marks.reduce(0) {
      if case .series(let series) = $1 { max($0, series.y.max() ?? 0) } else { $0 }
    }
  }

  /// The blocks that a focal plane has no place for, in words, so that a map does not look complete.
  static func absence(of blocks: Set<String>, from layout: PlaneLayout) -> String {
    let off = blocks.subtracting(layout.channels.map(\.place.block)).sorted()
    guard !off.isEmpty else { return "" }
    let more = off.count > 3 ? " and \(off.count - 3) more" : ""
    return "; not on it: " + off.prefix(3).map { $0.clipped(to: 20) }.joined(separator: ", ") + more
  }

  /// What a standard normal distribution of as many values would fill the bins with.
  private func expected(_ axes: Axes) -> Axes.Mark? {
    guard case .steps(let steps)? = axes.marks.first, steps.edges.count > 1 else { return nil }
    let width = steps.edges[1] - steps.edges[0]
    // With bins wider than the distribution the curve would say nothing.
    guard width < 2 else { return nil }
    // Nothing beyond the axis, where points would be counted as not shown.
    guard case .fixed(let low, let high) = axes.x.limits else { return nil }
    let x = (0...120).map { -4 + Double($0) / 15 }.filter { $0 >= low && $0 <= high }
    let y = x.map { Double(all.count) * width * NormalDistribution.density($0) }
    return .series(
      Series("N(0, 1)", x: x, y: y, style: .line(width: 1.2, dashed: true), colour: .limit))
  }
}

extension Double {
  /// Four significant digits, for labels.
  fileprivate var formatted: String { PlotNumber.short(self) }
}
