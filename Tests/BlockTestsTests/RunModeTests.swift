import BlockTests
import Campaign
import Diagnostics
import Foundation
import Simulator
import Testing
import Warehouse

/// What the options and to-do lists of a run make of its steps.
@Suite struct RunModeTests {
  /// The configuration of a campaign with a to-do list for its tests.
  private func text(_ campaign: SmallCampaign, todo: String) throws -> String {
    try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
      .replacing(#/(- test: \S+)/#) { "\($0.1)\n        todo: [\(todo)]" }
  }

  private func steps(_ warehouse: Warehouse) throws -> [[String]] {
    try warehouse.testRuns().map { try warehouse.subtasks(of: $0.key).map(\.name) }
  }

  @Test(
    "A stored registration stands for the search, with the same results; without one it is an error"
  )
  func relock() async throws {
    let campaign = try await SmallCampaign(tests: ["PSFLUX00_800"])
    let text = try text(campaign, todo: "init, relock, check")
    let first = try await campaign.run(into: "w", configuration: text)
    #expect(first.summary.entries.first?.error?.contains("missing-step") == true)
    #expect(first.summary.exitCode == .wrongUse)
    #expect(try first.warehouse.testRuns().isEmpty)
    try first.warehouse.close()
    let locked = try await campaign.run(into: "w") { $0.checksOnly = true }
    let expected = try locked.warehouse.dump()
    try locked.warehouse.close()
    let again = try await campaign.run(into: "w", configuration: text)
    #expect(again.summary.entries.map(\.error) == [nil])
    #expect(
      try steps(again.warehouse) == [["init", "lock", "check"], ["init", "relock", "check"]])
    // Both runs have measured the same: every row is there twice.
    let both = try again.warehouse.dump()
    #expect(both == expected.flatMap { [$0, $0] })
    try again.warehouse.close()
    // A run that was relocked can be relocked, and -k keeps to what is listed.
    let third = try await campaign.run(
      into: "w", edit: { $0.checksOnly = true }, configuration: text)
    #expect(try steps(third.warehouse).last == ["init", "relock", "check"])
  }

  @Test("With both or neither listed the pattern is searched")
  func noRelock() throws {
    let configuration = try BlockConfiguration.parse(
      Array(
        """
        version: 1
        block: BORN
        elvis: 7.5.X
        paths: {data_root: data, results_root: results}
        sessions:
          D11:
            data: [x]
            tasks:
              - {test: PSFLUX00_800, todo: [init, lock, relock, check]}
              - {test: PSFLUX00_800.2}
              - {test: PSFLUX00_800.3, todo: [init, relock, check, report]}
              - {test: PSFLUX00_800.4, todo: [init]}
        """.utf8), path: "vison.yaml")
    let tasks = configuration.sessions[0].tasks
    let definition = try configuration.definition(of: tasks[0])
    var options = EngineOptions()
    func names() -> [[String]] { tasks.map { options.steps(of: $0, definition) } }
    #expect(names()[0] == ["init", "lock", "check"])
    #expect(names()[1].starts(with: ["init", "lock", "check"]))
    #expect(!names()[1].contains("relock"))
    #expect(names()[2...] == [["init", "relock", "check", "report"], ["init"]])
    options.checksOnly = true
    #expect(
      names() == [
        ["init", "lock", "check", "report"], ["init", "lock", "check", "report"],
        ["init", "relock", "check", "report"], ["init", "lock", "check", "report"],
      ])
    options.checksOnly = false
    options.ingestionOnly = true
    #expect(names() == Array(repeating: ["init"], count: 4))
    options.ingestionOnly = false
    options.only = ["check"]
    #expect(names() == Array(repeating: ["init", "check", "report"], count: 4))
  }

  @Test(
    "Set-up only: exposures are selected and compared, no pixel is read", arguments: CheckedTest.all
  )
  func setUpOnly(_ test: CheckedTest) async throws {
    let campaign = try await SmallCampaign(
      faults: [Fault(.wrongExposureTime, obsid: 1001), Fault(.notFITS, obsid: 1000)],
      tests: [CampaignOrder.Test(test.test, inputs: test.inputs)])
    let (warehouse, summary) = try await campaign.run { $0.ingestionOnly = true }
    #expect(summary.entries.map(\.error) == [nil])
    #expect(try steps(warehouse) == [["init"]])
    #expect(try warehouse.quantities().isEmpty)
    let flags = try warehouse.flags(of: warehouse.testRuns()[0].key).map(\.flag)
    #expect(Set(flags.map(\.name)) == ["MISSDATA"])
    #expect(flags.contains { $0.cause.contains("fits-not-fits") })
    #expect(test.isLong || flags.contains { $0.cause.contains("exptime") })
  }

  @Test("The log of a session of two tests has the original's records in their order")
  func log() async throws {
    let campaign = try await SmallCampaign(
      faults: [Fault(.missingFrame, obsid: 1005, detector: "CCD2")],
      tests: [
        CampaignOrder.Test("FLATFLUX00_800"),
        CampaignOrder.Test("FLATFLUX00_880"),
      ])
    let configuration = try BlockConfiguration.load(campaign.configurationPath)
    let warehouse = try Warehouse.create(at: "\(campaign.folder)/w")
    var options = EngineOptions(tag: "_T")
    options.checksOnly = true
    let path = "\(campaign.folder)/run.log"
    let engine = Engine(
      configuration: configuration, warehouse: warehouse, options: options,
      log: try RunLog(path: path), observer: EngineObserver(), reporter: { _, _ in [] })
    _ = try await engine.run(session: try configuration.session(named: "D11"))
    let lines = try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: "\n").map(String.init)
    var rest = lines[...]
    /// The next line that ends so; those before it are passed over.
    func next(_ end: String) {
      guard let index = rest.firstIndex(where: { $0.hasSuffix(end) }) else {
        Issue.record("no line '\(end)' in \(rest.prefix(12))")
        return
      }
      rest = rest[(index + 1)...]
    }
    next("Starting FM Calib. Pipeline")
    next("Pipeline ID: \(options.name)")
    next("Results will be saved in:")
    next(warehouse.folder)
    next("INFO - Running Task: FLATFLUX00_800")
    next("BLOCKID = BORN")
    next("Executing check: Data validation")
    next("minutes in running Sub-task: check")
    next("Task FLATFLUX00_800 exited with Errors: False")
    next("INFO - Running Task: FLATFLUX00_880")
    next("MISSDATA: frame ObsID 1005 CCD2: listed as EUC_1005_230319D193859T_ROE1_CCD2, is")
    next("Task FLATFLUX00_880 exited with Errors: False")
    // The summary comes after each task; this is the last one, whole.
    let start = try #require(
      lines.lastIndex { $0.hasPrefix("Pipeline ID: ") })
    let summary = lines[(start - 5)...]
    let hash = String(repeating: "#", count: 70)
    #expect(summary.first?.hasSuffix("INFO - _") == true)
    #expect(
      summary.dropFirst().map { $0.replacing(#/\d+\.\d minutes/#, with: "x.x minutes") } == [
        "_", "_", "_", hash, "Pipeline ID: \(options.name)", "BLOCK ID: BORN", "Chamber: B_BORN",
        "vison version: \(ProgramVersion.current)", "Tasks: ['FLATFLUX00_800', 'FLATFLUX00_880']",
        "_", "FLATFLUX00_800", "Executed in x.x minutes", "OBSIDs range = [1000, 1003]",
        "Raised Flags = []", "_", "FLATFLUX00_880", "Executed in x.x minutes",
        "OBSIDs range = [1004, 1007]", "Raised Flags = ['MISSDATA', 'POORQUALDATA', 'FLUENCE_OOL']",
        "_", "_", "_", "_", hash,
      ])
  }
}
