import ArgumentParser
import CommandLineStyle
import Diagnostics

/// The program's entry.
@main
enum Program {
  static func main() async { await runCommand(VisMeta.self) }
}

/// The warehouse and metatest command.
struct VisMeta: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vis-meta",
    abstract: "Looks into a warehouse of calibration results, and makes campaign-wide reports.",
    discussion: """
      A warehouse is the folder into which vison-run writes. It is given with --warehouse, else by \
      the environment variable VISON_WAREHOUSE, else it is ./warehouse. Results go to standard \
      output, all talk to standard error.

      Exit codes: 0 all is well, 1 failed, 2 wrong use, 3 ran and something is out of limits, \
      4 the warehouse is busy.

      EXAMPLES:
        vis-meta init warehouse
        vis-meta status
        vis-meta query --quantity 'bias.ron*' --block BORN --format csv
        vis-meta run MetaBias
      """,
    version: ProgramVersion.current,
    subcommands: [
      Init.self, Status.self, Runs.self, Show.self, Query.self, Quantities.self, Accept.self,
      Reject.self, Withdraw.self, Diff.self, TrendCommand.self, Verify.self, Run.self, Report.self,
      Trace.self, Requirements.self, Sql.self, Merge.self, Backup.self, Gc.self, Vacuum.self,
      Export.self, Import.self,
      Certify.self, Decertify.self, Lookup.self, Collections.self, Chain.self, Upgrade.self,
      SchemaCommand.self,
    ])
}
