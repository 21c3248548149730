import Detector
import LatexReport
import Reporting
import Warehouse

/// Tables that all metatests show.
enum ReportTables {
  /// The standard table of quadrants: one row a detector of the plane, then those off the plane. Blocks without a run are
  /// named in the caption.
  static func quadrants(_ map: ChannelMap, layout: PlaneLayout, selections: [BlockSelection])
    -> Document.Table
  {
    let amplifiers = layout.camera.amplifiers.map(\.name)
    let digits = NumberText.digits(
      for: map.values.keys.sorted().map { map.uncertainty(at: $0) }, atLeast: map.digits)
    let reasons = Dictionary(
      selections.map { ($0.block, $0.reason ?? "") }, uniquingKeysWith: { first, _ in first })
    func row(_ slot: String, _ block: String, _ detector: String) -> [Document.Table.Cell] {
      [.words(slot), .words(block), .words(detector)]
        + amplifiers.map { amplifier in
          let place = ChannelPlace(block: block, detector: detector, amplifier: amplifier)
          let reason = reasons[block] ?? ""
          return NumberText.cell(
            map.values[place], digits: digits, nothing: reason.isEmpty ? "not measured" : reason)
        }
    }
    let onPlane = layout.slots.filter { layout.camera.detectors.contains($0.detector) }
    let missing = Set(selections.filter { $0.run == nil }.map(\.block))
    let shown = onPlane.filter { !missing.contains($0.block) }
    let others = selections.filter { $0.role != .flight && $0.run != nil }
    let rows =
      shown.map { row($0.name, $0.block, $0.detector) }
      + others.flatMap { selection in
        layout.camera.detectors.map { row("–", selection.block, $0) }
      }
    // A rule behind each slice.
    let rules = shown.indices.filter { index in
      index + 1 == shown.count || shown[index + 1].slice != shown[index].slice
    }.map { $0 + 1 }
    // A line for each quadrant of blocks that were never measured would bury those that were.
    var absent: [String] = []
    for slot in onPlane where missing.contains(slot.block) && !absent.contains(slot.block) {
      absent.append(slot.block)
    }
    let why = Set(absent.compactMap { reasons[$0] }.filter { !$0.isEmpty })
    let without =
      absent.isEmpty
      ? ""
      : " Without results: \(absent.joined(separator: ", "))"
        + (why.count == 1 ? " (\(why.first ?? ""))" : "") + "."
    return Document.Table(
      [.init("CCDID"), .init("BLOCK"), .init("CCD")]
        + amplifiers.map {
          Document.Table.Column(Document.Text($0), unit: map.unit.display, .right)
        },
      rows: rows,
      caption: [
        .text("\(map.title), of each quadrant; ± is the 1σ uncertainty. "),
        .link("Definition", to: DefinitionLabel.of(map.quantity)), .text("." + without),
      ], pagination: .breaking, size: .footnote, rulesAfter: Set(rules))
  }

  /// The chosen runs, and the blocks without one.
  static func inventory(_ selections: [BlockSelection]) -> Document.Table {
    let shown = selections.filter { $0.role == .flight || $0.run != nil || $0.candidates > 0 }
    return Document.Table(
      [
        .init("BLOCK"), .init("Role"), .init("TEST"), .init("SESSION"), .init("DAY-FOLDER"),
        .init("OBSIDS"), .init("Run", .right), .init("Analysis", .wrapped(share: 0.24)),
        .init("Chosen as", .wrapped(share: 0.2)),
      ],
      rows: shown.map { selection in
        guard let run = selection.run else {
          return [
            .words(selection.block), .words(selection.role.rawValue), .words(selection.test),
            .empty(), .empty(), .empty(), .empty(), .empty(),
            .status(.missing, selection.reason ?? ""),
          ]
        }
        let obsids = run.obsids.map { "\($0.lowerBound)–\($0.upperBound)" } ?? "–"
        return [
          .words(selection.block), .words(selection.role.rawValue), .words(run.test),
          .words(run.session), .words(dayFolders(run)), .words(obsids),
          .words(String(run.key.id)), .code(run.analysis.name),
          .words(
            (selection.rule?.rawValue ?? "")
              + (selection.candidates > 1 ? ", of \(selection.candidates) runs" : "")),
        ]
      }, caption: "Data inventory.", label: "inventory", pagination: .automatic, size: .footnote)
  }

  /// The names of the day folders; where they lie is in the warehouse.
  private static func dayFolders(_ run: StoredTestRun) -> String {
    run.dayFolders.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
      .joined(separator: ", ")
  }

  // MARK: - Requirements

  static func status(_ verdict: RequirementResult.Verdict) -> Document.Status {
    switch verdict {
    case .pass: .pass
    case .fail: .fail
    case .incomplete: .warning
    case .notTested: .missing
    }
  }

  /// One row a requirement of one test: limits, counts, worst margin.
  static func requirements(_ results: [RequirementResult], test: String) -> Document.Table {
    Document.Table(
      [
        .init("Outcome"), .init("Id"), .init("What"), .init("Limits", .right),
        .init("Pass", .right), .init("Fail", .right), .init("Open", .right),
        .init("Margin", .right), .init("at"),
      ],
      rows: results.filter { $0.test == test }.map { result in
        let requirement = result.requirement
        let counts = result.counts(result.flightPlaces)
        let worst = result.worst(.max).first { result.flight.contains($0.place.block) }
        return [
          .status(status(result.verdict), result.verdict.rawValue), .words(requirement.id),
          .words(requirement.title),
          .words("\(limits(requirement)) \(requirement.unit.display)"),
          .words(String(counts.passed)),
          .words(String(counts.failed)), .words(String(counts.untested)),
          .value(worst?.margin, digits: requirement.digits),
          .words(worst.map { name($0.place) } ?? ""),
        ]
      },
      caption: Document.Text(
        """
        \(test): requirements and limits, judged on the flight blocks; counts are of quadrants, \
        open ones were not tested. The margin is the smallest distance to a limit, negative outside. \
        A value passes above the lower limit and up to the upper one.
        """), size: .footnote)
  }

  static func limits(_ requirement: Requirement) -> String {
    func number(_ value: Double) -> String {
      NumberText.fixed(value, digits: value == value.rounded() ? 0 : 2)
    }
    return switch (requirement.lower, requirement.upper) {
    case (let low?, let high?): "\(number(low)) … \(number(high))"
    case (nil, let high?): "≤ \(number(high))"
    case (let low?, nil): "> \(number(low))"
    case (nil, nil): ""
    }
  }

  static func name(_ place: ChannelPlace) -> String {
    "\(place.block) \(place.detector) \(place.amplifier)"
  }

  /// Requirements down, blocks across: how many quadrants fail.
  static func matrix(_ results: [RequirementResult], _ selections: [BlockSelection], test: String)
    -> Document.Table
  {
    let blocks = selections.filter { $0.test == test && ($0.role == .flight || $0.run != nil) }
      .map(\.block)
    return Document.Table(
      [.init("Id")]
        + blocks.map { Document.Table.Column(Document.Text(String($0.prefix(4))), .left) },
      rows: results.filter { $0.test == test }.map { result in
        [.words(result.requirement.id)]
          + blocks.map { block in
            let counts = result.counts(result.outcomes.keys.filter { $0.block == block })
            if counts.failed > 0 { return .status(.fail, String(counts.failed)) }
            if counts.passed == 0 { return .status(.missing) }
            return counts.untested > 0 ? .status(.warning, "\(counts.passed)") : .status(.pass)
          }
      },
      caption: Document.Text(
        """
        \(test): compliance by block (first four letters): passed; failed, with the number of \
        quadrants; an exclamation mark where only some quadrants were tested, with their number; \
        an empty circle where none was.
        """), size: .footnote)
  }

  /// The quadrants nearest to, or farthest beyond, their limits.
  static func worst(_ results: [RequirementResult], count: Int) -> Document.Table {
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    for result in results {
      let requirement = result.requirement
      for offender in result.worst(count) {
        rows.append([
          .status(offender.margin > 0 || requirement.admits(offender.value) ? .pass : .fail),
          .words(requirement.id), .words(result.test), .words(offender.place.block),
          .words(offender.place.detector), .words(offender.place.amplifier),
          .value(offender.value, digits: requirement.digits),
          .value(offender.margin, digits: requirement.digits), .words(requirement.unit.display),
          .words(result.flight.contains(offender.place.block) ? "" : "not on the plane"),
        ])
      }
      rules.insert(rows.count)
    }
    return Document.Table(
      [
        .init(""), .init("Id"), .init("Test"), .init("BLOCK"), .init("CCD"), .init("Q"),
        .init("Value", .right), .init("Margin", .right), .init("Unit"), .init(""),
      ], rows: rows, caption: "The quadrants with the smallest margins.", label: "worst",
      pagination: .breaking, size: .footnote, rulesAfter: rules)
  }

  // MARK: - Provenance

  static func provenance(_ selections: [BlockSelection], _ warehouse: Warehouse) throws
    -> Document.Table
  {
    let analyses = Dictionary(
      try warehouse.analyses().map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let rows = try selections.compactMap { selection -> [Document.Table.Cell]? in
      guard let run = selection.run else { return nil }
      let analysis = analyses[run.analysis]?.record
      let inputs = try warehouse.inputs(of: run.key).count
      return [
        .words(selection.block), .words(run.test), .words(String(run.key.id)),
        .code(run.analysis.name), .words(analysis?.programVersion ?? "–"),
        .words(TimeText.forPeople(run.started)), .words(analysis?.operatorName ?? "–"),
        .words(String(inputs)), .code(String(run.inputDigest.prefix(12))),
        .code(String(run.configurationDigest.prefix(12))),
      ]
    }
    return Document.Table(
      [
        .init("BLOCK"), .init("TEST"), .init("Run", .right), .init("Analysis"), .init("Version"),
        .init("Began, UTC"), .init("Operator"), .init("Inputs", .right), .init("Inputs’ SHA-256"),
        .init("Config."),
      ], rows: rows,
      caption: """
        Where the numbers come from: each run with its analysis, the number of files read, and the \
        first digits of the SHA-256 of all inputs and of the configuration.
        """, label: "provenance", pagination: .breaking, size: .footnote)
  }
}
