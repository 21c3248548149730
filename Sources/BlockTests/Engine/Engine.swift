public import Campaign
import Detector
import Diagnostics
import DurableFiles
import Ingest
public import Warehouse

/// Runs the tests of a session: selects and validates exposures, runs the steps in order, commits each
/// to the warehouse as a whole, takes up unfinished runs, and keeps the log.
///
/// A test's own code is a list of steps (`BlockTest`); everything else is here, once.
public struct Engine: Sendable {
  /// Makes the report and products of a finished test run; returns the paths of what it made.
  public typealias Reporter = @Sendable (_ run: TestRunKey, _ workers: Int) async throws -> [String]

  let configuration: BlockConfiguration
  let warehouse: Warehouse
  let options: EngineOptions
  let log: RunLog
  let observer: EngineObserver
  let reporter: Reporter
  /// What is known of the input files, for all tests of this engine.
  var digests = FrameDigests()
  /// What the data checks found in frames, for all tests of this engine.
  let checked = FrameStatisticsMemory()

  /// An engine.
  public init(
    configuration: BlockConfiguration, warehouse: Warehouse, options: EngineOptions, log: RunLog,
    observer: EngineObserver, reporter: @escaping Reporter
  ) {
    self.configuration = configuration
    self.warehouse = warehouse
    self.options = options
    self.log = log
    self.observer = observer
    self.reporter = reporter
  }

  /// Runs the tests of one session, in order.
  ///
  /// A test that fails does not stop those after it; an interruption does.
  ///
  /// - Throws: where nothing could be begun: no logs, a warehouse that cannot be written.
  public func run(session: BlockConfiguration.Session) async throws -> ExecutionSummary {
    let rows = try Acquisition.rows(of: session, in: configuration, isStrict: options.isStrict)
    for issue in rows.issues {
      observer.message("\(issue)")
      log.record("\(issue)", level: .warning)
    }
    recordStart(session)
    let analysis = OpenAnalysis()
    var summary = ExecutionSummary(header: [])
    var interrupted = false
    for task in session.tasks {
      if observer.signal() != 0 {
        interrupted = true
        break
      }
      let start = ContinuousClock.now
      log.record(taskHeader(task))
      observer.message("Running: \(task.test)")
      var entry = await run(task, of: session, rows: rows, analysis: analysis)
      entry.seconds = (ContinuousClock.now - start).seconds
      summary.entries.append(entry)
      summary.header = header(session: session, analysis: analysis.key?.name)
      log.record("\(fixed(entry.seconds / 60, digits: 1)) minutes in running Task: \(task.test)")
      log.record("Task \(task.test) exited with Errors: \(entry.error == nil ? "False" : "True")")
      log.record(summary.lines)
    }
    if observer.signal() != 0 { interrupted = true }
    if let key = analysis.key {
      let failed = summary.entries.contains { $0.error != nil }
      let status: RunStatus = interrupted ? .interrupted : failed ? .failed : .finished
      try warehouse.finishAnalysis(key, status: status, time: AnalysisIdentity.now())
    }
    summary.header = header(session: session, analysis: analysis.key?.name)
    log.record(summary.lines)
    return summary
  }

  /// The lines above the execution summary.
  func header(session: BlockConfiguration.Session, analysis: String?) -> [String] {
    [
      "Pipeline ID: \(analysis ?? "none")", "BLOCK ID: \(configuration.block)",
      "Chamber: \(configuration.chamber ?? "unknown")", "vison version: \(ProgramVersion.current)",
      "Tasks: [\(session.tasks.map { "'\($0.test)'" }.joined(separator: ", "))]",
    ]
  }

  /// The first records of the log.
  func recordStart(_ session: BlockConfiguration.Session) {
    log.record(
      ["_", "Starting FM Calib. Pipeline"] + header(session: session, analysis: options.name))
    log.record("Results will be saved in: \(warehouse.folder)")
  }

  func taskHeader(_ task: BlockConfiguration.TaskEntry) -> [String] {
    let inputs = task.inputs.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
    let limits = task.obsids.map { "[\($0.lowerBound), \($0.upperBound)]" } ?? "all"
    let todo = task.todo.map { $0.joined(separator: ", ") } ?? "all"
    return [
      "Running Task: \(task.test)", "test = \(task.test)", "BLOCKID = \(configuration.block)",
      "elvis = \(configuration.elvis)", "OBSID_lims = \(limits)", "todo_flags = \(todo)",
      "processes = \(options.workers)",
    ] + inputs
  }

  // MARK: - One test

  /// Runs one test on the rows of the logs.
  ///
  /// - Parameter lacking: the frames (`ObsID detector`) known not to be there or not to be whole; any other
  ///   that cannot be used is an error. Nil where nothing is known of the frames.
  func run(
    _ task: BlockConfiguration.TaskEntry, of session: BlockConfiguration.Session,
    rows: Acquisition.Rows, analysis: OpenAnalysis, lacking: Set<String>? = nil
  ) async -> ExecutionSummary.Entry {
    var isStored = false
    var entry = ExecutionSummary.Entry(
      test: task.test, seconds: 0, obsids: nil, flags: nil, error: nil, products: [],
      failedChecks: 0)
    do {
      let definition = try configuration.definition(of: task)
      let known = BlockTest.family(definition.family)
      if let known { try requireSteps(known, task) }
      let acquisition = try await Acquisition(
        definition, obsids: task.obsids, rows: rows, configuration: configuration,
        digests: digests, workers: options.workers)
      entry.obsids = acquisition.obsidRange
      if let lacking { try requireFrames(acquisition, besides: lacking) }
      guard let test = known else { throw noAnalysis(acquisition) }
      let base = try base(
        for: acquisition, test: test, task: task.test, session: session.name)
      let registration = try registration(
        for: acquisition, test: test, task: task, session: session.name)
      var run = try begin(acquisition, test: test, task: task, session: session, analysis: analysis)
      defer { entry.flags = run.flags }
      do {
        try await execute(
          &run, acquisition: acquisition, task: task, base: base, registration: registration)
        entry.failedChecks = run.failedChecks
        let failure = run.failure
        try warehouse.finishTestRun(
          run.key, status: failure == nil ? .finished : .failed, time: AnalysisIdentity.now())
        entry.error = failure
        entry.mayPass = failure != nil
        isStored = failure == nil
        if failure == nil, configuration.report,
          options.runs("report", of: task)
        {
          observer.progress(task.test, "report", 0)
          entry.products = try await report(run, of: task)
        }
      } catch let error as EngineError where error.kind == .interrupted {
        try warehouse.finishTestRun(run.key, status: .interrupted, time: AnalysisIdentity.now())
        throw error
      }
    } catch {
      let line = "\(error)"
      entry.error = line
      entry.exitCode = (error as? any DiagnosedError)?.exitCode ?? .failed
      let isFinal = (error as? EngineError).map { $0.kind != .dataLost } ?? false
      entry.mayPass = !isStored && !isFinal && !(error is CampaignError)
      log.record(["TASK \"\(task.test)\" FAILED, QUITTING!", line], level: .error)
    }
    return entry
  }

  /// Makes the report; where that fails, the results are stored all the same, and the log says how to make it
  /// again.
  private func report(
    _ run: OpenTestRun, of task: BlockConfiguration.TaskEntry
  ) async throws -> [String] {
    do {
      return try await reporter(run.key, options.workers)
    } catch {
      let hint =
        "\(task.test): the results are stored; make the report again with: vis-meta report --warehouse \(warehouse.folder) --analysis \(run.analysis.name) --test \(task.test)"
      log.record(hint, level: .warning)
      observer.message(hint)
      throw error
    }
  }

  /// What is said of a test whose frames are there and whose family has no analysis.
  private func noAnalysis(_ acquisition: Acquisition) -> EngineError {
    let report = acquisition.report
    let found = acquisition.exposures.count
    log.record(
      ["\(acquisition.definition.name): \(found) of \(acquisition.definition.frames) exposures found"]
        + report.lines + acquisition.frameProblems)
    return EngineError(
      .noAnalysis,
      "\(acquisition.definition.name) was recognised (\(found) of \(acquisition.definition.frames)"
        + " exposures, \(report.isConsistent ? "as commanded" : "not as commanded")),"
        + " but this version has no analysis of the family \(acquisition.definition.family)",
      remedy: "nothing was stored; leave the test out of the session, or run a later version")
  }

  /// Refuses to run on frames that were whole a moment ago and cannot be used now.
  private func requireFrames(_ acquisition: Acquisition, besides lacking: Set<String>) throws {
    for exposure in acquisition.exposures {
      for (detector, frame) in exposure.frames.sorted(by: { $0.key < $1.key }) {
        guard case .unusable(let reason) = frame,
          !lacking.contains("\(exposure.obsid) \(detector)")
        else { continue }
        throw EngineError(
          .dataLost, "the frame of ObsID \(exposure.obsid) \(detector) was there: \(reason)",
          remedy: "it is waited for again")
      }
    }
  }

  private func requireSteps(_ test: BlockTest, _ task: BlockConfiguration.TaskEntry) throws {
    guard options.only.isEmpty else { return }
    let running = test.subtasks.filter { options.runs($0.name, of: task) }
    for step in running {
      for needed in step.needs where !running.contains(where: { $0.name == needed }) {
        throw EngineError(
          .missingStep, "\(task.test): the step '\(step.name)' needs '\(needed)', which is not to be run",
          place: configuration.path, remedy: "add '\(needed)' to the task's 'todo'")
      }
    }
  }
}

/// The analysis of a session, which exists only once a test run needs it.
final class OpenAnalysis: @unchecked Sendable {
  /// Set once, by the one task that runs the session.
  var key: AnalysisKey?
  var started = ""
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
