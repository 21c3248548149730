public import Campaign
import Diagnostics
import DurableFiles

/// The readings of the house-keeping during one exposure.
public struct HousekeepingFile: Sendable, Hashable {
  /// The readings of one key.
  public struct Statistics: Sendable, Hashable {
    /// The number of readings that are numbers.
    public let count: Int
    /// The number of readings that are none: NaN, empty or not a number.
    public let invalid: Int
    /// The mean of the valid readings; NaN where there is none.
    public let mean: Double
    /// The standard deviation of the valid readings about their mean (population); NaN where none.
    public let standardDeviation: Double
    /// The least valid reading; NaN where there is none.
    public let minimum: Double
    /// The greatest valid reading; NaN where there is none.
    public let maximum: Double
  }

  /// The file's path.
  public let path: String
  /// The keys in the order of the file, without the time stamp.
  public let keys: [String]
  /// The number of readings.
  public let readings: Int
  /// The statistics of each key.
  public let statistics: [String: Statistics]
  /// Lines set aside and readings that are no numbers, each with its key and line.
  public let issues: [LogIssue]

  /// A key's mean; nil for a key that the file lacks, NaN where no reading was valid.
  public func mean(_ key: String) -> Double? { statistics[key]?.mean }

  /// Reads a file.
  ///
  /// - Parameter version: where given, the keys must be exactly those of the version.
  /// - Throws: `FileError`; `IngestError` for a file without header or with another version's keys.
  public static func read(
    _ path: String, version: ElvisVersion? = nil
  ) throws -> HousekeepingFile {
    try parse(InputFile.bytes(of: path, limit: 64 << 20), path: path, version: version)
  }

  /// Reads the bytes of a file; `path` names it in messages.
  ///
  /// Accepted are the tab-separated files of ELVIS 6 and later and the padded ones of 5.7; empty lines
  /// and lines that begin with `#` are skipped.
  public static func parse(
    _ bytes: [UInt8], path: String, version: ElvisVersion? = nil
  ) throws(IngestError) -> HousekeepingFile {
    var reader = HousekeepingReader(path: path)
    for (index, line) in bytes.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    )
    .enumerated() {
      try reader.read(line, line: index + 1)
    }
    return try reader.finish(version: version)
  }

  // MARK: - Finding

  /// The house-keeping file of an exposure in a folder: `HK_<obsid>_*_ROE1.txt`.
  ///
  /// - Parameter names: the folder's entries, where they are known already.
  /// - Throws: `IngestError` naming what is missing or found twice; `FileError` for the folder.
  public static func locate(
    obsid: Int, in folder: String, names: [String]? = nil
  ) throws -> String {
    let names = try names ?? InputFile.names(in: folder)
    let found = names.filter { $0.hasPrefix("HK_\(obsid)_") && $0.hasSuffix("_ROE1.txt") }
    guard let name = found.first else {
      throw IngestError(
        .housekeepingMissing, "ObsID \(obsid) has no house-keeping file HK_\(obsid)_*_ROE1.txt",
        place: folder)
    }
    guard found.count == 1 else {
      throw IngestError(
        .housekeepingAmbiguous,
        "ObsID \(obsid) has \(found.count) house-keeping files: \(found.joined(separator: ", "))",
        place: folder, remedy: "keep the right one in the folder")
    }
    return InputFile.path(name, from: folder)
  }

  /// The name of an exposure's file: `HK_<obsid>_<ddmmyy>D<hhmmss>T_ROE1.txt`.
  public static func fileName(obsid: Int, date: ElvisDate) -> String {
    "HK_\(obsid)_\(date.logText)_ROE1.txt"
  }

  // MARK: - Writing

  /// The bytes of a file as ELVIS 6 and later write it: a header, tabs, one line a reading.
  ///
  /// - Parameters:
  ///   - readings: a time and the values by key; a key that is missing, or NaN, is written as `NaN`.
  ///   - digits: digits after the decimal point of what is no whole number.
  public static func bytes(
    version: ElvisVersion, readings: [(date: ElvisDate, values: [String: Double])], digits: Int = 3
  ) -> [UInt8] {
    var text = version.housekeepingKeys.joined(separator: "\t") + "\r\n"
    for reading in readings {
      let fields = version.housekeepingKeys.map { key in
        key == "TimeStamp"
          ? reading.date.housekeepingText : format(reading.values[key] ?? .nan, digits: digits)
      }
      text += fields.joined(separator: "\t") + "\r\n"
    }
    return Array(text.utf8)
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `FileError`.
  public static func write(
    version: ElvisVersion, readings: [(date: ElvisDate, values: [String: Double])], to path: String
  ) throws {
    try AtomicFile.write(bytes(version: version, readings: readings), to: path)
  }

  private static func format(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "NaN" }
    if let whole = Int(exactly: value) { return String(whole) }
    var scale = 1
    for _ in 0..<min(max(digits, 0), 6) { scale *= 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: max(0, String(scale).count - 1 - fraction.count))
    return (value < 0 ? "-" : "") + "\(scaled / scale)." + zeros + fraction
  }
}
