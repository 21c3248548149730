import Detector
import Foundation
import Warehouse

/// A warehouse of runs whose values a test makes up; removed with the value's last use.
final class HistoryFixture {
  let folder: String
  let warehouse: Warehouse
  private var count = 0
  private let isKept: Bool

  static let noise = Quantity(
    "bias.ron", unit: .adu, per: [.detector, .amplifier, .item], digits: 4, "Noise.")
  static let level = Quantity(
    "test.level", unit: .adu, per: [.detector, .amplifier], "A level.")
  static let frame = Quantity(
    "test.frame", unit: .adu, per: [.detector, .amplifier, .exposure], "A level of a frame.")

  init(in folder: String? = nil) throws {
    self.folder = folder ?? NSTemporaryDirectory() + "history-" + UUID().uuidString
    isKept = folder != nil
    warehouse = try Warehouse.create(
      at: self.folder, design: "final",
      slots: [SlotAssignment(design: "final", block: "BORN", detector: "CCD1", slot: "C_11")])
  }

  deinit {
    try? warehouse.close()
    if !isKept { try? FileManager.default.removeItem(atPath: folder) }
  }

  /// What a run is like beside its values.
  struct Making {
    var block = "BORN"
    var test = "BIAS01"
    var campaign = "flight"
    var session = "D11"
    /// Days since 2019-03-01.
    var day = 1
    var analysis: String?
    var configuration = "block: BORN\nlevels: [1, 2]\n"
    var libraries = ["sqlite": "3.40.1"]
    var program = "0.1.0"
    var input: String?
    var raw: [String] = []
    var status = RunStatus.finished
    var verdict: VerdictRecord.State?
    var first = 1000
    var camera = "tiny"
  }

  static func time(_ day: Int) -> String {
    Date(timeIntervalSince1970: 1_551_398_400 + Double(day) * 86_400).formatted(.iso8601)
  }

  @discardableResult
  func add(_ making: Making = Making(), _ values: [MeasurementRecord]) throws -> TestRunKey {
    count += 1
    let time = Self.time(making.day)
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: making.analysis ?? "A\(count)", ulid: "U\(count)", programVersion: making.program,
        host: "host", operatorName: "operator", commandLine: "vison-run",
        configuration: making.configuration, configurationDigest: "c\(making.configuration.count)",
        libraries: making.libraries, started: time))
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: making.campaign, block: making.block, camera: making.camera, test: making.test,
        session: making.session, obsids: making.first...making.first + 2,
        serials: ["CCD1": "1", "CCD2": "2", "CCD3": "3"], configurationDigest: "c1",
        inputDigest: making.input ?? "i\(count)", started: time,
        inputs: making.raw.map {
          InputFileRecord(role: .raw, path: "raw/\($0)", size: 1, sha256: $0)
        },
        exposures: ["CCD1", "CCD2", "CCD3"].flatMap { detector in
          (0..<3).map {
            ExposureRecord(
              obsid: making.first + $0, detector: detector,
              time: "\(time.prefix(17))\(10 + $0)Z", exposureSeconds: 0)
          }
        }), of: analysis)
    try warehouse.commit(
      SubtaskCommit(name: "meta", ordinal: 0, seconds: 0, measurements: values), to: run)
    try warehouse.finishTestRun(run, status: making.status, time: time)
    try warehouse.finishAnalysis(analysis, status: making.status, time: time)
    if let verdict = making.verdict {
      try warehouse.add(
        VerdictRecord(state: verdict, reason: "because", author: "someone", time: time), to: run)
    }
    return run
  }

  /// Values of all twelve amplifiers.
  static func values(
    _ quantity: Quantity, item: String? = nil, uncertainty: Double? = 0.01,
    _ value: (_ ccd: Int, _ amplifier: Int) -> Double?
  ) -> [MeasurementRecord] {
    ["CCD1", "CCD2", "CCD3"].enumerated().flatMap { ccd, detector in
      ["E", "F", "G", "H"].enumerated().map { index, amplifier in
        MeasurementRecord(
          quantity: quantity, detector: detector, amplifier: amplifier, item: item,
          value: value(ccd, index).map { .value($0, uncertainty: uncertainty, count: 3) }
            ?? .missing(reason: "only one usable frame"))
      }
    }
  }
}

/// The same normal deviates each time: SplitMix64 (Steele et al. 2014) and Box and Muller.
struct Deviates {
  var state: UInt64

  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
  }

  mutating func normal() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }
}
