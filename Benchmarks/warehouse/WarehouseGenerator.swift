import Detector
import DurableFiles
import Foundation
import Warehouse

/// How many of what.
struct GenerationPlan {
  let blocks = 16
  let tests = 27
  let reruns: Int
  let frames: Int
  let channelQuantities: Int
  let frameQuantities: Int

  init(count: Int, reruns: Int) {
    self.reruns = max(2, reruns)
    let each = max(24, count / (16 * 27 * max(2, reruns)))
    frames = each > 2000 ? 22 : 2
    let part = each * 96 / 100 / (12 * frames)
    frameQuantities = max(1, part)
    channelQuantities = max(1, (each - 12 * frames * max(1, part) + 11) / 12)
  }

  var perRun: Int { 12 * channelQuantities + 12 * frames * frameQuantities }
  var total: Int { blocks * tests * reruns * perRun }
  var text: String {
    "\(blocks) blocks x \(tests) tests x \(reruns) reruns x \(perRun)"
  }

  func block(_ index: Int) -> String { "BLOCK\(index + 10)" }
  /// Nine families of three tests.
  func test(_ index: Int) -> String {
    let families = [
      "BIAS", "DARK", "FLAT", "PTC", "CHINJ", "TP", "PSF", "NL", "BF",
    ]
    return families[index / 3] + "0\(index % 3 + 1)"
  }
  func analysis(_ block: Int, _ rerun: Int) -> String { "GEN_\(self.block(block))_\(rerun)" }
  func obsid(_ block: Int, _ test: Int, _ frame: Int) -> Int {
    10_000 + (block * tests + test) * frames + frame
  }
  func time(_ rerun: Int, _ block: Int, _ test: Int) -> String {
    String(
      format: "2019-%02d-%02dT%02d:%02d:00Z", 1 + rerun / 2, 1 + block + (rerun % 2) * 12,
      test % 24, test)
  }
}

/// The same numbers each time: SplitMix64 (Steele et al. 2014).
struct Noise {
  var state: UInt64

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}

enum WarehouseGenerator {
  static let detectors = ["CCD1", "CCD2", "CCD3"]
  static let amplifiers = ["E", "F", "G", "H"]

  /// What a run measures, with new numbers each time.
  static func measurements(
    _ plan: GenerationPlan, _ quantities: (channel: [Quantity], frame: [Quantity]), block: Int,
    test: Int, noise: inout Noise, into records: inout [MeasurementRecord]
  ) {
    records.removeAll(keepingCapacity: true)
    for detector in detectors {
      for amplifier in amplifiers {
        for quantity in quantities.channel {
          records.append(
            MeasurementRecord(
              quantity: quantity, detector: detector, amplifier: amplifier,
              value: .value(noise.next() + 1, uncertainty: noise.next() / 7, count: 4_000_000)))
        }
        for frame in 0..<plan.frames {
          for quantity in quantities.frame {
            records.append(
              MeasurementRecord(
                quantity: quantity, detector: detector, amplifier: amplifier,
                obsid: plan.obsid(block, test, frame),
                value: .value(noise.next() + 1, uncertainty: noise.next() / 7, count: 100_000)))
          }
        }
      }
    }
  }

  static func quantities(_ plan: GenerationPlan) -> (channel: [Quantity], frame: [Quantity]) {
    func make(_ kind: String, _ count: Int) -> [Quantity] {
      (0..<count).map {
        Quantity("\(kind).q\($0)", unit: .adu, per: [.detector, .amplifier], "Generated.")
      }
    }
    return (make("channel", plan.channelQuantities), make("frame", plan.frameQuantities))
  }

  /// - Returns: the time spent in commits, the whole time, and the peak memory after a tenth.
  static func fill(
    _ path: String, _ plan: GenerationPlan, progress: Bool
  ) throws -> (seconds: Double, wall: Double, earlyPeak: Double) {
    let warehouse = try Warehouse.create(at: path)
    let quantities = quantities(plan)
    var noise = Noise(state: 1)
    var records: [MeasurementRecord] = []
    var spent = 0.0
    var early = 0.0
    var done = 0
    let wall = try seconds {
      for rerun in 0..<plan.reruns {
        for block in 0..<plan.blocks {
          let analysis = try warehouse.beginAnalysis(analysisRecord(plan, block, rerun))
          for test in 0..<plan.tests {
            measurements(
              plan, quantities, block: block, test: test, noise: &noise, into: &records)
            let record = runRecord(plan, block, test, rerun)
            let run = try warehouse.beginTestRun(record, of: analysis)
            let subtask = SubtaskCommit(
              name: "measure", ordinal: 0, seconds: 1, measurements: records,
              curves: curves(&noise), artifacts: try products(warehouse, plan, block, test, rerun))
            spent += try seconds { try warehouse.commit(subtask, to: run) }
            try warehouse.finishTestRun(run, status: .finished, time: record.started)
            if rerun % 5 == 2 {
              try warehouse.add(
                VerdictRecord(
                  state: .accepted, reason: "generated", author: "benchmark",
                  time: record.started), to: run)
            }
            done += plan.perRun
          }
          try warehouse.finishAnalysis(
            analysis, status: .finished, time: plan.time(rerun, block, 26))
        }
        if early == 0, 10 * done >= plan.total { early = Memory.peak() }
        if progress {
          FileHandle.standardError.write(
            Data("\(grouped(done)) of \(grouped(plan.total)), \(Int(spent)) s in commits\n".utf8))
        }
      }
      try warehouse.close()
    }
    return (spent, wall, early)
  }

  private static func analysisRecord(
    _ plan: GenerationPlan, _ block: Int, _ rerun: Int
  ) -> AnalysisRecord {
    AnalysisRecord(
      name: plan.analysis(block, rerun), ulid: "ULID\(block)X\(rerun)", programVersion: "0",
      host: "h", operatorName: "o", commandLine: "generated", configuration: "",
      configurationDigest: "c", libraries: [:], started: plan.time(rerun, block, 0))
  }

  private static func runRecord(
    _ plan: GenerationPlan, _ block: Int, _ test: Int, _ rerun: Int
  ) -> TestRunRecord {
    let time = plan.time(rerun, block, test)
    let obsids = plan.obsid(block, test, 0)...plan.obsid(block, test, plan.frames - 1)
    return TestRunRecord(
      campaign: "generated", block: plan.block(block), camera: "euclid-vis",
      test: plan.test(test), session: "D\(test / 9 + 1)1", obsids: obsids,
      dayFolders: [], serials: [:], configurationDigest: "c", inputDigest: "i", started: time,
      inputs: [],
      exposures: obsids.flatMap { obsid in
        detectors.map {
          ExposureRecord(
            obsid: obsid, detector: $0, time: time, exposureSeconds: 1, commanded: [:])
        }
      })
  }

  private static func curves(_ noise: inout Noise) -> [CurveRecord] {
    let x = (0..<32).map(Double.init)
    return detectors.flatMap { detector in
      amplifiers.map { amplifier in
        CurveRecord(
          name: "curve", place: ResultPlace(detector: detector, amplifier: amplifier),
          xUnit: .pixel, yUnit: .adu, x: x, y: x.map { _ in noise.next() })
      }
    }
  }

  /// Two small files a run, not flushed: the disk's speed at that is not the question.
  private static func products(
    _ warehouse: Warehouse, _ plan: GenerationPlan, _ block: Int, _ test: Int, _ rerun: Int
  ) throws -> [ArtifactRecord] {
    let folder = try warehouse.makeProductFolder(
      block: plan.block(block), test: plan.test(test), analysis: plan.analysis(block, rerun))
    return try ["a", "b"].map { name in
      let path = "\(folder)/\(name).json"
      let content = "{\"run\": \(rerun)}"
      try Data(content.utf8).write(to: URL(filePath: warehouse.absolutePath(path)))
      return ArtifactRecord(
        role: name, mediaType: "application/json", path: path, size: content.utf8.count,
        sha256: SHA256Digest(of: content).hexadecimal, title: "Generated")
    }
  }
}
