public import Campaign

/// How a run is done; the letters are those of `vison-run`.
public struct EngineOptions: Sendable {
  /// `-m`: the number of tasks that work at once.
  public var workers = 1
  /// `-t`: appended to the analysis's id.
  public let tag: String
  /// The id that the analysis gets, unless it is taken: `FM<YYYYMMDD>_<HHMMSS><tag>`, in UTC.
  public let name: String
  /// `-k`: checks only.
  public var checksOnly = false
  /// `--only`: the steps that are run; what others found comes from the latest run of the same frames. Empty for all.
  public var only: [String] = []
  /// `-T`: ingestion only.
  public var ingestionOnly = false
  /// `--strict`: bad lines of logs are errors.
  public var isStrict = false
  /// `--fresh`: an unfinished run of the same data and configuration is not taken up.
  public var startsAfresh = false
  /// The command line, as it could be typed again.
  public var commandLine = ""
  /// Who runs it.
  public var operatorName = ""
  /// The machine's name.
  public var host = ""
  /// Versions of libraries, by name.
  public var libraries: [String: String] = [:]

  /// The defaults, and an id for the analysis from the present time.
  public init(tag: String = "") {
    self.tag = tag
    name = AnalysisIdentity.name(tag: tag)
  }

  /// Whether a step of a task is to be run.
  ///
  /// A stored registration of point sources stands for the search (`relock` for `lock`) only where the task, or
  /// `--only`, lists it and not the search.
  public func runs(_ step: String, of task: BlockConfiguration.TaskEntry) -> Bool {
    if ingestionOnly { return step == "init" }
    let listed = only.isEmpty ? task.todo ?? [] : only
    let relocks = listed.contains("relock") && !listed.contains("lock")
    switch step {
    case "init": return true
    case "relock": return relocks
    case "lock" where relocks: return false
    default: break
    }
    if checksOnly { return ["check", "lock", "report"].contains(step) }
    if !only.isEmpty { return only.contains(step) || step == "report" }
    return task.isToDo(step)
  }

  /// The steps of a task that are run, in order; those that the program lacks are left out.
  public func steps(
    of task: BlockConfiguration.TaskEntry, _ definition: TestDefinition
  ) -> [String] {
    let known = BlockTest.family(definition.family)?.subtasks.map(\.name) ?? []
    return definition.todoNames.filter { step in
      runs(step, of: task) && (step == "init" || step == "report" || known.contains(step))
    }
  }
}

/// What the engine tells while it works.
public struct EngineObserver: Sendable {
  /// A step has reached a share of its work.
  public var progress: @Sendable (_ test: String, _ step: String, _ share: Double) -> Void
  /// A line for the terminal.
  public var message: @Sendable (String) -> Void
  /// Whether the user wants to stop: 0 goes on, otherwise the signal's number.
  public var signal: @Sendable () -> Int32

  /// An observer.
  public init(
    progress: @escaping @Sendable (_ test: String, _ step: String, _ share: Double) -> Void = {
      _, _, _ in
    },
    message: @escaping @Sendable (String) -> Void = { _ in },
    signal: @escaping @Sendable () -> Int32 = { 0 }
  ) {
    self.progress = progress
    self.message = message
    self.signal = signal
  }
}
