import BlockTests
import Campaign
import Foundation
import Simulator
import Warehouse

/// A simulated photon-transfer test of the tiny camera, and the engine to run it.
final class SmallFlats: Sendable {
  let folder: String

  /// Simulates PTC01 of one block, or another test.
  init(
    seed: UInt64 = 1, fractions: [Double] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8], frames: Double = 4,
    truth: [TruthParameter: Double] = [:], faults: [Fault] = [], test: CampaignOrder.Test? = nil
  ) async throws {
    folder = NSTemporaryDirectory() + "vison-flats-" + UUID().uuidString
    var order = CampaignOrder(output: folder)
    order.cameraName = "tiny"
    order.blocks = ["BORN"]
    order.tests = [
      test ?? CampaignOrder.Test(
        "PTC01", inputs: ["fractions": .numbers(fractions), "frames": .numbers([frames])])
    ]
    order.seed = seed
    order.faults = faults
    order.truth = truth
    order.threads = 2
    _ = try await CampaignSimulator(order).run()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The truth of an amplifier.
  func truth() throws -> TruthFile {
    try JSONDecoder().decode(
      TruthFile.self, from: Data(contentsOf: URL(filePath: "\(folder)/BORN/truth.json")))
  }

  /// Runs the block.
  ///
  /// - Parameter edit: changes the text of the configuration.
  func run(
    into name: String = "w", workers: Int = 2, edit: (String) -> String = { $0 },
    options change: (inout EngineOptions) -> Void = { _ in }
  ) async throws -> (warehouse: Warehouse, summary: ExecutionSummary) {
    let path = "\(folder)/BORN/vison.yaml"
    let text = edit(try String(contentsOfFile: path, encoding: .utf8))
    let configuration = try BlockConfiguration.parse(Array(text.utf8), path: path)
    let place = "\(folder)/\(name)"
    let warehouse =
      FileManager.default.fileExists(atPath: "\(place)/warehouse.sqlite")
      ? try Warehouse.open(at: place, mode: .writing) : try Warehouse.create(at: place)
    var options = EngineOptions(tag: "_T")
    options.workers = workers
    change(&options)
    let engine = Engine(
      configuration: configuration, warehouse: warehouse, options: options,
      log: try RunLog(path: nil), observer: EngineObserver(), reporter: { _, _ in [] })
    let session = try configuration.session(named: configuration.sessions[0].name)
    return (warehouse, try await engine.run(session: session))
  }
}
