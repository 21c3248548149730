import BlockTests
import Detector
import Diagnostics
import LatexReport
import Reporting
import Warehouse

/// The report of MetaPTC as a document; its pictures are named as the content makes them.
struct PhotonTransferDocument {
  let input: MetatestInput
  let planes: [PhotonTransferPlane]
  let results: [RequirementResult]
  /// The names of the figures that there are.
  let figures: Set<String>
  let date: (text: String, seconds: Int64)
  let camera: Camera
  let stability: GainStabilityReport

  private var selections: [BlockSelection] { planes.flatMap(\.selections) }

  func document() throws -> Document {
    var body: [Document.Node] = [
      .section(level: 1, "Requirements", label: "requirements-section")
    ]
    for plane in planes {
      body.append(.table(ReportTables.requirements(results, test: plane.test)))
      body.append(.table(ReportTables.matrix(results, selections, test: plane.test)))
    }
    body.append(.table(ReportTables.worst(results, count: 3)))
    body += [
      .section(level: 1, "Data inventory", label: "inventory-section"),
      .table(ReportTables.inventory(selections)),
    ]
    body += wavelengths
    body += stability.nodes(path: input.figurePath(GainStabilityReport.figureName))
    body += dependences
    for plane in planes { body += sections(plane) }
    return try MetatestFrame(
      name: "MetaPTC", title: "MetaPTC: gains and full well of the focal plane", input: input,
      planes: planes
    ).document(
      body, summary: summary, quantities: MetaPTC.quantities, rule: input.selector.rule,
      date: date, camera: camera)
  }

  // MARK: - Summary

  private var summary: [Document.Node] {
    var nodes: [Document.Node] = []
    let failing = results.filter { $0.verdict == .fail }
    let measured = results.map { $0.counts($0.flightPlaces) }.contains { $0.passed > 0 }
    if failing.isEmpty, !measured {
      nodes.append(.remark(.missing, "No gain was measured: the requirement is not tested."))
    } else if failing.isEmpty {
      nodes.append(.remark(.pass, "No gain that was measured is outside of the requirement."))
    } else {
      let text = failing.map { result in
        "\(result.test), \(result.counts(result.flightPlaces).failed) quadrants"
      }.joined(separator: "; ")
      nodes.append(.remark(.fail, Document.Text("Gain out of the requirement: \(text).")))
    }
    for plane in planes {
      guard let gain = plane.meanGain else {
        nodes.append(
          .remark(.missing, Document.Text("\(plane.test): no gains of flight blocks.")))
        continue
      }
      let counts = results.first { $0.test == plane.test }.map { $0.counts($0.flightPlaces) }
      nodes.append(
        .paragraph(
          Document.Text(
            "\(plane.test): mean gain \(NumberText.fixed(gain.mean, digits: 3)) e⁻/ADU, standard deviation "
              + "\(NumberText.fixed(gain.deviation, digits: 3)), of \(gain.count) quadrants; "
              + "\(counts?.passed ?? 0) are inside 3.0 … 3.5.")))
    }
    return nodes
  }

  // MARK: - Results

  private var wavelengths: [Document.Node] {
    guard MetaPTC.wavelengthFigure(planes) != nil else { return [] }
    return [
      .section(level: 1, "Gain against wavelength", label: "wavelength"),
      .figure(
        Document.Figure(
          input.figurePath("GAIN_vs_Wavelength"), width: 0.6,
          caption:
            "Gain against wavelength: mean of the quadrants of the flight blocks, bars their standard deviation."
        )),
    ]
  }

  private var dependences: [Document.Node] {
    let names = MetaPTC.dependenceFigures(planes).map(\.name)
    guard !names.isEmpty else { return [] }
    return [
      .section(level: 1, "Gain against temperature and voltages", label: "dependences"),
      .paragraph(
        "Means of the house-keeping over each run, not calibrated: top readings for the upper quadrants, bottom readings for the lower ones. Small ranges of voltages come from differences between read-out electronics."
      ),
    ]
      + names.map { name in
        .figure(
          Document.Figure(
            input.figurePath(name), width: 0.7,
            caption:
              "Gain of each quadrant of all blocks, one colour a test."))
      }
  }

  private func sections(_ plane: PhotonTransferPlane) -> [Document.Node] {
    let test = plane.test
    let shown = MapNodes(input: input, plane: plane, maps: MetaPTC.maps, figures: figures)
    var nodes = shown.beginning()
    nodes.append(.section(level: 2, "Gain"))
    nodes += shown.heatMaps(["GAIN", "CHI2"]) + shown.histograms(["GAIN", "RON_PTC"])
    nodes += shown.tables(["GAIN"])
    if !plane.temperatures.isEmpty {
      nodes.append(
        .figure(
          Document.Figure(
            input.figurePath("\(test)_GAIN_TEMPERATURE"), width: 0.8,
            caption:
              "Gain of each quadrant against the temperature of its CCD; colour and marker are the block."
          )))
    } else {
      nodes.append(.remark(.missing, "No CCD temperatures: the runs have no house-keeping of them."))
    }
    nodes.append(.section(level: 2, "Turn-off and blooming"))
    nodes.append(
      .paragraph(
        "The turn-off is the highest signal at which the variance follows the curve. Where no pair departs from it, the value is a lower limit."
      ))
    nodes += shown.heatMaps(["BLOOM_ADU", "BLOOM_ELE"]) + shown.tables(["BLOOM_ADU"])
    if plane.isOnPlane, MetaPTC.hasBloomMap(plane) {
      nodes.append(
        .figure(
          Document.Figure(
            input.figurePath("\(test)_BLOOM_ADU_2DMAP"), width: 1,
            caption:
              "Blooming limits of tiles as they lie on the plane; tiles without a value do not reach one."
          )))
    } else {
      nodes.append(.remark(.missing, "No tile reaches a blooming limit."))
    }
    if MetaPTC.hasEdges(plane) {
      nodes.append(.section(level: 2, "Hard-edge response"))
      nodes += shown.heatMaps(["HER"])
      nodes.append(
        .figure(
          Document.Figure(
            input.figurePath("HER_curves_\(test)"), width: 0.75,
            caption:
              "Serial profiles of all quadrants behind the edge of the image area; the first pixel is the hard-edge response."
          )))
    }
    nodes.append(.section(level: 2, "Brighter-fatter coefficients"))
    let coefficients = ["A00", "A10", "A01", "ASUM"]
    nodes += shown.heatMaps(coefficients) + shown.histograms(coefficients)
    nodes += shown.tables(["A00"])
    return nodes
  }
}
