import DataProducts
import Detector
import Diagnostics
import LatexReport
import Reporting
import Warehouse

/// One test as a metatest knows it: the chosen run of each block, and where its amplifiers lie.
protocol TestPlane: Sendable {
  var test: String { get }
  var selections: [BlockSelection] { get }
  var layout: PlaneLayout { get }
}

extension TestPlane {
  /// The chosen runs.
  var runs: [StoredTestRun] { selections.compactMap(\.run) }
  /// Blocks of the plane that have a run.
  var flight: Set<String> {
    Set(selections.filter { $0.role == .flight && $0.run != nil }.map(\.block))
  }
  /// All blocks that have a run.
  var blocks: Set<String> { Set(runs.map(\.block)) }
  /// Whether a block with results sits on the plane.
  var isOnPlane: Bool { layout.channels.contains { flight.contains($0.place.block) } }

  /// The places of all amplifiers that the design wants, and of other blocks with results.
  var places: [ChannelPlace] {
    selections.filter { $0.role == .flight || $0.run != nil }.flatMap { selection in
      layout.camera.detectors.flatMap { detector in
        layout.camera.amplifiers.map {
          ChannelPlace(block: selection.block, detector: detector, amplifier: $0.name)
        }
      }
    }
  }

  /// The same as the rows of a table: those on the plane in its order, then blocks off it.
  var rows: [ChannelPlace] {
    let onPlane = layout.channels.map(\.place)
    let known = Set(onPlane)
    return onPlane + places.filter { !known.contains($0) }
  }

  /// The run of a place's block.
  func run(of place: ChannelPlace) -> StoredTestRun? { runs.first { $0.block == place.block } }

  /// Why a place has no value at all.
  func reason(_ place: ChannelPlace) -> String {
    selections.first { $0.block == place.block }?.reason ?? "not measured"
  }

  /// What stands below a figure: test, quantity, runs and design.
  func footer(_ quantity: String) -> String {
    let numbers = runs.map(\.key).sorted().map { String($0.id) }
    let shown =
      numbers.count > 16 ? "\(numbers.count) runs" : "runs " + numbers.joined(separator: ", ")
    return "\(test) · \(quantity) · \(shown) · design \(layout.design.name)"
  }

  /// The columns that say which amplifier and run a row is of.
  ///
  /// - Parameter gainRuns: the run of each block whose gains turned ADU into electrons; nil where there are no electrons.
  func identity(_ rows: [ChannelPlace], gainRuns: [String: Int64]? = nil) -> [DataColumn] {
    let found = Dictionary(
      runs.map { ($0.block, $0) }, uniquingKeysWith: { first, _ in first })
    var columns = [
      DataColumn(
        "CCDID", description: "Position on the focal plane.",
        .texts(rows.map { layout.slot(of: $0)?.name })),
      DataColumn("BLOCK", .texts(rows.map(\.block))),
      DataColumn("CCD", .texts(rows.map(\.detector))),
      DataColumn("Q", description: "Quadrant.", .texts(rows.map(\.amplifier))),
      DataColumn(
        "CCD_SN", description: "Serial number of the detector, as the run recorded it.",
        .texts(rows.map { found[$0.block]?.serials[$0.detector] })),
      DataColumn(
        "RUN", description: "The test run that the values come from.",
        .integers(rows.map { found[$0.block]?.key.id })),
    ]
    if let gainRuns {
      columns.append(
        DataColumn(
          "GAIN_RUN", description: "The PTC01 run whose gains turned ADU into electrons.",
          .integers(rows.map { gainRuns[$0.block] })))
    }
    return columns
  }

  /// The caption of a map: what it shows, and the spread over the flight blocks.
  ///
  /// - Parameter unit: as people see it; empty for none.
  func caption(
    _ values: ChannelMap, _ title: String, _ quantity: Quantity, unit: String
  ) -> Document.Text {
    var caption: Document.Text = [
      .text("\(test): "), .link(title, to: DefinitionLabel.of(quantity.name)),
      .text(unit.isEmpty ? "." : ", in \(unit)."),
    ]
    if let found = ValueSummary(values.numbers(of: flight)) {
      func number(_ value: Double) -> String { NumberText.fixed(value, digits: values.digits) }
      caption += Document.Text(
        " \(found.count) quadrants of the flight blocks: median \(number(found.median)), robust σ "
          + "\(number(found.sigma)), range \(number(found.minimum)) to \(number(found.maximum)).")
    }
    return caption
  }
}

/// What the reports and products of all metatests of planes begin and end with.
struct MetatestFrame {
  let name: String
  let title: String
  let input: MetatestInput
  let planes: [any TestPlane]

  private var selections: [BlockSelection] { planes.flatMap(\.selections) }
  private var tests: String { planes.map(\.test).joined(separator: ", ") }

  /// The report: a body, and behind it definitions, rule of choice and provenance.
  ///
  /// - Parameter provenance: what is said before the table of runs.
  func document(
    _ body: [Document.Node], summary: [Document.Node], quantities: [Quantity], rule: String,
    provenance: [Document.Node] = [], date: (text: String, seconds: Int64), camera: Camera
  ) throws -> Document {
    var body = body
    body.append(.appendix)
    body += DefinitionsSection.nodes(
      quantities.map(\.name),
      Dictionary(
        try input.warehouse.quantities().map { ($0.name, $0) },
        uniquingKeysWith: { first, _ in first }))
    body.append(.section(level: 1, "Provenance", label: "provenance-section"))
    body.append(.paragraph(Document.Text("Rule of choice: " + rule + ".")))
    body += provenance
    body.append(.table(try ReportTables.provenance(selections, input.warehouse)))
    let campaigns = Set(selections.compactMap { $0.run?.campaign }).sorted()
    return Document(
      title: title, subtitle: tests,
      kicker: campaigns.isEmpty ? "" : "Campaign " + campaigns.joined(separator: ", "),
      cover: MetatestCover.fields(
        name, input, camera: camera, date: date.text, tests: planes.map { ($0.test, $0.flight) }),
      summary: summary, body: body, footer: "\(name) · vison \(ProgramVersion.current)",
      date: date.seconds)
  }

  /// A data product with the header that all have.
  func product(
    _ tables: [DataTable], title: String? = nil, rule: String, meta: [DataProduct.Entry] = [],
    date: String
  ) throws -> DataProduct {
    DataProduct(
      title: title ?? self.title,
      header: [
        .init("metatest", .text(name)), .init("test", .text(tests)),
        .init("vison", .text(ProgramVersion.current)),
        .init("fpa_design", .text(input.design.name)), .init("FPA", .text(input.plane.name)),
        .init("DATE", .text(date)),
      ], meta: [.init("rule", .text(rule))] + meta, tables: tables,
      provenance: try MetatestTables(results: [], selections: selections)
        .provenance(input.warehouse))
  }
}
