import Campaign
import DurableFiles
import Foundation
import Ingest
import Testing

@Suite("ExposureLog")
struct ExposureLogTests {
  let path = "EXP_LOG_250719.txt"

  func parse(_ bytes: [UInt8], strict: Bool = false, version: ElvisVersion? = nil) throws
    -> ExposureLog
  {
    try ExposureLog.parse(bytes, path: path, options: .init(version: version, isStrict: strict))
  }

  @Test("The sample log of 5.7.05 is recognised and read whole")
  func sample() throws {
    let log = try parse(fixture("EXP_LOG_050800.txt"))
    #expect(log.version.name == "5.7.05")
    #expect(log.issues.isEmpty)
    #expect(log.rows.count == 6 && log.obsids == [191, 192])
    #expect(log.rows[1].detector == "CCD2" && log.rows[1].test == "Test")
    #expect(log.rows[0].date?.isoText == "2016-11-25T15:06:14Z")
    #expect(log.rows[0].values["EGSE_ver"] == .string("5.7.05"))
    #expect(log.rows[0].number("R1CCD2TT") == -180.17)
    #expect(log.rows[5].origin.line == 7)
    #expect(log.summary.exposures == 2 && log.summary.tests[0].name == "Test")
  }

  @Test("Every version's log is written and recognised by its header", arguments: ElvisVersion.all)
  func versions(version: ElvisVersion) throws {
    let names = version.logColumns.map(\.name)
    var row = Dictionary(names.map { ($0, ScriptValue.int(1)) }, uniquingKeysWith: { a, _ in a })
    for name in names where name.lowercased() == "date" { row[name] = .string("250719D120000T") }
    row["CCD"] = names.contains("CCD") ? .string("CCD1") : nil
    let bytes = ExposureLog.bytes(version: version, rows: [row])
    let log = try parse(bytes)
    #expect(log.version.logColumns == version.logColumns)
    #expect(log.rows.count == 1 && log.issues.isEmpty)
    #expect(try parse(bytes, version: version).rows == log.rows)
  }

  @Test("A log is written exactly as ELVIS writes it: tabs, one trailing tab, CRLF")
  func writing() throws {
    let sample = try fixture("EXP_LOG_050800.txt")
    let log = try parse(sample)
    // The header of the sample has stray blanks; its rows must come back byte for byte, but for the
    // number of digits, which the log does not tell.
    let text = String(
      decoding: ExposureLog.bytes(version: log.version, rows: log.rows.map(\.values)), as: UTF8.self
    )
    let lines = text.components(separatedBy: "\r\n")
    #expect(lines.count == 8 && lines[7].isEmpty)
    #expect(
      lines.dropLast().allSatisfy { $0.hasSuffix("\t") && $0.filter { $0 == "\t" }.count == 69 })
    #expect(
      lines[1].hasPrefix(
        "191\tEUC_191_251116D150614T_ROE1_CCD1\tCCD1\tROE1\t251116D150614T\tLab\tTest\t"))
    let hostile = ExposureLog.bytes(version: .flight, rows: [["test": .string("a\tb\r\nc")]])
    #expect(hostile.filter { $0 == 0x0A }.count == 2)
  }

  @Test("A written log reads back as it was")
  func roundTrip() throws {
    let acquisition = try Acquisition(frames: 3)
    let log = try acquisition.log()
    #expect(log.version == .flight && log.rows.count == 9 && log.issues.isEmpty)
    for (row, expected) in zip(log.rows, acquisition.rows) {
      #expect(row.fileName == expected["File_name"]?.description)
      #expect(row.number("RD_T") == 16)
      #expect(row.exposureTime == 0)
    }
    #expect(log.summary.tests.map(\.name) == ["BIAS01"])
    #expect(log.summary.tests[0].seconds == 150)
  }

  @Test("A bad line is set aside with its number, and an error where strict")
  func badLines() throws {
    let good = ExposureLog.bytes(version: .flight, rows: try Acquisition(frames: 2).rows)
    let text = String(decoding: good, as: UTF8.self)
    var lines = text.components(separatedBy: "\r\n")
    let valid = lines[2]
    let hostile: [(String, String)] = [
      (String(valid.prefix(100)), "columns instead of"),
      (valid.replacingOccurrences(of: "1000\tEUC", with: "x1\tEUC"), "ObsID"),
      (valid.replacingOccurrences(of: "\t250719D120000T", with: "\t250719X120000T"), "date"),
      ("\"" + valid, "ObsID"), (valid + "extra\tmore\t", "columns instead of"),
      (valid.replacingOccurrences(of: "ROE1", with: "RO\u{0}1"), "NUL"),
      (String(repeating: "x", count: 1 << 20), "more than"),
    ]
    lines.replaceSubrange(2...2, with: hostile.map(\.0))
    let bytes = Array(lines.joined(separator: "\r\n").utf8)
    let log = try parse(bytes)
    #expect(log.rows.count == 5)
    #expect(log.issues.count == hostile.count)
    for (index, (_, expected)) in hostile.enumerated() {
      #expect(log.issues[index].line == index + 3)
      #expect(log.issues[index].problem.contains(expected), "\(log.issues[index])")
      #expect(log.issues[index].severity == .setAside)
    }
    #expect {
      try parse(bytes, strict: true)
    } throws: { error in
      let error = error as? IngestError
      return error?.kind == .logLine && error?.place == "EXP_LOG_250719.txt:3"
    }
  }

  @Test("A line that is no UTF-8 costs one line")
  func notText() throws {
    var bytes = ExposureLog.bytes(version: .flight, rows: try Acquisition(frames: 1).rows)
    bytes += [0xFF, 0xFE, 0x0A]
    bytes += ExposureLog.bytes(version: .flight, rows: try Acquisition(frames: 1, first: 2000).rows)
      .drop { $0 != 0x0A }.dropFirst()
    let log = try parse(bytes)
    #expect(log.rows.count == 6 && log.issues.map(\.line) == [5])
  }

  @Test("An unfinished last line is no mistake while the log is being written")
  func beingWritten() throws {
    let bytes = ExposureLog.bytes(version: .flight, rows: try Acquisition(frames: 2).rows)
    let log = try parse(Array(bytes.dropLast(100)), strict: true)
    #expect(log.rows.count == 5)
    #expect(log.issues.count == 1 && log.issues[0].problem.contains("not finished"))
    // Without line end, but whole, it counts.
    #expect(try parse(Array(bytes.dropLast(2))).rows.count == 6)
    // Without the tab the last number may be cut.
    for count in 3...5 { #expect(try parse(Array(bytes.dropLast(count))).rows.count == 5) }
  }

  @Test("An empty last column is not taken for the trailing tab")
  func emptyLast() throws {
    var acquisition = try Acquisition(frames: 1)
    acquisition.change(1000, "RD_B", .string(""))
    let log = try acquisition.log()
    #expect(log.rows.count == 3 && log.rows[0].text("RD_B") == "")
  }

  @Test("Headers that fit no version, or another one, are refused with the first difference")
  func headers() throws {
    let bytes = ExposureLog.bytes(version: .flight, rows: [])
    let changed = String(decoding: bytes, as: UTF8.self).replacingOccurrences(
      of: "\tRD_B\t", with: "\tRDB\t")
    #expect {
      try parse(Array(changed.utf8))
    } throws: { error in
      let error = error as? IngestError
      return error?.kind == .logHeader && error?.remedy?.contains("column 81 is 'RDB'") == true
    }
    let old = try #require(ElvisVersion.named("6.3.0"))
    #expect {
      try parse(bytes, version: old)
    } throws: { error in
      (error as? IngestError)?.remedy?.contains("7.5.X") == true
    }
    #expect(throws: IngestError.self) { try parse([]) }
    #expect(throws: IngestError.self) { try parse(Array("\u{0}\u{1}\n".utf8)) }
    #expect(throws: IngestError.self) { try parse(try fixture("HK_191_050800D000000T_ROE1.txt")) }
  }

  @Test("A frame listed twice is reported with both places")
  func duplicates() throws {
    var acquisition = try Acquisition(frames: 2)
    acquisition.rows.append(acquisition.rows[1])
    let log = try acquisition.log()
    #expect(log.rows.count == 7 && log.issues.count == 1)
    #expect(log.issues[0].line == 8)
    #expect(log.issues[0].problem == "ObsID 1000 CCD2 occurs again, first in EXP_LOG_250719.txt:3")
  }

  @Test("Day folders are merged in the order of the dates, with their pedigree")
  func merging() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let day = folder + "/31_Jul_19"
    try AtomicFile.makeFolder(day)
    // Sorted as texts the second log would come first.
    try ExposureLog.write(
      version: .flight, rows: try Acquisition(frames: 1, first: 7).rows,
      to: day + "/EXP_LOG_310719.txt")
    try ExposureLog.write(
      version: .flight, rows: try Acquisition(frames: 1, first: 9).rows,
      to: day + "/EXP_LOG_010819.txt")
    let log = try ExposureLog.read(folders: [day])
    #expect(log.files.map { $0.suffix(10) } == ["310719.txt", "010819.txt"])
    #expect(log.rows.map(\.obsid) == [7, 7, 7, 9, 9, 9])
    #expect(log.rows.map(\.origin.logIndex) == [0, 0, 0, 1, 1, 1])
    #expect(log.rows[0].origin.folder == day)
    let again = try ExposureLog.read(folders: [day, day])
    #expect(again.issues.count == 6)
    #expect(throws: IngestError.self) { try ExposureLog.read(folders: [folder]) }
    #expect(throws: FileError.self) { try ExposureLog.read(folders: [folder + "/none"]) }
  }
}
