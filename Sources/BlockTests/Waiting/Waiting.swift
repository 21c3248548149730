public import Campaign
import Detector
import Diagnostics
import Ingest
import Warehouse

/// Runs the tests of a session as their data arrive: looks at the log of the day again and again, and
/// runs each test once its exposures are listed and its files have stopped growing.
public final class Waiting {
  let engine: Engine
  let session: BlockConfiguration.Session
  let options: WaitOptions
  let clock: WaitClock
  private let tell: (WaitEvent) -> Void
  private let status: (_ done: Int, _ total: Int, _ text: String) -> Void
  private let givesUp: ((_ question: String) async -> Bool)?

  var watch: FileWatch
  private var log: DayLog
  var tests: [WaitedTest]
  private var analysis = OpenAnalysis()
  private var summary = ExecutionSummary(header: [])
  private var lastNews: Double
  private var away: String?
  private var unreadableSince: Double?

  /// Prepares to wait.
  ///
  /// - Parameters:
  ///   - engine: runs the tests.
  ///   - session: whose source is the day folders; ObsID limits of its tasks are not used, since nobody
  ///     knows them before the data.
  ///   - tell: gets what happens, once each.
  ///   - status: gets where things stand, at every look.
  ///   - givesUp: asks the user whether to give up; nil where nobody can be asked.
  /// - Throws: `EngineError` for a session without day folders; `CampaignError`.
  public init(
    _ engine: Engine, session: BlockConfiguration.Session, options: WaitOptions, clock: WaitClock,
    tell: @escaping (WaitEvent) -> Void,
    status: @escaping (_ done: Int, _ total: Int, _ text: String) -> Void = { _, _, _ in },
    givesUp: ((_ question: String) async -> Bool)? = nil
  ) throws {
    guard case .folders(let folders) = session.source else {
      throw EngineError(
        .noDayFolder, "session '\(session.name)' lists its frames in a manifest",
        place: engine.configuration.path, remedy: "give the day folder to wait for with -d")
    }
    self.engine = engine
    self.session = session
    self.options = options
    self.clock = clock
    self.tell = tell
    self.status = status
    self.givesUp = givesUp
    watch = FileWatch(settleSeconds: options.settleSeconds)
    lastNews = clock.now()
    let configuration = engine.configuration
    log = DayLog(
      folders: folders.map(configuration.dataPath),
      options: ExposureLog.Options(
        version: try ElvisVersion.require(configuration.elvis), isStrict: engine.options.isStrict,
        detectors: configuration.camera.detectors))
    let definitions = try session.tasks.map { try configuration.definition(of: $0) }
    tests = zip(session.tasks, definitions).map { task, definition in
      let alike = definitions.count {
        $0.label == definition.label && $0.family == definition.family
          && (!definition.selection.byFilter
            || $0.columns.first?.values["wave"] == definition.columns.first?.values["wave"])
      }
      return WaitedTest(task: task, definition: definition, isRepeatedOnPurpose: alike > 1)
    }
  }

  /// Waits until all tests are done, nothing new comes, or the user ends it.
  ///
  /// - Throws: where the log stays unreadable, or the warehouse cannot be used.
  public func run() async throws -> WaitOutcome {
    engine.recordStart(session)
    engine.log.record(
      "Waiting for \(tests.count) tests in \(log.folders.joined(separator: ", "))")
    let end = try await loop()
    if let key = analysis.key {
      let failed = summary.entries.contains { $0.error != nil }
      try engine.warehouse.finishAnalysis(
        key, status: end == .interrupted ? .interrupted : failed ? .failed : .finished,
        time: AnalysisIdentity.now())
    }
    summary.header = engine.header(session: session, analysis: analysis.key?.name)
    let open = tests.filter { $0.state == .open }.map {
      WaitOutcome.Open(test: $0.task.test, text: $0.standing)
    }
    engine.log.record(summary.lines + open.map { "\($0.test) was not run: \($0.text)" })
    return WaitOutcome(
      end: end, summary: summary,
      earlier: tests.compactMap { test in
        test.earlier.map { WaitOutcome.Open(test: test.task.test, text: $0) }
      }, open: open)
  }

  private func loop() async throws -> WaitOutcome.End {
    while true {
      if engine.observer.signal() != 0 { return .interrupted }
      let now = clock.now()
      var isSettling = false
      if let rows = try look(now) {
        for index in tests.indices { try survey(index, rows.rows) }
        var hasRun = false
        for index in tests.indices where tests[index].state == .open && !hasRun {
          switch readiness(of: index, at: now) {
          case .waiting: break
          case .settling: isSettling = true
          case .ready(let obsids, let lacking):
            await run(index, rows, obsids, lacking: lacking)
            hasRun = true
          }
        }
        if hasRun {
          lastNews = clock.now()
          if engine.observer.signal() != 0 { return .interrupted }
          // Data have arrived meanwhile: look at once.
          if tests.contains(where: { $0.state == .open }) { continue }
        }
      }
      let waiting = tests.filter { $0.state == .open }
      if waiting.isEmpty { return .allDone }
      status(
        tests.count - waiting.count, tests.count,
        away ?? waiting.map { "\($0.task.test) \($0.standing)" }.joined(separator: "; "))
      if clock.now() - lastNews >= options.timeoutSeconds, try await isGivenUp(waiting) {
        return .timedOut
      }
      let pause = isSettling ? min(options.pollSeconds, options.settleSeconds) : options.pollSeconds
      await clock.sleep(max(0.01, pause))
    }
  }

  // MARK: - The log

  /// The rows as they are now; nil where there are none.
  private func look(_ now: Double) throws -> Acquisition.Rows? {
    let state = log.look()
    if log.hasChanged { lastNews = now }
    switch state {
    case .away(let text), .empty(let text):
      if away == nil { say(.away, nil, nil, "\(text); waiting for it") }
      away = text
      return nil
    case .unreadable(let error):
      // While it is written again in place it may be anything for a while.
      if log.hasChanged || unreadableSince == nil { unreadableSince = now }
      if now - (unreadableSince ?? now) >= options.lateSeconds { throw error }
      if away != error.problem { say(.unreadable, nil, nil, "\(error.description); trying again") }
      away = error.problem
      return nil
    case .rows(let rows):
      unreadableSince = nil
      if away != nil {
        away = nil
        say(.back, nil, nil, "the log is there: \(rows.files.joined(separator: ", "))")
        lastNews = now
      }
      return rows
    }
  }

  private func isGivenUp(_ waiting: [WaitedTest]) async throws -> Bool {
    let names = waiting.map(\.task.test).joined(separator: ", ")
    let text =
      "nothing new for \(Self.duration(options.timeoutSeconds)), still waiting for \(names)"
    say(.timeout, nil, nil, text)
    guard let givesUp else { return true }
    if await givesUp("Give up?") { return true }
    lastNews = clock.now()
    return false
  }

  // MARK: - Running

  private func run(
    _ index: Int, _ rows: Acquisition.Rows, _ obsids: ClosedRange<Int>, lacking: AttemptFiles
  ) async {
    var task = tests[index].task
    task.obsids = obsids
    let name = task.test
    let text = WaitedTest.text(obsids)
    if !lacking.lacking.isEmpty {
      say(.lacking, name, obsids, "is run without what is still lacking: \(lacking.text)")
    }
    say(.started, name, obsids, "running on \(text)")
    engine.log.record(engine.taskHeader(task))
    let start = clock.now()
    var entry = await engine.run(
      task, of: session, rows: rows, analysis: analysis, lacking: lacking.frames)
    entry.seconds = max(0, clock.now() - start)
    if engine.observer.signal() == 0, entry.error != nil, entry.mayPass, tests[index].tries < 2 {
      tests[index].tries += 1
      // The failed run stays; an analysis holds one run of a test.
      if entry.flags != nil { closeAnalysis() }
      say(.retried, name, obsids, "failed and is tried again: \(entry.error ?? "")")
      watch.reset()
      return
    }
    summary.entries.append(entry)
    summary.header = engine.header(session: session, analysis: analysis.key?.name)
    tests[index].state = .run(obsids)
    engine.log.record(
      "Task \(name) exited with Errors: \(entry.error == nil ? "False" : "True")")
    engine.log.record(summary.lines)
    say(.finished, name, obsids, "\(text): \(Self.state(of: entry))")
  }

  /// Ends the analysis as failed; the next test begins another one.
  private func closeAnalysis() {
    guard let key = analysis.key else { return }
    try? engine.warehouse.finishAnalysis(key, status: .failed, time: AnalysisIdentity.now())
    analysis = OpenAnalysis()
  }

  /// In a word or two what became of a test.
  private static func state(of entry: ExecutionSummary.Entry) -> String {
    if let error = entry.error { return "failed: \(error)" }
    var parts: [String] = []
    if entry.failedChecks > 0 { parts.append("\(entry.failedChecks) checks failed") }
    if let flags = entry.flags, !flags.isEmpty {
      parts.append("flags \(flags.map(\.name).joined(separator: ", "))")
    }
    return parts.isEmpty ? "ok" : "out of limits: " + parts.joined(separator: ", ")
  }

  /// Says something of a test, each text once.
  func say(_ kind: WaitEvent.Kind, _ test: String?, _ obsids: ClosedRange<Int>?, _ text: String) {
    let event = WaitEvent(kind, test, obsids, text)
    let isDoubt: Bool
    switch kind {
    case .lacking, .partial, .repeated, .away, .unreadable, .timeout, .retried: isDoubt = true
    default: isDoubt = false
    }
    engine.log.record(event.text, level: isDoubt ? .warning : .info)
    tell(event)
  }

  /// As `4 h`, `15 min` or `2.5 s`.
  static func duration(_ seconds: Double) -> String {
    if seconds >= 3600 { return "\(trimmed(seconds / 3600)) h" }
    if seconds >= 120 { return "\(trimmed(seconds / 60)) min" }
    return "\(trimmed(seconds)) s"
  }

  private static func trimmed(_ value: Double) -> String {
    let text = fixed(value, digits: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
