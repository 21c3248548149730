import BlockTests
import Campaign
import DataProducts
import Detector
import LatexReport
import Plots
import Reporting
import Warehouse

/// The tests of MetaNL beside each other: with which light and reset drain, and by how much the quadrants differ.
struct LinearityComparison: Sendable {
  static let figureName = "NL_by_test"

  /// One test.
  struct Row: Sendable, Equatable {
    let test: String
    /// Wavelengths of the filters of all runs [nm]; 0 for the neutral density filter, 2000 for the bright position.
    let wavelengths: [Int]
    /// Mean voltage of the reset drain [V], from house-keeping.
    let resetDrain: Double?
    /// Quadrants of the flight blocks that were measured.
    let count: Int
    /// Medians over them: largest deviation [%], saturation level [adu].
    let largest, saturation: Double?
    /// Largest deviation of a quadrant less that in the first test: median and its error [%], over the quadrants of both.
    let difference: Difference?
  }

  /// A median of differences.
  struct Difference: Sendable, Equatable {
    let median, uncertainty: Double
    let count: Int

    /// The error is sqrt(pi / 2) sigma / sqrt(n), sigma the robust scatter; nil with fewer than two values.
    init?(_ values: [Double]) {
      guard let summary = ValueSummary(values), summary.count > 1 else { return nil }
      median = summary.median
      uncertainty = 1.2533 * summary.sigma / Double(summary.count).squareRoot()
      count = summary.count
    }
  }

  let rows: [Row]
  private let planes: [LinearityPlane]

  /// - Throws: `WarehouseError`.
  init(_ planes: [LinearityPlane], _ warehouse: Warehouse) throws {
    self.planes = planes
    let first = planes.first?.largest ?? [:]
    rows = try planes.enumerated().map { index, plane in
      let drains = try AmplifierVoltages.mean(.reset, warehouse, plane.runs, plane.layout.camera)
      let mine = plane.largest
      let saturation = plane.reader.values(of: LinearityQuantities.saturation, item: nil)
        .filter { plane.flight.contains($0.key.block) }.compactMap(\.value.number)
      let differences = mine.compactMap { place, value in first[place].map { value - $0 } }
      return Row(
        test: plane.test, wavelengths: try plane.wavelengths(warehouse),
        resetDrain: ValueSummary(Array(drains.values))?.median, count: mine.count,
        largest: ValueSummary(Array(mine.values))?.median,
        saturation: ValueSummary(saturation)?.median,
        difference: index > 0 ? Difference(differences) : nil)
    }
  }

  /// Whether there is anything to compare.
  var isOfUse: Bool { rows.filter { $0.count > 0 }.count > 1 }

  // MARK: - Figure

  /// The median of all fitted curves of each test; nil with fewer than two tests that have curves.
  var figure: Figure? {
    let curves = planes.compactMap { plane in Self.median(plane).map { (plane.test, $0) } }
    guard curves.count > 1 else { return nil }
    var marks: [Axes.Mark] = curves.enumerated().map { index, entry in
      .series(
        Series(
          entry.0, x: entry.1.x, y: entry.1.y, style: .line(width: 1.2, dashed: index >= 8),
          colour: Palette.colour(index)))
    }
    marks.append(.limit(LimitLine(.horizontal, at: 0)))
    return Figure(
      width: 7.6, height: 4.6, title: "Non-linearity of each test",
      footer: "nl.fit · median of the quadrants of the flight blocks",
      content: .panel(
        .axes(
          Axes(
            x: Axis("signal", unit: planes.first?.signalUnit ?? "kADU"),
            y: Axis("non-linearity", unit: "%"), marks: marks, legend: .right))))
  }

  /// The median over quadrants at fifty signals that at least half of them reach.
  private static func median(_ plane: LinearityPlane) -> (x: [Double], y: [Double])? {
    let lines = plane.fits.filter { plane.flight.contains($0.place.block) && $0.x.count > 1 }
    let tops = lines.compactMap(\.x.last)
    guard let top = ValueSummary(tops)?.median, top > 0 else { return nil }
    let points = (1...50).compactMap { step -> (Double, Double)? in
      let x = top * Double(step) / 50
      let values = lines.compactMap { value(of: $0, at: x) }
      guard values.count * 2 >= lines.count, let y = ValueSummary(values)?.median else { return nil }
      return (x, y)
    }
    return points.count > 1 ? (points.map(\.0), points.map(\.1)) : nil
  }

  /// By straight lines between the points of the curve; nil outside of it.
  private static func value(of line: LinearityPlane.Line, at x: Double) -> Double? {
    guard let above = line.x.firstIndex(where: { $0 >= x }) else { return nil }
    guard above > 0 else { return line.x[0] == x ? line.y[0] : nil }
    let (x0, x1) = (line.x[above - 1], line.x[above])
    guard x1 > x0 else { return line.y[above] }
    return line.y[above - 1] + (line.y[above] - line.y[above - 1]) * (x - x0) / (x1 - x0)
  }

  // MARK: - Report and product

  /// - Parameter path: where the figure is; nil where there is none.
  func nodes(path: String?) -> [Document.Node] {
    guard isOfUse, let first = rows.first else { return [] }
    var nodes: [Document.Node] = [
      .section(level: 1, "Comparison of the tests", label: "comparison"),
      .paragraph(
        "Tests differ in the light (wavelength, where a configuration changes it) and in the reset drain. A quadrant’s own difference is free of what quadrants differ by."
      ),
    ]
    if let path {
      nodes.append(
        .figure(
          Document.Figure(
            path, width: 0.85,
            caption: "Fitted non-linearity of each test, the median of all quadrants of the flight blocks.")))
    }
    nodes.append(
      .table(
        Document.Table(
          [
            .init("Test"), .init("Filters", unit: "nm"), .init("Reset drain", unit: "V", .right),
            .init("Quadrants", .right), .init("Largest NL", unit: "%", .right),
            .init("less \(first.test)", unit: "%", .right),
            .init("Saturation", unit: "ADU", .right),
          ],
          rows: rows.map { row in
            [
              .words(row.test), .words(Self.filters(row.wavelengths)),
              .value(row.resetDrain, digits: 2), .words(String(row.count)),
              .value(row.largest, digits: 2),
              row.difference.map { .value($0.median, uncertainty: $0.uncertainty, digits: 2) }
                ?? .empty(),
              .value(row.saturation, digits: 0),
            ]
          },
          caption:
            "Medians over the quadrants of the flight blocks; the difference is the median of each quadrant’s own, with the error from their scatter.",
          label: "table:comparison", size: .footnote)))
    return nodes
  }

  private static func filters(_ wavelengths: [Int]) -> String {
    wavelengths.map { $0 == 0 ? "ND" : $0 == 2000 ? "bright" : String($0) }.joined(separator: ", ")
  }

  /// A row a test; nil where there is nothing to compare.
  var table: DataTable? {
    guard isOfUse else { return nil }
    return DataTable(
      "COMPARISON", description: "The tests beside each other, medians over the flight quadrants.",
      columns: [
        DataColumn("TEST", .texts(rows.map(\.test))),
        DataColumn(
          "FILTERS", description: "Wavelengths in nm; ND: neutral density.",
          .texts(rows.map { Self.filters($0.wavelengths) })),
        DataColumn("RD", unit: "V", .doubles(rows.map(\.resetDrain)), display: .fixed(3)),
        DataColumn("N", .integers(rows.map { Int64($0.count) })),
        DataColumn("MAXNL", unit: "%", .doubles(rows.map(\.largest)), display: .fixed(3)),
        DataColumn(
          "DIFFERENCE", unit: "%", description: "Of each quadrant's MAXNL to the first test, median.",
          .doubles(rows.map { $0.difference?.median }), display: .fixed(3)),
        DataColumn(
          "DIFFERENCE_ERR", unit: "%", .doubles(rows.map { $0.difference?.uncertainty }),
          display: .fixed(4)),
        DataColumn("SATURATION", unit: "adu", .doubles(rows.map(\.saturation)), display: .fixed(0)),
      ])
  }
}

extension LinearityPlane {
  /// The largest deviation of the quadrants of the flight blocks [%].
  fileprivate var largest: [ChannelPlace: Double] {
    reader.values(of: LinearityQuantities.largest, item: nil)
      .filter { flight.contains($0.key.block) }.compactMapValues(\.number)
  }

  /// The wavelengths of the light of all runs, by the slots of the filter wheel that were commanded and the chamber's profile.
  fileprivate func wavelengths(_ warehouse: Warehouse) throws -> [Int] {
    var found: Set<Int> = []
    for run in runs {
      guard let chamber = chambers[run.block], let profile = try? ChamberCatalog.profile(chamber)
      else { continue }
      for exposure in try warehouse.exposures(of: run.key) where (exposure.exposureSeconds ?? 0) > 0 {
        guard let slot = exposure.commanded["wave"].flatMap({ Int($0) }),
          let filter = profile.filter(slot: slot)
        else { continue }
        found.insert(filter.wavelength)
      }
    }
    return found.sorted()
  }
}
