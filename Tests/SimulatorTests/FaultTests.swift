import Campaign
import Detector
import DurableFiles
import FITSFiles
import Foundation
import Ingest
import Testing

@testable import Simulator

@Suite("Faults on demand")
struct FaultTests {
  private let folder = TemporaryFolder()
  private var day: String { folder.path + "/EINSTEIN/data/23_Mar_19" }

  /// Three exposures of BIAS01 with one fault of ObsID 1001, CCD2.
  private func simulate(_ kind: Fault.Kind) async throws {
    var order = CampaignOrder(output: folder.path)
    order.cameraName = "tiny"
    order.blocks = ["EINSTEIN"]
    order.tests = ["BIAS01"]
    order.frames = 3
    order.faults = [Fault(kind, obsid: 1001, detector: "CCD2")]
    _ = try await CampaignSimulator(order).run()
  }

  private var framePath: String {
    get throws {
      let names = try InputFile.names(in: day)
      let name = names.first { $0.hasPrefix("EUC_1001_") && $0.hasSuffix("CCD2.fits") }
      return day + "/" + (name ?? "missing")
    }
  }

  @Test(
    "each kind is recorded in the truth and leaves the other frames alone",
    arguments: Fault.Kind.allCases)
  func recorded(kind: Fault.Kind) async throws {
    try await simulate(kind)
    let truth = try TruthFile.parse(
      try InputFile.bytes(of: folder.path + "/EINSTEIN/truth.json"))
    #expect(truth.faults.map(\.kind) == [kind])
    #expect(truth.faults.map(\.obsid) == [1001])
    #expect(!kind.explanation.isEmpty)
    let sound = try InputFile.names(in: day).filter {
      $0.hasSuffix(".fits") && !($0.hasPrefix("EUC_1001_") && $0.hasSuffix("CCD2.fits"))
    }
    // An aborted test leaves two frames a detector, then comes whole.
    let expected: [Fault.Kind: Int] = [.abortedTest: 14, .repeatedObsID: 9]
    #expect(sound.count == expected[kind] ?? 8)
    for name in sound {
      #expect(try FITSFile(path: day + "/" + name).structure.hdus.count == 2)
    }
  }

  @Test("a missing frame is listed and not there")
  func missing() async throws {
    try await simulate(.missingFrame)
    let log = try ExposureLog.read(folders: [day], options: .init(isStrict: true))
    let locator = try RawFrameLocator(folder: day)
    let lost = log.rows.filter { (try? locator.path(of: $0)) == nil }
    #expect(lost.map(\.obsid) == [1001])
    #expect(lost.map(\.detector) == ["CCD2"])
  }

  @Test(
    "damaged files are refused", arguments: [Fault.Kind.truncatedFile, .notFITS, .zeroBytes])
  func damaged(kind: Fault.Kind) async throws {
    try await simulate(kind)
    let path = try framePath
    #expect(FileManager.default.fileExists(atPath: path))
    #expect(throws: FITSError.self) { _ = try FITSFile(path: path).readInt32() }
  }

  @Test("a frame of wrong size is a sound file of that size")
  func wrongSize() async throws {
    try await simulate(.wrongSize)
    let hdu = try #require(try FITSFile(path: try framePath).structure.hdus.last)
    #expect(hdu.axes == [228, 162])
  }

  @Test("a wrong serial number stands in the log and the header of that frame")
  func serial() async throws {
    try await simulate(.wrongSerial)
    let log = try ExposureLog.read(folders: [day])
    for row in log.rows {
      #expect((row.text("sn_ccd2") == "00000-00-00") == (row.obsid == 1001))
    }
    let hdu = try #require(try FITSFile(path: try framePath).structure.hdus.last)
    #expect(hdu.cards.value(of: "SN_CCD2")?.text == "00000-00-00")
  }

  @Test("house-keeping leaves its limits, is NaN, or is missing")
  func housekeeping() async throws {
    try await simulate(.housekeepingOutOfLimits)
    let file = try HousekeepingFile.read(try HousekeepingFile.locate(obsid: 1001, in: day))
    #expect(abs(try #require(file.mean("CCD2_OD_T")) - 27) < 0.1)
    #expect(abs(try #require(file.mean("CCD1_OD_T")) - 26) < 0.1)
    #expect(file.mean("CCD2_TEMP_T") == -100)
  }

  @Test("house-keeping that is NaN has no valid reading")
  func housekeepingNaN() async throws {
    try await simulate(.housekeepingNaN)
    let file = try HousekeepingFile.read(try HousekeepingFile.locate(obsid: 1001, in: day))
    #expect(file.statistics["CCD2_TEMP_T"]?.invalid == 71)
    #expect(file.statistics["CCD1_TEMP_T"]?.invalid == 0)
  }

  @Test("house-keeping that is missing is missing for that exposure")
  func housekeepingMissing() async throws {
    try await simulate(.housekeepingMissing)
    #expect(throws: IngestError.self) { try HousekeepingFile.locate(obsid: 1001, in: day) }
    _ = try HousekeepingFile.locate(obsid: 1000, in: day)
  }

  @Test("an exposure that is listed twice is reported as such")
  func duplicate() async throws {
    try await simulate(.duplicateObsID)
    let log = try ExposureLog.read(folders: [day])
    #expect(log.rows.filter { $0.obsid == 1001 }.count == 6)
    #expect(log.issues.count == 3)
  }

  @Test("a corrupted line is set aside, and its neighbours are not")
  func corruptedLine() async throws {
    try await simulate(.corruptedLogLine)
    let log = try ExposureLog.read(folders: [day])
    #expect(log.rows.count == 8)
    #expect(log.issues.filter { $0.severity == .setAside }.map(\.line) == [6])
  }

  @Test("a wrong exposure time stands in all rows of the exposure")
  func exposureTime() async throws {
    try await simulate(.wrongExposureTime)
    let log = try ExposureLog.read(folders: [day])
    for row in log.rows { #expect(row.exposureTime == (row.obsid == 1001 ? 1.5 : 0)) }
  }

  @Test(
    "saturated and lost pixels are there in number",
    arguments: [(Fault.Kind.saturated, 65535, 30), (.lostPixels, 0, 8)])
  func pixels(kind: Fault.Kind, value: Int32, rows: Int) async throws {
    try await simulate(kind)
    let image = try FITSFile(path: try framePath).readInt32()
    let count = withExtendedLifetime(image) { image.pixels.filter { $0 == value }.count }
    #expect(count == rows * 68)
  }

  @Test("an exposure repeats the number of the one before it, with other pixels")
  func repeatedNumber() async throws {
    try await simulate(.repeatedObsID)
    let names = try InputFile.names(in: day).filter {
      $0.hasPrefix("EUC_1000_") && $0.hasSuffix("CCD1.fits")
    }
    #expect(names.count == 2)
    let frames = try names.map { try FITSFile(path: day + "/" + $0).readInt32() }
    #expect(withExtendedLifetime(frames) { Array(frames[0].pixels) != Array(frames[1].pixels) })
    let log = try ExposureLog.read(folders: [day])
    #expect(log.rows.filter { $0.obsid == 1000 }.count == 6)
    #expect(log.rows.filter { $0.obsid == 1001 }.isEmpty)
    #expect(throws: IngestError.self) { try HousekeepingFile.locate(obsid: 1000, in: day) }
  }

  @Test("an aborted test is acquired again, and the configuration names the whole attempt")
  func aborted() async throws {
    try await simulate(.abortedTest)
    let log = try ExposureLog.read(folders: [day])
    #expect(log.obsids == [1000, 1001, 1002, 1003, 1004])
    let configuration = try BlockConfiguration.load(folder.path + "/EINSTEIN/vison.yaml")
    #expect(configuration.sessions[0].tasks.map(\.obsids) == [1002...1004])
  }

  @Test("the first exposure has no number before it")
  func nothingToRepeat() async throws {
    var order = CampaignOrder(output: folder.path)
    order.cameraName = "tiny"
    order.blocks = ["EINSTEIN"]
    order.faults = [Fault(.repeatedObsID, obsid: 1000)]
    #expect(throws: SimulatorError.self) { _ = try CampaignSimulator(order) }
  }

  @Test("texts are understood, and mistakes named")
  func parsing() throws {
    #expect(try Fault(parsing: "hk-nan") == Fault(.housekeepingNaN))
    #expect(
      try Fault(parsing: "wrong-size:1002:CCD3")
        == Fault(.wrongSize, obsid: 1002, detector: "CCD3"))
    for text in [
      "", "hk-non", "hk-nan:x", "hk-nan:-1", "hk-nan:1:CCD1:2", "hk-nan:99999999999999999999",
    ] {
      #expect(throws: SimulatorError.self) { try Fault(parsing: text) }
    }
    let error = #expect(throws: SimulatorError.self) { try Fault(parsing: "missing-frme") }
    #expect(error?.remedy?.contains("missing-frame") == true)
  }
}
