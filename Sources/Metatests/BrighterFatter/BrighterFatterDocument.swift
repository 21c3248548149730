import BlockTests
import Detector
import Diagnostics
import LatexReport
import Reporting
import Warehouse

/// The report of MetaBF as a document; its pictures are named as the content makes them.
struct BrighterFatterDocument {
  let input: MetatestInput
  let planes: [BrighterFatterPlane]
  /// The names of the figures that there are.
  let figures: Set<String>
  let date: (text: String, seconds: Int64)
  let camera: Camera

  private var selections: [BlockSelection] { planes.flatMap(\.selections) }

  func document() throws -> Document {
    var body: [Document.Node] = [
      .section(level: 1, "Data inventory", label: "inventory-section"),
      .table(ReportTables.inventory(selections)), .paragraph(Document.Text(gains)),
    ]
    body += wavelengths
    for plane in planes { body += sections(plane) }
    return try MetatestFrame(
      name: "MetaBF", title: "MetaBF: brighter-fatter of the focal plane", input: input,
      planes: planes
    ).document(
      body, summary: summary, quantities: MetaBF.quantities, rule: input.selector.rule,
      date: date, camera: camera)
  }

  /// Which runs the gains come from.
  private var gains: String {
    let named = planes.flatMap { plane in
      plane.runs.map { run in
        "\(plane.test) of \(run.block): "
          + (plane.gainRuns[run.block].map { "run \($0)" + (hasGain(plane, run) ? "" : " (no gain)") }
            ?? "no gain")
      }
    }
    return "Gains that turned ADU into electrons are those of PTC01; " + named.joined(separator: ", ")
      + "."
  }

  private func hasGain(_ plane: BrighterFatterPlane, _ run: StoredTestRun) -> Bool {
    plane.reader.values(of: BrighterFatterQuantities.gain, item: nil).contains {
      $0.key.block == run.block && $0.value.number != nil
    }
  }

  /// Why there are no widths: the commonest reason of those that were to be measured.
  private func why(_ plane: BrighterFatterPlane) -> String {
    guard plane.runs.contains(where: { hasGain(plane, $0) }) else {
      return "without gains of PTC01 they are not measurable" + (reason(plane).map { " (\($0))" } ?? "")
    }
    return reason(plane) ?? "none was measured"
  }

  private func reason(_ plane: BrighterFatterPlane) -> String? {
    let reasons = plane.reader.values(of: BrighterFatterQuantities.widthX, item: nil).values.compactMap {
      value -> String? in
      if case .missing(let reason) = value { return reason } else { return nil }
    }
    return Dictionary(grouping: reasons) { $0 }.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?
      .key
  }

  // MARK: - Summary

  private var summary: [Document.Node] {
    planes.map { plane in
      let parts = MetaBF.maps.prefix(5).compactMap { map -> String? in
        guard let found = ValueSummary(plane.stored(map).numbers(of: plane.flight)) else {
          return nil
        }
        func number(_ value: Double) -> String {
          NumberText.fixed(value, digits: map.decimals + 1)
        }
        return "\(map.title) \(number(found.median)) ± \(number(found.sigma))"
          + (map.shownUnit.isEmpty ? "" : " \(map.shownUnit)")
      }
      guard !parts.isEmpty else {
        return .remark(.missing, Document.Text("\(plane.test): no widths of flight blocks."))
      }
      return .paragraph(
        Document.Text(
          "\(plane.test), median and robust σ over the quadrants of the flight blocks: "
            + parts.joined(separator: "; ") + "."))
    }
  }

  // MARK: - Results

  private func figure(_ name: String, _ caption: Document.Text, width: Double = 0.8)
    -> [Document.Node]
  {
    guard figures.contains(name) else { return [] }
    return [
      .figure(Document.Figure(input.figurePath(name), width: width, caption: caption))
    ]
  }

  private var wavelengths: [Document.Node] {
    let nodes = MetaBF.directions.flatMap { direction in
      figure(
        "FWHM\(direction.name.uppercased())_vs_WAVELENGTH",
        Document.Text(
          "FWHM along \(direction.name) at 32768 ADU against wavelength, a line for each quadrant, colours by block; dashed the relation of Niemi et al. (2015)."
        ))
    }
    return nodes.isEmpty
      ? [] : [.section(level: 1, "Widths against wavelength", label: "wavelength")] + nodes
  }

  private func sections(_ plane: BrighterFatterPlane) -> [Document.Node] {
    let test = plane.test
    let shown = MapNodes(input: input, plane: plane, maps: MetaBF.maps, figures: figures)
    var nodes = shown.beginning()
    nodes.append(.section(level: 2, "Widths against fluence"))
    let before = nodes.count
    for direction in MetaBF.directions {
      let upper = direction.name.uppercased()
      nodes += figure(
        "\(test)_FWHM\(upper)_vs_FLUENCE",
        Document.Text(
          "FWHM along \(direction.name) against fluence in electrons, with the coefficients of each fluence; dashed the relation of Niemi et al. (2015)."
        ))
      nodes += figure(
        "\(test)_FWHM\(upper)_vs_FLUENCE_JOINT",
        Document.Text(
          "The same with the coefficients of the joint fit of all fluences, a fixed kernel."))
      nodes += figure(
        "\(test)_FWHM\(upper)_CURVES",
        Document.Text(
          "\(test): FWHM along \(direction.name) of each detector where it lies on the plane; points are fluences, dashed the fitted lines."
        ), width: 1)
    }
    if nodes.count == before {
      nodes.append(.remark(.missing, Document.Text("No widths: " + why(plane) + ".")))
    }
    nodes.append(.section(level: 2, "Half of full well"))
    let widths = ["FWHMX_HWC", "FWHMY_HWC", "FWHMX_SLOPE", "FWHMY_SLOPE"]
    nodes += shown.heatMaps(widths + ["ELL_HWC"]) + shown.histograms(widths)
    nodes += shown.tables(["FWHMX_HWC", "FWHMY_HWC", "ELL_HWC"])
    nodes.append(.section(level: 2, "Coefficients and correction"))
    let coefficients = ["A10", "A01", "RESTORED"]
    nodes += shown.heatMaps(coefficients) + shown.histograms(coefficients)
    nodes += shown.tables(coefficients)
    return nodes
  }
}
