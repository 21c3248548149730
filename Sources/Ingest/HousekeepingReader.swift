import Campaign
import Diagnostics

/// Gathers the readings of a house-keeping file line by line, in memory that does not grow with them.
struct HousekeepingReader {
  let path: String
  private var keys: [String]?
  private var stampColumn = 0
  private var sums: [Sum] = []
  private var readings = 0
  private var issues: [LogIssue] = []

  /// Complaints beyond this number are counted, not listed.
  private static let mostIssues = 1000

  init(path: String) { self.path = path }

  /// Running statistics (Welford's, so that readings far from zero keep their scatter).
  private struct Sum {
    var count = 0
    var invalid = 0
    var mean = 0.0
    var squares = 0.0
    var minimum = Double.infinity
    var maximum = -Double.infinity

    mutating func add(_ value: Double) {
      count += 1
      let delta = value - mean
      mean += delta / Double(count)
      squares += delta * (value - mean)
      minimum = min(minimum, value)
      maximum = max(maximum, value)
    }

    var statistics: HousekeepingFile.Statistics {
      let isEmpty = count == 0
      return HousekeepingFile.Statistics(
        count: count, invalid: invalid, mean: isEmpty ? .nan : mean,
        standardDeviation: isEmpty ? .nan : (squares / Double(count)).squareRoot(),
        minimum: isEmpty ? .nan : minimum, maximum: isEmpty ? .nan : maximum)
    }
  }

  mutating func read(_ bytes: ArraySlice<UInt8>, line: Int) throws(IngestError) {
    var bytes = bytes
    while let last = bytes.last, last == 0x0D || last == 0x09 || last == 0x20 { bytes.removeLast() }
    guard let first = bytes.first, first != UInt8(ascii: "#") else { return }
    guard bytes.count <= ExposureLogParser.longestLine, !bytes.contains(0),
      let text = String(validating: bytes, as: UTF8.self)
    else {
      let problem = "the line is too long or not a UTF-8 text"
      if keys == nil { throw IngestError(.housekeepingFile, problem, place: "\(path):\(line)") }
      return add(problem, line: line)
    }
    let fields = text.split(separator: "\t", omittingEmptySubsequences: false)
      .map { $0.trimmingPrefix { $0 == " " }.reversed().trimmingPrefix { $0 == " " }.reversed() }
      .map { String($0) }
    guard let keys else { return try readHeader(fields, line: line) }
    guard fields.count == keys.count + 1 else {
      return add("\(fields.count) columns instead of \(keys.count + 1)", line: line)
    }
    let stamp = fields[stampColumn]
    if ElvisDate(housekeeping: stamp) == nil, ElvisDate.timeOfDay(stamp) == nil {
      return add("time stamp '\(stamp.clipped(to: 40))' is not understood", line: line)
    }
    readings += 1
    for (index, text) in fields.dropFirst().enumerated() {
      if let value = ScriptValue(parsing: text).number {
        sums[index].add(value)
      } else {
        sums[index].invalid += 1
        add("\(keys[index]) is '\(text.clipped(to: 40))', not a number", line: line)
      }
    }
  }

  func finish(version: ElvisVersion?) throws(IngestError) -> HousekeepingFile {
    guard let keys else {
      throw IngestError(.housekeepingFile, "the house-keeping file is empty", place: path)
    }
    if let version, version.housekeepingKeys.filter({ $0 != "TimeStamp" }) != keys {
      let wanted = version.housekeepingKeys.filter { $0 != "TimeStamp" }
      let missing = wanted.filter { !keys.contains($0) }
      let extra = keys.filter { !wanted.contains($0) }
      var parts: [String] = []
      if !missing.isEmpty { parts.append("missing " + missing.prefix(5).joined(separator: ", ")) }
      if !extra.isEmpty { parts.append("extra " + extra.prefix(5).joined(separator: ", ")) }
      if parts.isEmpty { parts.append("another order") }
      throw IngestError(
        .housekeepingFile,
        "the keys are not those of ELVIS \(version): \(parts.joined(separator: "; "))",
        place: "\(path):1")
    }
    var statistics: [String: HousekeepingFile.Statistics] = [:]
    for (key, sum) in zip(keys, sums) { statistics[key] = sum.statistics }
    return HousekeepingFile(
      path: path, keys: keys, readings: readings, statistics: statistics, issues: issues)
  }

  private mutating func readHeader(_ fields: [String], line: Int) throws(IngestError) {
    guard fields.count >= 2, ["TimeStamp", "HK_timestamp"].contains(fields[0]) else {
      throw IngestError(
        .housekeepingFile, "the header does not begin with TimeStamp", place: "\(path):\(line)")
    }
    let keys = Array(fields.dropFirst())
    guard Set(keys).count == keys.count else {
      throw IngestError(
        .housekeepingFile, "a key occurs twice in the header", place: "\(path):\(line)")
    }
    self.keys = keys
    sums = Array(repeating: Sum(), count: keys.count)
  }

  private mutating func add(_ problem: String, line: Int) {
    guard issues.count < Self.mostIssues else { return }
    issues.append(LogIssue(severity: .setAside, file: path, line: line, problem: problem))
  }
}
