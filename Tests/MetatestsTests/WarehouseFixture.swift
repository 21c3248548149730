import BlockTests
import Campaign
import Detector
import DurableFiles
import FITSFiles
import Foundation
import Warehouse

/// A warehouse of bias tests in a folder that is removed with the value's last use. Its values are
/// functions of block, detector and amplifier alone, so that the same fixture gives the same bytes.
final class WarehouseFixture {
  let folder: String
  let warehouse: Warehouse
  let camera: Camera
  let plane: FocalPlane
  private var runs = 0

  init(camera name: String = "tiny", in folder: String? = nil) throws {
    self.folder = folder ?? NSTemporaryDirectory() + "metatests-" + UUID().uuidString
    camera = try CameraCatalog.camera(name)
    plane = try CameraCatalog.focalPlane()
    let slots = plane.designs.flatMap { design in
      design.slots.map {
        SlotAssignment(
          design: design.name, block: $0.block, detector: $0.detector, slot: $0.name)
      }
    }
    warehouse = try Warehouse.create(at: self.folder, design: "final", slots: slots)
    isKept = folder != nil
  }

  private let isKept: Bool

  deinit {
    try? warehouse.close()
    if !isKept { try? FileManager.default.removeItem(atPath: folder) }
  }

  var design: FocalPlane.Design { plane.design() ?? plane.designs[0] }

  /// How a run departs from an ordinary one.
  struct Variation {
    var test = "BIAS01"
    var session = "D11"
    var started = "2019-03-23T19:36:47Z"
    var isChecksOnly = false
    var status = RunStatus.finished
    var verdict: VerdictRecord.State?
    /// Added to every read noise.
    var noise = 0.0
    /// Reasons in place of the read noise, by "CCD1/E".
    var missing: [String: String] = [:]
    var gain: Double?
    var hasMasters = true
    var operatorName = "operator"
  }

  /// Adds a test run of a block; returns it.
  @discardableResult
  func add(_ block: String, _ variation: Variation = Variation()) throws -> StoredTestRun {
    runs += 1
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: "\(block)_\(runs)_\(variation.session)", ulid: "01D6\(runs)",
        programVersion: "0.1.0", host: "host", operatorName: variation.operatorName,
        commandLine: "vison-run -y \(block).yaml -R \(variation.session)",
        configuration: "block: \(block)\n", configurationDigest: "c0",
        libraries: ["sqlite": "3.40.1"], started: variation.started))
    let first = 1000 + 10 * runs
    let serials = plane.block(named: block)?.serials ?? [:]
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: "flight", block: block, camera: camera.name, test: variation.test,
        session: variation.session, obsids: first...first + 2, dayFolders: ["23_Mar_19"],
        serials: serials.isEmpty ? ["CCD1": "1", "CCD2": "2", "CCD3": "3"] : serials,
        configurationDigest: "c1", inputDigest: "i\(runs)", started: variation.started,
        inputs: [
          InputFileRecord(role: .raw, path: "raw/\(block).fits", size: 10, sha256: "aa")
        ],
        exposures: camera.detectors.flatMap { detector in
          (0..<3).map {
            ExposureRecord(
              obsid: first + $0, detector: detector, time: variation.started, exposureSeconds: 0)
          }
        }), of: analysis)
    try warehouse.commit(check(block, first), to: run)
    if !variation.isChecksOnly {
      try warehouse.commit(try meta(block, run: runs, variation), to: run)
    }
    try warehouse.finishTestRun(run, status: variation.status, time: variation.started)
    try warehouse.finishAnalysis(analysis, status: variation.status, time: variation.started)
    if let verdict = variation.verdict {
      try warehouse.add(
        VerdictRecord(state: verdict, reason: "because", author: "someone", time: testTime), to: run
      )
    }
    return try warehouse.testRun(run)
  }

  // MARK: - Values

  /// The RON that the fixture gives an amplifier, by region.
  func readNoise(_ block: String, _ detector: String, _ amplifier: String, item: String) -> Double {
    1.05 + spread(block, detector, amplifier) * 0.25
      + (item == "img" ? 0.02 : item == "pre" ? 0.01 : 0)
  }

  /// The offset that the fixture gives an amplifier, by region.
  func offset(_ block: String, _ detector: String, _ amplifier: String, item: String) -> Double {
    let expected =
      plane.block(named: block)?.expectedOffsets[detector]?[amplifier] ?? 2800
    return expected + 30 * (spread(block, detector, amplifier) - 0.5)
      + (item == "img" ? 1.5 : item == "ove" ? -2 : 0)
  }

  /// A number in 0..<1 that differs from amplifier to amplifier.
  func spread(_ block: String, _ detector: String, _ amplifier: String) -> Double {
    let digits = SHA256Digest(of: "\(block)/\(detector)/\(amplifier)").hexadecimal.prefix(6)
    return Double(Int(digits, radix: 16) ?? 0) / Double(1 << 24)
  }

  private func check(_ block: String, _ first: Int) -> SubtaskCommit {
    var commit = SubtaskCommit(name: "check", ordinal: 1, seconds: 1)
    for (index, detector) in camera.detectors.enumerated() {
      for (end, key) in ["T", "B"].enumerated() {
        let quantity = CheckQuantities.housekeeping("\(detector)_TEMP_\(key)", unit: .degreeCelsius)
        for exposure in 0..<3 {
          commit.measurements.append(
            MeasurementRecord(
              quantity: quantity, obsid: first + exposure,
              value: .value(
                -120 + spread(block, detector, "T") * 0.8 + Double(end) * 0.2
                  + Double(exposure) * 0.01 + Double(index) * 0.05, uncertainty: 0.02, count: 5)))
        }
      }
      commit.checks.append(
        CheckRecord(
          name: "std_ove", quantity: CheckQuantities.scatter,
          place: ResultPlace(detector: detector, amplifier: "E", item: "ove"), value: 1.1,
          lower: 0.86, upper: 1.44, passed: true))
    }
    return commit
  }

  private func meta(_ block: String, run: Int, _ variation: Variation) throws -> SubtaskCommit {
    var commit = SubtaskCommit(name: "meta", ordinal: 4, seconds: 2)
    for detector in camera.detectors {
      for amplifier in camera.amplifiers.map(\.name) {
        add(block, detector, amplifier, variation, to: &commit)
      }
      if variation.hasMasters {
        commit.artifacts.append(try master(block, detector, run: run))
      }
    }
    return commit
  }

  private func add(
    _ block: String, _ detector: String, _ amplifier: String, _ variation: Variation,
    to commit: inout SubtaskCommit
  ) {
    func measure(_ quantity: Quantity, _ item: String?, _ value: MeasuredValue) {
      commit.measurements.append(
        MeasurementRecord(
          quantity: quantity, detector: detector, amplifier: amplifier, item: item, value: value))
    }
    let part = spread(block, detector, amplifier)
    for item in ["pre", "img", "ove"] {
      let noise = readNoise(block, detector, amplifier, item: item) + variation.noise
      if let reason = variation.missing["\(detector)/\(amplifier)"] {
        measure(BiasQuantities.readNoise, item, .missing(reason: reason))
      } else {
        measure(BiasQuantities.readNoise, item, .value(noise, uncertainty: 0.004, count: 10_000))
      }
      measure(
        BiasQuantities.readNoiseSingle, item, .value(noise * 1.04, uncertainty: 0.005, count: 3))
      measure(
        BiasQuantities.offset, item,
        .value(offset(block, detector, amplifier, item: item), uncertainty: 0.05, count: 3))
    }
    measure(BiasQuantities.gradient, "columns", .value(part - 0.5, uncertainty: 0.02, count: 3))
    measure(BiasQuantities.gradient, "rows", .value(0.6 - part, uncertainty: 0.02, count: 3))
    measure(BiasQuantities.fixedPattern, nil, .value(0.3 + part / 10, uncertainty: 0.01, count: 3))
    measure(
      BiasQuantities.rowNoiseTypical, nil, .value(0.1 + part / 20, uncertainty: 0.01, count: 3))
    measure(BiasQuantities.drift, nil, .value(part - 0.4, uncertainty: 0.1, count: 3))
    if let gain = variation.gain {
      measure(
        Quantity("ptc.gain", unit: .electronPerADU, per: [.detector, .amplifier], "Gain."), nil,
        .value(gain + part / 10, uncertainty: 0.01, count: 10))
    }
    for (name, count) in [
      (BiasQuantities.masterColumnProfile, camera.amplifiers.first?.width ?? 0),
      (BiasQuantities.masterRowProfile, camera.amplifiers.first?.height ?? 0),
    ] {
      let x = (0..<count).map(Double.init)
      commit.curves.append(
        CurveRecord(
          name: name, place: ResultPlace(detector: detector, amplifier: amplifier), xUnit: .pixel,
          yUnit: .adu, x: x, y: x.map { 8 * (part + 0.5) * exp(-$0 / 12) + 0.2 * sin($0 / 7) }))
    }
  }

  /// A master bias whose pixels tell where they are: see `masterPixel`.
  private func master(_ block: String, _ detector: String, run: Int) throws -> ArtifactRecord {
    let image = Image<Float>(width: camera.width, height: camera.height)
    for amplifier in camera.amplifiers {
      let origin = masterPixel(block, detector, amplifier.name, x: 0, y: 0)
      for y in 0..<amplifier.height {
        for x in 0..<amplifier.width {
          image[amplifier.x0 + amplifier.flippedColumn(x), amplifier.y0 + amplifier.flippedRow(y)] =
            origin + Float(x) / 1000 + Float(y) / 100_000
        }
      }
    }
    let path = "products/\(block)/BIAS01/\(run)/master_\(detector).fits"
    try AtomicFile.makeFolder(folder + "/products/\(block)/BIAS01/\(run)")
    try FITSWriter.write(
      to: folder + "/" + path,
      hdus: [
        .empty(cards: []), .image(name: "STACK", pixels: .float32(image)),
      ])
    return ArtifactRecord(
      role: "master-bias", mediaType: "application/fits", path: path,
      size: try Data(contentsOf: URL(filePath: folder + "/" + path)).count,
      sha256: try SHA256Digest(ofFile: folder + "/" + path).hexadecimal, title: "Master",
      detector: detector)
  }

  /// The value of a master's pixel at canonical coordinates.
  func masterPixel(_ block: String, _ detector: String, _ amplifier: String, x: Int, y: Int)
    -> Float
  {
    let number = camera.amplifiers.firstIndex { $0.name == amplifier } ?? 0
    return Float(number + 1) + Float(spread(block, detector, amplifier)) + Float(x) / 1000
      + Float(y) / 100_000
  }
}

let testTime = "2019-04-01T00:00:00Z"
