import ArgumentParser
import Campaign
import CommandLineStyle
import Diagnostics
import DurableFiles
import Scripts

/// `vis-tools checkscripts`.
struct CheckScripts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkscripts",
    abstract: "Read scripts back, and compare every cell with the definition of the test.",
    discussion: """
      Equipment, chamber and inputs are those of the request; without one, --chamber is used and
      serial numbers are not compared. Checksums are compared where the folder has a CHECK_SUMS file.
      The exit code is 3 where a script differs.

      EXAMPLES
        vis-tools checkscripts -j scripts_inputs.json Scripts_EINSTEIN
        vis-tools checkscripts --chamber B_EINSTEIN SESSIONS/D11/*.xlsx
      """)

  @Argument(help: "Scripts, or folders of scripts.")
  var paths: [String]
  @Option(name: [.customShort("j"), .long], help: "The request that they were written from.")
  var request: String?
  @Option(help: "Profile of the chamber, without a request.")
  var chamber = "B_NOSTROMO"
  @Option(help: "Camera that the tests are taken with.")
  var camera = "euclid-vis"
  @ArgumentParser.Flag(help: "Accept serial numbers of any form in the request.")
  var anySerials = false
  @ArgumentParser.Flag(help: "Print the result as JSON.")
  var json = false

  private struct Verdict: Encodable {
    let script: String
    let test: String
    let problems: [String]
  }

  func run() throws {
    let request = try request.map { try ScriptRequest.load($0, acceptsAnySerial: anySerials) }
    let check = ScriptFolderCheck(
      request: request, chamber: chamber, camera: try CameraCatalog.camera(camera))
    let verdicts = try check.verdicts(of: paths) { try CancellationFlag.check() }
    if json {
      printOutput(
        try JSONText.text(
          verdicts.map { Verdict(script: $0.path, test: $0.test, problems: $0.problems) }))
    } else {
      let terminal = Terminal.current(.output)
      var table = TextTable([.init("script"), .init("test"), .init("result")])
      for verdict in verdicts {
        let words = verdict.problems.isEmpty ? "as defined" : "\(verdict.problems.count) differ"
        table.append([ScriptFolderCheck.name(of: verdict.path), verdict.test, words])
      }
      var text = table.text(for: terminal)
      for verdict in verdicts where !verdict.problems.isEmpty {
        text += "\n\(verdict.path)\n"
        for problem in verdict.problems.prefix(20) { text += "  \(problem)\n" }
        if verdict.problems.count > 20 { text += "  and \(verdict.problems.count - 20) more\n" }
      }
      printOutput(text)
    }
    if verdicts.contains(where: { !$0.problems.isEmpty }) { throw CommandEnd(.outOfLimits) }
  }
}
