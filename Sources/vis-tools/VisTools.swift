import ArgumentParser
import CommandLineStyle
import Diagnostics

/// Tools around the analysis: simulated data, manifests, and looks at what is there.
struct VisTools: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vis-tools",
    abstract: "Simulate data, write scripts and sessions, look at tests, cameras, logs and files.",
    discussion: """
      EXAMPLES
        vis-tools simulate --output campaign --block EINSTEIN --camera tiny
        vis-tools tests BIAS01
        vis-tools mkscripts -j scripts_inputs.json
        vis-tools explog data/23_Mar_19/EXP_LOG_230319.txt
      """,
    version: ProgramVersion.current,
    subcommands: [
      Simulate.self, DraftManifest.self, Cameras.self, Tests.self, MakeScripts.self,
      MakeSession.self, CheckScripts.self, ExposureLogSummary.self,
      FITSSummary.self,
    ])
}

@main
struct Program {
  static func main() async {
    await runCommand(VisTools.self)
  }
}
