import BlockTests
import Campaign
import Diagnostics
import Foundation
import Simulator
import Testing
import Warehouse

@Suite("Waiting for data")
struct WaitingTests {
  @Test("a test is run once, when its last exposure is whole, and not before")
  func arrives() async throws {
    let stage = try await WaitingStage()
    stage.script = [
      { try stage.deliver(0..<1) }, { try stage.deliver(1..<2) }, { try stage.deliver(2..<3) },
    ]
    let (outcome, warehouse) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.end == .allDone)
    #expect(outcome.open.isEmpty)
    let entry = try #require(outcome.summary.entries.first)
    #expect(outcome.summary.entries.count == 1)
    #expect(entry.error == nil && entry.flags == [] && entry.obsids == 1000...1002)
    #expect(
      stage.events.map(\.event)
        == [.away, .back, .begun, .acquired, .started, .finished])
    #expect(stage.standings.contains("BIAS01 2 of 3 exposures, ObsIDs 1000-1001"))
    #expect(try warehouse.testRuns().map(\.status) == [.finished])
    #expect(try warehouse.analyses().map(\.status) == [.finished])
  }

  @Test("the stored digest of the log is that of the bytes that were read, not of what came later")
  func logDigest() async throws {
    let stage = try await WaitingStage(["BIAS01", "BIAS02"])
    try stage.deliver(0..<3)
    stage.onEvent = { if $0.event == .started { try stage.log(["garbage\n"]) } }
    let (_, warehouse) = try await stage.wait(for: ["BIAS01"])
    let log = try #require(
      try warehouse.inputs(of: warehouse.testRuns()[0].key).first { $0.role == .explog })
    let size = try stage.lines[0].utf8.count + stage.lines(of: 0..<3).joined().utf8.count
    #expect(log.size == size)
  }

  @Test("a frame that comes after its line in the log is waited for")
  func lateFrame() async throws {
    let stage = try await WaitingStage()
    let late = try stage.frame(1, "CCD2")
    try stage.deliver(0..<3, except: late)
    stage.script = [{}, {}, {}, { try stage.bring(1..<2) }]
    let (outcome, _) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.summary.entries.map(\.flags) == [[]])
    #expect(
      stage.texts(.lacking)
        == ["BIAS01: waiting for ObsID 1001 CCD2: not there yet; at most 95 s"])
  }

  @Test(
    "a frame that is written slowly is read when it is whole; one that stays short is done without")
  func growing() async throws {
    let stage = try await WaitingStage()
    let slow = try stage.frame(2, "CCD3")
    try stage.deliver(0..<3, except: slow)
    stage.script = (1...12).map { part in { try stage.bringPart(of: slow, bytes: part * 2880) } }
    stage.script.append { try stage.bring(2..<3) }
    let whole = try await stage.wait(for: ["BIAS01"])
    #expect(whole.outcome.summary.entries.map(\.flags) == [[]])

    let short = try await WaitingStage()
    try short.deliver(0..<3, except: slow)
    try short.bringPart(of: slow, bytes: 5000)
    let (outcome, warehouse) = try await short.wait(for: ["BIAS01"])
    #expect(outcome.summary.entries.first?.flags?.contains(.missingData) == true)
    #expect(outcome.summary.exitCode == .outOfLimits)
    #expect(
      short.texts(.lacking).last?.contains(
        "is run without what is still lacking: ObsID 1002 CCD3: ")
        == true)
    #expect(try warehouse.testRuns().map(\.status) == [.finished])
  }

  @Test("a house-keeping file that never comes does not hold the test for ever")
  func housekeeping() async throws {
    let stage = try await WaitingStage()
    try stage.deliver(0..<3, except: "HK_1001_")
    let (outcome, _) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.end == .allDone)
    #expect(
      stage.texts(.lacking).first?.contains("ObsID 1001 house-keeping: not there yet") == true)
  }

  @Test(
    "a log that is written again in place, cut anywhere, does no harm",
    arguments: [0, 40, 900, 2500])
  func rewritten(bytes: Int) async throws {
    let stage = try await WaitingStage()
    try stage.deliver(0..<2)
    let whole = try stage.lines[0] + stage.lines(of: 0..<3).joined()
    stage.script = [
      { try stage.rewriteLog(String(whole.prefix(bytes))) }, {}, { try stage.rewriteLog(whole) },
      { try stage.bring(2..<3) },
    ]
    let (outcome, _) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.end == .allDone)
    #expect(outcome.summary.entries.map(\.flags) == [[]])
    #expect(outcome.summary.entries.map(\.obsids) == [1000...1002])
  }

  @Test("a log of another version ends the waiting, but not at once")
  func wrongVersion() async throws {
    let stage = try await WaitingStage()
    try stage.log([])
    try stage.rewriteLog("ObsID\tsomething\n")
    await #expect(throws: (any Error).self) { try await stage.wait(for: ["BIAS01"]) }
    #expect(stage.texts(.unreadable).count == 1)
  }

  @Test("a folder that is away for a while is waited for")
  func vanishing() async throws {
    let stage = try await WaitingStage()
    try stage.deliver(0..<2)
    stage.script = [
      { try FileManager.default.moveItem(atPath: stage.day, toPath: stage.day + ".away") }, {}, {},
      { try FileManager.default.moveItem(atPath: stage.day + ".away", toPath: stage.day) },
      { try stage.deliver(2..<3) },
    ]
    let (outcome, _) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.summary.entries.map(\.flags) == [[]])
    #expect(stage.texts(.away).count == 1)
    #expect(stage.texts(.back).count == 1)
  }

  @Test("frames that vanish while the test is run do not count against it: it is run again")
  func vanishesWhileRunning() async throws {
    let stage = try await WaitingStage()
    let frame = try stage.frame(0, "CCD1")
    try stage.deliver(0..<3)
    var isFirst = true
    stage.onEvent = { event in
      switch event.event {
      case .started where isFirst:
        isFirst = false
        try FileManager.default.removeItem(atPath: "\(stage.day)/\(frame)")
      case .retried: try stage.bring(0..<1)
      default: break
      }
    }
    let (outcome, warehouse) = try await stage.wait(for: ["BIAS01"])
    #expect(stage.texts(.retried).count == 1)
    #expect(stage.texts(.retried).first?.contains("error[data-lost]") == true)
    #expect(outcome.summary.entries.map(\.flags) == [[]])
    #expect(try warehouse.testRuns().map(\.status) == [.finished])
  }

  @Test(
    "a folder that vanishes while pixels are read: the test is run again, in an analysis of its own"
  )
  func vanishesWhileReading() async throws {
    let stage = try await WaitingStage(["BIAS01", "BIAS02"])
    let frame = try stage.frame(3, "CCD1")
    try stage.deliver(0..<6)
    var isFirst = true
    // The second test's frame goes away between set-up and check.
    stage.onStep = { step in
      guard step == "check", isFirst, stage.texts(.started).count == 2 else { return }
      isFirst = false
      try FileManager.default.removeItem(atPath: "\(stage.day)/\(frame)")
    }
    stage.onEvent = { if $0.event == .retried { try stage.bring(3..<4) } }
    let (outcome, warehouse) = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(stage.texts(.retried).count == 1)
    #expect(outcome.end == .allDone)
    #expect(outcome.summary.entries.map(\.test) == ["BIAS01", "BIAS02"])
    #expect(outcome.summary.entries.map(\.error) == [nil, nil])
    #expect(outcome.summary.entries.map(\.flags) == [[], []])
    #expect(try warehouse.testRuns().map(\.status) == [.finished, .failed, .finished])
    #expect(try warehouse.analyses().map(\.status) == [.failed, .finished])
  }

  @Test("a test that analyses another one's frames shares them")
  func shared() async throws {
    let inputs: [String: ScriptValue] = ["frames": .numbers([1])]
    let stage = try await WaitingStage(orders: [CampaignOrder.Test("PTC02_590", inputs: inputs)])
    stage.script = [{ try stage.deliver(0..<4) }, { try stage.deliver(4..<6) }]
    let (outcome, _) = try await stage.wait(for: ["PTC02_590", "BF01_590"], inputs: inputs)
    #expect(outcome.end == .allDone)
    #expect(outcome.summary.entries.map(\.test) == ["PTC02_590", "BF01_590"])
    #expect(outcome.summary.entries.map(\.obsids) == [1000...1005, 1000...1005])
    #expect(outcome.summary.entries.map(\.error) == [nil, nil])
  }

  @Test("an ObsID given twice is said, and the test is run and flagged")
  func repeatedObsID() async throws {
    let stage = try await WaitingStage(frames: 4, faults: [Fault(.repeatedObsID, obsid: 1002)])
    try stage.deliver(0..<4)
    let (outcome, _) = try await stage.wait(for: ["BIAS01"], frames: 4)
    #expect(stage.texts(.repeated) == ["BIAS01: ObsID 1001 was given to more than one exposure"])
    #expect(outcome.summary.entries.first?.flags?.contains(.missingData) == true)
  }

  @Test("a test aborted and submitted again: -O takes the whole attempt")
  func resubmitted() async throws {
    let stage = try await WaitingStage(
      ["BIAS01", "BIAS02"], faults: [Fault(.abortedTest, obsid: 1001)])
    stage.script = (0..<8).map { number in { try stage.deliver(number..<number + 1) } }
    let (outcome, _) = try await stage.wait(for: ["BIAS01", "BIAS02"], firstObsid: 1002)
    #expect(outcome.summary.entries.map(\.obsids) == [1002...1004, 1005...1007])
    #expect(outcome.summary.entries.map(\.flags) == [[], []])
    #expect(stage.texts(.partial).isEmpty)
  }

  @Test(
    "without -O the mixture is run as soon as it is complete, and then said to be one, with the remedy"
  )
  func resubmittedUnknown() async throws {
    let stage = try await WaitingStage(
      ["BIAS01", "BIAS02"], faults: [Fault(.abortedTest, obsid: 1001)])
    for number in 0..<8 { stage.script += [{ try stage.deliver(number..<number + 1) }, {}, {}] }
    let first = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(first.outcome.summary.entries.map(\.obsids) == [1000...1002, 1005...1007])
    #expect(
      stage.texts(.partial) == [
        "BIAS01: 2 more exposures (ObsIDs 1003-1004) came after those that were run; if it was aborted "
          + "and submitted again at ObsID 1002, run again with -O 1002"
      ])
    try first.warehouse.close()
    let again = try await stage.wait(for: ["BIAS01", "BIAS02"], firstObsid: 1002)
    #expect(again.outcome.summary.entries.map(\.test) == ["BIAS01"])
    #expect(again.outcome.summary.entries.map(\.obsids) == [1002...1004])
    #expect(again.outcome.earlier.map(\.test) == ["BIAS02"])
  }

  @Test("what has come before the start is read at once, and the newest whole attempt counts")
  func lateStart() async throws {
    let stage = try await WaitingStage(
      ["BIAS01", "BIAS02"], faults: [Fault(.abortedTest, obsid: 1001)])
    try stage.deliver(0..<8)
    let (outcome, _) = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(outcome.summary.entries.map(\.obsids) == [1002...1004, 1005...1007])
    #expect(
      stage.texts(.partial) == ["BIAS01: ObsIDs 1000-1001: 2 of 3 exposures, 1 missing; aborted"])
  }

  @Test("a test that is not acquired as a whole is said to be partial, and not run")
  func partial() async throws {
    let stage = try await WaitingStage(["BIAS01", "BIAS02"])
    stage.script = [{ try stage.deliver(0..<2) }, { try stage.deliver(3..<6) }]
    let (outcome, warehouse) = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(outcome.end == .timedOut)
    #expect(outcome.open.map(\.test) == ["BIAS01"])
    #expect(outcome.open.map(\.text) == ["2 of 3 exposures, ObsIDs 1000-1001; aborted"])
    #expect(stage.texts(.timeout).map { $0.contains("still waiting for BIAS01") } == [true])
    #expect(try warehouse.testRuns().map(\.test) == ["BIAS02"])
  }

  @Test("an exposure that is not in the log, between others, is waited for and then done without")
  func gap() async throws {
    let stage = try await WaitingStage()
    try stage.bring(0..<3)
    try stage.log(stage.lines(of: 0..<1) + stage.lines(of: 2..<3))
    let (outcome, _) = try await stage.wait(for: ["BIAS01"])
    #expect(stage.texts(.lacking).first?.contains("ObsID 1001 is not in the log") == true)
    #expect(outcome.summary.entries.first?.flags?.contains(.missingData) == true)
  }

  @Test("the same test twice in a session gets one acquisition each")
  func twice() async throws {
    let stage = try await WaitingStage(frames: 6)
    stage.script = (0..<6).map { number in { try stage.deliver(number..<number + 1) } }
    let names = ["BIAS01.1", "BIAS01.2"]
    let first = try await stage.wait(for: names)
    #expect(first.outcome.summary.entries.map(\.obsids) == [1000...1002, 1003...1005])
    try first.warehouse.close()
    let again = try await stage.wait(for: names)
    #expect(again.outcome.earlier.map(\.test) == names)
    #expect(again.outcome.summary.entries.isEmpty)
  }
}
