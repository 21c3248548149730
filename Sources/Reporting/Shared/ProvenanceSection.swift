public import LatexReport
public import Warehouse

/// Where the numbers come from: analysis, program, configuration, files and steps.
public enum ProvenanceSection {
  /// The appendix of a report on one test run.
  public static func nodes(_ data: TestRunData) -> [Document.Node] {
    var nodes: [Document.Node] = [
      .section(level: 1, "Provenance", label: "provenance"), .table(analysis(data.analysis)),
      .table(libraries(data.analysis)), .table(steps(data.subtasks)),
    ]
    if !data.verdicts.isEmpty { nodes.append(.table(verdicts(data.verdicts))) }
    nodes += [.section(level: 2, "Input files", label: "provenance:inputs")]
    nodes.append(
      data.inputs.isEmpty
        ? .remark(.missing, "No input file is registered.") : .table(inputs(data.inputs)))
    nodes += [.section(level: 2, "Product files", label: "provenance:products")]
    nodes.append(
      data.artifacts.isEmpty
        ? .remark(.missing, "No product file is registered.") : .table(products(data.artifacts)))
    nodes += [
      .section(level: 2, "Configuration", label: "provenance:configuration"),
      .paragraph([.text("SHA-256: "), .code(data.analysis.record.configurationDigest)]),
      .code(data.analysis.record.configuration),
    ]
    return nodes
  }

  /// An analysis: identifiers, program, machine, operator, command line.
  ///
  /// Not when it ended: a report may be made while other tests of the analysis still run, and must be the same
  /// when it is made again.
  public static func analysis(_ analysis: StoredAnalysis) -> Document.Table {
    let record = analysis.record
    return Document.Table(
      [.init("What"), .init("Value", .wrapped(share: 0.74))],
      rows: [
        ["Analysis", .code(record.name)], ["ULID", .code(record.ulid)],
        ["Program", .words("vison \(record.programVersion)")], ["Host", known(record.host)],
        ["Operator", known(record.operatorName)],
        ["Begun", .words("\(TimeText.forPeople(record.started)) UTC")],
        ["Command", record.commandLine.isEmpty ? known("") : .code(record.commandLine)],
        ["Configuration", .code(record.configurationDigest)],
      ], caption: "Analysis", label: "table:analysis")
  }

  private static func known(_ text: String) -> Document.Table.Cell {
    text.isEmpty ? .empty(reason: "not recorded") : .words(text)
  }

  /// Libraries and tools of an analysis.
  public static func libraries(_ analysis: StoredAnalysis) -> Document.Table {
    let rows = analysis.record.libraries.sorted { $0.key < $1.key }
      .map { [Document.Table.Cell.words($0.key), .words($0.value)] }
    return Document.Table(
      [.init("Library"), .init("Version", .wrapped(share: 0.6))],
      rows: rows.isEmpty ? [[.empty(reason: "none registered")]] : rows, caption: "Libraries")
  }

  /// The steps of a test run with their times.
  public static func steps(_ subtasks: [StoredSubtask]) -> Document.Table {
    let rows = subtasks.map { step -> [Document.Table.Cell] in
      let status: Document.Status =
        switch step.status {
        case .finished: .pass
        case .failed: .fail
        case .skipped: .missing
        }
      return [
        .words(step.name), .status(status, step.status.rawValue), .value(step.seconds, digits: 2),
      ]
    }
    return Document.Table(
      [.init("Step"), .init("State"), .init("Time", unit: "s", .right)],
      rows: rows.isEmpty ? [[.empty(reason: "no step was done")]] : rows,
      caption: "Steps", label: "table:steps")
  }

  /// Verdicts, oldest first.
  public static func verdicts(_ verdicts: [VerdictRecord]) -> Document.Table {
    Document.Table(
      [
        .init("Time", unit: "UTC"), .init("Verdict"), .init("Author", .wrapped(share: 0.2)),
        .init("Reason", .wrapped(share: 0.4)),
      ],
      rows: verdicts.map { verdict in
        let status: Document.Status =
          switch verdict.state {
          case .accepted: .pass
          case .rejected: .fail
          case .withdrawn: .missing
          }
        return [
          .words(TimeText.forPeople(verdict.time)), .status(status, verdict.state.rawValue),
          .words(verdict.author), .words(verdict.reason),
        ]
      }, caption: "Verdicts")
  }

  /// Input files with sizes and SHA-256.
  public static func inputs(_ inputs: [InputFileRecord]) -> Document.Table {
    let folders = commonFolder(inputs.map(\.path))
    return Document.Table(
      [
        .init("Role"), .init("File", .wrapped(share: 0.33)),
        .init("Size", .right), .init("SHA-256", .wrapped(share: 0.53)),
      ],
      rows: inputs.map { input in
        [
          .words(input.role.rawValue), .code(String(input.path.dropFirst(folders.count))),
          .words(NumberText.size(input.size)), .code(input.sha256),
        ]
      }, caption: "Input files", label: "table:input-files",
      note: folders.isEmpty ? "" : [.text("Common folder: "), .code(folders)],
      pagination: .breaking, size: .tiny)
  }

  /// Product files with sizes and SHA-256.
  public static func products(_ artifacts: [ArtifactRecord]) -> Document.Table {
    Document.Table(
      [
        .init("File, below the warehouse's folder", .wrapped(share: 0.36)),
        .init("What it is", .wrapped(share: 0.2)), .init("Size", .right),
        .init("SHA-256", .wrapped(share: 0.3)),
      ],
      rows: artifacts.map { artifact in
        [
          .code(artifact.path), .words(artifact.title), .words(NumberText.size(artifact.size)),
          .code(artifact.sha256),
        ]
      }, caption: "Product files", label: "table:product-files", size: .tiny)
  }

  /// The longest folder, with its last slash, that holds all paths.
  static func commonFolder(_ paths: [String]) -> String {
    guard paths.count > 1, var common = paths.first.map({ Substring($0) }) else { return "" }
    for path in paths {
      while !path.hasPrefix(common) { common = common.dropLast() }
    }
    guard let slash = common.lastIndex(of: "/") else { return "" }
    return String(common[...slash])
  }
}
