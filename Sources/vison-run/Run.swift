import ArgumentParser
import BlockTests
import Campaign
import CommandLineStyle
import Detector
import Diagnostics
import DurableFiles
import Foundation
import Reporting
import Warehouse

/// `vison-run -y ... -R ...`: runs sessions.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the tests of one or more sessions.",
    discussion: """
      The letters are those of the original pipeline.

      EXAMPLES
        vison-run -y vison.yaml -R D11 -l -m 2 -t _D11
        vison-run -y vison.yaml -R D11 -R D12 -k
        vison-run -y vison.yaml -R D11 -W -d 23_Mar_19 -v 6.5.X -k -l
            Waits for the data of the day, and checks each test when it is complete.
        vison-run -y vison.yaml -R D11 -W -d 23_Mar_19 -O 1002
            The same, where what came before ObsID 1002 was aborted.
        vison-run -y vison.yaml -R D11 --only meta
      """)

  @Option(name: [.customShort("y"), .customLong("config")], help: "The configuration (YAML).")
  var config: String

  @Option(
    name: [.customShort("R"), .customLong("session")],
    help: "A session of the configuration; may be given several times.")
  var sessions: [String] = []

  @ArgumentParser.Flag(
    name: [.customShort("l"), .customLong("log")],
    help: "Write the log file Calib_<id>.log into the working folder.")
  var writesLog = false

  @Option(
    name: [.customShort("m"), .customLong("multithread")],
    help: "How many pieces of work run at once. The results do not depend on it.")
  var workers = 1

  @Option(
    name: [.customShort("t"), .customLong("tag")], help: "Appended to the analysis's id.")
  var tag = ""

  @ArgumentParser.Flag(name: [.customShort("k"), .customLong("check")], help: "Only the checks, with a report.")
  var checksOnly = false

  @Option(
    help: ArgumentHelp(
      "Only these steps, such as meta; what the others found is taken from the latest finished run of the same frames.",
      valueName: "step,...")) var only: String?

  @ArgumentParser.Flag(
    name: [.customShort("r"), .customLong("drill")],
    help: "Drill: say what would be run; no frame is read, nothing is written.")
  var isDrill = false

  @ArgumentParser.Flag(
    name: [.customShort("g"), .customLong("debug")], help: "Debug: every line of the log goes to standard error too.")
  var isDebug = false

  @ArgumentParser.Flag(
    name: [.customShort("T"), .customLong("test")],
    help: "Only ingestion: select and match the exposures, read no pixel.")
  var ingestionOnly = false

  @ArgumentParser.Flag(
    name: [.customShort("C"), .customLong("clean")],
    help: "Clean after: remove temporary files that killed runs left in the warehouse.")
  var cleansAfter = false

  @ArgumentParser.Flag(
    name: [.customShort("W"), .customLong("wait")],
    help: "Wait: run each test of the session when its data are complete.")
  var waits = false

  @Option(
    name: [.customShort("d"), .customLong("day")],
    help: "With -W: the day folder, instead of the session's; may be given several times.")
  var days: [String] = []

  @Option(
    name: [.customShort("v"), .customLong("elvis")],
    help: "With -W: the version of the acquisition system, instead of the configuration's.")
  var elvis: String?

  @Option(
    name: [.customShort("O"), .customLong("obsid")],
    help: "With -W: leave exposures with a lower ObsID out of account.")
  var firstObsid: Int?

  @Option(
    help: "With -W: give up when nothing new has come for that long; 90s, 15m, 4h (default: 4h).")
  var timeout: DurationArgument?

  @Option(help: "With -W: the time between two looks at the day folder (default: 10s).")
  var poll: DurationArgument?

  @Option(help: "With -W: a file is read when it has not changed for that long (default: 5s).")
  var settle: DurationArgument?

  @Option(
    help: "With -W: how long files may be late once all exposures are in the log (default: 15m).")
  var late: DurationArgument?

  @ArgumentParser.Flag(help: "A bad line of a log is an error instead of being set aside and reported.")
  var strict = false

  @ArgumentParser.Flag(help: "Begin anew even where an unfinished run could be taken up.")
  var fresh = false

  @Option(help: "The warehouse's folder, instead of the configuration's paths.results_root.")
  var warehouse: String?

  @Option(help: "How long to wait for another writer of the warehouse, in seconds.")
  var busySeconds = 60.0

  @ArgumentParser.Flag(help: "Allow a warehouse on a network disk, where SQLite may lose data.")
  var allowNetworkDisk = false

  @ArgumentParser.Flag(
    help: "Print the execution summary as JSON; with -W one line for each thing that happens.")
  var json = false

  @ArgumentParser.Flag(name: [.customShort("q"), .long], help: "Say nothing but errors.")
  var quiet = false

  /// The steps of `--only`.
  private var steps: [String] {
    only.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
  }

  func validate() throws {
    guard (1...1024).contains(workers) else { throw ValidationError("-m must be 1 to 1024") }
    guard !(checksOnly && ingestionOnly) else {
      throw ValidationError("-k and -T exclude each other")
    }
    if let only {
      guard !checksOnly, !ingestionOnly else {
        throw ValidationError("--only excludes -k and -T")
      }
      guard !only.isEmpty, steps.allSatisfy({ !$0.isEmpty }) else {
        throw ValidationError("--only wants names of steps, such as meta or extract_PTC,meta")
      }
    }
    guard busySeconds >= 0, busySeconds <= 86_400 else {
      throw ValidationError("--busy-seconds must be 0 to 86400")
    }
    guard SafeName.component(tag.isEmpty ? "x" : "x\(tag)") == "x\(tag)" || tag.isEmpty else {
      throw ValidationError("-t may hold letters, digits and . _ - + only")
    }
  }

  func run() async throws {
    try requireWaitOptions()
    let configuration = try BlockConfiguration.load(config)
    guard !sessions.isEmpty else {
      let known = configuration.sessions.map(\.name).joined(separator: ", ")
      throw WrongUse(problem: "no session is named", remedy: "give one with -R: \(known)")
    }
    let chosen = try sessions.map { try configuration.session(named: $0) }
    if isDrill {
      return try Drill(configuration: configuration, sessions: chosen, options: modes)
        .run(asJSON: json)
    }

    if waits { return try await wait(configuration, chosen[0]) }
    let store = try openWarehouse(configuration)
    defer { try? store.close() }
    let progress = ProgressLine(isQuiet: quiet)
    var summaries: [ExecutionSummary] = []
    for session in chosen {
      let options = options(configuration, store)
      let log = try RunLog(
        path: writesLog ? "Calib_\(options.name).log" : nil, mirror: mirror(progress))
      let engine = Engine(
        configuration: configuration, warehouse: store, options: options, log: log,
        observer: observer(progress),
        reporter: { run, workers in
          try await BlockReport(warehouse: store, run: run, camera: configuration.camera)
            .write(workers: workers)
        })
      let summary = try await engine.run(session: session)
      summaries.append(summary)
      progress.finish()
      for entry in summary.entries {
        guard let error = entry.error else { continue }
        printNote("vison-run: \(entry.test): \(error)".escapingControlCharacters())
      }
      if let path = log.path, !quiet { progress.note("log: \(path)") }
      if CancellationFlag.isRaised { break }
    }
    if cleansAfter { clean(store.folder) }
    try SummaryPrinter.print(summaries, asJSON: json, isQuiet: quiet)
    if let interruption = CancellationFlag.interruption { throw interruption }
    if let code = summaries.map(\.exitCode).first(where: { $0 != .ok && $0 != .outOfLimits }) {
      throw CommandEnd(code)
    }
    if summaries.contains(where: { $0.exitCode == .outOfLimits }) { throw CommandEnd(.outOfLimits) }
  }

  // MARK: - Parts

  func openWarehouse(_ configuration: BlockConfiguration) throws -> Warehouse {
    let folder = try realFolder(warehouse ?? configuration.resultsRoot)
    let options = Warehouse.Options(
      busySeconds: busySeconds, allowsNetworkFileSystem: allowNetworkDisk)
    if FileManager.default.fileExists(atPath: "\(folder)/warehouse.sqlite") {
      return try Warehouse.open(at: folder, mode: .writing, options: options)
    }
    let plane = try CameraCatalog.focalPlane()
    do {
      return try Warehouse.create(
        at: folder, design: plane.defaultDesign, slots: plane.slotAssignments, options: options)
    } catch let error as WarehouseError where error.kind == .exists {
      // Another run made it a moment ago.
      return try Warehouse.open(at: folder, mode: .writing, options: options)
    }
  }

  /// Where the log's lines go with `-g`.
  func mirror(_ progress: ProgressLine) -> (@Sendable (String) -> Void)? {
    guard isDebug else { return nil }
    return { line in progress.note(line.escapingControlCharacters()) }
  }

  /// The folder's own path, made where it is missing, without the `..` that configurations hold.
  private func realFolder(_ path: String) throws -> String {
    try AtomicFile.makeFolder(path)
    var real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
    while real.count > 1, real.hasSuffix("/") { real.removeLast() }
    return real
  }

  /// Which steps are wanted, as far as the command line says.
  private var modes: EngineOptions {
    var options = EngineOptions(tag: tag)
    options.checksOnly = checksOnly
    options.ingestionOnly = ingestionOnly
    options.only = steps
    return options
  }

  func options(_ configuration: BlockConfiguration, _ store: Warehouse)
    -> EngineOptions
  {
    var options = modes
    options.workers = workers
    options.isStrict = strict
    options.startsAfresh = fresh
    options.commandLine = CommandText.text(CommandLine.arguments)
    options.operatorName =
      configuration.filledInBy ?? ProcessInfo.processInfo.environment["USER"] ?? "unknown"
    options.libraries = LibraryVersions.all(store)
    options.host = ProcessInfo.processInfo.hostName
    return options
  }

  func observer(_ progress: ProgressLine) -> EngineObserver {
    EngineObserver(
      progress: { test, step, share in
        progress.update(done: Int(share * 1000), of: 1000, "\(test) \(step)")
      },
      message: { progress.note($0.escapingControlCharacters()) },
      signal: { CancellationFlag.interruption?.signal ?? 0 })
  }

  func clean(_ folder: String) {
    for top in ["\(folder)/products", "\(folder)/reports"] {
      AtomicFile.removeStaleTemporaries(in: top)
      guard let walker = FileManager.default.enumerator(atPath: top) else { continue }
      for case let name as String in walker {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: "\(top)/\(name)", isDirectory: &isFolder),
          isFolder.boolValue
        {
          AtomicFile.removeStaleTemporaries(in: "\(top)/\(name)")
        }
      }
    }
  }
}
