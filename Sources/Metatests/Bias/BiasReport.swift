import BlockTests
import Detector
import Diagnostics
import LatexReport
import Reporting
import Warehouse

/// The report of MetaBias as a document; its pictures are named as `BiasContent` makes them.
struct BiasReport {
  let input: MetatestInput
  let tests: [BiasData]
  let results: [RequirementResult]
  /// The names of the figures that there are.
  let figures: Set<String>
  let stability: [(test: String, stability: TimeStability)]
  let date: (text: String, seconds: Int64)
  let camera: Camera

  private var selections: [BlockSelection] { tests.flatMap(\.selections) }

  func document() throws -> Document {
    var body: [Document.Node] = []
    body += requirements
    body += inventory
    for data in tests { body += sections(data) }
    body += stabilitySections
    body.append(.appendix)
    body += DefinitionsSection.nodes(
      MetaBias.quantities.map(\.name)
        + (tests.contains { $0.gains.hasGains } ? [MetaBias.gain.name] : []),
      Dictionary(
        try input.warehouse.quantities().map { ($0.name, $0) },
        uniquingKeysWith: { first, _ in first }))
    body.append(.section(level: 1, "Provenance", label: "provenance-section"))
    body.append(
      .paragraph(Document.Text("Rule of choice: " + input.selector.rule + ".")))
    body.append(.table(try ReportTables.provenance(selections, input.warehouse)))
    return Document(
      title: "MetaBias: offsets and read-out noise of the focal plane",
      subtitle: tests.map(\.test).joined(separator: ", "), kicker: campaigns, cover: cover,
      summary: summary, body: body, footer: "MetaBias · vison \(ProgramVersion.current)",
      date: date.seconds)
  }

  private var campaigns: String {
    let names = Set(selections.compactMap { $0.run?.campaign }).sorted()
    return names.isEmpty ? "" : "Campaign " + names.joined(separator: ", ")
  }

  // MARK: - Cover

  private var cover: [Document.Field] {
    let flight = input.design.flight
    return [
      .init("Metatest", "MetaBias"),
      .init("Tests", .init(tests.map(\.test).joined(separator: ", "))),
      .init("Camera", .init(camera.title)),
      .init("Focal plane", .init("\(input.plane.name), design \(input.design.name)")),
    ]
      + tests.flatMap { data in
        let present = flight.filter { data.flight.contains($0) }
        let missing = flight.filter { !data.flight.contains($0) }
        let others = data.selections.filter { $0.role != .flight && $0.run != nil }.map(\.block)
        return [
          Document.Field(
            "\(data.test): blocks",
            .init(
              "\(present.count) of \(flight.count) flight blocks"
                + (others.isEmpty ? "" : "; not on the plane: " + others.joined(separator: ", ")))),
          Document.Field(
            "\(data.test): missing",
            missing.isEmpty
              ? [.status(.pass, "none")] : [.status(.missing, missing.joined(separator: ", "))]),
        ]
      } + [
        .init("Date of the data", .init(TimeText.forPeople(date.text) + " UTC (latest analysis)")),
        .init("Program", .init("vison \(ProgramVersion.current)")),
      ]
  }

  private var summary: [Document.Node] {
    let failing = results.filter { $0.verdict == .fail }
    let open = results.filter { $0.verdict == .notTested || $0.verdict == .incomplete }
    var nodes: [Document.Node] = []
    if failing.isEmpty {
      nodes.append(
        .remark(.pass, Document.Text("No requirement or limit fails on the flight blocks.")))
    } else {
      let text = failing.map { result in
        let failed = result.counts(result.flightPlaces).failed
        return "\(result.requirement.id) (\(result.test), \(failed) quadrants)"
      }.joined(separator: ", ")
      nodes.append(.remark(.fail, Document.Text("Out of limits: \(text).")))
    }
    for result in open where result.verdict == .notTested {
      let why = result.reasons.first?.reason ?? "no flight block has results"
      nodes.append(
        .remark(
          .missing,
          Document.Text("\(result.requirement.id) (\(result.test)) was not tested: \(why).")))
    }
    return nodes
  }

  // MARK: - Requirements and inventory

  private var requirements: [Document.Node] {
    var nodes: [Document.Node] = [
      .section(level: 1, "Requirements", label: "requirements-section")
    ]
    for data in tests {
      nodes.append(.table(ReportTables.requirements(results, test: data.test)))
      nodes += untested(data)
      nodes.append(.table(ReportTables.matrix(results, selections, test: data.test)))
    }
    nodes.append(.table(ReportTables.worst(results, count: 3)))
    return nodes
  }

  /// Each reason once, with the requirements that it concerns.
  private func untested(_ data: BiasData) -> [Document.Node] {
    let mine = results.filter { $0.test == data.test }
    var ids: [String: [String]] = [:]
    for result in mine {
      for (reason, count) in result.reasons {
        ids["\(reason): \(count) quadrants", default: []].append(result.requirement.id)
      }
    }
    guard !ids.isEmpty else { return [] }
    let fields = ids.sorted { $0.key < $1.key }.map { reason, ids in
      let others = mine.map(\.requirement.id).filter { !ids.contains($0) }
      let words =
        others.isEmpty
        ? "all"
        : others.count < ids.count / 2
          ? "all but " + others.joined(separator: ", ") : ids.joined(separator: ", ")
      return Document.Field(reason, Document.Text(words))
    }
    return [
      .paragraph("Why quadrants of the flight blocks were not tested:"), .definitions(fields),
    ]
  }

  private var inventory: [Document.Node] {
    [
      .section(level: 1, "Data inventory", label: "inventory-section"),
      .table(ReportTables.inventory(selections)),
    ]
  }

  // MARK: - One test

  private func sections(_ data: BiasData) -> [Document.Node] {
    let shown = MapNodes(input: input, plane: data, maps: MetaBias.maps, figures: figures)
    var nodes = shown.beginning()
    nodes.append(.section(level: 2, "Read-out noise"))
    nodes.append(
      .paragraph(
        """
        RON is the temporal noise of a pixel, from differences of consecutive frames, in which \
        fixed patterns cancel. The scatter of single frames holds fixed patterns as well, and is \
        what older analyses call RON.
        """))
    nodes += shown.heatMaps(["RON_OVE", "RON_IMG", "RON_PRE"])
    nodes += electrons(data)
    nodes += shown.heatMaps(["STD_OVE", "STD_IMG", "STD_PRE"])
    nodes += shown.histograms(["RON_OVE", "RON_IMG", "RON_PRE", "STD_IMG"])
    nodes += shown.tables(["RON_OVE", "RON_IMG"])
    nodes.append(.section(level: 2, "Offsets"))
    nodes += shown.heatMaps(["OFFSET_OVE", "OFFSET_IMG", "OFFSET_PRE", "DRIFT"])
    nodes += shown.histograms(["OFFSET_OVE", "DRIFT"]) + shown.tables(["OFFSET_OVE"])
    nodes += temperature(data)
    nodes.append(.section(level: 2, "Fixed structure"))
    let structure = ["GRADIENT_COLUMNS", "GRADIENT_ROWS", "PATTERN", "ROW_NOISE"]
    nodes += shown.heatMaps(structure) + shown.histograms(structure)
    nodes += shown.tables(["GRADIENT_COLUMNS", "GRADIENT_ROWS", "PATTERN"])
    nodes += profiles(data)
    return nodes
  }

  private func electrons(_ data: BiasData) -> [Document.Node] {
    guard let map = data.electronMap else {
      return [
        .remark(
          .missing,
          Document.Text("Read-out noise in electrons: \(data.electronReason ?? "no gain")."))
      ]
    }
    var nodes: [Document.Node] = [
      .paragraph(
        Document.Text(
          "Electrons are ADU times the gain of \(MetaBias.gainTest), with the uncertainties of both: \(data.gains.sources)."
        ))
    ]
    if data.isOnPlane {
      nodes.append(
        .figure(
          Document.Figure(
            input.figurePath("\(data.test)_RON_ELE_MAP"), width: 0.7,
            caption: Document.Text(
              "\(data.test): RON in e⁻ rms, over-scan region; gains of \(MetaBias.gainTest): \(data.gains.sources)."))))
    }
    nodes.append(
      .table(ReportTables.quadrants(map, layout: data.layout, selections: data.selections)))
    return nodes
  }

  private func temperature(_ data: BiasData) -> [Document.Node] {
    guard !data.temperatures.isEmpty else {
      return [
        .remark(.missing, "No CCD temperatures: the runs have no house-keeping of them.")
      ]
    }
    return [
      .figureGrid(
        Document.FigureGrid(
          ["RON_OVE_TEMPERATURE", "OFFSET_OVE_TEMPERATURE"].map {
            Document.Figure(input.figurePath("\(data.test)_\($0)"))
          }, perRow: 1,
          caption: """
            RON and offset of each quadrant, in the over-scan, against the temperature of its CCD; \
            colour and marker are the block.
            """))
    ]
  }

  private func profiles(_ data: BiasData) -> [Document.Node] {
    guard data.isOnPlane else { return [] }
    return [
      .section(level: 2, "Master bias"),
      .figure(
        Document.Figure(
          input.figurePath("\(data.test)_PROFS_hor"), width: 1,
          caption: """
            Mean of each column of the master bias, median removed: the first 100 columns, where \
            the structure is. Four quadrants a detector.
            """)),
      .figure(
        Document.Figure(
          input.figurePath("\(data.test)_PROFS_ver"), width: 1,
          caption: "Mean of each row of the master bias, median removed. Four quadrants a detector."
        )),
      .figure(
        Document.Figure(
          input.figurePath("MASTER_BIAS_\(data.test)"), width: 1,
          caption: Document.Text(
            """
            Master bias of all detectors as they lie on the plane, averaged over boxes, on one \
            scale. The full image is MASTER_BIAS_\(data.test).fits.
            """))),
    ]
  }

  // MARK: - Stability

  private var stabilitySections: [Document.Node] {
    guard !stability.isEmpty else { return [] }
    var rows: [[Document.Table.Cell]] = []
    for (test, stability) in stability {
      for (words, group) in [("repeated", stability.repeated), ("not repeated", stability.single)] {
        guard let group else {
          rows.append([.words(test), .words(words), .words("0"), .words("0")])
          continue
        }
        rows.append([
          .words(test), .words(words), .words(String(group.channels)),
          .words(String(group.records)),
          .value(group.meanNoise, digits: 3), .value(group.noiseScatter, digits: 3),
          .value(group.offsetScatter, digits: 3),
        ])
      }
    }
    return [
      .section(level: 1, "Time stability", label: "stability"),
      .paragraph(
        """
        All complete runs that nobody rejected, by channel: a detector's serial number and a \
        quadrant. A channel is repeated where its runs span more than ten whole days. Scatters are \
        population standard deviations over the runs of a channel, averaged over channels; a \
        channel that was measured once contributes zero. Region: over-scan.
        """),
      .table(
        Document.Table(
          [
            .init("Test"), .init("Channels that are"), .init("Channels", .right),
            .init("Records", .right), .init("Mean RON", unit: "ADU", .right),
            .init("Std RON", unit: "ADU", .right), .init("Std OFF", unit: "ADU", .right),
          ], rows: rows, caption: "Stability of read-out noise and offset.")),
    ]
  }
}
