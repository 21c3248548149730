import Detector
import DurableFiles
import Foundation

@testable import Exchange
@testable import Warehouse

extension Quantity {
  static let readNoise = Quantity(
    "bias.ron", unit: .adu, per: [.detector, .amplifier], digits: 4, "Read noise.")
  static let gain = Quantity(
    "ptc.gain", unit: .electronPerADU, per: [.detector, .amplifier, .item], "Gain, \"best\" fit.")
}

let ownQuantities: [Quantity] = [.readNoise]
let testTime = "2026-11-21T12:00:00Z"

/// A folder that is removed with the value's last use.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "exchange-" + UUID().uuidString
    try AtomicFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A new warehouse in a folder of its own; all are named `wh`.
  func warehouse(_ name: String) throws -> Warehouse {
    try Warehouse.create(
      at: "\(path)/\(name)/wh", design: "final",
      slots: [SlotAssignment(design: "final", block: "BORN", detector: "CCD1", slot: "C_11")])
  }

  func write(_ text: String, _ name: String = "in.csv") throws -> String {
    try write(Array(text.utf8), name)
  }

  func write(_ bytes: [UInt8], _ name: String = "in.csv") throws -> String {
    try AtomicFile.write(bytes, to: "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
  }
}

let testHeader = ExportHeader(program: "vison test", warehouse: "wh", filter: "all")

extension ImportOptions {
  /// What a file of bare columns needs beside them.
  static func foreign(_ analysis: String? = "eotest_1") -> ImportOptions {
    var options = ImportOptions(
      analysis: analysis, program: "eotest 1.2", time: testTime, host: "h", operatorName: "o",
      commandLine: "vis-meta import", importer: "vison test")
    options.constants = [
      .campaign: "flight", .block: "BORN", .test: "FLAT01", .session: "D11",
      .camera: "euclid-vis", .program: "eotest 1.2",
    ]
    return options
  }

  static let plain = ImportOptions(time: testTime, operatorName: "o")
}

/// Imports, and returns the report.
@discardableResult
func importing(
  _ paths: [String], _ options: ImportOptions, into warehouse: Warehouse
) throws -> ImportReport {
  let result = try ResultImport(paths, options, for: warehouse, own: ownQuantities)
  return try result.store(in: warehouse, ulid: { "01D6" + UUID().uuidString })
}

/// The report alone; nothing is stored.
func checking(_ path: String, _ options: ImportOptions, _ warehouse: Warehouse) throws
  -> ImportReport
{
  try ResultImport([path], options, for: warehouse, own: ownQuantities).report(for: warehouse)
}

/// Values and texts that formats are known to lose.
let hostileTexts = [
  "=HYPERLINK(\"x\")", "'=x", "''+1", "-1+1", "@x", "plain, with \"quotes\"", "two\nlines\r\n",
  "a\0b", "tab\there", "\u{FFFE}", "é 中 😀", "\\u{41}", "\\", " blanks ", "# no comment", "<&>%$_^",
  "\u{2028}", "'; DROP TABLE measurement;--", "../../etc/passwd", "null", "nan",
]
let hostileNumbers: [Double] = [
  0.1, 1.0 / 3, Double(bitPattern: 1), 2.2250738585072014e-308, 1.7976931348623157e308,
  -Double(bitPattern: 12345), 9.007199254740993e15,
  123_456_789.123_456_78, -0.0, 1e22, 1e23, 4.35, 0.000001,
]

/// Two analyses with hostile content: values, texts, verdicts, serials, units known and unknown
/// here.
func fill(_ warehouse: Warehouse) throws {
  for number in 1...2 {
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: "FM2019_\(number)", ulid: "U\(number)", programVersion: "0.1.\(number)", host: "h",
        operatorName: "o", commandLine: "c", configuration: "{}", configurationDigest: "d",
        started: testTime))
    for block in ["BORN", "CURIE"] {
      let run = try warehouse.beginTestRun(
        TestRunRecord(
          campaign: "flight", block: block, camera: "euclid-vis", test: "BIAS01", session: "D11",
          serials: ["CCD1": "14313-17-01", "CCD2": "14313-17-02"], configurationDigest: "c",
          inputDigest: "i", started: "2019-03-2\(number)T19:36:47Z"), of: analysis)
      var measurements: [MeasurementRecord] = []
      for (index, value) in hostileNumbers.enumerated() {
        measurements.append(
          MeasurementRecord(
            quantity: .gain, detector: "CCD\(index % 3 + 1)", amplifier: "E", obsid: index + 1000,
            item: index % 2 == 0 ? nil : "col, \"\(index)\"",
            value: .value(
              value, uncertainty: index % 3 == 0 ? nil : .leastNonzeroMagnitude, count: index)))
      }
      for (index, text) in hostileTexts.enumerated() {
        measurements.append(
          MeasurementRecord(
            quantity: .readNoise, detector: "CCD1", amplifier: "F", obsid: index,
            value: .missing(reason: text)))
      }
      measurements.append(MeasurementRecord(quantity: .readNoise, value: .value(Double(number))))
      try warehouse.commit(
        SubtaskCommit(name: "meta", ordinal: 0, seconds: 1, measurements: measurements), to: run)
      try warehouse.finishTestRun(run, status: .finished, time: testTime)
      if block == "BORN" {
        try warehouse.add(
          VerdictRecord(state: .accepted, reason: "r", author: "a", time: testTime), to: run)
      }
    }
    try warehouse.finishAnalysis(analysis, status: .finished, time: testTime)
  }
}
