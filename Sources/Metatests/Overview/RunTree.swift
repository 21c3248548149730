public import Warehouse

/// Analyses with their test runs, and these with their steps.
public struct RunTree: Sendable, Encodable {
  /// An execution of the program.
  public struct Analysis: Sendable, Encodable {
    /// Its name, the program's version, who ran it and where.
    public let analysis, version, host, `operator`: String
    /// When it began, and where it stands.
    public let started, status: String
    /// Its test runs, by number.
    public let runs: [Run]
  }

  /// A test run.
  public struct Run: Sendable, Encodable {
    /// The run.
    public let overview: RunOverview
    /// All steps that ended, in order.
    public let steps: [Step]
  }

  /// A step of a test run.
  public struct Step: Sendable, Encodable {
    /// What it is called, and how it ended.
    public let name, status: String
    /// How long it took.
    public let seconds: Double
    /// The names of the flags that it raised, each once.
    public let flags: [String]
  }

  /// The analyses, oldest first.
  public let analyses: [Analysis]

  /// Reads the analyses of some runs, with these runs only.
  ///
  /// - Throws: `WarehouseError`.
  public init(_ runs: [StoredTestRun], in warehouse: Warehouse) throws {
    let byAnalysis = Dictionary(grouping: runs, by: \.analysis)
    analyses = try warehouse.analyses().compactMap { stored in
      guard let mine = byAnalysis[stored.key] else { return nil }
      return Analysis(
        analysis: stored.key.name, version: stored.record.programVersion,
        host: stored.record.host, operator: stored.record.operatorName,
        started: stored.record.started, status: stored.status.rawValue,
        runs: try mine.sorted { $0.key < $1.key }.map { run in
          let flags = try warehouse.flags(of: run.key)
          return Run(
            overview: try RunOverview(run, in: warehouse),
            steps: try warehouse.subtasks(of: run.key).map { step in
              var seen: Set<String> = []
              return Step(
                name: step.name, status: step.status.rawValue, seconds: step.seconds,
                flags: flags.filter { $0.subtask == step.name }.map(\.flag.name)
                  .filter { seen.insert($0).inserted })
            })
        })
    }
  }

  public func encode(to encoder: any Encoder) throws { try analyses.encode(to: encoder) }

  /// A line of the tree, without its end.
  public struct Line: Sendable, Hashable {
    /// The branches before the name.
    public let branches: String
    /// What it is of.
    public let name: String
    /// State, verdict.
    public let state: String
    /// How long it took; nil for an analysis.
    public let seconds: Double?
    /// The names of flags.
    public let flags: [String]
    /// What else there is to say.
    public let note: String
  }

  /// The tree as lines.
  ///
  /// - Parameter unicode: whether branches are drawn with box characters, else with ASCII.
  public func lines(unicode: Bool) -> [Line] {
    let (fork, end) = unicode ? ("├─ ", "└─ ") : ("|- ", "`- ")
    let (trunk, blank) = (unicode ? "│  " : "|  ", "   ")
    return analyses.flatMap { analysis in
      var lines = [
        Line(
          branches: "", name: analysis.analysis, state: analysis.status, seconds: nil, flags: [],
          note: "\(analysis.version), \(analysis.started)")
      ]
      for (index, run) in analysis.runs.enumerated() {
        let isLast = index == analysis.runs.count - 1
        let overview = run.overview
        lines.append(
          Line(
            branches: isLast ? end : fork,
            name: "\(overview.block) \(overview.test) \(overview.session)",
            state: overview.status + (overview.verdict.map { ", \($0)" } ?? ""),
            seconds: overview.seconds, flags: [], note: "run \(overview.run)"))
        for (number, step) in run.steps.enumerated() {
          lines.append(
            Line(
              branches: (isLast ? blank : trunk) + (number == run.steps.count - 1 ? end : fork),
              name: step.name, state: step.status, seconds: step.seconds, flags: step.flags,
              note: ""))
        }
      }
      return lines
    }
  }
}
