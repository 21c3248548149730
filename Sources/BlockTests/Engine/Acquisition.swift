import Campaign
import Detector
import Diagnostics
import DurableFiles
import Ingest
import Warehouse

/// What was acquired for one test: exposures matched against the definition, frames found and passed
/// through the gate, house-keeping read, and every input file with its digest.
struct Acquisition: Sendable {
  var definition: TestDefinition
  var report: AcquisitionReport
  var exposures: [Exposure]
  var housekeeping: [HousekeepingReadings]
  var expectsHousekeeping: Bool
  var inputs: [InputFileRecord]
  var dayFolders: [String]
  var serials: [String: String]
  /// Cosmetics masks by detector.
  var masks: [String: CosmeticsMask]
  /// Frames that cannot be used, one line each.
  var frameProblems: [String]
  /// What frames say of themselves that the log does not, one line each.
  var frameWarnings: [String]
  /// What the logs' readers set aside or doubt.
  var logIssues: [String]

  /// The rows of a session's logs or manifest, with the files that they came from.
  struct Rows: Sendable {
    var rows: [ExposureRow]
    var files: [String]
    var issues: [LogIssue]
    var hasHousekeeping: Bool
    /// The files as they were when the rows were read, where they may have grown since; nil where not.
    var records: [InputFileRecord]? = nil
  }

  /// Reads a session's exposure logs, or its manifest.
  static func rows(
    of session: BlockConfiguration.Session, in configuration: BlockConfiguration, isStrict: Bool
  ) throws -> Rows {
    let detectors = configuration.camera.detectors
    switch session.source {
    case .folders(let folders):
      let version = try ElvisVersion.require(configuration.elvis)
      let log = try ExposureLog.read(
        folders: folders.map(configuration.dataPath),
        options: ExposureLog.Options(version: version, isStrict: isStrict, detectors: detectors))
      return Rows(rows: log.rows, files: log.files, issues: log.issues, hasHousekeeping: true)
    case .manifest(let path):
      let manifest = try Manifest.read(
        configuration.dataPath(path), detectors: detectors, isStrict: isStrict)
      return Rows(
        rows: manifest.rows, files: [manifest.path], issues: manifest.issues,
        hasHousekeeping: false)
    }
  }

  /// Matches a test against the rows and opens all its files.
  ///
  /// - Parameter digests: those that are known of files of earlier tests.
  init(
    _ definition: TestDefinition, obsids: ClosedRange<Int>?, rows: Rows,
    configuration: BlockConfiguration, digests: FrameDigests, workers: Int
  ) async throws {
    self.definition = definition
    let camera = configuration.camera
    let matcher = ExposureMatcher(definition, detectors: camera.detectors, obsids: obsids)
    report = matcher.match(rows.rows)
    try report.requireData()
    expectsHousekeeping = rows.hasHousekeeping
    logIssues = rows.issues.map(\.description)

    let located = try Self.locate(report.exposures, camera: camera, byLog: rows.hasHousekeeping)
    let gated = try await parallelMap(located, workers: workers) { item in
      try Self.gate(item, camera: camera, digests)
    }
    frameWarnings = Self.strangers(gated)
    var frames: [Int: [String: Exposure.Frame]] = [:]
    inputs = []
    frameProblems = []
    for item in gated {
      frames[item.obsid, default: [:]][item.detector] = item.frame
      if case .unusable(let reason) = item.frame {
        frameProblems.append("ObsID \(item.obsid) \(item.detector): \(reason)")
      }
      if let input = item.input { inputs.append(input) }
    }
    exposures = report.exposures.map { matched in
      let row = camera.detectors.compactMap { matched.rows[$0] }.first
      return Exposure(
        obsid: matched.obsid, label: matched.column,
        time: matched.date.map { Double($0.unixSeconds) }, date: matched.date?.isoText ?? "",
        exposureSeconds: row?.exposureTime, values: row?.values ?? [:],
        frames: frames[matched.obsid] ?? [:])
    }
    housekeeping = []
    if rows.hasHousekeeping {
      let files = try await parallelMap(report.exposures, workers: workers) { matched in
        Self.housekeeping(of: matched, digests)
      }
      for read in files {
        housekeeping.append(read.readings)
        if let input = read.input { inputs.append(input) }
      }
    }
    if let records = rows.records {
      inputs += records
    } else {
      for file in rows.files {
        inputs.append(try Self.record(file, role: .explog, obsid: nil, detector: nil, digests))
      }
    }
    dayFolders = Set(report.exposures.flatMap { $0.rows.values.map(\.origin.folder) }).sorted()
    serials = Self.serials(report.exposures, configuration)
    masks = [:]
    for detector in camera.detectors {
      guard let given = configuration.products["mask.\(detector)"] else { continue }
      let path = configuration.productPath(given)
      masks[detector] = try CosmeticsMask(path: path, camera: camera)
      inputs.append(
        try Self.record(path, role: .product, obsid: nil, detector: detector, digests))
    }
  }

  /// The digest over all inputs, in a fixed order.
  ///
  /// Of the logs only the test's own lines count: a log that has grown since is still the same input.
  var inputDigest: String {
    let files = inputs.filter { $0.role != .explog }.map {
      "\($0.role.rawValue) \($0.obsid ?? -1) \($0.detector ?? "") \($0.sha256)"
    }
    let rows = report.exposures.flatMap { exposure in
      exposure.rows.map { detector, row in
        "explog \(exposure.obsid) \(detector) \(row.fileName) "
          + row.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          .joined(separator: " ")
      }
    }
    return SHA256Digest(of: (files.sorted() + rows.sorted()).joined(separator: "\n")).hexadecimal
  }

  /// First and last exposure.
  var obsidRange: ClosedRange<Int>? {
    guard let first = exposures.map(\.obsid).min(), let last = exposures.map(\.obsid).max() else {
      return nil
    }
    return first...last
  }

  // MARK: - Frames

  private struct Located: Sendable {
    var obsid: Int
    var detector: String
    var path: Result<String, IngestError>
  }

  private struct Gated: Sendable {
    var obsid: Int
    var detector: String
    var frame: Exposure.Frame
    var input: InputFileRecord?
    /// The detector that the file names in EXTNAME, where it is another one.
    var named: String? = nil
  }

  private static func locate(
    _ exposures: [AcquisitionReport.Exposure], camera: Camera, byLog: Bool
  ) throws -> [Located] {
    var locators: [String: RawFrameLocator] = [:]
    var result: [Located] = []
    for exposure in exposures {
      for detector in camera.detectors {
        guard let row = exposure.rows[detector] else {
          let problem = IngestError(
            .frameMissing, "no row of this detector in the log", place: nil)
          result.append(
            Located(obsid: exposure.obsid, detector: detector, path: .failure(problem)))
          continue
        }
        if !byLog {
          result.append(
            Located(
              obsid: exposure.obsid, detector: detector,
              path: .success(InputFile.path(row.fileName, from: row.origin.folder))))
          continue
        }
        let locator: RawFrameLocator
        if let known = locators[row.origin.folder] {
          locator = known
        } else {
          locator = try RawFrameLocator(folder: row.origin.folder)
          locators[row.origin.folder] = locator
        }
        let path = Result { () throws(IngestError) in try locator.path(of: row) }
        result.append(Located(obsid: exposure.obsid, detector: detector, path: path))
      }
    }
    return result
  }

  /// Opens a frame's structure and computes the file's digest; a bad frame costs that frame only.
  private static func gate(
    _ item: Located, camera: Camera, _ digests: FrameDigests
  ) throws -> Gated {
    switch item.path {
    case .failure(let problem):
      // The reason stands after the frame's name, which need not be said twice.
      let name = "the frame of ObsID \(item.obsid) \(item.detector)"
      let text = problem.problem
      let reason =
        text.hasPrefix(name)
        ? String(text.dropFirst(name.count).drop { $0 == "," || $0 == " " }) : text
      return Gated(obsid: item.obsid, detector: item.detector, frame: .unusable(reason: reason))
    case .success(let path):
      do {
        let source = try FrameSource(path: path, camera: camera)
        let input = try record(
          path, role: .raw, obsid: item.obsid, detector: item.detector, digests)
        return Gated(
          obsid: item.obsid, detector: item.detector, frame: .usable(path: path), input: input,
          named: otherDetector(source, item.detector, camera))
      } catch let error as any DiagnosedError {
        let place = error.place.map { " (\($0))" } ?? ""
        return Gated(
          obsid: item.obsid, detector: item.detector,
          frame: .unusable(reason: "\(error.code): \(error.problem)\(place)"),
          input: try? record(
            path, role: .raw, obsid: item.obsid, detector: item.detector, digests))
      }
    }
  }

  /// The detector behind the last underscore of EXTNAME, `ROE1_CCD2`, where the camera has it and it is not the log's.
  private static func otherDetector(
    _ source: FrameSource, _ detector: String, _ camera: Camera
  ) -> String? {
    guard let last = source.name?.split(separator: "_").last.map(String.init), last != detector,
      camera.detectors.contains(last)
    else { return nil }
    return last
  }

  /// One line for each pair of detectors that were taken for each other.
  private static func strangers(_ gated: [Gated]) -> [String] {
    struct Swap: Hashable {
      let logged, named: String
    }
    let frames = Dictionary(
      grouping: gated.compactMap { item in
        item.named.map { (Swap(logged: item.detector, named: $0), item.obsid) }
      }, by: \.0)
    return frames.map { swap, items in
      let obsids = items.map(\.1).sorted()
      return
        "\(swap.logged): \(obsids.count) frames say in EXTNAME that they are of \(swap.named), "
        + "the first of ObsID \(obsids.first ?? 0); they were taken as the log names them: are files swapped?"
    }.sorted()
  }

  private static func record(
    _ path: String, role: InputFileRecord.Role, obsid: Int?, detector: String?,
    _ digests: FrameDigests
  ) throws -> InputFileRecord {
    let file = try digests.record(of: path)
    return InputFileRecord(
      role: role, path: path, size: file.size, sha256: file.sha256, obsid: obsid,
      detector: detector)
  }

  // MARK: - House-keeping and serials

  private static func housekeeping(
    of exposure: AcquisitionReport.Exposure, _ digests: FrameDigests
  ) -> (readings: HousekeepingReadings, input: InputFileRecord?) {
    var readings = HousekeepingReadings(obsid: exposure.obsid, readings: [:], problems: [])
    do {
      let folder = exposure.rows.values.map(\.origin.folder).min() ?? "."
      let path = try HousekeepingFile.locate(obsid: exposure.obsid, in: folder)
      let file = try HousekeepingFile.read(path)
      for (key, statistics) in file.statistics {
        readings.readings[key] = HousekeepingReadings.Reading(
          mean: statistics.mean.isFinite ? statistics.mean : nil,
          deviation: statistics.standardDeviation.isFinite ? statistics.standardDeviation : 0,
          count: statistics.count, invalid: statistics.invalid)
      }
      readings.problems = file.issues.map(\.description)
      return (
        readings, try? record(path, role: .hk, obsid: exposure.obsid, detector: nil, digests)
      )
    } catch {
      readings.problems = ["ObsID \(exposure.obsid): \(error)"]
      return (readings, nil)
    }
  }

  /// Serial numbers: those of the log, which say what was measured, else those of the configuration.
  private static func serials(
    _ exposures: [AcquisitionReport.Exposure], _ configuration: BlockConfiguration
  ) -> [String: String] {
    var serials: [String: String] = [:]
    for (index, detector) in configuration.camera.detectors.enumerated() {
      let key = "sn_ccd\(index + 1)"
      let logged = exposures.lazy.compactMap { $0.rows[detector]?.text(key) }.first
      serials[detector] = logged ?? configuration.equipment[key] ?? "unknown"
    }
    return serials
  }
}

extension BlockConfiguration {
  /// The path of an input product, as seen from the working folder: relative to `paths.products`.
  func productPath(_ path: String) -> String {
    InputFile.path(path, from: resolve(paths.products ?? "."))
  }
}
