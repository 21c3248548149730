import Campaign
import Detector
import DurableFiles
import Foundation
import Ingest
import Synchronization
import Testing

@testable import Simulator

@Suite("Acquisition at its own pace")
struct LiveAcquisitionTests {
  private let folder = TemporaryFolder()

  private func order(_ name: String, faults: [Fault] = []) -> CampaignOrder {
    var order = CampaignOrder(output: folder.path + "/" + name)
    order.cameraName = "tiny"
    order.blocks = ["EINSTEIN"]
    order.tests = [CampaignOrder.Test("BIAS01", inputs: ["N": .int(4)])]
    order.faults = faults
    return order
  }

  private func files(_ name: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    let root = "\(folder.path)/\(name)/EINSTEIN"
    for path in FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? [] {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder)
      if !isFolder.boolValue { files[path] = try InputFile.bytes(of: root + "/" + path) }
    }
    return files
  }

  private let waitFaults = [
    Fault(.lateFrame, obsid: 1000, detector: "CCD2"), Fault(.logRewritten, obsid: 1001),
    Fault(.vanishingFolder, obsid: 1002), Fault(.abortedTest, obsid: 1002),
    Fault(.growingFrame, obsid: 1003, detector: "CCD1"),
  ]

  @Test("in the end the files are those of an order without pace")
  func sameBytes() async throws {
    _ = try await CampaignSimulator(order("now", faults: waitFaults)).run()
    var paced = order("paced", faults: waitFaults)
    paced.acceleration = 1e6
    let summary = try await CampaignSimulator(paced).run()
    #expect(summary.blocks.map(\.exposures) == [7])
    let (now, then) = (try files("now"), try files("paced"))
    #expect(now.count == 3 + 7 * 4)
    #expect(now == then)
  }

  @Test("on the way the log grows, is short for a while, the folder is away, a frame comes late")
  func onTheWay() async throws {
    var order = order("live", faults: waitFaults)
    order.acceleration = 1000
    let day = "\(folder.path)/live/EINSTEIN/data/23_Mar_19"
    /// What was seen: number of log bytes (-1 where the folder was away), and of frames.
    let seen = Mutex<[(log: Int, frames: Int)]>([])
    _ = try await CampaignSimulator(order).run(check: {
      let names = try? InputFile.names(in: day)
      let log = (try? InputFile.bytes(of: day + "/EXP_LOG_230319.txt"))?.count
      let frames = (names ?? []).filter { $0.hasSuffix(".fits") }.count
      let isAway = FileManager.default.fileExists(atPath: day + ".away")
      seen.withLock { $0.append((isAway ? -1 : log ?? 0, frames)) }
    })
    let states = seen.withLock { $0 }
    #expect(states.contains { $0.log == -1 })
    let logs = states.map(\.log).filter { $0 >= 0 }
    #expect(Set(logs).count >= 6)
    #expect(zip(logs, logs.dropFirst()).contains { $1 < $0 && $1 > 0 })
    // The late frame of 1000 is not there when the log has its line, nor when 1001 is whole.
    #expect(states.contains { $0.log > 0 && $0.frames == 2 })
    #expect(states.contains { $0.frames == 5 })
    #expect(try InputFile.names(in: day).filter { $0.hasSuffix(".fits") }.count == 21)
  }

  @Test(
    "a growing frame has a quarter of its bytes when the log has its line, then half, and so on")
  func growing() async throws {
    var order = order("growing", faults: [Fault(.growingFrame, obsid: 1001, detector: "CCD1")])
    order.acceleration = 300
    let day = "\(folder.path)/growing/EINSTEIN/data/23_Mar_19"
    let frame = Mutex("")
    let seen = Mutex<[(size: Int, isLogged: Bool)]>([])
    _ = try await CampaignSimulator(order).run(check: {
      let name = ((try? InputFile.names(in: day)) ?? []).first {
        $0.hasPrefix("EUC_1001_") && $0.hasSuffix("CCD1.fits")
      }
      guard let name else { return }
      frame.withLock { $0 = name }
      let log = (try? InputFile.bytes(of: day + "/EXP_LOG_230319.txt")) ?? []
      let size = try InputFile.bytes(of: day + "/" + name).count
      seen.withLock {
        $0.append((size, String(decoding: log, as: UTF8.self).contains("EUC_1001_")))
      }
    })
    let states = seen.withLock { $0 }
    let whole = try InputFile.bytes(of: day + "/" + frame.withLock { $0 }).count
    let sizes = states.filter(\.isLogged).map(\.size)
    #expect(sizes == sizes.sorted())
    // Parts may fall together on a busy machine; the first is there with the line.
    #expect(sizes.first == whole / 4)
  }

  @Test("a request to end is heard, and the folder and the log are whole after it")
  func interruption() async throws {
    struct Stop: Error {}
    for fault in [Fault(.vanishingFolder, obsid: 1000), Fault(.logRewritten, obsid: 1000)] {
      let name = fault.kind.rawValue
      var order = order(name, faults: [fault])
      let day = "\(folder.path)/\(name)/EINSTEIN/data/23_Mar_19"
      order.acceleration = 400
      await #expect(throws: Stop.self) {
        _ = try await CampaignSimulator(order).run(check: {
          let log = (try? InputFile.bytes(of: day + "/EXP_LOG_230319.txt"))?.count ?? 0
          let isAway = FileManager.default.fileExists(atPath: day + ".away")
          let isShort = fault.kind == .logRewritten && log > 0
          if isAway || isShort { throw Stop() }
        })
      }
      #expect(!FileManager.default.fileExists(atPath: day + ".away"))
      let log = try ExposureLog.read(folders: [day])
      #expect(log.rows.count == 3 && log.issues.isEmpty)
    }
  }

  @Test("paces that are none are refused", arguments: [0, -1, .nan, .infinity, 1e12])
  func badPace(acceleration: Double) {
    var order = order("bad")
    order.acceleration = acceleration
    #expect(throws: SimulatorError.self) { _ = try CampaignSimulator(order) }
  }
}
