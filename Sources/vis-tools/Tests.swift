import ArgumentParser
import Campaign
import CommandLineStyle
import Detector

/// `vis-tools tests`.
struct Tests: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tests",
    abstract: "List the tests that are known, or print the structure of one.",
    discussion: """
      EXAMPLES
        vis-tools tests
        vis-tools tests BIAS01
        vis-tools tests BIAS02 --camera tiny --json
      """)

  @Argument(help: "A test, with or without an iteration tag (BIAS02.1).")
  var test: String?
  @Option(help: "Camera that the test is taken with.")
  var camera = "euclid-vis"
  @ArgumentParser.Flag(help: "Print JSON.")
  var json = false

  private struct Structure: Encodable {
    struct Column: Encodable {
      let name: String
      let frames: Int
      let values: [String: String]
    }
    let name: String
    let family: String
    let purpose: String
    let frames: Int
    let minutes: Double
    let subtasks: [String]
    let columns: [Column]

    init(_ definition: TestDefinition) {
      name = definition.name
      family = definition.family
      purpose = definition.purpose
      frames = definition.frames
      minutes = definition.duration / 60
      subtasks = definition.todoNames
      columns = definition.columns.map {
        Column(name: $0.name, frames: $0.frames, values: $0.values.mapValues(\.description))
      }
    }
  }

  func run() throws {
    let camera = try CameraCatalog.camera(camera)
    guard let test else { return try list(camera) }
    let definition = try TestCatalog.definition(of: test, camera: camera)
    if json { return printOutput(try JSONText.text(Structure(definition))) }
    let terminal = Terminal.current(.output)
    var text = "\(terminal.styled(definition.name, .bold)) (\(definition.family))\n"
    text += "\(definition.purpose)\n"
    text +=
      "\(definition.frames) frames, \(Self.minutes(definition)) min, rows \(definition.window)\n\n"
    for step in try TestCatalog.entry(named: test).subtasks {
      text += "  \(step.name): \(step.summary)\n"
    }
    for input in try TestCatalog.entry(named: test).inputs {
      text += "  input \(input.name) = \(input.defaultValue): \(input.meaning)\n"
    }
    var table = TextTable(
      [.init("keyword")] + definition.columns.map { .init($0.name, .right) } + [.init("unit")])
    table.append(["frames"] + definition.columns.map { "\($0.frames)" } + [""])
    for keyword in ScriptKeyword.all where keyword.name != "frames" {
      let values = definition.columns.map { $0.values[keyword.name]?.description ?? "" }
      if values.contains(where: { !$0.isEmpty }) {
        table.append([keyword.name] + values + [keyword.unit ?? ""])
      }
    }
    printOutput(text + "\n" + table.text(for: terminal))
  }

  private func list(_ camera: Camera) throws {
    let definitions = try TestCatalog.names.map {
      try TestCatalog.definition(of: $0, camera: camera)
    }
    if json { return printOutput(try JSONText.text(definitions.map(Structure.init))) }
    var table = TextTable([
      .init("test"), .init("family"), .init("frames", .right),
      .init("duration", unit: "min", .right), .init("purpose"),
    ])
    for test in definitions {
      table.append([test.name, test.family, "\(test.frames)", Self.minutes(test), test.purpose])
    }
    printOutput(table.text(for: .current(.output)))
  }

  /// Two decimals, as the original's inventory has them.
  private static func minutes(_ test: TestDefinition) -> String {
    let hundredths = Int((test.duration / 0.6).rounded())
    let fraction = "\(hundredths % 100)"
    return "\(hundredths / 100)." + (fraction.count < 2 ? "0" : "") + fraction
  }
}
