import Detector
import LatexReport
import Warehouse

/// What was to be analysed, whether it is what the test expects, and the exposures one by one.
enum InputSections {
  static func acquisition(_ data: TestRunData) -> [ReportPart] {
    let run = data.run
    var parts: [ReportPart] = [
      .section(1, "Inputs and data ingestion", label: "inputs"),
      .table(
        Document.Table(
          [.init("Parameter"), .init("Value", .wrapped(share: 0.7))],
          rows: [
            ["Campaign", .words(run.campaign)], ["Block", .words(run.block)],
            ["Test", .words(run.test)], ["Session", .words(run.session)],
            ["Camera", .words("\(data.camera.name): \(data.camera.title)")],
            [
              "Day folders",
              run.dayFolders.isEmpty
                ? .empty(reason: "none") : .code(run.dayFolders.joined(separator: " ")),
            ],
            ["Exposures", .words(CoverPage.exposures(data))],
            ["Frames", .words(frames(data))],
            ["Configuration", .code(run.configurationDigest)],
            ["All inputs", .code(run.inputDigest)],
          ], caption: "Inputs; digests are SHA-256", label: "table:inputs")),
    ]
    let checks = data.checks.filter { $0.name == "acquisition" }
    if checks.isEmpty {
      parts.append(.paragraph([.status(.missing, "The acquisition was not checked.")]))
    }
    for check in checks {
      parts.append(
        .node(
          .remark(
            check.passed ? .pass : .fail,
            check.passed
              ? "The acquisition is consistent with expectations."
              : "The acquisition is NOT consistent with expectations.")))
    }
    let lines = data.subtasks.filter { $0.name == "init" }.flatMap(\.log)
    let differences = lines.filter { !$0.contains("acquisition consistent with expectations") }
    if !differences.isEmpty {
      parts.append(.paragraph("What differs, or could not be compared:"))
      parts.append(.node(.bullets(differences.prefix(60).map { Document.Text($0) })))
      if differences.count > 60 {
        parts.append(
          .paragraph("and \(differences.count - 60) more lines in the log of the step “init”."))
      }
    }
    return parts
  }

  private static func frames(_ data: TestRunData) -> String {
    let expected = data.exposures.count
    let usable = data.exposures.filter { isUsed($0, data) }.count
    return usable == expected
      ? "\(usable), all usable" : "\(usable) usable of \(expected)"
  }

  // MARK: - Inventory

  /// The columns of the original's inventory: heading, commanded column, unit.
  private static let columns: [(heading: String, name: String, unit: String)] = [
    ("chinj", "chinj", ""), ("v_tpump", "v_tpump", ""), ("s_tpump", "s_tpump", ""),
    ("source", "source", ""), ("wave", "wave", ""),
  ]

  static func inventory(_ data: TestRunData) -> [ReportPart] {
    var parts: [ReportPart] = [.section(2, "Data inventory", label: "inventory")]
    guard !data.exposures.isEmpty else {
      return parts + [.node(.remark(.missing, "No data was selected."))]
    }
    let present = columns.filter { column in
      data.exposures.contains { $0.commanded[column.name]?.isEmpty == false }
    }
    let first = data.camera.detectors.first
    // The ladders of flats have times of 0.175 s; whole seconds need no thousandths.
    let isCoarse = data.exposures.allSatisfy { exposure in
      exposure.exposureSeconds.map { abs($0 * 10 - ($0 * 10).rounded()) < 1e-6 } ?? true
    }
    let digits = isCoarse ? 1 : 3
    let rows = data.obsids.map { obsid -> [Document.Table.Cell] in
      let mine = data.exposures.filter { $0.obsid == obsid }
      let exposure = mine.first { $0.detector == first } ?? mine.first
      return [
        .words("\(obsid)"), .words(exposure?.commanded["label"] ?? ""),
        .words(TimeText.forPeople(exposure?.time ?? "")),
        .value(exposure?.exposureSeconds, digits: digits, reason: "unknown"),
      ]
        + present.map { column in
          exposure?.commanded[column.name].map { .words($0) } ?? .empty(reason: "")
        } + [.text(state(mine, data))]
    }
    let problems = data.exposures.compactMap { exposure in
      exposure.commanded["frame"].map {
        Document.Text("ObsID \(exposure.obsid), \(exposure.detector): \($0)")
      }
    }
    parts.append(
      .table(
        Document.Table(
          [
            .init("ObsID", .right), .init("Group"), .init("Date", unit: "UTC"),
            .init("exptime", unit: "s", .right),
          ] + present.map { .init(.init($0.heading), unit: $0.unit) }
            + [.init("Frames", .wrapped(share: 0.2))],
          rows: rows,
          caption:
            "Data inventory of \(data.run.test), commanded values of \(first ?? "the detector")",
          label: "table:inventory",
          note: .init(
            present.count < columns.count
              ? "The log has no value for "
                + columns.filter { column in !present.contains { $0.name == column.name } }
                .map(\.heading).joined(separator: ", ") + "." : ""),
          size: .footnote)))
    if !problems.isEmpty { parts.append(.node(.bullets(problems))) }
    return parts
  }

  static func isUsed(_ exposure: ExposureRecord, _ data: TestRunData) -> Bool {
    exposure.commanded["frame"] == nil
      && data.inputs.contains {
        $0.role == .raw && $0.obsid == exposure.obsid && $0.detector == exposure.detector
      }
  }

  private static func state(_ exposures: [ExposureRecord], _ data: TestRunData) -> Document.Text {
    let bad = exposures.filter { !isUsed($0, data) }
    if bad.isEmpty { return [.status(.pass, "all used")] }
    return [
      .status(
        .fail,
        bad.map { "\($0.detector) \($0.commanded["frame"] == nil ? "missing" : "unusable")" }
          .joined(separator: ", "))
    ]
  }
}
