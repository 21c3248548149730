import BlockTests
import Campaign
import Foundation
import Simulator
import Synchronization
import Warehouse

/// A simulated block of the tiny camera in a temporary folder, and the engine to run it.
final class SmallCampaign: Sendable {
  let folder: String
  let block: String

  /// Simulates BIAS01 of one block.
  ///
  /// - Parameter tests: others instead, with their own numbers of frames.
  init(
    block: String = "BORN", frames: Int = 4, seed: UInt64 = 1, faults: [Fault] = [],
    tests: [CampaignOrder.Test]? = nil, edit: (inout CampaignOrder) -> Void = { _ in }
  ) async throws {
    folder = NSTemporaryDirectory() + "vison-block-" + UUID().uuidString
    self.block = block
    var order = CampaignOrder(output: folder)
    order.cameraName = "tiny"
    order.blocks = [block]
    order.tests = ["BIAS01"]
    if let tests { order.tests = tests } else { order.frames = frames }
    order.seed = seed
    order.faults = faults
    order.threads = 2
    edit(&order)
    _ = try await CampaignSimulator(order).run()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var configurationPath: String { "\(folder)/\(block)/vison.yaml" }

  /// The truth that the simulator wrote.
  func truth() throws -> TruthFile {
    try JSONDecoder().decode(
      TruthFile.self, from: Data(contentsOf: URL(filePath: "\(folder)/\(block)/truth.json")))
  }

  /// Runs the block into a warehouse of that name.
  ///
  /// - Parameter stopAfter: raises the signal once that many steps have begun.
  func run(
    into name: String = "w", workers: Int = 2, stopAfter: Int? = nil,
    edit: (inout EngineOptions) -> Void = { _ in },
    configuration text: String? = nil
  ) async throws -> (warehouse: Warehouse, summary: ExecutionSummary) {
    let path = configurationPath
    let configuration =
      try text.map { try BlockConfiguration.parse(Array($0.utf8), path: path) }
      ?? BlockConfiguration.load(path)
    let place = "\(folder)/\(name)"
    let warehouse =
      FileManager.default.fileExists(atPath: "\(place)/warehouse.sqlite")
      ? try Warehouse.open(at: place, mode: .writing) : try Warehouse.create(at: place)
    var options = EngineOptions(tag: "_T")
    options.workers = workers
    edit(&options)
    let begun = Mutex(Set<String>())
    let engine = Engine(
      configuration: configuration, warehouse: warehouse, options: options,
      log: try RunLog(path: nil),
      observer: EngineObserver(
        progress: { _, step, _ in begun.withLock { _ = $0.insert(step) } },
        signal: {
          guard let stopAfter else { return 0 }
          return begun.withLock { $0.count } > stopAfter ? 2 : 0
        }), reporter: { _, _ in [] })
    let session = try configuration.session(named: configuration.sessions[0].name)
    return (warehouse, try await engine.run(session: session))
  }
}

extension Warehouse {
  /// Everything that was measured, without ids and times, one line a row.
  func dump() throws -> [String] {
    let results = try readOnlySQL(
      """
      SELECT ccd, quadrant, obsid, item, quantity, value, uncertainty, count, reason FROM results
      ORDER BY quantity, ccd, quadrant, obsid, item
      """, limit: 1_000_000
    ).rows.map { row in row.map { "\($0)" }.joined(separator: "|") }
    let points = try testRuns().flatMap { try self.curves(in: $0.key) }
      .map { "\($0.name) \($0.place) \($0.y) \($0.uncertainty ?? [])" }
    let products = try testRuns().flatMap { try self.artifacts(of: $0.key) }
      .map { "\($0.role) \($0.detector ?? "") \($0.size)" }
    return results + points.sorted() + products.sorted()
  }
}
