import Campaign
import Detector
import Ingest

/// One block's exposures and the truth behind them, before any pixel is made.
struct BlockPlan: Sendable {
  /// One exposure.
  struct Exposure: Sendable {
    let obsid: Int
    let date: ElvisDate
    let test: String
    let column: TestDefinition.Column
    /// The level of each amplifier by detector, relative to its offset.
    let levels: [String: [String: Double]]
  }

  let block: FocalPlane.Block
  let version: ElvisVersion
  let exposures: [Exposure]
  let tests: [TestDefinition]
  let truth: [String: DetectorTruth]
  let faults: [Fault]

  init(block: FocalPlane.Block, camera: Camera, order: CampaignOrder) throws {
    self.block = block
    version = try ElvisVersion.require(order.elvis)
    var truth: [String: DetectorTruth] = [:]
    for detector in camera.detectors {
      truth[detector] = TruthGenerator.detector(
        detector, block: block, camera: camera, seed: order.seed)
    }
    self.truth = truth
    var equipment = ["operator": "cpf", "sn_roe": block.roe, "sn_rpsu": block.rpsu]
    for (index, detector) in camera.detectors.prefix(3).enumerated() {
      equipment["sn_ccd\(index + 1)"] = truth[detector]?.serial
    }
    var exposures: [Exposure] = []
    var tests: [TestDefinition] = []
    var date = order.start
    for name in order.tests {
      let inputs = order.frames.map { ["N": ScriptValue.int($0)] } ?? [:]
      let test = try TestCatalog.definition(
        of: name, camera: camera, equipment: equipment, inputs: inputs, elvis: order.elvis)
      guard test.family == "BIAS0X" else {
        throw SimulatorError(
          .unsupportedTest, "frames of \(name) cannot be simulated yet",
          remedy: "simulated are tests of the family BIAS0X")
      }
      tests.append(test)
      for column in test.columns {
        for _ in 0..<column.frames {
          let obsid = order.firstObsID + exposures.count
          exposures.append(
            Exposure(obsid: obsid, date: date, test: test.label, column: column, levels: [:]))
          date = date.advanced(bySeconds: Int(column.secondsPerFrame.rounded(.up)))
        }
      }
    }
    self.tests = tests
    self.exposures = Self.withLevels(exposures, truth: truth, block: block.name, seed: order.seed)
    faults = try Self.resolve(order.faults, exposures: exposures, tests: tests, camera: camera)
  }

  /// First and last ObsID of each test, in order.
  var obsids: [(test: TestDefinition, range: ClosedRange<Int>)] {
    var result: [(TestDefinition, ClosedRange<Int>)] = []
    var first = exposures.first?.obsid ?? 0
    for test in tests where test.frames > 0 {
      result.append((test, first...first + test.frames - 1))
      first += test.frames
    }
    return result
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
      var levels: [String: [String: Double]] = [:]
      for (detector, mine) in truth {
        for (name, amplifier) in mine.amplifiers {
          let stream = RandomStream(seed: seed, "walk", block, detector, name)
          var walk = walks[detector]?[name] ?? 0
          if index > 0 { walk += amplifier.walkPerFrame * stream.normal(UInt32(index)) }
          walks[detector, default: [:]][name] = walk
          levels[detector, default: [:]][name] = TruthGenerator.rounded(
            amplifier.driftPerFrame * Double(index) + walk, 5)
        }
      }
      return Exposure(
        obsid: exposure.obsid, date: exposure.date, test: exposure.test, column: exposure.column,
        levels: levels)
    }
  }

  /// Faults with exposure and detector filled in.
  private static func resolve(
    _ faults: [Fault], exposures: [Exposure], tests: [TestDefinition], camera: Camera
  ) throws(SimulatorError) -> [Fault] {
    var resolved: [Fault] = []
    for var fault in faults {
      let obsid = fault.obsid ?? (exposures.first?.obsid ?? 0) + (tests.first?.frames ?? 1) / 2
      guard exposures.contains(where: { $0.obsid == obsid }) else {
        let range = exposures.first.flatMap { a in
          exposures.last.map { "\(a.obsid) ... \($0.obsid)" }
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
