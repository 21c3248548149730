import Detector
import DurableFiles
import Foundation

@testable import Warehouse

extension Quantity {
  static let readNoise = Quantity(
    "bias.ron", unit: .adu, per: [.detector, .amplifier], "Read noise.")
  static let offset = Quantity(
    "bias.offset", unit: .adu, per: [.detector, .amplifier, .exposure, .item], "Offset.")
}

/// A folder that is removed with the value's last use.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "warehouse-" + UUID().uuidString
    try AtomicFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var database: String { path + "/warehouse.sqlite" }
  func bytes() throws -> Data { try Data(contentsOf: URL(filePath: database)) }
}

let testTime = "2019-03-23T19:36:47Z"

extension AnalysisRecord {
  static func sample(_ number: Int = 1) -> AnalysisRecord {
    AnalysisRecord(
      name: "FM20190323_19364\(number)_D11", ulid: "01D6\(number)", programVersion: "0.1.0",
      host: "host", operatorName: "operator", commandLine: "vison-run -y a.yaml",
      configuration: "block: BORN\n", configurationDigest: "c0", libraries: ["sqlite": "3.40.1"],
      started: testTime)
  }
}

extension TestRunRecord {
  static func sample(
    block: String = "BORN", test: String = "BIAS01", session: String = "D11",
    started: String = testTime
  ) -> TestRunRecord {
    TestRunRecord(
      campaign: "flight", block: block, camera: "euclid-vis", test: test, session: session,
      obsids: 1000...1002, dayFolders: ["23_Mar_19"], serials: ["CCD1": "14313-17-01"],
      configurationDigest: "c1", inputDigest: "i1", started: started,
      inputs: [
        InputFileRecord(
          role: .raw, path: "raw/a.fits", size: 10, sha256: "aa", obsid: 1000, detector: "CCD1")
      ],
      exposures: [
        ExposureRecord(
          obsid: 1000, detector: "CCD1", time: testTime, exposureSeconds: 0,
          commanded: ["vstart": "0"])
      ])
  }
}

let detectors = ["CCD1", "CCD2", "CCD3"]
let amplifiers = ["E", "F", "G", "H"]

/// Twelve read noises, one an amplifier; the value tells where it belongs.
func readNoises(base: Double = 1) -> [MeasurementRecord] {
  detectors.enumerated().flatMap { d, detector in
    amplifiers.enumerated().map { a, amplifier in
      MeasurementRecord(
        quantity: .readNoise, detector: detector, amplifier: amplifier,
        value: .value(base + Double(d) + Double(a) / 10, uncertainty: 0.01, count: 100))
    }
  }
}

extension Warehouse {
  func newRun(_ number: Int = 1, _ record: TestRunRecord = .sample()) throws -> TestRunKey {
    try beginTestRun(record, of: try beginAnalysis(.sample(number)))
  }

  func one<Value: Sendable>(_ type: Value.Type, _ sql: String) throws -> Value? {
    try readOnlySQL(sql, limit: 1).rows.first?.first?.any as? Value
  }
}
