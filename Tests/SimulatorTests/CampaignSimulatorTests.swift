import Campaign
import Detector
import DurableFiles
import FITSFiles
import Foundation
import Ingest
import Testing

@testable import Simulator

@Suite("Simulated campaigns")
struct CampaignSimulatorTests {
  private let folder = TemporaryFolder()

  private func order(_ name: String = "out", faults: [Fault] = []) -> CampaignOrder {
    var order = CampaignOrder(output: folder.path + "/" + name)
    order.cameraName = "tiny"
    order.blocks = ["EINSTEIN"]
    order.frames = 2
    order.faults = faults
    return order
  }

  private func day(_ name: String = "out") -> String {
    "\(folder.path)/\(name)/EINSTEIN/data/23_Mar_19"
  }

  @Test("what is written reads back: log, house-keeping, frames, configuration, truth")
  func readsBack() async throws {
    let summary = try await CampaignSimulator(order()).run()
    #expect(summary.blocks.map(\.frames) == [12])
    let log = try ExposureLog.read(
      folders: [day()], options: .init(version: .flight, isStrict: true))
    #expect(log.rows.count == 12)
    #expect(log.issues.isEmpty)
    #expect(log.obsids == [1000, 1001, 1002, 1003])
    #expect(log.rows.first?.date?.isoText == "2019-03-23T19:36:47Z")
    let configuration = try BlockConfiguration.load(summary.blocks[0].configuration)
    let session = try configuration.session(named: "D11")
    for task in session.tasks {
      let definition = try configuration.definition(of: task)
      let rows = log.rows.filter { $0.test == definition.label }
      #expect(rows.count == 6)
      for row in rows {
        for (column, value) in definition.columns[0].expectedLogValues
        where row.values[column] != nil {
          #expect(value.admits(try #require(row.values[column])), "\(column)")
        }
      }
    }
    let locator = try RawFrameLocator(folder: day())
    let truth = try TruthFile.parse(
      try InputFile.bytes(of: folder.path + "/out/EINSTEIN/truth.json"))
    #expect(truth.exposures.map(\.obsid) == log.obsids)
    for row in log.rows {
      let structure = try FITSFile(path: try locator.path(of: row)).structure
      let hdu = try #require(structure.hdus.last)
      #expect(hdu.name == "ROE1_\(row.detector)")
      #expect(hdu.imageSize?.width == 238 && hdu.imageSize?.height == 172)
      #expect(hdu.cards.value(of: "OBSID")?.integer == row.obsid)
      #expect(hdu.cards.value(of: "DATE")?.text == row.text("date"))
      #expect(hdu.cards.value(of: "SN_CCD1")?.text == truth.detectors["CCD1"]?.serial)
    }
  }

  @Test("house-keeping is within all limits, and has exactly the version's keys")
  func housekeeping() async throws {
    _ = try await CampaignSimulator(order()).run()
    let log = try ExposureLog.read(folders: [day()])
    for obsid in log.obsids {
      let file = try HousekeepingFile.read(
        try HousekeepingFile.locate(obsid: obsid, in: day()), version: .flight)
      #expect(file.readings == 71)
      #expect(file.issues.isEmpty)
      let row = try #require(log.rows.first { $0.obsid == obsid })
      for key in HousekeepingTable.standard.keys where file.keys.contains(key.name) {
        let mean = try #require(file.mean(key.name))
        let command = key.command.flatMap { row.number($0) }
        #expect(key.performance?.admits(mean, command: command) ?? true, "\(key.name)")
        #expect(key.safe?.admits(mean, command: command) ?? true, "\(key.name)")
      }
    }
  }

  @Test("one thread and three write the same bytes, and another seed writes others")
  func reproducible() async throws {
    _ = try await CampaignSimulator(order("a")).run()
    var threaded = order("b")
    threaded.threads = 3
    _ = try await CampaignSimulator(threaded).run()
    var seeded = order("c")
    seeded.seed = 2
    _ = try await CampaignSimulator(seeded).run()
    let (a, b, c) = (try digests("a"), try digests("b"), try digests("c"))
    // Frames, the log, house-keeping, truth and configuration.
    #expect(a.count == 19)
    #expect(a == b)
    #expect(a.keys.sorted() == c.keys.sorted())
    for (name, digest) in a where name.hasSuffix(".fits") { #expect(c[name] != digest) }
  }

  @Test("frames may have an underscore in their names, and any year a date")
  func spellings() async throws {
    var order = order()
    order.underscoreInNames = true
    order.start = try #require(ElvisDate(iso: "2026-12-31T23:59:00"))
    let summary = try await CampaignSimulator(order).run()
    let configuration = try BlockConfiguration.load(summary.blocks[0].configuration)
    guard case .folders(let folders) = try configuration.session(named: "D11").source else {
      Issue.record("the session has no folders")
      return
    }
    #expect(folders == ["31_Dec_26", "01_Jan_27"])
    let log = try ExposureLog.read(
      folders: folders.map { configuration.dataPath($0) }, options: .init(isStrict: true))
    #expect(log.rows.count == 12)
    #expect(log.rows[0].fileName == "EUC_1000_311226D_235900T_ROE1_CCD1")
    for row in log.rows {
      _ = try RawFrameLocator(folder: row.origin.folder).path(of: row)
      #expect([2026, 2027].contains(row.date?.parts.year))
    }
  }

  @Test("the older versions have their own names of columns")
  func olderVersion() async throws {
    var order = order()
    order.elvis = "6.3.0"
    _ = try await CampaignSimulator(order).run()
    let version = try ElvisVersion.require("6.3.0")
    let log = try ExposureLog.read(
      folders: [day()], options: .init(version: version, isStrict: true))
    #expect(log.version.name == "6.3.0")
    #expect(log.rows[0].values["v_tpmod"]?.integer == 123)
  }

  @Test("a block's folder that is not empty is not touched")
  func occupied() async throws {
    _ = try await CampaignSimulator(order()).run()
    let before = try digests("out")
    var other = order()
    other.seed = 9
    await #expect(throws: SimulatorError.self) { try await CampaignSimulator(other).run() }
    #expect(try digests("out") == before)
    other.overwrites = true
    _ = try await CampaignSimulator(other).run()
    #expect(try digests("out") != before)
  }

  @Test("overwriting leaves what a first run of the same order writes, and files of others")
  func overwritten() async throws {
    var long = order()
    long.frames = 3
    long.start = try #require(ElvisDate(iso: "2019-03-23T23:58:00"))
    _ = try await CampaignSimulator(long).run()
    let block = folder.path + "/out/EINSTEIN"
    try AtomicFile.write("mine\n", to: block + "/data/23_Mar_19/notes.txt")
    try AtomicFile.write("mine\n", to: block + "/data/23_Mar_19/EUC_1_230319D193647T_ROE1_CCD1.fits")
    let packed = block + "/data/23_Mar_19/EUC_1000_230319D235800T_ROE1_CCD1.fits"
    try FileManager.default.moveItem(atPath: packed, toPath: packed + ".gz")
    func short(_ name: String) throws -> CampaignOrder {
      var order = order(
        name, faults: [Fault(.missingFrame, obsid: 1001), Fault(.housekeepingMissing)])
      order.frames = 1
      order.start = try #require(ElvisDate(iso: "2019-03-23T23:58:00"))
      return order
    }
    var again = try short("out")
    again.overwrites = true
    _ = try await CampaignSimulator(again).run()
    _ = try await CampaignSimulator(try short("new")).run()
    var left = try digests("out")
    #expect(left.removeValue(forKey: "EINSTEIN/data/23_Mar_19/notes.txt") != nil)
    let foreign = "EINSTEIN/data/23_Mar_19/EUC_1_230319D193647T_ROE1_CCD1.fits"
    #expect(left.removeValue(forKey: foreign) != nil)
    #expect(left == (try digests("new")))
    #expect(!FileManager.default.fileExists(atPath: block + "/data/24_Mar_19"))
  }

  @Test("a folder without a truth of its block is not overwritten")
  func notSimulated() async throws {
    let block = folder.path + "/out/EINSTEIN"
    let log = block + "/data/23_Mar_19/EXP_LOG_230319.txt"
    try AtomicFile.makeFolder(block + "/data/23_Mar_19")
    try AtomicFile.write("real\n", to: log)
    var order = order()
    order.overwrites = true
    let texts = ["", "{}", "[]", "\u{0}", #"{"format": 1, "block": "EINSTEIN"}"#]
    for text in [nil] + texts.map(Optional.some) {
      if let text { try AtomicFile.write(text, to: block + "/truth.json") }
      await #expect { try await CampaignSimulator(order).run() } throws: {
        ($0 as? SimulatorError)?.kind == .outputNotEmpty
      }
    }
    var other = self.order("b")
    other.blocks = ["BORN"]
    _ = try await CampaignSimulator(other).run()
    try AtomicFile.write(
      try InputFile.bytes(of: folder.path + "/b/BORN/truth.json"), to: block + "/truth.json")
    await #expect(throws: SimulatorError.self) { try await CampaignSimulator(order).run() }
    #expect(try InputFile.bytes(of: log) == Array("real\n".utf8))
  }

  @Test("data behind a symbolic link are not removed")
  func linked() async throws {
    _ = try await CampaignSimulator(order()).run()
    let data = folder.path + "/out/EINSTEIN/data"
    try FileManager.default.moveItem(atPath: data, toPath: folder.path + "/elsewhere")
    try FileManager.default.createSymbolicLink(
      atPath: data, withDestinationPath: folder.path + "/elsewhere")
    var order = order()
    order.overwrites = true
    await #expect(throws: SimulatorError.self) { try await CampaignSimulator(order).run() }
    let names = try InputFile.names(in: folder.path + "/elsewhere/23_Mar_19")
    #expect(names.count == 17)
  }

  @Test("orders that cannot be carried out are refused before anything is written")
  func refused() {
    func code(_ change: (inout CampaignOrder) -> Void) -> String? {
      var order = order()
      change(&order)
      do {
        _ = try CampaignSimulator(order)
        return nil
      } catch let error as SimulatorError { return error.code } catch { return "\(error)" }
    }
    #expect(code { $0.blocks = ["EINSTIEN"] } == "simulator-unknown-block")
    #expect(code { $0.blocks = ["BORN", "BORN"] } == "simulator-bad-option")
    #expect(code { $0.elvis = "5.7.02" } == "simulator-unsupported-elvis")
    #expect(code { $0.frames = 0 } == "simulator-bad-option")
    #expect(code { $0.firstObsID = -1 } == "simulator-bad-option")
    #expect(code { $0.faults = [Fault(.missingFrame, obsid: 5)] } == "simulator-fault-misses")
    #expect(code { $0.faults = [Fault(.saturated, detector: "CCD9")] } == "simulator-fault-misses")
    #expect(code { $0.tests = [] } == "simulator-bad-option")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
  }

  @Test("a request to stop ends the work between frames")
  func stops() async throws {
    struct Stop: Error {}
    await #expect(throws: Stop.self) {
      try await CampaignSimulator(order()).run(check: { throw Stop() })
    }
  }

  private func digests(_ name: String) throws -> [String: SHA256Digest] {
    let root = "\(folder.path)/\(name)"
    var result: [String: SHA256Digest] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder)
      if !isFolder.boolValue { result[path] = try SHA256Digest(ofFile: root + "/" + path) }
    }
    return result
  }
}

/// A folder that is removed with the test.
final class TemporaryFolder: Sendable {
  let path = FileManager.default.temporaryDirectory.path + "/vison-sim-\(UUID().uuidString)"
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
