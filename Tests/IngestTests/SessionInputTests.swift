import Campaign
import DurableFiles
import Foundation
import Ingest
import Testing

@Suite("SessionInput")
struct SessionInputTests {
  @Test("A session's logs or manifest are read from where the configuration says")
  func reads() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.makeFolder(folder + "/data/25_Jul_19")
    try ExposureLog.write(
      version: .flight, rows: try Acquisition(frames: 2).rows,
      to: folder + "/data/25_Jul_19/EXP_LOG_250719.txt")
    try AtomicFile.write(
      "file,type,exptime,group\na.fits,bias,0,BIAS01\n", to: folder + "/data/list.csv")
    try AtomicFile.write(
      """
      version: 1
      block: TEST
      camera: tiny
      paths: {data_root: data, results_root: results}
      sessions:
        D11: {data: [25_Jul_19], tasks: [{test: BIAS01, inputs: {N: 2}}]}
        LAB: {manifest: list.csv, tasks: [{test: BIAS01, inputs: {N: 1}}]}
      """, to: folder + "/block.yaml")
    let block = try BlockConfiguration.load(folder + "/block.yaml")
    let logged = try SessionInput.read(block.session(named: "D11"), of: block)
    #expect(logged.rows.count == 6 && logged.hasHousekeeping && logged.version == .flight)
    #expect(logged.rows[0].origin.folder == folder + "/data/25_Jul_19")
    let listed = try SessionInput.read(block.session(named: "LAB"), of: block)
    #expect(listed.rows.count == 1 && !listed.hasHousekeeping)
    #expect(listed.files == [folder + "/data/list.csv"])
    #expect(throws: CampaignError.self) { try block.session(named: "D12") }
    #expect(throws: FileError.self) { try BlockConfiguration.load(folder + "/none.yaml") }
    #expect(throws: FileError.self) { try BlockConfiguration.load(folder) }
    #expect(throws: FileError.self) { try InputFile.bytes(of: "/dev/zero") }
    #expect(throws: FileError.self) { try InputFile.bytes(of: folder + "/block.yaml", limit: 10) }
  }
}
