import Campaign
import Detector

extension BlockPlan {
  /// Draws the truth of a block, and puts the order's own values into it.
  static func truth(
    block: FocalPlane.Block, camera: Camera, order: CampaignOrder
  ) -> ([String: DetectorTruth], BenchTruth, [String: [String: Double]]) {
    let profile = try? ChamberCatalog.profile(block.chamber)
    var truth: [String: DetectorTruth] = [:]
    for detector in camera.detectors {
      var mine = TruthGenerator.detector(
        detector, block: block, camera: camera, seed: order.seed)
      ChargeTruthGenerator.complete(
        &mine, detector: detector, block: block.name, camera: camera,
        pattern: profile?.spots[detector] ?? [], seed: order.seed)
      truth[detector] = mine
    }
    var bench = ChargeTruthGenerator.bench(
      profile.map(BenchTruth.init) ?? .usual, block: block.name, seed: order.seed)
    var crossTalk = ChargeTruthGenerator.crossTalk(
      camera: camera, block: block.name, seed: order.seed)
    for (parameter, value) in order.truth {
      parameter.set(value, truth: &truth, bench: &bench, crossTalk: &crossTalk)
    }
    return (truth, bench, crossTalk)
  }

  /// The definition of a test of the order.
  static func definition(
    of entry: CampaignOrder.Test, camera: Camera, equipment: [String: String],
    block: FocalPlane.Block, order: CampaignOrder
  ) throws -> TestDefinition {
    guard try TestCatalog.entry(named: entry.name).acquires else {
      throw SimulatorError(
        .unsupportedTest, "\(entry.name) acquires nothing: it analyses another test's frames",
        remedy: "simulate that test; 'vis-tools tests \(entry.name)' names it")
    }
    return try TestCatalog.definition(
      of: entry.name, camera: camera, equipment: equipment,
      inputs: try inputs(of: entry, order: order), script: entry.script, chamber: block.chamber,
      elvis: order.elvis)
  }

  /// A test's free parameters that differ from their defaults.
  static func inputs(
    of entry: CampaignOrder.Test, order: CampaignOrder
  ) throws -> [String: ScriptValue] {
    var inputs = entry.inputs
    let known = try TestCatalog.entry(named: entry.name).inputs
    if let frames = order.frames, inputs["N"] == nil, known.contains(where: { $0.name == "N" }) {
      inputs["N"] = .int(frames)
    }
    return inputs
  }

  /// The inputs that the configuration names: those of the definition where it is simple.
  func inputs(of attempt: Attempt, order: CampaignOrder) -> [String: ScriptValue] {
    var inputs = attempt.order.inputs
    inputs["N"] = attempt.test.inputs["N"]
    return inputs
  }

  /// Exposures with those before them that may have left an image behind.
  static func withHistory(
    _ exposures: [Exposure], truth: [String: DetectorTruth], bench: BenchTruth, camera: Camera
  ) -> [Exposure] {
    var fullWell = Double.infinity
    var memory = 0.0
    for charge in truth.values.compactMap(\.charge).flatMap(\.values) {
      fullWell = min(fullWell, charge.fullWell)
      // After ten time constants less than 1e-3 electrons are left.
      memory = max(memory, charge.persistence > 0 ? 10 * charge.persistenceSeconds : 0)
    }
    var saturating: [BlockExposure.Earlier] = []
    return exposures.map { exposure in
      var exposure = exposure
      saturating.removeAll {
        exposure.seconds - $0.seconds - $0.command.seconds > memory
      }
      exposure.earlier = exposure.command.seconds > 0 ? saturating : []
      if bench.mayFill(fullWell, exposure.command) {
        saturating.append(
          BlockExposure.Earlier(
            command: exposure.command, seconds: exposure.seconds, dither: exposure.dither))
      }
      return exposure
    }
  }
}
