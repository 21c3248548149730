import ArgumentParser
import Campaign
import CommandLineStyle
import Detector

/// `vis-tools tests`.
struct Tests: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tests",
    abstract: "List the tests that are known, or print one: structure, steps, inputs, checks, duration.",
    discussion: """
      Exposure times follow the light of a chamber, so durations do too.

      EXAMPLES
        vis-tools tests
        vis-tools tests PTC01
        vis-tools tests PTC01 --chamber A_DIRAC --all
        vis-tools tests BIAS02 --camera tiny --json
      """)

  @Argument(help: "A test, with or without an iteration tag (BIAS02.1).")
  var test: String?
  @Option(help: "Camera that the test is taken with.")
  var camera = "euclid-vis"
  @Option(help: "Profile of the chamber whose light sets the exposure times.")
  var chamber = "B_NOSTROMO"
  @ArgumentParser.Flag(help: "Print all keywords, also those that keep the script's default.")
  var all = false
  @ArgumentParser.Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let camera = try CameraCatalog.camera(camera)
    let chamber = try ChamberCatalog.profile(chamber).name
    guard let test else { return try list(camera, chamber) }
    let definition = try TestCatalog.definition(of: test, camera: camera, chamber: chamber)
    let entry = try TestCatalog.entry(named: test)
    if json { return printOutput(try JSONText.text(TestStructure(definition, entry))) }
    printOutput(
      TestPage(definition: definition, entry: entry, showsAll: all)
        .text(for: .current(.output)))
  }

  private func list(_ camera: Camera, _ chamber: String) throws {
    // A chamber's wheel does not hold all filters; the others have no exposure times there.
    let tests: [(TestCatalog.Entry, TestDefinition?)] = try TestCatalog.entries.map { entry in
      do {
        return (
          entry, try TestCatalog.definition(of: entry.name, camera: camera, chamber: chamber)
        )
      } catch let error as CampaignError where error.kind == .badTestInput {
        return (entry, nil)
      }
    }
    if json {
      return printOutput(
        try JSONText.text(tests.compactMap { entry, test in test.map { TestStructure($0, entry) } }))
    }
    var table = TextTable([
      .init("test"), .init("family"), .init("columns", .right), .init("frames", .right),
      .init("duration", unit: "min", .right), .init("purpose"),
    ])
    for (entry, test) in tests {
      guard let test else {
        table.append([entry.name, entry.family, "-", "-", "-", "\(chamber) lacks its filter"])
        continue
      }
      table.append([
        test.name, test.family, "\(test.columns.count)", "\(test.frames)",
        Self.minutes(test.duration), test.purpose,
      ])
    }
    printOutput(table.text(for: .current(.output)))
  }

  /// Seconds as minutes with two decimals, as the original's inventory has them.
  static func minutes(_ seconds: Double) -> String {
    let hundredths = Int((seconds / 0.6).rounded())
    let fraction = "\(hundredths % 100)"
    return "\(hundredths / 100)." + (fraction.count < 2 ? "0" : "") + fraction
  }
}
