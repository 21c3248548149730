public import Campaign
import DataProducts
public import Detector
import Diagnostics
import DurableFiles
public import Ingest

/// Writes the scripts of a request, with their checksums, the inventory and the scheduler's workbook.
public struct ScriptWriter: Sendable {
  /// A test that was written.
  public struct Written: Sendable, Hashable {
    /// The test.
    public var test: String
    /// The script's file name.
    public var file: String
    /// The number of frames of each column.
    public var frames: [Int]
    /// The duration of the acquisition in minutes.
    public var minutes: Double
  }

  /// What was written.
  public struct Result: Sendable, Hashable {
    /// The tests, in the order of the request.
    public var tests: [Written]
    /// The names of the other files: checksums, inventory, scheduler.
    public var others: [String]
    /// The number of frames.
    public var frames: Int
    /// The duration in minutes.
    public var minutes: Double
  }

  let request: ScriptRequest
  let camera: Camera
  let date: ElvisDate
  let overwrites: Bool

  /// A writer.
  ///
  /// - Parameters:
  ///   - camera: what the tests are taken with.
  ///   - date: names the files, and is the only date that they hold.
  ///   - overwrites: whether files of the same names are replaced.
  public init(_ request: ScriptRequest, camera: Camera, date: ElvisDate, overwrites: Bool = false) {
    self.request = request
    self.camera = camera
    self.date = date
    self.overwrites = overwrites
  }

  /// Writes everything; nothing is written unless all tests are right.
  ///
  /// - Parameter progress: is told the name of each test before it is written.
  /// - Throws: `CampaignError`, `ScriptError`, `DataProductError`, `FileError`.
  public func write(progress: (String) throws -> Void = { _ in }) throws -> Result {
    let day = ScriptName.day(of: date)
    var definitions: [TestDefinition] = []
    for order in request.orders {
      definitions.append(try request.definition(of: order, camera: camera))
    }
    try refuseDoubles()
    let names = definitions.map {
      "\(ScriptName(test: $0.name, day: day, elvis: request.elvis))"
    }
    let others = [
      "CHECK_SUMS_\(day).txt", "TESTS_INVENTORY_\(day).txt", "TESTS_SCHEDULER_\(day).xlsx",
    ]
    try AtomicFile.makeFolder(request.outputFolder)
    if !overwrites {
      let there = Set(try InputFile.names(in: request.outputFolder))
      if let name = (names + others).first(where: there.contains) {
        throw ScriptError(
          .exists, "'\(name)' is there already", place: request.outputFolder,
          remedy: "name another 'outpath', or replace it with --overwrite")
      }
    }
    var written: [Written] = []
    var sums = ""
    for (definition, name) in zip(definitions, names) {
      try progress(definition.name)
      let path = request.outputFolder + "/" + name
      let sheet = ScriptSheet(definition, elvis: request.elvis)
      try PlainWorkbook.write(
        [.init(name: ScriptSheet.name, rows: sheet.cells)], title: definition.name, to: path,
        created: Int64(date.unixSeconds))
      sums += Self.padded(name, to: 60) + "\t\(MD5Digest(of: try InputFile.bytes(of: path)))\n"
      written.append(
        Written(
          test: definition.name, file: name, frames: definition.columns.map(\.frames),
          minutes: definition.duration / 60))
    }
    let result = Result(
      tests: written, others: others, frames: written.reduce(0) { $0 + $1.frames.reduce(0, +) },
      minutes: written.reduce(0) { $0 + $1.minutes })
    try AtomicFile.write(sums, to: request.outputFolder + "/" + others[0])
    try AtomicFile.write(inventory(result), to: request.outputFolder + "/" + others[1])
    try writeScheduler(result, to: request.outputFolder + "/" + others[2])
    return result
  }

  // MARK: - Parts

  private func refuseDoubles() throws(ScriptError) {
    var seen: Set<String> = []
    for order in request.orders where !seen.insert(order.test.name).inserted {
      throw ScriptError(
        .exists, "the test \(order.test.name) would be written twice", place: order.place,
        remedy: "give one of its handles an iteration, such as .2, or set it to 0")
    }
  }

  /// Date and time, name of the checksum file, version; one line a test; the sums.
  private func inventory(_ result: Result) -> String {
    var text = "\(dateText)\n\(result.others[0])\nvison \(ProgramVersion.current)\n\n"
    for test in result.tests {
      text +=
        "\(test.test): \(test.frames.count) [\(Self.twoDecimals(test.minutes)) min]"
        + " cols: \(test.frames)\n"
    }
    return text + "\n\(result.frames) frames\n\(Self.twoDecimals(result.minutes)) minutes\n"
  }

  private func writeScheduler(_ result: Result, to path: String) throws {
    let entries: [(String, DataProduct.Value)] = [
      ("date", .text(dateText)), ("checksumfile", .text(result.others[0])),
      ("version", .text("vison \(ProgramVersion.current)")), ("path", .text(request.outputFolder)),
      ("Nframes", .integer(Int64(result.frames))),
      ("Total_duration", .text(Self.twoDecimals(result.minutes))),
    ]
    let meta = Array(repeating: [DataProduct.Value](), count: 4)
      + entries.map { [.text($0.0), $0.1] }
    let tests: [[DataProduct.Value]] =
      [["Test", "Ncols", "Nframes", "Duration_min"].map { .text($0) }]
      + result.tests.map {
        [
          .text($0.test), .integer(Int64($0.frames.count)),
          .integer(Int64($0.frames.reduce(0, +))),
          .text(Self.twoDecimals($0.minutes)),
        ]
      }
    let longest = Double(result.tests.map(\.test.count).max() ?? 0) + 2
    try PlainWorkbook.write(
      [
        .init(name: "Meta", rows: meta, widths: [15, 40]),
        .init(name: "Tests", rows: tests, widths: [max(15, longest), 15, 15, 15]),
      ], title: "Tests", to: path, created: Int64(date.unixSeconds))
  }

  /// `01Apr19 12:00:00`.
  private var dateText: String {
    let parts = date.parts
    let time = [parts.hour, parts.minute, parts.second].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "\(ScriptName.day(of: date)) \(time.joined(separator: ":"))"
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// A number with two decimals, as inventories have them.
  static func twoDecimals(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let fraction = "\(hundredths % 100)"
    return "\(hundredths / 100)." + (fraction.count < 2 ? "0" : "") + fraction
  }
}
