import Campaign
import Detector
import Ingest

/// One block's exposures and the truth behind them, before any pixel is made.
struct BlockPlan: Sendable {
  /// One exposure.
  struct Exposure: Sendable {
    /// The number that log, header and files tell.
    var obsid: Int
    /// The number that no other exposure has: what random numbers derive from.
    let number: Int
    let date: ElvisDate
    let test: String
    let column: TestDefinition.Column
    /// Seconds after the block's first exposure.
    let seconds: Double
    let command: FrameCommand
    /// Temperature of the detectors, kelvin; nil for that of each one's truth.
    let kelvin: Double?
    /// The point source's displacement, pixels.
    let dither: SIMD2<Double>
    /// The level of each amplifier by detector, relative to its offset.
    var levels: [String: [String: Double]] = [:]
    /// Saturating exposures of the last hour.
    var earlier: [BlockExposure.Earlier] = []

    /// The temperature's difference from the usual one, kelvin.
    var celsiusShift: Double { (kelvin ?? ChargeModel.referenceKelvin) - ChargeModel.referenceKelvin }

    /// What the exposure's frames depend on.
    var pixels: BlockExposure {
      BlockExposure(
        obsid: number, levels: levels, command: command, seconds: seconds,
        kelvin: kelvin ?? ChargeModel.referenceKelvin, dither: dither, earlier: earlier)
    }
  }

  /// One acquisition of a test.
  struct Attempt: Sendable {
    let test: TestDefinition
    let order: CampaignOrder.Test
    /// First and last ObsID.
    let range: ClosedRange<Int>
  }

  let block: FocalPlane.Block
  let version: ElvisVersion
  let exposures: [Exposure]
  let tests: [TestDefinition]
  /// The complete acquisitions, in order.
  let attempts: [Attempt]
  let truth: [String: DetectorTruth]
  let bench: BenchTruth
  let crossTalk: [String: [String: Double]]
  let faults: [Fault]

  init(block: FocalPlane.Block, camera: Camera, order: CampaignOrder) throws {
    self.block = block
    version = try ElvisVersion.require(order.elvis)
    let (truth, bench, crossTalk) = Self.truth(block: block, camera: camera, order: order)
    (self.truth, self.bench, self.crossTalk) = (truth, bench, crossTalk)
    var equipment = ["operator": "cpf", "sn_roe": block.roe, "sn_rpsu": block.rpsu]
    for (index, detector) in camera.detectors.prefix(3).enumerated() {
      equipment["sn_ccd\(index + 1)"] = truth[detector]?.serial
    }
    let definitions = try order.tests.map {
      try Self.definition(
        of: $0, camera: camera, equipment: equipment, block: block, order: order)
    }
    let middle = order.firstObsID + (definitions.first?.frames ?? 1) / 2
    var order = order
    for index in order.faults.indices where order.faults[index].obsid == nil {
      order.faults[index].obsid = middle
    }
    var acquisition = Acquisition(order: order, block: block, bench: bench)
    for (entry, test) in zip(order.tests, definitions) { acquisition.take(test, entry) }
    tests = acquisition.tests
    attempts = acquisition.attempts
    exposures = Self.withHistory(
      Self.withLevels(acquisition.exposures, truth: truth, block: block.name, seed: order.seed),
      truth: truth, bench: bench, camera: camera)
    faults = try Self.resolve(order.faults, exposures: exposures, camera: camera)
  }

  /// The faults of some kind that an exposure has.
  func has(_ kind: Fault.Kind, _ exposure: Exposure, _ detector: String? = nil) -> Bool {
    faults.contains {
      $0.kind == kind && $0.obsid == exposure.obsid
        && (detector == nil || !kind.concernsOneFrame || $0.detector == detector)
    }
  }

  /// The detector that a fault of an exposure concerns; nil where there is no such fault.
  func detector(with kind: Fault.Kind, _ exposure: Exposure) -> String? {
    faults.first { $0.kind == kind && $0.obsid == exposure.obsid }?.detector
  }

  // MARK: - Steps

  /// Linear drift and random walk, from the first exposure of the block on.
  private static func withLevels(
    _ exposures: [Exposure], truth: [String: DetectorTruth], block: String, seed: UInt64
  ) -> [Exposure] {
    var walks: [String: [String: Double]] = [:]
    return exposures.enumerated().map { index, exposure in
      var exposure = exposure
      for (detector, mine) in truth {
        for (name, amplifier) in mine.amplifiers {
          let stream = RandomStream(seed: seed, "walk", block, detector, name)
          var walk = walks[detector]?[name] ?? 0
          if index > 0 { walk += amplifier.walkPerFrame * stream.normal(UInt32(index)) }
          walks[detector, default: [:]][name] = walk
          exposure.levels[detector, default: [:]][name] = TruthGenerator.rounded(
            amplifier.driftPerFrame * Double(index) + walk, 5)
        }
      }
      return exposure
    }
  }

  /// Faults with exposure and detector filled in.
  private static func resolve(
    _ faults: [Fault], exposures: [Exposure], camera: Camera
  ) throws(SimulatorError) -> [Fault] {
    var resolved: [Fault] = []
    for var fault in faults {
      let first = exposures.first?.obsid ?? 0
      let obsid = fault.obsid ?? first
      // The first exposure has none before it whose number it could repeat.
      guard exposures.contains(where: { $0.number == obsid }),
        fault.kind != .repeatedObsID || obsid > first
      else {
        let range = exposures.first.flatMap { a in
          exposures.last.map { "\(a.number) ... \($0.number)" }
        }
        throw SimulatorError(
          .faultMisses,
          "the fault \(fault.kind.rawValue) names ObsID \(obsid), which is not simulated",
          remedy: "simulated are \(range ?? "none")")
      }
      let detector = fault.detector ?? camera.detectors.first ?? ""
      guard camera.detectors.contains(detector) else {
        throw SimulatorError(
          .faultMisses,
          "the fault \(fault.kind.rawValue) names detector '\(detector)', which is unknown",
          remedy: "the camera has \(camera.detectors.joined(separator: ", "))")
      }
      fault.obsid = obsid
      fault.detector = fault.kind.concernsOneFrame ? detector : nil
      resolved.append(fault)
    }
    return resolved
  }
}
