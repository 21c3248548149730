import BlockTests
import Detector
import Diagnostics
import LatexReport
import Reporting
import Warehouse

/// The report of MetaFlat as a document; its pictures are named as the content makes them.
struct FlatDocument {
  let input: MetatestInput
  let planes: [FlatPlane]
  /// The names of the figures that there are.
  let figures: Set<String>
  let date: (text: String, seconds: Int64)
  let camera: Camera
  let rule: String

  private var selections: [BlockSelection] { planes.flatMap(\.selections) }

  func document() throws -> Document {
    var body: [Document.Node] = [
      .section(level: 1, "Data inventory", label: "inventory-section"),
      .table(ReportTables.inventory(selections)),
      .section(level: 1, "Master flats", label: "statistics-section"), .table(statistics),
    ]
    body += planes.map(slopes)
    body += wavelengths
    for plane in planes { body += sections(plane) }
    let sources = planes.first?.gains.sources ?? ""
    let gains = Document.Text(
      sources.isEmpty
        ? "There is no PTC01: fluences are in ADU only." : "Gains of PTC01: \(sources).")
    return try MetatestFrame(
      name: "MetaFlat", title: "MetaFlat: master flats and PRNU of the focal plane", input: input,
      planes: planes
    ).document(
      body, summary: summary, quantities: MetaFlat.quantities, rule: rule,
      provenance: [.paragraph(gains)],
      date: date, camera: camera)
  }

  // MARK: - Summary

  private var summary: [Document.Node] {
    planes.map { plane in
      let parts = plane.labels.compactMap { label -> String? in
        guard let mean = plane.mean(plane.map(FlatQuantities.prnu, label)) else { return nil }
        return
          "\(NumberText.fixed(mean.mean, digits: 3)) % at \(label) (standard deviation "
          + "\(NumberText.fixed(mean.deviation, digits: 3)) % of \(mean.count) quadrants)"
      }
      guard !parts.isEmpty else {
        return .remark(.missing, Document.Text("\(plane.test): no PRNU of flight blocks."))
      }
      let zero = plane.mean(plane.map(FlatQuantities.prnuAtZero, nil)).map {
        "; at no signal \(NumberText.fixed($0.mean, digits: 3)) %"
      }
      return .paragraph(
        Document.Text(
          "\(plane.test), \(plane.wave): mean PRNU \(parts.joined(separator: ", "))\(zero ?? "")."))
    }
  }

  // MARK: - Results

  private var statistics: Document.Table {
    Document.Table(
      [
        .init("Test"), .init("Column"), .init("PRNU", unit: "%", .right),
        .init("Fluence", unit: "ADU", .right), .init("Fluence", unit: "e⁻", .right),
        .init("Error of a pixel", unit: "10⁻³", .right),
      ],
      rows: FlatTables.averages(planes).map { row in
        [
          .words(row.test), .words(row.label), .value(row.prnu, digits: 3),
          .value(row.adu, digits: 1),
          row.electrons == nil ? .empty(reason: "no gain") : .value(row.electrons, digits: 0),
          .value(row.noise.map { $0 * 1000 }, digits: 3),
        ]
      }, caption: "Master flats: means over the quadrants of the flight blocks.",
      label: "statistics")
  }

  /// Whether PRNU is that of the light or of the signals.
  private func slopes(_ plane: FlatPlane) -> Document.Node {
    var (corrected, measured) = (0, 0)
    var reasons: Set<String> = []
    for label in plane.labels {
      let map = plane.map(FlatQuantities.slope, label)
      for place in plane.map(FlatQuantities.prnu, label).values.filter({ $0.value.number != nil })
        .keys.sorted()
      {
        measured += 1
        if map.number(at: place) != nil { corrected += 1 }
        if case .missing(let reason)? = map.values[place] { reasons.insert(reason) }
      }
    }
    guard measured > 0 else {
      return .remark(.missing, Document.Text("\(plane.test): no PRNU was measured."))
    }
    if corrected == measured {
      return .paragraph([
        .text("\(plane.test): PRNU is that of the light, corrected for the "),
        .link("slope of the chain", to: DefinitionLabel.of(FlatQuantities.slope.name)),
        .text(" at every fluence."),
      ])
    }
    let why = reasons.count == 1 ? reasons.first.map { " (\($0))" } ?? "" : ""
    return .remark(
      .missing,
      Document.Text(
        "\(plane.test): \(measured - corrected) of \(measured) values of PRNU are not corrected for the slope of the chain\(why); they are off by about as much as the chain departs from proportionality at their signal."
      ))
  }

  private var wavelengths: [Document.Node] {
    let figures = [
      (
        "PRNU_vs_WAVELENGTH", FlatFigures.WavelengthSource.typical,
        "PRNU against wavelength, of the second fluence of FLAT01 and the first of FLAT02"
      ),
      (
        "PRNU_ZERO_vs_WAVELENGTH", .noSignal,
        "PRNU at no signal against wavelength, which brighter-fatter does not lower"
      ),
    ].compactMap { name, source, words -> Document.Node? in
      guard FlatFigures.wavelengths(planes, source) != nil else { return nil }
      return .figure(
        Document.Figure(
          input.figurePath(name), width: 0.6,
          caption: Document.Text(
            words
              + ": mean of the quadrants of the flight blocks, bars their standard deviation; detectors of the batches with high PRNU apart."
          )))
    }
    return figures.isEmpty
      ? [] : [.section(level: 1, "PRNU against wavelength", label: "wavelength")] + figures
  }

  private func sections(_ plane: FlatPlane) -> [Document.Node] {
    let test = plane.test
    let shown = MapNodes(input: input, plane: plane, maps: plane.maps, figures: figures)
    var nodes = shown.beginning()
    nodes.append(
      .figure(
        Document.Figure(
          input.figurePath("PRNU_vs_FLU_\(test)"), width: 0.8,
          caption: Document.Text(
            "\(test): PRNU of every quadrant of every block against its fluence"
              + (plane.hasElectrons
                ? ", in electrons with the gains of PTC01." : "; there is no gain.")))))
    for label in plane.labels {
      nodes.append(.section(level: 2, "Fluence \(label)"))
      nodes += shown.heatMaps(["PRNU_\(label)"])
      nodes += shown.histograms(["PRNU_\(label)", "FLUENCE_\(label)"])
      nodes += shown.tables(["PRNU_\(label)"])
      if plane.isOnPlane {
        nodes.append(
          .figure(
            Document.Figure(
              input.figurePath("MF_\(test)_\(label)"), width: 1,
              caption: Document.Text(
                "\(test), \(label): master flats as they lie on the plane, averaged over boxes; grey values by rank in each detector."
              ))))
      }
    }
    nodes.append(.section(level: 2, "No signal, and defects"))
    nodes += shown.heatMaps(["PRNU_ZERO", "DEFECTS"])
    nodes += shown.tables(MetaFlat.maps.map(\.key))
    return nodes
  }
}
