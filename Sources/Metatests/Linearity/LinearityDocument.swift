import BlockTests
import Detector
import Diagnostics
import LatexReport
import Reporting
import Warehouse

/// The report of MetaNL as a document; its pictures are named as the content makes them.
struct LinearityDocument {
  let input: MetatestInput
  let planes: [LinearityPlane]
  let results: [RequirementResult]
  /// The names of the figures that there are.
  let figures: Set<String>
  let date: (text: String, seconds: Int64)
  let camera: Camera
  let comparison: LinearityComparison

  private var selections: [BlockSelection] { planes.flatMap(\.selections) }

  func document() throws -> Document {
    var body: [Document.Node] = [
      .section(level: 1, "Requirements", label: "requirements-section")
    ]
    for plane in planes {
      body.append(.table(ReportTables.requirements(results, test: plane.test)))
      body.append(.table(ReportTables.matrix(results, selections, test: plane.test)))
    }
    body += [
      .table(ReportTables.worst(results, count: 3)),
      .section(level: 1, "Data inventory", label: "inventory-section"),
      .table(ReportTables.inventory(selections)), .paragraph(Document.Text(gains)),
    ]
    let name = LinearityComparison.figureName
    body += comparison.nodes(path: figures.contains(name) ? input.figurePath(name) : nil)
    for plane in planes { body += sections(plane) }
    return try MetatestFrame(
      name: "MetaNL", title: "MetaNL: non-linearity of the focal plane", input: input,
      planes: planes
    ).document(
      body, summary: summary, quantities: MetaNL.quantities, rule: input.selector.rule,
      date: date, camera: camera)
  }

  /// Which runs the gains come from.
  private var gains: String {
    guard let gains = planes.first?.gains, !gains.runs.isEmpty else {
      return "No gain is known: signals are in ADU, and nothing is in electrons (no PTC01 in the warehouse)."
    }
    guard gains.hasGains else {
      return "No gain is known: signals are in ADU, and nothing is in electrons (PTC01: \(gains.sources))."
    }
    return "Gains that turned ADU into electrons are those of PTC01: \(gains.sources)."
  }

  // MARK: - Summary

  private var summary: [Document.Node] {
    var nodes: [Document.Node] = []
    for result in results where result.verdict == .fail {
      let count = result.counts(result.flightPlaces).failed
      nodes.append(
        .remark(
          .fail,
          Document.Text(
            "\(result.test): the source was not stable to 1 % in the light of \(count) quadrants.")))
    }
    for plane in planes {
      let parts = ["MAXNL", "SOURCE_STABILITY", "SATURATION"].compactMap { key -> String? in
        guard let map = MetaNL.maps.first(where: { $0.key == key }) else { return nil }
        let values = plane.stored(map)
        guard let found = ValueSummary(values.numbers(of: plane.flight)) else { return nil }
        func number(_ value: Double) -> String { NumberText.fixed(value, digits: values.digits) }
        return
          "\(map.title) \(number(found.median)) \(map.shownUnit) (median of \(found.count) quadrants, \(number(found.minimum)) to \(number(found.maximum)))"
      }
      nodes.append(
        parts.isEmpty
          ? .remark(.missing, Document.Text("\(plane.test): no non-linearity of flight blocks."))
          : .paragraph(Document.Text("\(plane.test): " + parts.joined(separator: "; ") + ".")))
    }
    return nodes
  }

  // MARK: - Results

  private func sections(_ plane: LinearityPlane) -> [Document.Node] {
    let shown = MapNodes(input: input, plane: plane, maps: MetaNL.maps, figures: figures)
    var nodes = shown.beginning()
    nodes.append(.section(level: 2, "Stability of the source"))
    nodes += shown.heatMaps(["SOURCE_STABILITY"]) + shown.histograms(["SOURCE_STABILITY", "CHI2"])
    nodes.append(.section(level: 2, "Non-linearity curves"))
    nodes += curves(plane)
    nodes.append(.section(level: 2, "Largest deviations"))
    nodes += shown.heatMaps(["MAXNL", "MAXNL_FLUADU", "MAXNL_FLUELE", "MAXNL_CORE"])
    nodes += shown.histograms(["MAXNL", "MAXNL_FLUADU"]) + shown.tables(["MAXNL"])
    nodes.append(.section(level: 2, "Saturation"))
    nodes += shown.heatMaps(["SATURATION", "SATURATION_ELE", "KNEE"])
    nodes += shown.histograms(["SATURATION", "KNEE"]) + shown.tables(["SATURATION"])
    nodes.append(.section(level: 2, "Charge transfer"))
    nodes += shown.heatMaps(["CTI_SERIAL", "CTI_PARALLEL"])
    nodes += shown.histograms(["CTI_SERIAL", "CTI_PARALLEL"])
    nodes += twice(plane)
    return nodes
  }

  private func curves(_ plane: LinearityPlane) -> [Document.Node] {
    let unit = plane.isInElectrons ? "thousands of electrons" : "thousands of ADU"
    let pictures: [(name: String, caption: String, width: Double)] = [
      ("NL_curves_FPAMAP", "Fitted curves of each CCD where it lies, against signal in \(unit).", 1),
      ("NL_curves_rel_fit", "Fitted curves of all quadrants; the colour is the block.", 0.85),
      ("NL_curves_rel_fit_bychamber", "Fitted curves of all quadrants; the colour is the chamber.", 0.85),
      ("NL_curves_rel_data", "Exposures that were fitted; the colour is the block.", 0.85),
      ("NL_curves_rel_data_bychamber", "Exposures that were fitted; the colour is the chamber.", 0.85),
      ("NL_curves_abs_fit", "Fitted curves of all quadrants as absolute deviations.", 0.85),
    ]
    let nodes = pictures.compactMap { picture -> Document.Node? in
      let name = "\(plane.test)_\(picture.name)"
      guard figures.contains(name) else { return nil }
      return .figure(
        Document.Figure(
          input.figurePath(name), width: picture.width,
          caption: Document.Text("\(plane.test): \(picture.caption)")))
    }
    return nodes.isEmpty ? [.remark(.missing, "No curve could be fitted.")] : nodes
  }

  private func twice(_ plane: LinearityPlane) -> [Document.Node] {
    let pairs = plane.measuredTwice
    guard !pairs.isEmpty, !plane.fits.isEmpty else { return [] }
    var nodes: [Document.Node] = [.section(level: 2, "CCDs measured in two blocks")]
    for pair in pairs {
      nodes.append(
        .figure(
          Document.Figure(
            input.figurePath(MetaNL.twiceName(plane, pair.serial)), width: 0.8,
            caption: Document.Text(
              "CCD \(pair.serial): \(pair.first.0.block) \(pair.first.1) and \(pair.second.0.block) \(pair.second.1). \(stability(plane, pair.first, pair.second))"
            ))))
    }
    return nodes
  }

  /// The source's stability in both blocks, mean of the quadrants.
  private func stability(
    _ plane: LinearityPlane, _ first: (StoredTestRun, String), _ second: (StoredTestRun, String)
  ) -> String {
    let values = plane.reader.values(of: LinearityQuantities.stability, item: nil)
    let means = [first, second].map { side -> String in
      let mine = camera.amplifiers.compactMap {
        values[
          ChannelPlace(block: side.0.block, detector: side.1, amplifier: $0.name)]?.number
      }
      return mine.isEmpty
        ? "unknown" : NumberText.fixed(mine.reduce(0, +) / Double(mine.count), digits: 3) + " %"
    }
    return "Stability of the source: \(means.joined(separator: " and "))."
  }
}
