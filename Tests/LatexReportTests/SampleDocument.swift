@testable import LatexReport

/// A report with one of everything, about as the bias test's.
func sampleDocument(rows: Int = 60, figures: [String] = []) -> Document {
  var body: [Document.Node] = introduction()
  body += [
    .section(level: 2, "Data inventory: µ & 50 % of {all}"),
    .table(
      Document.Table(
        [
          .init("ObsID", .right), .init("Frame", .left), .init("Exposure", unit: "s", .right),
          .init("Offset", unit: "ADU", .right), .init("Gain", unit: "e⁻/ADU", .right),
          .init("Result", .centre),
        ],
        rows: (0..<rows).map(inventoryRow), caption: "All frames of the test.", label: "inventory")),
  ]
  body += [
    .section(level: 1, "Checks"),
    .compliance(
      Document.ComplianceMatrix(
        corner: "Quadrant", columns: ["CCD1", "CCD2", "CCD3"], rows: ["E", "F", "G", "H"],
        cells: (0..<4).map { row in (0..<3).map { offsetCell(row, $0) } }, unit: "ADU",
        caption: "Offsets in the over-scan.", label: "matrix")),
    .compliance(
      Document.ComplianceMatrix(
        columns: ["CCD1", "CCD2", "CCD3"], rows: ["E", "F"],
        cells: (0..<2).map { row in (0..<3).map { gradientCell(row, $0) } }, unit: "ADU/pixel",
        caption: "Gradients.")),
  ]
  if let first = figures.first {
    body.append(.figure(.init(first, width: 0.6, caption: "A map.", label: "map")))
    body.append(
      .figureGrid(
        .init(
          figures.map { .init($0, caption: "Panel") }, perRow: 3, caption: "All of them.")))
  }
  body += [
    .appendix, .section(level: 1, "Provenance"),
    .table(
      Document.Table(
        [.init("File"), .init("SHA-256"), .init("Role")],
        rows: (0..<4).map(fileRow), caption: "Input files.")),
    .code("sessions:\n  D11:\n    tests: [BIAS01]\n\tlimits: {ron: 5.0}"),
  ]
  return Document(
    title: "BIAS01: offsets and read noise", subtitle: "Block CURIE, session D11",
    kicker: "Calibration campaign FM",
    cover: [
      .init("Test", "BIAS01"), .init("Block", "CURIE"),
      .init("Analysis", [.code("FM20260102_101112_D11")]),
      .init("Verdict", [.status(.fail, " rejected: RON out of limits")]),
    ],
    summary: [
      .paragraph("One of twelve checks fails."), .remark(.fail, "CCD2 G is out of limits."),
    ],
    body: body, footer: "FM20260102_101112_D11 · vison 0.1", date: 1_767_312_000)
}

private func inventoryRow(_ index: Int) -> [Document.Table.Cell] {
  let gain: Document.Table.Cell =
    index % 7 == 3 ? .empty(reason: "no frames") : .value(index == 5 ? 1.3e-9 : 3.5, digits: 2)
  return [
    .words("\(12345 + index)"), .code("EUC_\(12345 + index)_D_T_ROE1.fits"),
    .value(0, digits: 1), .value(2012.25 + Double(index), uncertainty: 0.02, digits: 2), gain,
    .status(index % 9 == 4 ? .fail : .pass),
  ]
}

private func offsetCell(_ row: Int, _ column: Int) -> Document.ComplianceMatrix.Cell {
  switch (row, column) {
  case (2, 1): .init(3400.2, lower: 1000, upper: 3000, status: .fail)
  case (3, 2): .init(nil, lower: 1000, upper: 3000, status: .missing, reason: "saturated")
  default: .init(2012.5 + Double(row), lower: 1000, upper: 3000, status: .pass)
  }
}

private func gradientCell(_ row: Int, _ column: Int) -> Document.ComplianceMatrix.Cell {
  .init(Double(row) - 0.004, lower: -Double(column), upper: 3, status: .pass)
}

private func fileRow(_ index: Int) -> [Document.Table.Cell] {
  [
    .code("data/2026/D11/EUC_\(index)_D_T_ROE1_CCD2.fits"),
    .code(String(repeating: "0123456789abcdef", count: 4)), "input frame",
  ]
}

private func introduction() -> [Document.Node] {
  let noise = Document.Number(4.512, uncertainty: 0.013, unit: "ADU")
  let gain = Document.Number(3.5, unit: "e⁻/ADU", digits: 1)
  return [
    .section(level: 1, "Inputs", label: "inputs"),
    .paragraph([
      "Read noise is ", .number(noise),
      " per pixel at a gain of ", .number(gain),
      "; see ", .link("the matrix", to: "matrix"), " and table ", .reference(to: "inventory"),
      ". Flux 1.2×10⁻³ µm ± 0.5 °C → “ok” – α ≤ β…", .footnote("A note: 5 % of µ."),
    ]),
    .remark(.warning, ["Temperature ", .bold("drifts"), " by 0.3 K over the test."]),
    .bullets(["First point", ["Second with ", .code("src/bias/master_bias_stack.fits")]]),
    .definitions([
      Document.Field("Flags", [.status(.fail, " RON_OOL"), ", POORQUALDATA"]),
      Document.Field("Verdict", [.status(.pass, " accepted")]),
    ]),
  ]
}
