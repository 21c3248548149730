import Campaign
import Detector
import Diagnostics
import DurableFiles
import Ingest
import Warehouse

/// A test run at work.
struct OpenTestRun {
  var key: TestRunKey
  var analysis: AnalysisKey
  /// When the analysis began; products carry this date.
  var started: String
  /// Steps whose results are in the warehouse already.
  var done: Set<String>
  var flags: [Flag] = []
  var failedChecks = 0
  /// Why the test ended early; nil while all is well.
  var failure: String?
}

extension Engine {
  /// Takes up an unfinished run of the same data and configuration, or begins a new one.
  func begin(
    _ acquisition: Acquisition, test: BlockTest, task: BlockConfiguration.TaskEntry,
    session: BlockConfiguration.Session, analysis: OpenAnalysis
  ) throws -> OpenTestRun {
    let configurationDigest = digest(of: task, definition: acquisition.definition)
    if !options.startsAfresh,
      let unfinished = try warehouse.resumableTestRun(
        block: configuration.block, test: task.test, session: session.name,
        configurationDigest: configurationDigest, inputDigest: acquisition.inputDigest)
    {
      let name = unfinished.analysis.name
      if analysis.key == nil {
        analysis.key = unfinished.analysis
        analysis.started =
          try warehouse.analyses().first { $0.key == unfinished.analysis }?.record.started ?? ""
      }
      let done = unfinished.subtasks.map(\.name)
      observer.message("\(task.test): taking up \(name) after \(done.last ?? "its beginning")")
      log.record("Resuming \(name): \(done.joined(separator: ", ")) are done")
      return OpenTestRun(
        key: unfinished.run, analysis: unfinished.analysis, started: analysis.started,
        done: Set(done))
    }
    let open = try openAnalysis(analysis)
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: configuration.campaign, block: configuration.block,
        camera: configuration.camera.name,
        cameraText: CameraCatalog.text(of: configuration.camera), test: task.test, session: session.name,
        obsids: acquisition.obsidRange, dayFolders: acquisition.dayFolders,
        serials: acquisition.serials, configurationDigest: configurationDigest,
        inputDigest: acquisition.inputDigest, started: AnalysisIdentity.now(),
        inputs: acquisition.inputs, exposures: exposureRecords(acquisition)), of: open)
    return OpenTestRun(key: run, analysis: open, started: analysis.started, done: [])
  }

  /// Runs the steps of a test that are to be run and not done yet.
  func execute(
    _ run: inout OpenTestRun, acquisition: Acquisition, task: BlockConfiguration.TaskEntry,
    base: TestRunKey?, registration: TestRunKey?
  ) async throws {
    guard let test = BlockTest.family(acquisition.definition.family) else { return }
    let folder = warehouse.absolutePath(
      try warehouse.makeProductFolder(
        block: configuration.block, test: task.test, analysis: run.analysis.name))
    // What a killed step left is made again or was never wanted.
    removeUnregistered(in: folder, of: run.key)
    let own = StoredResults(warehouse: warehouse, run: run.key)
    let stored: any EarlierResults =
      if let base {
        LayeredResults(first: own, second: StoredResults(warehouse: warehouse, run: base))
      } else { own }
    let missing = acquisition.definition.subtasks.map(\.name).filter { name in
      name != "relock" && options.runs(name, of: task) && !test.subtasks.contains { $0.name == name }
    }
    if !missing.isEmpty {
      log.record("\(task.test): not in this version: \(missing.joined(separator: ", "))")
    }
    if run.done.contains("init") {
      let flags = try warehouse.flags(of: run.key)
      run.flags = Flag.allCases.filter { flag in flags.contains { $0.flag.name == flag.name } }
    } else {
      try commit(
        ingestion(acquisition), step: "init", ordinal: 0, seconds: 0, folder: folder, to: &run)
    }
    for (index, step) in test.subtasks.enumerated() {
      guard options.runs(step.name, of: task) else { continue }
      if run.done.contains(step.name) { continue }
      try checkCancellation()
      log.record("Executing \(step.name): \(step.title)")
      observer.progress(task.test, step.name, 0)
      let start = ContinuousClock.now
      let context = context(
        acquisition, run: run, folder: folder,
        earlier: step.name == RelockStep.name
          ? registration.map { StoredResults(warehouse: warehouse, run: $0) } ?? stored : stored,
        test: task.test, step: step.name)
      do {
        let result = try await step.run(context)
        try checkCancellation()
        let seconds = (ContinuousClock.now - start).seconds
        try commit(
          result, step: step.name, ordinal: index + 1, seconds: seconds, folder: folder, to: &run)
        log.record(
          "\(fixed(seconds / 60, digits: 1)) minutes in running Sub-task: \(step.name)")
      } catch let error as EngineError where error.kind == .interrupted {
        removeUnregistered(in: folder, of: run.key)
        throw error
      } catch {
        removeUnregistered(in: folder, of: run.key)
        run.failure = "SUBTASK \"\(step.name)\" FAILED: \(error)"
        log.record(["SUBTASK \"\(step.name)\" FAILED, QUITTING!", "\(error)"], level: .error)
        run.flags.append(.subtaskCrash)
        try warehouse.commit(
          SubtaskCommit(
            name: step.name, ordinal: index + 1, status: .failed,
            seconds: (ContinuousClock.now - start).seconds,
            flags: [
              FlagRecord(name: Flag.subtaskCrash.name, severity: .error, cause: "\(error)")
            ], log: ["\(error)"]), to: run.key)
        return
      }
    }
    if let base, !run.done.contains(Self.carriedStep) {
      try warehouse.commit(try carried(from: base, to: run.key), to: run.key)
      log.record("Results of the other steps are those of run \(base.id)")
    }
    if let base { try carryFinalStep(of: task.test, from: base, to: run.key) }
  }

  func checkCancellation() throws {
    if observer.signal() != 0 {
      throw EngineError(
        .interrupted, "stopped at the user's request",
        remedy: "run the same command again to go on after the last whole step")
    }
  }

  // MARK: - Parts

  /// Removes files that a step made and did not commit, so that every product is a registered one.
  ///
  /// The folder belongs to this test run alone. A file that cannot be removed is left for `vis-meta verify` to
  /// name.
  private func removeUnregistered(in folder: String, of run: TestRunKey) {
    guard let registered = try? warehouse.artifacts(of: run) else { return }
    let kept = Set(registered.map { warehouse.absolutePath($0.path) })
    for name in (try? InputFile.names(in: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      if !kept.contains(path) { try? AtomicFile.remove(path) }
    }
  }

  private func openAnalysis(_ analysis: OpenAnalysis) throws -> AnalysisKey {
    if let key = analysis.key { return key }
    analysis.started = AnalysisIdentity.now()
    let text = String(decoding: try InputFile.bytes(of: configuration.path), as: UTF8.self)
    for attempt in 0..<100 {
      do {
        let key = try warehouse.beginAnalysis(
          AnalysisRecord(
            name: attempt == 0 ? options.name : "\(options.name)-\(attempt)",
            ulid: AnalysisIdentity.ulid(), programVersion: ProgramVersion.current,
            host: options.host, operatorName: options.operatorName,
            commandLine: options.commandLine, configuration: text,
            configurationDigest: configuration.digest.hexadecimal, libraries: options.libraries,
            started: analysis.started))
        analysis.key = key
        return key
      } catch let error as WarehouseError where error.kind == .duplicate && attempt < 99 {
        continue
      }
    }
    throw EngineError(.noAnalysis, "no free name for the analysis")
  }

  /// The digest of what of the configuration matters for a test's results.
  func digest(
    of task: BlockConfiguration.TaskEntry, definition: TestDefinition
  ) -> String {
    let columns = definition.columns.map { column in
      "\(column.name) \(column.frames) "
        + column.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: " ")
    }
    let text =
      [
        ProgramVersion.current, configuration.digest.hexadecimal, configuration.elvis,
        configuration.block, task.test,
        task.todo?.joined(separator: " ") ?? "all", options.checksOnly ? "checks" : "",
        options.only.isEmpty ? "" : "only " + options.only.joined(separator: " "),
        options.ingestionOnly ? "ingestion" : "",
        task.obsids.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "all",
      ] + columns
    return SHA256Digest(of: text.joined(separator: "\n")).hexadecimal
  }

  private func exposureRecords(_ acquisition: Acquisition) -> [ExposureRecord] {
    acquisition.exposures.flatMap { exposure in
      configuration.camera.detectors.map { detector in
        var commanded = exposure.values.mapValues(\.description)
        commanded["label"] = exposure.label
        if case .unusable(let reason)? = exposure.frames[detector] {
          commanded["frame"] = "unusable: \(reason)"
        }
        return ExposureRecord(
          obsid: exposure.obsid, detector: detector, time: exposure.date,
          exposureSeconds: exposure.exposureSeconds, commanded: commanded)
      }
    }
  }

  /// The results of the ingestion: what differs from the definition, and frames that cannot be used.
  private func ingestion(_ acquisition: Acquisition) -> SubtaskResult {
    var result = SubtaskResult()
    let report = acquisition.report
    result.checks.append(
      SubtaskResult.Check(
        name: "acquisition", detector: nil, amplifier: nil, item: nil,
        value: Double(report.exposures.count), lower: Double(report.expectedFrames),
        upper: Double(report.expectedFrames), passed: report.isConsistent,
        text: report.lines.joined(separator: "; ")))
    result.log =
      [
        "\(report.test) acquisition consistent with expectations: \(report.isConsistent ? "True" : "False")"
      ] + report.lines + acquisition.logIssues.map { "log: \($0)" }
      + (acquisition.frameProblems + acquisition.frameWarnings).map { "frame: \($0)" }
    if !report.notCompared.isEmpty {
      result.log.append(
        "not compared, as the log has no such column: \(report.notCompared.joined(separator: ", "))")
    }
    if !report.isConsistent {
      for line in report.lines { result.raise(.missingData, line) }
    }
    for problem in acquisition.frameProblems { result.raise(.missingData, "frame \(problem)") }
    for warning in acquisition.frameWarnings { result.raise(.poorQualityData, warning) }
    return result
  }

  private func context(
    _ acquisition: Acquisition, run: OpenTestRun, folder: String,
    earlier: any EarlierResults,
    test: String, step: String
  ) -> TestContext {
    let observer = observer
    let (warehouse, block, campaign) = (
      warehouse, configuration.block, configuration.campaign
    )
    return TestContext(
      camera: configuration.camera, block: configuration.block, serials: acquisition.serials,
      definition: acquisition.definition, limits: configuration.limits,
      preprocessing: configuration.preprocessing, window: window(acquisition),
      exposures: acquisition.exposures, housekeeping: acquisition.housekeeping,
      expectsHousekeeping: acquisition.expectsHousekeeping, masks: acquisition.masks,
      productFolder: folder,
      productDate: run.started, analysis: run.analysis.name, workers: options.workers,
      earlier: earlier, digests: digests, checked: checked, runName: "\(test) run \(run.key.id)",
      gains: { try warehouse.gains(ofBlock: block, campaign: campaign) },
      twin: { try twin(of: acquisition, test: $0, step: $1, line: $2) },
      standing: { test, step in
        try warehouse.selectedTestRuns(test: test, campaign: campaign, having: step)
          .first { $0.run.block == block }.map { found in
            OtherRun(
              run: found.run.key.id, source: found.source,
              results: StoredResults(warehouse: warehouse, run: found.run.key))
          }
      },
      checkCancellation: {
        if observer.signal() != 0 {
          throw EngineError(
            .interrupted, "stopped at the user's request",
            remedy: "run the same command again to go on after the last whole step")
        }
      }, progress: { observer.progress(test, step, $0) })
  }

  /// The latest finished run of another test on the same frames and masks, whose step logged a line.
  private func twin(
    of acquisition: Acquisition, test: String, step: String, line: String
  ) throws -> OtherRun? {
    func identities(_ inputs: [InputFileRecord]) -> Set<String> {
      Set(
        inputs.filter { $0.role == .raw || $0.role == .product }.map {
          "\($0.role.rawValue) \($0.obsid ?? -1) \($0.detector ?? "") \($0.sha256)"
        })
    }
    let mine = identities(acquisition.inputs)
    let candidates = try warehouse.testRuns(
      block: configuration.block, test: test, status: .finished
    ).filter { $0.verdict != .rejected && $0.campaign == configuration.campaign }
      .sorted { $0.key.id > $1.key.id }
    for run in candidates {
      let hasStep = try warehouse.subtasks(of: run.key).contains {
        $0.name == step && $0.status == .finished && $0.log.contains(line)
      }
      guard hasStep, identities(try warehouse.inputs(of: run.key)) == mine else { continue }
      return OtherRun(
        run: run.key.id, source: run.source(nil),
        results: StoredResults(warehouse: warehouse, run: run.key))
    }
    return nil
  }

  /// The rows that were read, as the log says; what the script commands where it says nothing.
  private func window(_ acquisition: Acquisition) -> Range<Int> {
    let height = configuration.camera.amplifiers.map(\.height).max() ?? 0
    let first = acquisition.exposures.first?.values
    let commanded = acquisition.definition.window
    let low = first?["vstart"]?.integer ?? commanded.lowerBound
    let high = first?["vend"]?.integer ?? commanded.upperBound
    let start = min(max(0, low), height)
    let end = min(max(start, high), height)
    return end > start ? start..<end : 0..<height
  }

  private func commit(
    _ result: SubtaskResult, step: String, ordinal: Int, seconds: Double, folder: String,
    to run: inout OpenTestRun
  ) throws {
    try warehouse.commit(
      try result.commit(name: step, ordinal: ordinal, seconds: seconds, warehouse: warehouse),
      to: run.key)
    for line in result.log { log.record(line) }
    if !result.flags.isEmpty {
      log.record(
        ["FLAGS raised by \(step):"] + result.flags.map { "\($0.flag.name): \($0.cause)" },
        level: .warning)
    }
    let raised = Set(run.flags + result.flags.map(\.flag))
    run.flags = Flag.allCases.filter(raised.contains)
    run.failedChecks += result.checks.count { !$0.passed }
  }
}
