import BlockTests
import Campaign
import CommandLineStyle
import Diagnostics
import Foundation
import Reporting
import Warehouse

#if canImport(Glibc)
  import Glibc
#endif

/// `vison-run -W`: runs the tests of a session as their data arrive.
extension Run {
  /// Refuses options that do not go together.
  func requireWaitOptions() throws {
    guard waits else {
      let given = [
        (!days.isEmpty, "-d"), (elvis != nil, "-v"), (firstObsid != nil, "-O"),
        (timeout != nil, "--timeout"), (poll != nil, "--poll"), (settle != nil, "--settle"),
        (late != nil, "--late"),
      ].filter(\.0).map(\.1)
      guard given.isEmpty else {
        throw WrongUse(problem: "\(given.joined(separator: ", ")) goes with -W only")
      }
      return
    }
    guard sessions.count == 1 else {
      throw WrongUse(problem: "-W waits for one session", remedy: "give it with -R NAME")
    }
    guard (firstObsid ?? 0) >= 0 else { throw WrongUse(problem: "-O must be 0 or more") }
    guard (poll?.seconds ?? 1) > 0 else { throw WrongUse(problem: "--poll must be more than 0") }
  }

  /// Waits for a session's data and runs its tests.
  func wait(_ loaded: BlockConfiguration, _ listed: BlockConfiguration.Session) async throws {
    var configuration = loaded
    if let elvis { configuration.elvis = try ElvisVersion.require(elvis).name }
    var session = listed
    if !days.isEmpty { session.source = .folders(days.map { folder($0, configuration) }) }

    let store = try openWarehouse(configuration)
    defer { try? store.close() }
    let progress = ProgressLine(isQuiet: quiet)
    let engineOptions = options(configuration, store)
    let log = try RunLog(
      path: writesLog ? "Calib_\(engineOptions.name).log" : nil, mirror: mirror(progress))
    let camera = configuration.camera
    let engine = Engine(
      configuration: configuration, warehouse: store, options: engineOptions, log: log,
      observer: observer(progress),
      reporter: { run, workers in
        try await BlockReport(warehouse: store, run: run, camera: camera).write(workers: workers)
      })
    let waiting = try Waiting(
      engine, session: session, options: waitOptions,
      clock: .machine { CancellationFlag.isRaised },
      tell: { event in
        if json, let line = try? JSONText.line(event) { printOutput(line) }
        progress.note("\(RunLog.stamp().prefix(19)) \(event.text)".escapingControlCharacters())
      },
      status: { done, total, text in
        progress.update(done: done, of: total, text.escapingControlCharacters())
      }, givesUp: asker(progress))
    let outcome = try await waiting.run()
    progress.finish()
    if let path = log.path, !quiet { progress.note("log: \(path)") }
    if cleansAfter { clean(store.folder) }
    try SummaryPrinter.print(outcome, asJSON: json, isQuiet: quiet)
    try end(outcome)
  }

  private func end(_ outcome: WaitOutcome) throws {
    if let interruption = CancellationFlag.interruption { throw interruption }
    if outcome.end == .timedOut {
      throw EngineError(
        .waitTimedOut,
        "gave up waiting for \(outcome.open.map(\.test).joined(separator: ", "))",
        remedy: "the same command goes on waiting; without -W what is there is analysed")
    }
    let code = outcome.summary.exitCode
    if code != .ok { throw CommandEnd(code) }
  }

  private var waitOptions: WaitOptions {
    var options = WaitOptions()
    options.firstObsid = firstObsid ?? 0
    if let timeout { options.timeoutSeconds = timeout.seconds }
    if let poll { options.pollSeconds = poll.seconds }
    if let settle { options.settleSeconds = settle.seconds }
    if let late { options.lateSeconds = late.seconds }
    return options
  }

  /// A day folder: below the data root, or as seen from the working folder where only that exists.
  private func folder(_ day: String, _ configuration: BlockConfiguration) -> String {
    if day.hasPrefix("/") || FileManager.default.fileExists(atPath: configuration.dataPath(day)) {
      return day
    }
    guard FileManager.default.fileExists(atPath: day) else { return day }
    return "\(FileManager.default.currentDirectoryPath)/\(day)"
  }

  /// Asks on the terminal; nil where there is none, so that a run in the background never hangs.
  private func asker(_ progress: ProgressLine) -> ((String) async -> Bool)? {
    guard Terminal.current(.error).isTerminal, isatty(STDIN_FILENO) == 1 else { return nil }
    return { question in
      progress.finish()
      printNote("vison-run: \(question) [Y/n] (yes after 60 s)")
      return Self.answerIsYes(seconds: 60)
    }
  }

  /// Reads an answer from standard input; none in time, the end of input and an interruption are a yes.
  private static func answerIsYes(seconds: Int) -> Bool {
    for _ in 0..<seconds * 10 {
      if CancellationFlag.isRaised { return true }
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&input, 1, 100) > 0 else { continue }
      guard let line = readLine() else { return true }
      return !line.trimmingCharacters(in: .whitespaces).lowercased().hasPrefix("n")
    }
    return true
  }
}
