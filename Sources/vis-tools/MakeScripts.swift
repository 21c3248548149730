import ArgumentParser
import Campaign
import CommandLineStyle
import Diagnostics
import Ingest
import Scripts

#if canImport(Glibc)
  import Glibc
#endif

/// `vis-tools mkscripts`.
struct MakeScripts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mkscripts",
    abstract: "Write the acquisition scripts of tests, with checksums, inventory and scheduler.",
    discussion: """
      The request is the JSON of the original, or the same as YAML: equipment, elvis, CHAMBER,
      camptype, outpath, toWrite (docs/scripts.md).

      EXAMPLES
        vis-tools mkscripts -j scripts_inputs_EINSTEIN.json
        vis-tools mkscripts -j request.yaml --date 2019-04-01T12:00:00 --overwrite
      """)

  @Option(name: [.customShort("j"), .long], help: "The request, JSON or YAML.")
  var request: String
  @Option(help: "Camera that the tests are taken with.")
  var camera = "euclid-vis"
  @Option(help: "Date in the names and the inventory, UTC, ISO 8601; now unless given.")
  var date: String?
  @ArgumentParser.Flag(help: "Replace files of the same names.")
  var overwrite = false
  @ArgumentParser.Flag(help: "Accept serial numbers of any form.")
  var anySerials = false
  @ArgumentParser.Flag(name: [.customShort("q"), .long], help: "Show no progress.")
  var quiet = false
  @ArgumentParser.Flag(help: "Print what was written as JSON.")
  var json = false

  private struct Summary: Encodable {
    struct Test: Encodable {
      let test: String
      let file: String
      let columns: Int
      let frames: Int
      let minutes: Double
    }
    let folder: String
    let tests: [Test]
    let others: [String]
    let frames: Int
    let minutes: Double
    let withoutFrames: [String]
  }

  func run() throws {
    let request = try ScriptRequest.load(self.request, acceptsAnySerial: anySerials)
    let camera = try CameraCatalog.camera(camera)
    let writer = ScriptWriter(
      request, camera: camera, date: try Self.date(date), overwrites: overwrite)
    let line = ProgressLine(isQuiet: quiet)
    defer { line.finish() }
    var done = 0
    let result = try writer.write { test in
      try CancellationFlag.check()
      line.update(done: done, of: request.orders.count, test)
      done += 1
    }
    line.finish()
    if !quiet {
      for test in request.withoutFrames {
        printNote("vis-tools mkscripts: \(test) takes no frames of its own, so it has no script")
      }
    }
    if json {
      return printOutput(
        try JSONText.text(
          Summary(
            folder: request.outputFolder,
            tests: result.tests.map {
              .init(
                test: $0.test, file: $0.file, columns: $0.frames.count,
                frames: $0.frames.reduce(0, +), minutes: $0.minutes)
            }, others: result.others, frames: result.frames, minutes: result.minutes,
            withoutFrames: request.withoutFrames)))
    }
    var table = TextTable([
      .init("test"), .init("columns", .right), .init("frames", .right),
      .init("duration", unit: "min", .right), .init("script"),
    ])
    for test in result.tests {
      table.append([
        test.test, "\(test.frames.count)", "\(test.frames.reduce(0, +))",
        Tests.minutes(test.minutes * 60), test.file,
      ])
    }
    table.append(["total", "", "\(result.frames)", Tests.minutes(result.minutes * 60), ""])
    printOutput(table.text(for: .current(.output)))
  }

  /// The date that was given, or now.
  static func date(_ text: String?) throws -> ElvisDate {
    guard let text else { return ElvisDate(unixSeconds: time(nil)) }
    let full = text.contains("T") ? text : text + "T00:00:00"
    guard let date = ElvisDate(iso: full) else {
      throw WrongUse(
        problem: "--date '\(text.clipped(to: 40))' is no date",
        remedy: "write it as 2019-04-01T12:00:00")
    }
    return date
  }
}
