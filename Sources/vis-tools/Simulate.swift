import ArgumentParser
import Campaign
import CommandLineStyle
import Ingest
import Simulator

/// `vis-tools simulate`.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Write simulated blocks: frames, logs, house-keeping, their truth, a configuration.",
    discussion: """
      Each block gets a folder with data/<day>/ as ELVIS writes it, truth.json, and vison.yaml for
      vison-run. The bytes depend on the options and the seed alone, not on -m.

      EXAMPLES
        vis-tools simulate -o campaign                           all flight blocks, full size
        vis-tools simulate -o t -b EINSTEIN --camera tiny -n 3   one small block
        vis-tools simulate -o t -b BORN --fault missing-frame:1002:CCD2 --fault hk-nan
        vis-tools simulate --fault list                          what can be made wrong
      """)

  @Option(name: [.short, .long], help: "Folder that gets one folder for each block.")
  var output: String?
  @Option(name: [.short, .long], help: "A block; may be repeated. All flight blocks unless given.")
  var block: [String] = []
  @Option(name: [.short, .long], help: "A test; may be repeated. BIAS01 and BIAS02 unless given.")
  var test: [String] = []
  @Option(
    name: [.customShort("n"), .long], help: "Frames per test and CCD; else as each test defines.")
  var frames: Int?
  @Option(help: "Camera: euclid-vis, tiny, or the path of a YAML file.")
  var camera = "euclid-vis"
  @Option(help: "Time of the first exposure, UTC, ISO 8601.")
  var start = "2019-03-23T19:36:47"
  @Option(name: .customLong("first-obsid"), help: "Number of the first exposure.")
  var firstObsID = 1000
  @Option(help: "Version of ELVIS: 7.5.X, 7.2.X, 6.5.X or 6.3.0.")
  var elvis = "7.5.X"
  @Option(help: "What all random numbers derive from.")
  var seed: UInt64 = 1
  @Option(help: "A fault, KIND[:OBSID[:CCD]]; may be repeated. 'list' explains all kinds.")
  var fault: [String] = []
  @ArgumentParser.Flag(help: "Write names of frames with an underscore after the D, as in 2016.")
  var underscore = false
  @Option(help: "Name of the campaign in the configurations.")
  var campaign = "simulated"
  @Option(help: "Folder of the warehouse, as seen from a block's folder.")
  var results = "../results"
  @ArgumentParser.Flag(help: "Replace simulated blocks that are there already.")
  var overwrite = false
  @Option(name: [.customShort("m"), .long], help: "Number of threads.")
  var threads = 1
  @ArgumentParser.Flag(name: [.short, .long], help: "Show no progress.")
  var quiet = false
  @ArgumentParser.Flag(help: "Print what was written as JSON.")
  var json = false

  func run() async throws {
    if fault.contains("list") { return try listFaults() }
    guard let output else { throw WrongUse(problem: "--output is missing") }
    guard (1...1024).contains(threads) else {
      throw WrongUse(problem: "-m must be 1 to 1024", remedy: nil)
    }
    guard let date = ElvisDate(iso: start.replacing(" ", with: "T")) else {
      throw WrongUse(
        problem: "--start '\(start)' is no date", remedy: "write it as 2019-03-23T19:36:47")
    }
    var order = CampaignOrder(output: output)
    order.cameraName = camera
    if !block.isEmpty { order.blocks = block }
    if !test.isEmpty { order.tests = test.map { CampaignOrder.Test($0) } }
    order.frames = frames
    order.start = date
    order.firstObsID = firstObsID
    order.elvis = elvis
    order.seed = seed
    order.faults = try fault.map { try Fault(parsing: $0) }
    order.underscoreInNames = underscore
    order.campaign = campaign
    order.resultsRoot = results
    order.overwrites = overwrite
    order.threads = threads
    let simulator = try CampaignSimulator(order)
    let line = ProgressLine(isQuiet: quiet)
    defer { line.finish() }
    let summary = try await simulator.run(
      progress: { line.update(done: $0, of: $1, "frames, \($2)") }, check: CancellationFlag.check)
    line.finish()
    if json { return printOutput(try JSONText.text(summary)) }
    var table = TextTable([
      .init("block"), .init("exposures", .right), .init("frames", .right), .init("configuration"),
    ])
    for block in summary.blocks {
      table.append([block.name, "\(block.exposures)", "\(block.frames)", block.configuration])
    }
    printOutput(table.text(for: .current(.output)))
  }

  private func listFaults() throws {
    if json {
      let kinds = Fault.Kind.allCases.map { ["kind": $0.rawValue, "effect": $0.explanation] }
      return printOutput(try JSONText.text(kinds))
    }
    var table = TextTable([.init("fault"), .init("of a"), .init("effect")])
    for kind in Fault.Kind.allCases {
      table.append([kind.rawValue, kind.concernsOneFrame ? "frame" : "exposure", kind.explanation])
    }
    printOutput(table.text(for: .current(.output)))
  }
}
