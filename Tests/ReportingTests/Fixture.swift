import Campaign
import Detector
import DurableFiles
import FITSFiles
import Foundation
import Warehouse

/// A temporary warehouse with one bias test whose numbers are made up, plausible and repeatable.
struct Fixture {
  /// What differs between fixtures.
  struct Options {
    var camera = "tiny"
    var exposures = 3
    var block = "OWEN"
    var operatorName = "A. Person"
    var test = "BIAS01"
    /// Steps that are stored.
    var steps = ["init", "check", "prep", "basic", "meta"]
    /// Lines of the log of the step `check`.
    var checkLog: [String] = []
    /// The step that fails; it and later ones have no results.
    var failing: String?
    /// House-keeping keys; none for a laboratory without.
    var keys = ["CCD1_TEMP_T", "CCD1_OD_T", "RPSU_TEMP_1", "ROE_VCLK_V", "FPGA_PCB_TEMP"]
    /// Exposures of which the first detector has no frame.
    var missing: Set<Int> = []
    var failsChecks = true
    var writesMaster = true
    var verdict: VerdictRecord.State?
    var reason = "looks good"
    var isDraft = false
  }

  let folder: String
  let warehouse: Warehouse
  let run: TestRunKey
  let camera: Camera

  static let firstObsid = 2500

  /// Makes the warehouse in a new folder below the temporary one.
  init(_ options: Options = Options(), folder wanted: String? = nil) throws {
    let camera = try CameraCatalog.camera(options.camera)
    folder = wanted ?? NSTemporaryDirectory() + "vison-report-\(UUID().uuidString)"
    self.camera = camera
    try? FileManager.default.removeItem(atPath: folder)
    warehouse = try Warehouse.create(at: folder)
    let analysis = try warehouse.beginAnalysis(Self.analysis(options))
    let detectors = camera.detectors
    let obsids = (0..<options.exposures).map { Self.firstObsid + $0 }
    run = try warehouse.beginTestRun(
      Self.record(options, camera: camera, obsids: obsids), of: analysis)
    let numbers = FixtureNumbers(
      camera: camera, obsids: obsids, options: options, detectors: detectors)
    for (ordinal, step) in options.steps.enumerated() {
      if step == options.failing {
        try warehouse.commit(
          SubtaskCommit(
            name: step, ordinal: ordinal, status: .failed, seconds: 0.1,
            flags: [FlagRecord(name: "SUBTASKCRASH", severity: .error, cause: "disk full")],
            log: ["error[disk-full]: the disk is full"]), to: run)
        break
      }
      var commit = SubtaskCommit(name: step, ordinal: ordinal, seconds: 1.25 + Double(ordinal))
      switch step {
      case "init": numbers.addInit(to: &commit)
      case "check":
        numbers.addCheck(to: &commit)
        commit.log += options.checkLog
      case "prep": numbers.addPreparation(to: &commit)
      case "basic": numbers.addBasic(to: &commit)
      default:
        numbers.addMeta(to: &commit)
        if options.writesMaster { commit.artifacts = try Self.masters(options, camera, warehouse) }
      }
      try warehouse.commit(commit, to: run)
    }
    let end: RunStatus = options.failing == nil ? .finished : .failed
    try warehouse.finishTestRun(run, status: end, time: "2019-03-23T19:40:10Z")
    try warehouse.finishAnalysis(analysis, status: end, time: "2019-03-23T19:40:11Z")
    if let state = options.verdict {
      try warehouse.add(
        VerdictRecord(
          state: state, reason: options.reason, author: options.operatorName,
          time: "2019-03-24T08:00:00Z"), to: run)
    }
  }

  func remove() {
    try? warehouse.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: - Records

  private static func analysis(_ options: Options) -> AnalysisRecord {
    let configuration = """
      # the block's configuration
      campaign: FM
      block: \(options.block)
      camera: \(options.camera)
      sessions:
        D11:
          tests: [\(options.test)]
      \(options.isDraft ? "draft_report: true" : "report: true")
      """
    return AnalysisRecord(
      name: "FM20190323_193647_D11", ulid: "01D6QZ3V5W8XK2M4N6P8R0S2T4", programVersion: "0.1.0",
      host: "bench-1", operatorName: options.operatorName,
      commandLine: "vison-run -y config.yaml -R D11 -t _D11 -m 2", configuration: configuration,
      configurationDigest: SHA256Digest(of: configuration).hexadecimal,
      libraries: ["CFITSIO": "4.2.0", "GSL": "2.7.1", "SQLite": "3.40.1"],
      started: "2019-03-23T19:36:47Z")
  }

  private static func record(_ options: Options, camera: Camera, obsids: [Int]) -> TestRunRecord {
    let folder = "/data/raw/\(options.block)/21_Mar_19"
    var inputs: [InputFileRecord] = [
      InputFileRecord(
        role: .explog, path: "\(folder)/EXP_LOG_210319.txt", size: 48_211, sha256: digest("log"))
    ]
    var exposures: [ExposureRecord] = []
    for (index, obsid) in obsids.enumerated() {
      let time = "2019-03-21T\(two(10 + index / 30)):\(two(2 * (index % 30))):05"
      for (number, detector) in camera.detectors.enumerated() {
        let isMissing = number == 0 && options.missing.contains(obsid)
        var commanded = [
          "label": "col001", "chinj": "0", "v_tpump": "0", "s_tpump": "0", "source": "flat",
          "wave": "4",
        ]
        if isMissing && index % 2 == 1 {
          commanded["frame"] = "unusable: the file is shorter than its header says"
        }
        exposures.append(
          ExposureRecord(
            obsid: obsid, detector: detector, time: time, exposureSeconds: 0, commanded: commanded))
        guard !isMissing else { continue }
        inputs.append(
          InputFileRecord(
            role: .raw,
            path: "\(folder)/EUC_\(obsid)_210319D_\(two(10 + index)) 0405T_ROE1_\(detector).fits",
            size: 35_366_400, sha256: digest("\(obsid)\(detector)"), obsid: obsid,
            detector: detector))
      }
      if !options.keys.isEmpty {
        inputs.append(
          InputFileRecord(
            role: .hk, path: "\(folder)/HK_\(obsid)_210319D_100405T_ROE1.txt", size: 12_003,
            sha256: digest("hk\(obsid)"), obsid: obsid))
      }
    }
    return TestRunRecord(
      campaign: "FM", block: options.block, camera: options.camera, test: options.test,
      session: "D11", obsids: obsids.first.flatMap { first in obsids.last.map { first...$0 } },
      dayFolders: [folder],
      serials: Dictionary(
        uniqueKeysWithValues: camera.detectors.enumerated().map {
          ($1, "14\(470 + $0)-21-01")
        }), configurationDigest: digest("configuration"), inputDigest: digest("inputs"),
      started: "2019-03-23T19:36:48Z", inputs: inputs, exposures: exposures)
  }

  static func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }

  static func digest(_ text: String) -> String { SHA256Digest(of: text).hexadecimal }

  // MARK: - Master bias

  private static func masters(
    _ options: Options, _ camera: Camera, _ warehouse: Warehouse
  ) throws -> [ArtifactRecord] {
    let folder = try warehouse.makeProductFolder(
      block: options.block, test: options.test, analysis: "FM20190323_193647_D11")
    return try camera.detectors.map { detector in
      let path = "\(folder)/EUC_MASTERBIAS_\(detector).fits"
      let stack = Image<Float>(width: camera.width, height: camera.height)
      for y in 0..<camera.height {
        for x in 0..<camera.width {
          let noise = Float((x &* 7919 &+ y &* 104_729) % 101) / 101 - 0.5
          stack[x, y] = 2 * Float(y) / Float(camera.height) + noise
        }
      }
      let mask = Image<UInt8>(width: camera.width, height: camera.height, filledWith: 0)
      try FITSWriter.write(
        to: warehouse.absolutePath(path),
        hdus: [
          .empty(cards: [FITSCard("ORIGIN", .text("test"))]),
          .image(name: "STACK", cards: [], pixels: .float32(stack)),
          .image(name: "MASK", cards: [], pixels: .uint8(mask)),
        ])
      let whole = warehouse.absolutePath(path)
      return ArtifactRecord(
        role: "master-bias", mediaType: "application/fits", path: path,
        size: try FileSize.bytes(of: whole), sha256: try SHA256Digest(ofFile: whole).hexadecimal,
        title: "Master bias of \(detector), median of \(options.exposures) frames",
        detector: detector)
    }
  }
}
