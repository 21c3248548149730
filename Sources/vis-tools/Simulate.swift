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
      vison-run. The bytes depend on the options and the seed alone, not on -m and not on the pace.
      Options go before what a campaign file says.

      EXAMPLES
        vis-tools simulate -o campaign                           all flight blocks, full size
        vis-tools simulate -o t -b EINSTEIN --camera tiny -n 3   one small block
        vis-tools simulate -o t --campaign campaign.yaml -m 2    what a file asks for
        vis-tools simulate -o t -b BORN --camera tiny --accelerate 60
        vis-tools simulate -o t -b BORN --fault missing-frame:1002:CCD2 --fault hk-nan
        vis-tools simulate --fault list                          what can be made wrong
      """)

  @Option(name: [.short, .long], help: "Folder that gets one folder for each block.")
  var output: String?
  @Option(
    name: .customLong("campaign"), help: "YAML file with blocks, tests, seed, camera, faults.",
    completion: .file(extensions: ["yaml", "yml"]))
  var campaignFile: String?
  @Option(name: [.short, .long], help: "A block; may be repeated. All flight blocks unless given.")
  var block: [String] = []
  @Option(name: [.short, .long], help: "A test; may be repeated. BIAS01 and BIAS02 unless given.")
  var test: [String] = []
  @Option(
    name: [.customShort("n"), .long],
    help: "Frames per CCD of the tests that have an input N; else as each test defines.")
  var frames: Int?
  @Option(help: "Camera: euclid-vis (unless given), tiny, or the path of a YAML file.")
  var camera: String?
  @Option(help: "Time of the first exposure, UTC, ISO 8601. 2019-03-23T19:36:47 unless given.")
  var start: String?
  @Option(
    name: .customLong("first-obsid"), help: "Number of the first exposure. 1000 unless given.")
  var firstObsID: Int?
  @Option(help: "Version of ELVIS: 7.5.X (unless given), 7.2.X, 6.5.X or 6.3.0.")
  var elvis: String?
  @Option(help: "What all random numbers derive from. 1 unless given.")
  var seed: UInt64?
  @Option(help: "A fault, KIND[:OBSID[:CCD]]; may be repeated. 'list' explains all kinds.")
  var fault: [String] = []
  @Option(help: "NAME=VALUE, a part of the truth; may be repeated. 'list' explains all.")
  var truth: [String] = []
  @ArgumentParser.Flag(help: "Write the maps of the truth, one FITS file for each detector.")
  var maps = false
  @ArgumentParser.Flag(
    name: .customLong("real-time"), help: "Let the data appear at the pace of an acquisition.")
  var realTime = false
  @Option(help: "The same, so many times faster.")
  var accelerate: Double?
  @ArgumentParser.Flag(help: "Write names of frames with an underscore after the D, as in 2016.")
  var underscore = false
  @Option(
    name: .customLong("campaign-name"),
    help: "Name of the campaign in the configurations. simulated unless given.")
  var campaignName: String?
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
    if truth.contains("list") { return try listTruth() }
    let simulator = try CampaignSimulator(try order())
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

  private func order() throws -> CampaignOrder {
    guard let output else { throw WrongUse(problem: "--output is missing") }
    guard (1...1024).contains(threads) else {
      throw WrongUse(problem: "-m must be 1 to 1024", remedy: nil)
    }
    if realTime, accelerate != nil {
      throw WrongUse(
        problem: "--real-time and --accelerate exclude each other",
        remedy: "--real-time is --accelerate 1")
    }
    var order = CampaignOrder(output: output)
    if let campaignFile { try order.apply(try CampaignFile.load(campaignFile)) }
    if let camera { order.cameraName = camera }
    if !block.isEmpty { order.blocks = block }
    if !test.isEmpty { order.tests = test.map { CampaignOrder.Test($0) } }
    order.frames = frames
    if let start { order.start = try CampaignOrder.date(start) }
    order.firstObsID = firstObsID ?? order.firstObsID
    order.elvis = elvis ?? order.elvis
    order.seed = seed ?? order.seed
    if !fault.isEmpty { order.faults = try fault.map { try Fault(parsing: $0) } }
    for text in truth { try set(text, in: &order) }
    order.writesMaps = maps
    order.acceleration = realTime ? 1 : accelerate
    order.underscoreInNames = underscore
    order.campaign = campaignName ?? order.campaign
    order.resultsRoot = results
    order.overwrites = overwrite
    order.threads = threads
    return order
  }

  private func set(_ text: String, in order: inout CampaignOrder) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let value = Double(parts[1]) else {
      throw WrongUse(
        problem: "--truth '\(text)' is not NAME=VALUE", remedy: "write it as cosmic_rate=0")
    }
    order.truth[try TruthParameter.named(String(parts[0]))] = value
  }

  private func listTruth() throws {
    if json {
      return printOutput(
        try JSONText.text(
          TruthParameter.allCases.map { ["name": $0.rawValue, "meaning": $0.meaning] }))
    }
    var table = TextTable([.init("truth"), .init("meaning")])
    for parameter in TruthParameter.allCases { table.append([parameter.rawValue, parameter.meaning]) }
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
