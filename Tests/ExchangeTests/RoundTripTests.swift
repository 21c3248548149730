import FITSFiles
import Foundation
import Testing

@testable import Exchange
@testable import Warehouse

@Suite struct RoundTripTests {
  @Test(
    "Export, import into an empty warehouse, export: the same bytes",
    arguments: ExchangeFormat.allCases)
  func sameBytes(format: ExchangeFormat) throws {
    let folder = try TemporaryFolder()
    let (first, second) = (try folder.warehouse("a"), try folder.warehouse("b"))
    try fill(first)
    let filter = ResultFilter()
    let path = "\(folder.path)/1.\(format.rawValue)"
    let rows = try ResultExport.write(format, testHeader, from: first, matching: filter, to: path)
    #expect(rows == 4 * (hostileNumbers.count + hostileTexts.count + 1))
    var options = ImportOptions.plain
    options.takesVerdicts = true
    let report = try importing([path], options, into: second)
    #expect(report.badRows == 0 && report.rows == rows && report.analyses.count == 2)
    #expect(report.analyses.map(\.program) == ["0.1.1", "0.1.2"])
    _ = try ResultExport.write(
      format, testHeader, from: second, matching: filter, to: "\(folder.path)/2.\(format.rawValue)")
    #expect(try folder.bytes("1.\(format.rawValue)") == folder.bytes("2.\(format.rawValue)"))
    #expect(try second.verify().isEmpty)
    // Bit for bit, which equal texts would not show by themselves.
    let sql = "SELECT value FROM results WHERE quantity = 'ptc.gain' ORDER BY block, started, obsid"
    let (a, b) = (try first.readOnlySQL(sql).rows, try second.readOnlySQL(sql).rows)
    #expect(a == b && a.count == 4 * hostileNumbers.count)
    let again = try importing([path], options, into: second)
    #expect(again.analyses.allSatisfy { $0.state == .present })
    #expect(try second.testRuns().count == 4)
  }

  @Test("In electrons: values, uncertainties and units are converted, the gains are named, and the bytes repeat")
  func electrons() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: "FM1", ulid: "U", programVersion: "1", host: "h", operatorName: "o", commandLine: "c",
        configuration: "{}", configurationDigest: "d", started: testTime))
    for (test, measurements) in [
      (
        "BIAS01",
        ["E", "F"].map {
          MeasurementRecord(
            quantity: .readNoise, detector: "CCD1", amplifier: $0,
            value: .value(4, uncertainty: 0.25, count: 12))
        }
      ),
      (
        "PTC01",
        [MeasurementRecord(quantity: .gain, detector: "CCD1", amplifier: "E", value: .value(2))]
      ),
    ] {
      let run = try warehouse.beginTestRun(
        TestRunRecord(
          campaign: "flight", block: "BORN", camera: "euclid-vis", test: test, session: "D11",
          serials: ["CCD1": "14313-17-01"], configurationDigest: "c", inputDigest: "i",
          started: testTime), of: analysis)
      try warehouse.commit(
        SubtaskCommit(name: "meta", ordinal: 0, seconds: 1, measurements: measurements), to: run)
      try warehouse.finishTestRun(run, status: .finished, time: testTime)
    }
    try warehouse.finishAnalysis(analysis, status: .finished, time: testTime)
    let gains = try warehouse.gains()
    #expect(gains.sources.count == 1)
    var header = testHeader
    header.gains = gains.sources
    var texts: [String] = []
    for _ in 0..<2 {
      var bytes: [UInt8] = []
      _ = try ResultExport.stream(
        .csv, header, from: warehouse, matching: ResultFilter(quantities: ["bias.ron"]),
        inElectrons: gains) { bytes += $0 }
      texts.append(String(decoding: bytes, as: UTF8.self))
    }
    #expect(texts[0] == texts[1])
    let lines = texts[0].split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("# gains: BORN: PTC01 run ") })
    #expect(lines.contains { $0.hasPrefix("# quantity: ") && $0.contains("\"unit\": \"electron\"") })
    #expect(lines.contains { $0.contains(",bias.ron,8.0,0.5,electron,") })
    #expect(
      lines.contains { $0.contains(",CCD1,F,") && $0.contains("electron") && $0.contains("no gain") })
    for format in ExchangeFormat.allCases {
      let path = "\(folder.path)/e.\(format.rawValue)"
      #expect(
        try ResultExport.write(
          format, header, from: warehouse, matching: ResultFilter(), inElectrons: gains, to: path)
          == 3)
    }
  }

  @Test("The CSV is as documented, to the byte")
  func exactBytes() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      "ccd,quadrant,quantity,value,uncertainty,unit,count,reason\n"
        + "CCD1,E,bias.ron,4.5,0.25,adu,12,\nCCD1,F,bias.ron,,,adu,,=no light\n")
    try importing([path], .foreign(), into: warehouse)
    var bytes: [UInt8] = []
    let rows = try ResultExport.stream(.csv, testHeader, from: warehouse, matching: ResultFilter())
    {
      bytes += $0
    }
    #expect(rows == 2)
    #expect(
      String(decoding: bytes, as: UTF8.self) == """
        # vison results, form 1
        # program: vison test
        # warehouse: wh
        # filter: all
        # newest_run: 2026-11-21T12:00:00Z
        # quantity: {"name": "bias.ron", "unit": "adu", "digits": 4, "dimensions": ["detector", \
        "amplifier"], "meaning": "Read noise."}
        campaign,block,slot,test,analysis,ccd,quadrant,obsid,item,quantity,value,uncertainty,unit,\
        verdict,count,reason,session,started,status,camera,serial,program
        flight,BORN,C_11,FLAT01,eotest_1,CCD1,E,,,bias.ron,4.5,0.25,adu,,12,,D11,\
        2026-11-21T12:00:00Z,finished,euclid-vis,,eotest 1.2
        flight,BORN,C_11,FLAT01,eotest_1,CCD1,F,,,bias.ron,,,adu,,,"'=no light",D11,\
        2026-11-21T12:00:00Z,finished,euclid-vis,,eotest 1.2

        """)
  }

  @Test("An empty answer is a file with a head and no rows", arguments: ExchangeFormat.allCases)
  func empty(format: ExchangeFormat) throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = "\(folder.path)/e.\(format.rawValue)"
    #expect(
      try ResultExport.write(
        format, testHeader, from: warehouse, matching: ResultFilter(), to: path)
        == 0)
    #expect {
      try importing([path], .foreign(), into: warehouse)
    } throws: {
      ($0 as? ExchangeError)?.kind == .nothing
    }
  }

  @Test("A FITS file states one unit where all values have one, and TNULL for whole numbers")
  func fits() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    try fill(warehouse)
    let path = "\(folder.path)/f.fits"
    _ = try ResultExport.write(
      .fits, testHeader, from: warehouse, matching: ResultFilter(quantities: ["ptc.*"]), to: path)
    let table = try FITSFile(path: path).readTable(.named("RESULTS"))
    #expect(table.column("value")?.unit == "electron/adu")
    #expect(table.column("uncertainty")?.unit == "electron/adu")
    #expect(table.rows == 4 * hostileNumbers.count)
    #expect(try FITSFile(path: path).readTable(.named("QUANTITIES")).texts("name") == ["ptc.gain"])
    _ = try ResultExport.write(
      .fits, testHeader, from: warehouse, matching: ResultFilter(), to: path)
    #expect(try FITSFile(path: path).readTable(.named("RESULTS")).column("value")?.unit == "")
  }

  @Test("A text too long for a FITS table is refused, and no file is left")
  func tooLong() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      "quantity,value,unit,reason\nbias.ron,,adu,\(String(repeating: "x", count: 20_000))\n")
    try importing([path], .foreign(), into: warehouse)
    let target = "\(folder.path)/f.fits"
    #expect {
      try ResultExport.write(
        .fits, testHeader, from: warehouse, matching: ResultFilter(), to: target)
    } throws: {
      ($0 as? ExchangeError)?.kind == .textTooLong
    }
    #expect(!FileManager.default.fileExists(atPath: target))
  }

  @Test("Escapes and protections give back every text", arguments: hostileTexts)
  func escapes(text: String) {
    for asciiOnly in [false, true] {
      let escaped = TextEscape.escaped(text, asciiOnly: asciiOnly)
      #expect(TextEscape.unescaped(escaped) == text)
      #expect(!escaped.unicodeScalars.contains { $0.value < 0x20 })
      if asciiOnly { #expect(escaped.utf8.allSatisfy { (0x20...0x7E).contains($0) }) }
    }
    let guarded = TextEscape.protected(text)
    #expect(TextEscape.exposed(guarded) == text)
    #expect(!"=+-@".contains(guarded.first ?? "x"))
  }
}
