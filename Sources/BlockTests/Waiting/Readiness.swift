import Campaign
import Detector
import Ingest

/// Whether the files of an attempt are there.
struct AttemptFiles {
  /// Frames and house-keeping files that are not there or not whole, one line each.
  var lacking: [String] = []
  /// The same frames as `ObsID detector`.
  var frames: Set<String> = []
  /// How many files have changed a moment ago.
  var changing = 0

  /// Looks at all files of an attempt.
  init(
    _ attempt: AcquisitionAttempts.Attempt, camera: Camera, folders: inout FolderNames,
    watch: inout FileWatch, at now: Double
  ) {
    for shot in attempt.shots {
      for detector in camera.detectors {
        guard let row = shot.rows[detector] else {
          note(shot.obsid, detector, "not in the log")
          continue
        }
        let path: String
        do throws(IngestError) {
          path = try folders.locator(row.origin.folder).path(of: row)
        } catch {
          note(shot.obsid, detector, error.kind == .frameMissing ? "not there yet" : error.problem)
          continue
        }
        switch watch.state(of: path, at: now, isFrame: true) {
        case .missing: note(shot.obsid, detector, "not there yet")
        case .changing: changing += 1
        case .unusable(let problem): note(shot.obsid, detector, problem)
        case .whole: break
        }
      }
      let folder = shot.rows.values.map(\.origin.folder).min() ?? "."
      guard
        let path = try? HousekeepingFile.locate(
          obsid: shot.obsid, in: folder, names: folders.names(folder))
      else {
        // Two files of one ObsID will not become one; only a missing one may still come.
        if !folders.names(folder).contains(where: { $0.hasPrefix("HK_\(shot.obsid)_") }) {
          lacking.append("ObsID \(shot.obsid) house-keeping: not there yet")
        }
        continue
      }
      switch watch.state(of: path, at: now, isFrame: false) {
      case .changing: changing += 1
      case .missing: lacking.append("ObsID \(shot.obsid) house-keeping: not there yet")
      case .unusable(let problem): lacking.append("ObsID \(shot.obsid) house-keeping: \(problem)")
      case .whole: break
      }
    }
  }

  private mutating func note(_ obsid: Int, _ detector: String, _ problem: String) {
    lacking.append("ObsID \(obsid) \(detector): \(problem)")
    frames.insert("\(obsid) \(detector)")
  }

  /// The first few of what is lacking.
  var text: String {
    let shown = lacking.prefix(3).joined(separator: "; ")
    return lacking.count > 3 ? shown + "; and \(lacking.count - 3) more" : shown
  }
}

/// The entries of the day folders at one look.
struct FolderNames {
  private var known: [String: (names: [String], locator: RawFrameLocator)] = [:]

  mutating func names(_ folder: String) -> [String] { entry(folder).names }

  mutating func locator(_ folder: String) -> RawFrameLocator { entry(folder).locator }

  private mutating func entry(_ folder: String) -> (names: [String], locator: RawFrameLocator) {
    if let entry = known[folder] { return entry }
    // A folder that is away is an empty one: its files are not there yet.
    let names = (try? InputFile.names(in: folder)) ?? []
    let entry = (names, RawFrameLocator(folder: folder, names: names))
    known[folder] = entry
    return entry
  }
}
