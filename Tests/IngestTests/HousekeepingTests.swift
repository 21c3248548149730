import Campaign
import DurableFiles
import Foundation
import Ingest
import Testing

@Suite("House-keeping")
struct HousekeepingTests {
  let date = ElvisDate(unixSeconds: 1_564_488_963)

  func nominal(_ changes: [String: Double] = [:]) -> [String: Double] {
    var values: [String: Double] = [:]
    for key in HousekeepingTable.standard.keys {
      switch key.safe {
      case .absolute(let range): values[key.name] = (range.lower + range.upper) / 2
      case .identity(let value): values[key.name] = value
      default: values[key.name] = 0
      }
      if let command = key.command {
        values[key.name] = ScriptKeyword.named(command)?.defaultValue.number
      } else if case .absolute(let range) = key.performance {
        values[key.name] = (range.lower + range.upper) / 2
      }
    }
    return values.merging(changes) { $1 }
  }

  func file(_ readings: [[String: Double]]) throws -> HousekeepingFile {
    let bytes = HousekeepingFile.bytes(
      version: .flight,
      readings: readings.enumerated().map { (date.advanced(bySeconds: $0), $1) })
    return try HousekeepingFile.parse(bytes, path: "HK.txt", version: .flight)
  }

  func check(_ files: [HousekeepingFile?], _ limits: Limits = Limits()) throws -> HousekeepingCheck
  {
    let row = try #require(try Acquisition(frames: 1).log().rows.first)
    return HousekeepingCheck(
      files.enumerated().map { .init(obsid: 1000 + $0, file: $1, row: row) }, limits: limits)
  }

  @Test("The sample of 5.7 is read: padded header, comments and empty lines skipped")
  func sample() throws {
    let file = try HousekeepingFile.parse(
      fixture("HK_191_050800D000000T_ROE1.txt"), path: "HK_191.txt")
    #expect(file.keys.count == 55 && file.readings == 3 && file.issues.isEmpty)
    #expect(file.mean("HK_temp_top_CCD2") == -180.17)
    #expect(file.statistics["Video_BOT"]?.minimum == -273.15)
  }

  @Test("Mean, scatter and extremes are those of the readings")
  func statistics() throws {
    let file = try file([1.0, 2, 3, 4].map { nominal(["RPSU_TEMP1": $0]) })
    let key = try #require(file.statistics["RPSU_TEMP1"])
    #expect(key.count == 4 && key.mean == 2.5 && key.minimum == 1 && key.maximum == 4)
    #expect(abs(key.standardDeviation - 1.25.squareRoot()) < 1e-12)
    #expect(file.keys == Array(ElvisVersion.flight.housekeepingKeys.dropFirst()))
  }

  @Test(
    "Written values read back to their digits", arguments: [0, -0.25, 26, 13.001, -119.875, 1e6])
  func digits(value: Double) throws {
    #expect(try file([nominal(["RPSU_TEMP1": value])]).mean("RPSU_TEMP1") == value)
  }

  @Test("NaN is a failed reading, named with key and line, and fails both checks")
  func nan() throws {
    let file = try file([nominal(), nominal(["CCD1_TEMP_T": .nan]), nominal()])
    #expect(file.statistics["CCD1_TEMP_T"]?.invalid == 1)
    #expect(file.statistics["CCD1_TEMP_T"]?.count == 2)
    #expect(
      file.issues.map(\.description) == ["HK.txt:3: set aside: CCD1_TEMP_T is 'NaN', not a number"])
    let check = try check([file])
    #expect(check.failingKeys(.safe) == ["CCD1_TEMP_T"])
    #expect(check.failingKeys(.performance) == ["CCD1_TEMP_T"])
  }

  @Test("Broken lines are set aside, broken headers refused")
  func broken() throws {
    var text = String(
      decoding: HousekeepingFile.bytes(version: .flight, readings: [(date, nominal())]),
      as: UTF8.self)
    text +=
      "30-07-19_12:16:04\t1\t2\r\nnonsense\r\n" + String(repeating: "9", count: 1 << 20) + "\n"
    let file = try HousekeepingFile.parse(Array(text.utf8), path: "HK.txt")
    #expect(file.readings == 1 && file.issues.map(\.line) == [3, 4, 5])
    for bad in ["", "a\tb\n", "TimeStamp\ta\ta\n", "\u{0}\n", "TimeStamp\n"] {
      #expect(throws: IngestError.self) {
        try HousekeepingFile.parse(Array(bad.utf8), path: "HK.txt")
      }
    }
    #expect {
      try HousekeepingFile.parse(Array("TimeStamp\tx\n".utf8), path: "HK.txt", version: .flight)
    } throws: { ($0 as? IngestError)?.problem.contains("missing CCD3_OD_T") == true }
    #expect(
      try HousekeepingFile.parse(Array("TimeStamp\tx\n".utf8), path: "HK.txt").mean("x")?.isNaN
        == true)
  }

  @Test("Nominal house-keeping passes everything")
  func passes() throws {
    let check = try check([file([nominal()]), file([nominal()])])
    #expect(check.passes)
    #expect(check.results.count == 64)
  }

  @Test("A voltage off its command fails performance, by key and ObsID")
  func offCommand() throws {
    let check = try check([file([nominal()]), file([nominal(["CCD2_IG1_B": 6.3])])])
    #expect(check.failingKeys(.performance) == ["CCD2_IG1_B"])
    #expect(check.failingKeys(.safe).isEmpty && !check.passes)
    let result = try #require(check.results.first { $0.passes == false })
    #expect(
      result.failures == [
        "ObsID 1001: CCD2_IG1_B = 6.3 V, commanded 6, allowed difference -0.2 … 0.2"
      ])
  }

  @Test("Absolute performance limits are applied, unless switched off")
  func temperatures() throws {
    var limits = Limits()
    let warm = try file([nominal(["CCD3_TEMP_B": -100])])
    #expect(try check([warm], limits).failingKeys(.performance) == ["CCD3_TEMP_B"])
    limits.appliesAbsolutePerformance = false
    #expect(try check([warm], limits).passes)
  }

  @Test("A missing file and a missing key fail")
  func missing() throws {
    let check = try check([nil])
    #expect(check.failingKeys(.safe).count == 32)
    let bare = try HousekeepingFile.parse(
      Array("TimeStamp\tCCD1_OD_T\n12:00:00\t26\n".utf8), path: "x")
    #expect(try self.check([bare]).failingKeys(.safe).count == 31)
  }

  @Test("Files are found by ObsID; missing and doubled ones are named")
  func locating() throws {
    let names = [
      HousekeepingFile.fileName(obsid: 5, date: date), "HK_55_300719D121603T_ROE1.txt",
      "HK_6_300719D_121603T_ROE1.txt", "HK_6_300719D121604T_ROE1.txt", "HK_30-07-19_ROE1_01.txt",
    ]
    #expect(
      try HousekeepingFile.locate(obsid: 5, in: "d", names: names)
        == "d/HK_5_300719D121603T_ROE1.txt")
    #expect { try HousekeepingFile.locate(obsid: 7, in: "d", names: names) } throws: {
      ($0 as? IngestError)?.kind == .housekeepingMissing
    }
    #expect { try HousekeepingFile.locate(obsid: 6, in: "d", names: names) } throws: {
      ($0 as? IngestError)?.kind == .housekeepingAmbiguous
    }
  }
}
