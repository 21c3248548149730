import BlockTests
import Campaign
import Foundation
import Simulator
import Synchronization
import Warehouse

/// Data that arrive as a test wants it: a simulated block, delivered file by file and line by line into a
/// day folder, on a clock that stands still but for the waiting's sleeps.
final class WaitingStage {
  let folder: String
  /// The day folder that is waited for.
  var day: String { "\(folder)/data/day" }
  /// What has been told.
  private(set) var events: [WaitEvent] = []
  /// Where things stood at each look.
  private(set) var standings: [String] = []
  /// What happens during each sleep, in order; then nothing more.
  var script: [() throws -> Void] = []
  /// Is called with each event.
  var onEvent: (WaitEvent) throws -> Void = { _ in }
  /// Is called when a step begins.
  var onStep: (String) throws -> Void = { _ in }
  /// Whether the user wants to stop.
  let signal = Mutex<Int32>(0)
  private let time = Mutex(0.0)
  private let source: String
  private let sleeps = Mutex(0)

  /// Simulates tests, of 3 exposures each where their number is free; nothing is delivered yet.
  ///
  /// - Parameter orders: others instead, with their own inputs.
  init(
    _ tests: [String] = ["BIAS01"], frames: Int = 3, faults: [Fault] = [],
    orders: [CampaignOrder.Test]? = nil
  ) async throws {
    folder = NSTemporaryDirectory() + "vison-wait-" + UUID().uuidString
    var order = CampaignOrder(output: "\(folder)/source")
    order.cameraName = "tiny"
    order.blocks = ["BORN"]
    order.tests = orders ?? tests.map { CampaignOrder.Test($0, inputs: ["N": .int(frames)]) }
    order.faults = faults
    order.threads = 2
    _ = try await CampaignSimulator(order).run()
    source = "\(folder)/source/BORN/data/23_Mar_19"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/data", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  // MARK: - Delivering

  static let logName = "EXP_LOG_230319.txt"

  /// The lines of the simulated log, header first, each with its end.
  var lines: [String] {
    get throws {
      // The logs' lines end with CR LF, which is one character.
      try String(contentsOfFile: "\(source)/\(Self.logName)", encoding: .utf8)
        .split(whereSeparator: \.isNewline).map { $0 + "\r\n" }
    }
  }

  /// The lines of the n-th exposures, counted from 0, three lines each.
  func lines(of exposures: Range<Int>) throws -> [String] {
    let all = try lines
    return Array(all[(1 + 3 * exposures.lowerBound)..<(1 + 3 * exposures.upperBound)])
  }

  /// Adds lines to the log, which is made with its header where it is not there.
  func log(_ lines: [String]) throws {
    try makeDay()
    let path = "\(day)/\(Self.logName)"
    let before = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let head = before.isEmpty ? try self.lines[0] : before
    try write(head + lines.joined(), to: path)
  }

  /// Writes the log again in place, as that text.
  func rewriteLog(_ text: String) throws { try write(text, to: "\(day)/\(Self.logName)") }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  private func makeDay() throws {
    try FileManager.default.createDirectory(atPath: day, withIntermediateDirectories: true)
  }

  /// The names of the files of the n-th exposures: frames and house-keeping.
  func files(of exposures: Range<Int>) throws -> [String] {
    let named = try lines(of: exposures).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false)
    }
    // A frame's name holds its exposure's time, which tells exposures with the same ObsID apart.
    let stamps = Set(
      named.compactMap { $0.first { $0.hasPrefix("EUC_") } }.map { name in
        name.split(separator: "_").dropFirst().prefix(2).joined(separator: "_")
      })
    return try FileManager.default.contentsOfDirectory(atPath: source).filter { name in
      stamps.contains { name.contains("_\($0)_") }
    }.sorted()
  }

  /// Brings files; those whose names hold `except` stay away.
  func bring(_ exposures: Range<Int>, except: String? = nil) throws {
    try makeDay()
    for name in try files(of: exposures) where except.map({ !name.contains($0) }) ?? true {
      try? FileManager.default.removeItem(atPath: "\(day)/\(name)")
      try FileManager.default.copyItem(atPath: "\(source)/\(name)", toPath: "\(day)/\(name)")
    }
  }

  /// Brings exposures with their lines, files first.
  func deliver(_ exposures: Range<Int>, except: String? = nil) throws {
    try bring(exposures, except: except)
    try log(lines(of: exposures))
  }

  /// The name of one frame of the n-th exposure.
  func frame(_ exposure: Int, _ detector: String) throws -> String {
    try files(of: exposure..<exposure + 1).first { $0.hasSuffix("_\(detector).fits") } ?? "none"
  }

  /// Brings the first bytes of a file.
  func bringPart(of name: String, bytes: Int) throws {
    let data = try Data(contentsOf: URL(filePath: "\(source)/\(name)"))
    try data.prefix(bytes).write(to: URL(filePath: "\(day)/\(name)"))
  }

  // MARK: - Waiting

  /// The texts of events of a kind.
  func texts(_ kind: WaitEvent.Kind) -> [String] {
    events.filter { $0.event == kind }.map(\.text)
  }

  func open() throws -> Warehouse {
    let place = "\(folder)/w"
    return FileManager.default.fileExists(atPath: "\(place)/warehouse.sqlite")
      ? try Warehouse.open(at: place, mode: .writing) : try Warehouse.create(at: place)
  }

  /// Waits; looks are 10 s apart, files settle in 5 s, come at most 100 s late, and patience is 1000 s.
  func wait(
    for tests: [String], frames: Int = 3, inputs: [String: ScriptValue]? = nil,
    firstObsid: Int = 0, isFresh: Bool = false,
    givesUp: (@Sendable (String) async -> Bool)? = nil
  ) async throws -> (outcome: WaitOutcome, warehouse: Warehouse) {
    events = []
    standings = []
    let path = "\(folder)/source/BORN/vison.yaml"
    var configuration = try BlockConfiguration.load(path)
    configuration.paths.dataRoot = "\(folder)/data"
    let session = BlockConfiguration.Session(
      name: "D11", source: .folders(["day"]),
      tasks: tests.map { .init(test: $0, inputs: inputs ?? ["N": .int(frames)]) })
    let warehouse = try open()
    var engineOptions = EngineOptions(tag: "_W")
    engineOptions.startsAfresh = isFresh
    engineOptions.checksOnly = true
    var options = WaitOptions()
    options.firstObsid = firstObsid
    options.lateSeconds = 100
    options.timeoutSeconds = 1000
    let engine = Engine(
      configuration: configuration, warehouse: warehouse, options: engineOptions,
      log: try RunLog(path: nil),
      observer: EngineObserver(
        progress: { _, step, share in if share == 0 { try? self.onStep(step) } },
        signal: { self.signal.withLock { $0 } }), reporter: { _, _ in [] })
    let waiting = try Waiting(
      engine, session: session, options: options,
      clock: WaitClock(
        now: { self.time.withLock { $0 } },
        sleep: { seconds in
          self.time.withLock { $0 += seconds }
          let index = self.sleeps.withLock { count in
            count += 1
            return count - 1
          }
          if index < self.script.count { try? self.script[index]() }
        }),
      tell: { event in
        self.events.append(event)
        try? self.onEvent(event)
      },
      status: { _, _, text in self.standings.append(text) }, givesUp: givesUp)
    return (try await waiting.run(), warehouse)
  }
}

// Everything happens within the one task that waits.
extension WaitingStage: @unchecked Sendable {}
