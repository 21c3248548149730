import Campaign
import DurableFiles
import Ingest

#if canImport(Glibc)
  import Glibc
#endif

/// The files that an earlier order left in a block's folder, as its `truth.json` tells them.
///
/// They are removed before the folder is written again: a frame that stays would undo the fault
/// `missing-frame`, a log that stays would add exposures. What the truth does not name is not touched.
struct FormerCampaign {
  /// The paths of the files, in order.
  let files: [String]
  /// The day folders that hold them.
  let dayFolders: [String]

  /// Looks for the files of a block's folder.
  ///
  /// - Throws: `SimulatorError` where the folder holds something, but no truth of this block; or where
  ///   its data are reached by a symbolic link, and so may be something else's.
  init(folder: String, block: String) throws {
    guard let names = try? InputFile.names(in: folder), !names.isEmpty else {
      (files, dayFolders) = ([], [])
      return
    }
    let truth = try Self.truth(in: folder, block: block)
    var days: [String: Set<String>] = [:]
    var frames: Set<String> = []
    for exposure in truth.exposures {
      guard let date = ElvisDate(iso: exposure.date) else { continue }
      days[date.folderName, default: []].formUnion([
        ExposureLog.fileName(of: date),
        HousekeepingFile.fileName(obsid: exposure.obsid, date: date),
      ])
      for detector in truth.detectors.keys {
        frames.insert(
          RawFrameLocator.fileName(obsid: exposure.obsid, date: date, detector: detector))
      }
    }
    var files: [String] = []
    var dayFolders: [String] = []
    for (day, texts) in days.sorted(by: { $0.key < $1.key }) {
      let path = "\(folder)/data/\(day)"
      guard let found = try? InputFile.names(in: path) else { continue }
      for place in ["\(folder)/data", path] where Self.isLink(place) {
        throw SimulatorError(
          .outputNotEmpty, "the data of block \(block) are reached by a symbolic link",
          place: place, remedy: "nothing is removed there: choose another --output")
      }
      dayFolders.append(path)
      for name in found {
        // A frame may have been compressed, or have an underscore in its date.
        let frame = RawFrameLocator.frame(ofFileName: name).map {
          RawFrameLocator.fileName(obsid: $0.obsid, date: $0.date, detector: $0.detector)
        }
        if texts.contains(name) || frame.map(frames.contains) == true {
          files.append("\(path)/\(name)")
        }
      }
    }
    (self.files, self.dayFolders) = (files, dayFolders)
  }

  /// Removes the files, and the day folders that are empty then.
  ///
  /// - Throws: `FileError`.
  func remove() throws {
    for file in files { try AtomicFile.remove(file) }
    // Fails, as it should, where something else is in there.
    for folder in dayFolders { rmdir(folder) }
  }

  private static func truth(in folder: String, block: String) throws -> TruthFile {
    let path = folder + "/truth.json"
    let remedy = "choose another --output, or remove the folder if nobody needs it"
    do {
      let truth = try TruthFile.parse(try InputFile.bytes(of: path, limit: 64 << 20))
      if truth.block == block { return truth }
    } catch let error as FileError where error.kind != .missing {
      throw error
    } catch {}
    throw SimulatorError(
      .outputNotEmpty,
      "the folder of block \(block) holds files, but no truth.json of that block", place: folder,
      remedy: remedy)
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
