import ArgumentParser
import Campaign
import CommandLineStyle
import Scripts

/// `vis-tools mksession`.
struct MakeSession: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mksession",
    abstract: "Build the folders of sessions: their tests' scripts, and the sequence of tests.",
    discussion: """
      The request is the JSON of the original, or the same as YAML: inpath, outpath, sessions
      (docs/scripts.md). Nothing is written unless each test has exactly one script.

      EXAMPLES
        vis-tools mksession -j sessions_builder_EINSTEIN.json
      """)

  @Option(name: [.customShort("j"), .long], help: "The request, JSON or YAML.")
  var request: String
  @ArgumentParser.Flag(help: "Print what was built as JSON.")
  var json = false

  private struct Summary: Encodable {
    let session: String
    let folder: String
    let scripts: [String]
  }

  func run() throws {
    let built = try SessionBuilder(SessionRequest.load(request)).build()
    if json {
      return printOutput(
        try JSONText.text(
          built.map { Summary(session: $0.name, folder: $0.folder, scripts: $0.scripts) }))
    }
    var table = TextTable([.init("session"), .init("script")])
    for session in built {
      for script in session.scripts { table.append([session.name, script]) }
    }
    printOutput(table.text(for: .current(.output)))
  }
}
