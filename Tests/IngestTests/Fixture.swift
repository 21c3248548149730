import Campaign
import Detector
import Foundation
import Ingest
import Testing

/// The bytes of a file of this target's fixtures.
func fixture(_ name: String) throws -> [UInt8] {
  let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
  return Array(try Data(contentsOf: url))
}

/// A new empty folder; the caller removes it.
func temporaryFolder() throws -> String {
  let folder = NSTemporaryDirectory() + "ingest-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  return folder
}

/// An acquisition of a test as ELVIS would log it without any fault.
struct Acquisition {
  let definition: TestDefinition
  let detectors = ["CCD1", "CCD2", "CCD3"]
  var rows: [[String: ScriptValue]] = []

  init(
    _ test: String = "BIAS01", frames: Int = 4, first: Int = 1000,
    script: [String: ScriptValue] = [:]
  ) throws {
    definition = try TestCatalog.definition(
      of: test, camera: CameraCatalog.camera("tiny"),
      equipment: ["operator": "unk", "sn_roe": "FM14", "sn_ccd1": "14471-19-01"],
      inputs: ["N": .int(frames)], script: script)
    let start = try #require(ElvisDate(log: "250719D120000T"))
    for column in definition.columns {
      for frame in 0..<column.frames {
        let date = start.advanced(bySeconds: frame * 75)
        for detector in detectors {
          var row = column.expectedLogValues
          row["ObsID"] = .int(first + frame)
          row["CCD"] = .string(detector)
          row["File_name"] = .string(
            RawFrameLocator.fileName(obsid: first + frame, date: date, detector: detector))
          row["date"] = .string(date.logText)
          row["ROE"] = .string("ROE1")
          rows.append(row)
        }
      }
    }
  }

  /// Changes all rows of an ObsID.
  mutating func change(_ obsid: Int, _ key: String, _ value: ScriptValue) {
    for index in rows.indices where rows[index]["ObsID"] == .int(obsid) { rows[index][key] = value }
  }

  /// Removes the rows of an ObsID; of one detector only where one is named.
  mutating func remove(_ obsid: Int, _ detector: String? = nil) {
    rows.removeAll {
      $0["ObsID"] == .int(obsid) && (detector == nil || $0["CCD"] == .string(detector ?? ""))
    }
  }

  /// The log written and read again.
  func log() throws -> ExposureLog {
    try ExposureLog.parse(
      ExposureLog.bytes(version: .flight, rows: rows), path: "EXP_LOG_250719.txt")
  }

  /// The report of the log against the definition.
  func report(_ obsids: ClosedRange<Int>? = nil) throws -> AcquisitionReport {
    ExposureMatcher(definition, detectors: detectors, obsids: obsids).match(try log().rows)
  }
}
