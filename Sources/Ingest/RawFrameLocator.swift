import Campaign

/// Finds the files of raw frames in a folder, in all spellings of their names.
///
/// `EUC_<obsid>_<ddmmyy>D<hhmmss>T_ROE1_CCD<n>.fits`, with or without `_` after the D, the D in either
/// case, and also compressed (`.fits.gz`, `.fits.fz`).
public struct RawFrameLocator: Sendable {
  /// The folder.
  public let folder: String
  private let names: Set<String>
  private let byFrame: [String: [String]]

  /// Suffixes of frames, in order of preference.
  static let suffixes = [".fits", ".fits.gz", ".fits.fz"]

  /// Looks into a folder once.
  ///
  /// - Throws: `FileError` where the folder cannot be read.
  public init(folder: String) throws {
    self.init(folder: folder, names: try InputFile.names(in: folder))
  }

  /// A locator for a folder whose entries are known.
  public init(folder: String, names: [String]) {
    self.folder = folder
    self.names = Set(names)
    var byFrame: [String: [String]] = [:]
    for name in names.sorted() {
      guard let frame = Self.frame(ofFileName: name) else { continue }
      byFrame["\(frame.obsid) \(frame.detector)", default: []].append(name)
    }
    self.byFrame = byFrame
  }

  /// The path of a row's frame: by its `File_name`, else by ObsID and detector.
  ///
  /// - Throws: `IngestError` naming what is missing, or all files that could be meant.
  public func path(of row: ExposureRow) throws(IngestError) -> String {
    let name = row.fileName
    if !name.isEmpty, !name.contains("/") {
      let candidates = [name] + Self.suffixes.map { name + $0 }
      if let found = candidates.first(where: { names.contains($0) }) {
        return InputFile.path(found, from: folder)
      }
    }
    return try path(obsid: row.obsid, detector: row.detector, listedAs: name)
  }

  /// The path of a frame by ObsID and detector.
  ///
  /// - Parameter listedAs: the name in the log, for the message.
  /// - Throws: `IngestError` naming what is missing, or all files that could be meant.
  public func path(
    obsid: Int, detector: String, listedAs name: String = ""
  ) throws(IngestError) -> String {
    let found = byFrame["\(obsid) \(detector)"] ?? []
    guard let first = found.first else {
      let listed = name.isEmpty ? "" : ", listed as \(name),"
      throw IngestError(
        .frameMissing, "the frame of ObsID \(obsid) \(detector)\(listed) is not in the folder",
        place: folder, remedy: "bring the file, or leave the ObsID out of the task's 'obsid'")
    }
    guard found.count == 1 else {
      throw IngestError(
        .frameAmbiguous,
        "ObsID \(obsid) \(detector) has \(found.count) files: \(found.joined(separator: ", "))",
        place: folder, remedy: "keep the right one in the folder")
    }
    return InputFile.path(first, from: folder)
  }

  /// The name that ELVIS gives to a frame, without suffix.
  public static func fileName(obsid: Int, date: ElvisDate, detector: String) -> String {
    "EUC_\(obsid)_\(date.logText)_ROE1_\(detector)"
  }

  /// ObsID, time and detector in a frame's name; nil for other names.
  public static func frame(
    ofFileName name: String
  ) -> (obsid: Int, date: ElvisDate, detector: String)? {
    guard let suffix = suffixes.first(where: { name.hasSuffix($0) }) else { return nil }
    let fields = name.dropLast(suffix.count).split(
      separator: "_", omittingEmptySubsequences: false)
    guard (5...6).contains(fields.count), fields[0] == "EUC", let obsid = Int(fields[1]),
      obsid >= 0,
      fields[fields.count - 2].hasPrefix("ROE"), let detector = fields.last, !detector.isEmpty,
      let date = ElvisDate(log: fields[2..<fields.count - 2].joined(separator: "_"))
    else { return nil }
    return (obsid, date, String(detector))
  }
}
