import Detector
import LatexReport
import Warehouse

/// The cover: which data, which analysis, and how it came out.
enum CoverPage {
  static func fields(_ data: TestRunData) -> [Document.Field] {
    let run = data.run
    let serials = data.camera.detectors.map { detector -> Document.Text in
      [.text("\(detector): "), .bold(run.serials[detector] ?? "unknown")]
    }
    var serialText: Document.Text = ""
    for (index, serial) in serials.enumerated() {
      if index > 0 { serialText += "   " }
      serialText += serial
    }
    return [
      Document.Field("Test", [.bold(run.test)]),
      Document.Field("Session", .init(run.session)),
      Document.Field("Block", [.bold(run.block)]),
      Document.Field("Serial numbers", serialText),
      Document.Field("Camera", .init(data.camera.title)),
      Document.Field("Exposures", .init(exposures(data))),
      Document.Field("Analysis", [.code(data.analysis.record.name)]),
      Document.Field("Program", .init("vison \(data.analysis.record.programVersion)")),
      Document.Field("Date", .init("\(TimeText.forPeople(data.analysis.record.started)) UTC")),
      Document.Field(
        "Operator", .init(operatorAndHost(data.analysis.record))),
      Document.Field("State of the run", state(run.status)),
      Document.Field("Verdict", verdict(data)),
    ]
  }

  static func summary(_ data: TestRunData) -> [Document.Node] {
    var nodes: [Document.Node] = []
    let failed = data.checks.filter { !$0.passed }.count
    if let subtask = data.failedSubtask {
      nodes.append(
        .remark(
          .fail,
          [
            .bold("The run failed in the step “\(subtask.name)”. "),
            .text(subtask.log.last ?? "No reason was stored."),
            .text(" What follows is what was stored before."),
          ]))
    } else if data.run.status != .finished {
      nodes.append(
        .remark(
          .warning,
          [
            .bold("The run is not finished: \(data.run.status.rawValue). "),
            .text("What follows is what was stored when the report was made."),
          ]))
    }
    if data.checks.isEmpty {
      nodes.append(.remark(.missing, "No check was made."))
    } else if failed == 0 {
      nodes.append(
        .remark(
          .pass,
          data.checks.count == 1
            ? "The one check that was made passed; \(flagCount(data))."
            : "All \(data.checks.count) checks passed; \(flagCount(data))."))
    } else {
      nodes.append(
        .remark(
          .fail,
          "\(failed) of \(data.checks.count) checks failed; \(flagCount(data)). The summary names them."
        ))
    }
    return nodes
  }

  private static func operatorAndHost(_ record: AnalysisRecord) -> String {
    let words = [record.operatorName, record.host].filter { !$0.isEmpty }
    return words.isEmpty ? "not recorded" : words.joined(separator: ", on ")
  }

  static func exposures(_ data: TestRunData) -> String {
    let count = data.obsids.count
    guard let first = data.obsids.first, let last = data.obsids.last else { return "none" }
    return count == 1 ? "1 (ObsID \(first))" : "\(count) (ObsID \(first) to \(last))"
  }

  private static func flagCount(_ data: TestRunData) -> String {
    let names = Set(data.flags.map(\.flag.name)).sorted()
    return names.isEmpty
      ? "no flag was raised" : "flags: \(names.joined(separator: ", "))"
  }

  static func state(_ status: RunStatus) -> Document.Text {
    switch status {
    case .finished: [.status(.pass, "finished")]
    case .failed: [.status(.fail, "failed")]
    case .running: [.status(.warning, "running, or ended by a kill")]
    case .interrupted: [.status(.warning, "interrupted")]
    }
  }

  static func verdict(_ data: TestRunData) -> Document.Text {
    guard let last = data.verdicts.last, last.state != .withdrawn else {
      return [.status(.missing, "none yet")]
    }
    let accepted = last.state == .accepted
    return [
      .status(accepted ? .pass : .fail, last.state.rawValue),
      .text(" by \(last.author), \(TimeText.forPeople(last.time)): \(last.reason)"),
    ]
  }
}
