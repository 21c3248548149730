import Diagnostics
public import Warehouse

/// Everything that a test run left, but its values.
public struct RunDetails: Sendable, Encodable {
  /// A step.
  public struct Step: Sendable, Encodable {
    /// What it is called, and how it ended.
    public let name, status: String
    /// How long it took.
    public let seconds: Double
    /// The lines of its log.
    public let log: [String]
  }

  /// A flag with what raised it.
  public struct Flag: Sendable, Encodable {
    /// What was raised, how bad it is, and why.
    public let name, severity, cause, step: String
  }

  /// A check that failed.
  public struct FailedCheck: Sendable, Encodable {
    /// What was checked.
    public let name: String
    /// What it belongs to.
    public let ccd, quadrant, item: String?
    /// The value and its limits.
    public let value, lower, upper: Double?
    /// What there is to say about it.
    public let text: String
  }

  /// A file that was read or made.
  public struct File: Sendable, Encodable {
    /// What it is.
    public let role, path: String
    /// Its size in bytes.
    public let size: Int
    /// Its SHA-256.
    public let sha256: String
  }

  /// A decision.
  public struct Verdict: Sendable, Encodable {
    /// What was decided, why, by whom and when.
    public let state, reason, author, time: String
  }

  /// The run.
  public let overview: RunOverview
  /// The program's version, the machine, the operator, the command.
  public let program, host, `operator`, command: String
  /// The SHA-256 of what of the configuration matters, and of all inputs together.
  public let configurationDigest, inputDigest: String
  /// The serial number of each detector.
  public let serials: [String: String]
  /// The day folders.
  public let dayFolders: [String]
  /// All decisions, oldest first.
  public let verdicts: [Verdict]
  /// The steps.
  public let steps: [Step]
  /// The flags.
  public let flags: [Flag]
  /// The checks that failed.
  public let failedChecks: [FailedCheck]
  /// Files that were made.
  public let products: [File]
  /// Files that were read.
  public let inputs: [File]
  /// How many values there are of each quantity.
  public let measurements: [String: Int]

  /// Reads a run.
  ///
  /// - Throws: `WarehouseError`.
  public init(_ stored: StoredTestRun, in warehouse: Warehouse) throws {
    overview = try RunOverview(stored, in: warehouse)
    let analysis = try warehouse.analyses().first { $0.key == stored.analysis }?.record
    program = analysis?.programVersion ?? ""
    host = analysis?.host ?? ""
    self.operator = analysis?.operatorName ?? ""
    command = analysis?.commandLine ?? ""
    configurationDigest = stored.configurationDigest
    inputDigest = stored.inputDigest
    serials = stored.serials
    dayFolders = stored.dayFolders
    verdicts = try warehouse.verdicts(on: stored.key).map {
      Verdict(state: $0.state.rawValue, reason: $0.reason, author: $0.author, time: $0.time)
    }
    steps = try warehouse.subtasks(of: stored.key).map {
      Step(name: $0.name, status: $0.status.rawValue, seconds: $0.seconds, log: $0.log)
    }
    flags = try warehouse.flags(of: stored.key).map {
      Flag(
        name: $0.flag.name, severity: $0.flag.severity.rawValue, cause: $0.flag.cause,
        step: $0.subtask)
    }
    failedChecks = try warehouse.checks(of: stored.key).filter { !$0.passed }.map {
      FailedCheck(
        name: $0.name, ccd: $0.place.detector, quadrant: $0.place.amplifier, item: $0.place.item,
        value: $0.value, lower: $0.lower, upper: $0.upper, text: $0.text)
    }
    products = try warehouse.artifacts(of: stored.key).map {
      File(role: $0.role, path: $0.path, size: $0.size, sha256: $0.sha256)
    }
    inputs = try warehouse.inputs(of: stored.key).map {
      File(role: $0.role.rawValue, path: $0.path, size: $0.size, sha256: $0.sha256)
    }
    var counts: [String: Int] = [:]
    for group in try warehouse.statistics(
      matching: ResultFilter(runs: [stored.key]), by: [.quantity])
    {
      if let name = group.group.first ?? nil { counts[name] = group.count + group.missing }
    }
    measurements = counts
  }

  /// The runs that a command's argument names: a run's number, or an analysis's name.
  ///
  /// - Throws: `MetatestError.Kind.noSuchRun`.
  public static func runs(named name: String, in warehouse: Warehouse) throws -> [StoredTestRun] {
    let all = try warehouse.testRuns()
    let found = all.filter { String($0.key.id) == name || $0.analysis.name == name }
    guard !found.isEmpty else {
      throw MetatestError(
        .noSuchRun, "there is no test run or analysis '\(name.clipped(to: 60))'",
        remedy: "list them with: vis-meta runs")
    }
    return found
  }
}
