import ArgumentParser
import CommandLineStyle
import Diagnostics

/// `vison-run`: the analysis of the tests of one block.
struct VisonRun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vison-run",
    abstract: "Analyses the calibration tests of one block into a warehouse.",
    discussion: """
      Reads exposure logs, house-keeping and raw frames, runs the tests of a session, stores every \
      number with its provenance in the warehouse, and writes a PDF report for each test.

      EXAMPLES
        vison-run init EINSTEIN > vison.yaml
            A commented configuration to be edited.
        vison-run -y vison.yaml -R D11 -l -m 2 -t _D11
            The session D11 on two cores, with a log file.
        vison-run -y vison.yaml -R D11 -k
            Only the checks: is the data complete and good?
        vison-run -y vison.yaml -R D11 -r
            What would be run, without reading a frame.

      A run that was interrupted or killed goes on after its last whole step when the same command \
      is given again. Exit codes: 0 all well, 1 failed, 2 wrong use, 3 ran and something is out of \
      limits, 4 warehouse busy, 130 and 143 interrupted.
      """,
    version: ProgramVersion.current,
    subcommands: [Run.self, Init.self, SchemaCommand.self],
    defaultSubcommand: Run.self)
}

@main
enum Main {
  static func main() async { await runCommand(VisonRun.self) }
}
