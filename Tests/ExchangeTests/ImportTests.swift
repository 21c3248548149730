import Detector
import Foundation
import Testing

@testable import Exchange
@testable import Warehouse

/// A line of a file that must be refused, with a word of the message for it.
struct BadLine: Sendable, CustomTestStringConvertible {
  let cells: String
  let column: String
  let message: String
  var testDescription: String { message + ": " + cells.prefix(40) }

  init(_ cells: String, _ column: String, _ message: String) {
    (self.cells, self.column, self.message) = (cells, column, message)
  }
}

@Suite struct ImportTests {
  static let names = "block,ccd,obsid,item,quantity,value,uncertainty,unit,count,reason\n"

  static let badLines: [BadLine] = [
    .init("BORN,CCD1,,,bias.ron,inf,,adu,,", "value", "not finite"),
    .init("BORN,CCD1,,,bias.ron,-Infinity,,adu,,", "value", "not finite"),
    .init("BORN,CCD1,,,bias.ron,NaN,,adu,,", "value", "not finite"),
    .init("BORN,CCD1,,,bias.ron,1e999,,adu,,", "value", "out of the range"),
    .init("BORN,CCD1,,,bias.ron,1e-999,,adu,,", "value", "out of the range"),
    .init("BORN,CCD1,,,bias.ron,3.4x,,adu,,", "value", "no number"),
    .init("BORN,CCD1,,,bias.ron,0x1p3,,adu,,", "value", "no number"),
    .init("BORN,CCD1,,,bias.ron,\"1,5\",,adu,,", "value", "no number"),
    .init("BORN,CCD1,,,bias.ron,=1+1,,adu,,", "value", "no number"),
    .init("BORN,CCD1,,,bias.ron,1,-1,adu,,", "uncertainty", "negative"),
    .init("BORN,CCD1,,,bias.ron,,1,adu,,dark", "uncertainty", "no value for it"),
    .init("BORN,CCD1,,,bias.ron,,,adu,,", "value", "neither a value nor a reason"),
    .init("BORN,CCD1,,,bias.ron,1,,adu,,dark", "reason", "there is a value, too"),
    .init("BORN,CCD1,9223372036854775808,,bias.ron,1,,adu,,", "obsid", "too large"),
    .init("BORN,CCD1,-1,,bias.ron,1,,adu,,", "obsid", "no whole number"),
    .init("BORN,CCD1,1.5,,bias.ron,1,,adu,,", "obsid", "no whole number"),
    .init("BORN,CCD1,,,bias.ron,1,,adu,1e3,", "count", "no whole number"),
    .init("../../etc,CCD1,,,bias.ron,1,,adu,,", "block", "folder"),
    .init(".hidden,CCD1,,,bias.ron,1,,adu,,", "block", "folder"),
    .init(",CCD1,,,bias.ron,1,,adu,,", "block", "there is none"),
    .init("BORN,CC\\u{0}D1,,,bias.ron,1,,adu,,", "ccd", "control characters"),
    .init("BORN,\" CCD1\",,,bias.ron,1,,adu,,", "ccd", "blank"),
    .init("BORN,CC\0D1,,,bias.ron,1,,adu,,", "ccd", "NUL"),
    .init("BORN,CCD1,,,bias.ron,1,,electron,,", "unit", "bias.ron is in adu"),
    .init("BORN,CCD1,,,bias.ron,1,,,,", "unit", "bias.ron is in adu"),
    .init("BORN,CCD1,,,pipe.gain,1,,e-/ADU,,", "unit", "no unit"),
    .init("BORN,CCD1,,,pipe.gain,1,,electron/adu,,", "quantity", "needs a meaning"),
    .init("BORN,CCD1,,,bias.new,1,,adu,,", "quantity", "cannot be below bias"),
    .init("BORN,CCD1,,,pipe gain,1,,adu,,", "quantity", "no name of a quantity"),
    .init("BORN,CCD1,,,,1,,adu,,", "quantity", "there is none"),
    .init("BORN,CCD1,,,bias.ron,1,,adu,", "", "9 fields instead of 10"),
    .init("BORN,CCD9,,,bias.ron,1,,adu,,", "quantity", "measured on line 2 already"),
    .init(
      "BORN,\(String(repeating: "x", count: 1 << 20)),,,bias.ron,1,,adu,,", "ccd", "1048576 bytes"),
    .init(
      "BORN,CCD1,,,bias.ron,,,adu,,\(String(repeating: "x", count: 1 << 20))", "reason",
      "1048576 bytes"),
  ]

  @Test("A bad line is named with file, line, column, value and remedy", arguments: badLines)
  func bad(line: BadLine) throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      Self.names + "BORN,CCD9,,,bias.ron,1,,adu,,\n" + line.cells
        + "\nBORN,CCD8,,,bias.ron,1,,adu,,\n")
    var options = ImportOptions.foreign()
    options.constants[.block] = nil
    let report = try checking(path, options, warehouse)
    #expect(report.badRows == 1 && report.rows == 3)
    let problem = try #require(report.problems.first)
    #expect(problem.file == path && problem.line == 3 && problem.column == line.column)
    #expect(problem.problem.contains(line.message), "\(problem.text)")
    #expect(!problem.remedy.isEmpty && problem.text.utf8.count < 1000)
    #expect {
      try importing([path], options, into: warehouse)
    } throws: {
      ($0 as? ExchangeError)?.kind == .badLines
    }
    #expect(try warehouse.analyses().isEmpty && warehouse.quantities().isEmpty)
    options.skipsBadLines = true
    let done = try importing([path], options, into: warehouse)
    #expect(done.badRows == 1 && done.analyses.map(\.measurements) == [2])
    let run = try #require(try warehouse.testRuns().first)
    #expect(try warehouse.subtasks(of: run.key).first?.log.last?.contains("1 of 3 lines") == true)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("ECSV without a delimiter in its head has blanks between fields, as astropy writes it")
  func blanks() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: quantity, datatype: string}\n"
        + "# schema: astropy-2.0\nquantity value unit ccd item started\n"
        + "bias.ron 1.5 adu CCD1 \"a b\" 2020-01-02T03:04:05\n"
        + "bias.ron 2.5 adu CCD2 \"\" 2020-01-02T03:04:05\n", "in.ecsv")
    try importing([path], .foreign(), into: warehouse)
    let rows = try warehouse.readOnlySQL("SELECT value, item, started FROM results ORDER BY ccd").rows
    #expect(
      rows == [
        [.real(1.5), .text("a b"), .text("2020-01-02T03:04:05Z")],
        [.real(2.5), .null, .text("2020-01-02T03:04:05Z")],
      ])
  }

  @Test("Bad UTF-8 is named with its line")
  func badUTF8() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let bytes = Array("quantity,value,unit,ccd\nbias.ron,1,adu,C".utf8) + [0xE9, 0x0A]
    let report = try checking(try folder.write(bytes), .foreign(), warehouse)
    #expect(report.problems.map(\.problem) == ["it is no UTF-8"])
    #expect(report.problems.map(\.line) == [2])
  }

  @Test("Line ends, byte-order marks, quotes, comments, subnormals and -0.0 are read")
  func good() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      [0xEF, 0xBB, 0xBF]
        + Array(
          ("# a remark\r\nquantity, value ,unit,ccd,item,count\r\n\r\n"
            + "bias.ron,5e-324,adu,CCD1,\"a \"\"b\"\",\nc\",12.0\r\n"
            + "bias.ron,-0.0,adu,CCD2,,\r\nbias.ron,-4.9e-324,adu,CCD3,,").utf8))
    var options = ImportOptions.foreign()
    let bad = try checking(path, options, warehouse)
    // A line end within a name is no part of it.
    #expect(bad.problems.map(\.column) == ["item"] && bad.problems.map(\.line) == [4])
    options.skipsBadLines = true
    try importing([path], options, into: warehouse)
    let values = try warehouse.readOnlySQL("SELECT value FROM results ORDER BY ccd").rows
    #expect(values == [[.real(0)], [.real(-.leastNonzeroMagnitude)]])
    let again = try folder.write(
      "quantity,value,unit,item\nbias.ron,5e-324,adu,\"a \"\"b\"\", c\"\n", "b.csv")
    try importing([again], .foreign("second"), into: warehouse)
    #expect(
      try warehouse.readOnlySQL("SELECT item, value FROM results WHERE analysis = 'second'").rows
        == [[.text("a \"b\", c"), .real(.leastNonzeroMagnitude)]])
  }

  static let badFiles: [(String, [UInt8], ExchangeError.Kind, String)] = [
    ("empty.csv", [], .nothing, "empty"),
    ("head.csv", Array("quantity,value,unit\n".utf8), .nothing, "no rows"),
    ("blank.csv", Array("\n\n".utf8), .unreadable, "no line with the names"),
    (
      "open.csv", Array("quantity,value,unit\n\"bias.ron,1,adu\n".utf8), .unreadable, "does not end"
    ),
    (
      "mac.csv", Array("quantity,value,unit\rbias.ron,1,adu\r".utf8), .unreadable, "carriage return"
    ),
    ("wide.csv", [0xFF, 0xFE, 0x71, 0x00], .unreadable, "UTF-16"),
    ("typo.csv", Array("quantity,value,unit,uncertanty\n".utf8), .columns, "uncertanty"),
    ("twice.csv", Array("quantity,value,unit,unit\n".utf8), .columns, "twice"),
    ("less.csv", Array("quantity,unit\nbias.ron,adu\n".utf8), .columns, "no column value"),
    (
      "later.csv", Array("# vison results, form 9\nquantity,value,unit\n".utf8), .unreadable,
      "later"
    ),
    ("what.dat", Array("quantity,value,unit\n".utf8), .option, "does not tell the format"),
    ("head.jsonl", Array("{\"vison_results\": 1}\n".utf8), .unreadable, "no head"),
    (
      "key.jsonl",
      Array("{\"quantity\": \"bias.ron\", \"value\": 1, \"unit\": \"adu\", \"x\": 1}\n".utf8),
      .columns, "x"
    ),
    (
      "yaml.ecsv", Array("# %ECSV 1.0\n# ---\n# a: [\nquantity,value,unit\n".utf8), .unreadable,
      "YAML"
    ),
  ]

  @Test("A file that cannot be a table is refused in one line", arguments: badFiles.indices)
  func badFile(index: Int) throws {
    let (name, bytes, kind, text) = Self.badFiles[index]
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(bytes, name)
    #expect {
      try importing([path], .foreign(), into: warehouse)
    } throws: { error in
      (error as? ExchangeError).map { $0.kind == kind && $0.problem.contains(text) } ?? false
    }
    #expect(try warehouse.analyses().isEmpty)
  }

  @Test(
    "A line of JSON that cannot be read is named",
    arguments: [
      ("{\"a\": 1", "comma or }"), ("[1]", "must be an object"),
      ("{\"quantity\": nul}", "no JSON value"),
      ("{\"unit\": \"a\", \"unit\": \"b\"}", "twice"), ("{\"unit\": \"\\ud800\"}", "surrogate"),
      ("{\"unit\": \"a}", "does not end"), ("{} {}", "more after"),
      ("{\"quantity\": \"bias.ron\", \"value\": \"1\", \"unit\": \"adu\"}", "it is a text"),
      ("{\"quantity\": \"bias.ron\", \"value\": NaN, \"unit\": \"adu\"}", "not finite"),
      ("{\"quantity\": \"bias.ron\", \"value\": [1], \"unit\": \"adu\"}", "list or object"),
      ("{\"quantity\": \"bias.ron\", \"value\": true, \"unit\": \"adu\"}", "truth value"),
    ])
  func json(line: String, message: String) throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let good =
      "{\"quantity\": \"bias.ron\", \"value\": 1e-3, \"unit\": \"adu\", \"ccd\": \"\\u0043\"}\n"
    let report = try checking(
      try folder.write(good + line + "\n", "a.jsonl"), .foreign(), warehouse)
    #expect(report.badRows == 1 && report.problems.first?.line == 2)
    #expect(report.problems.first?.problem.contains(message) == true, "\(report.problems)")
  }

  @Test("Foreign columns are mapped, new quantities registered below a prefix, inputs recorded")
  func foreign() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write("detector,gain,flag\nCCD1,3.5,0\nCCD2,3.6,1\n")
    var options = ImportOptions.foreign()
    options.map = [.ccd: "detector", .value: "gain"]
    options.ignored = ["flag"]
    options.prefix = "eotest"
    options.meanings = ["eotest.gain": "System gain."]
    options.constants[.quantity] = "gain"
    options.constants[.unit] = "electron2/adu.pixel**-1"
    let report = try importing([path], options, into: warehouse)
    #expect(report.newQuantities == ["eotest.gain"])
    let quantity = try #require(try warehouse.quantities().first)
    #expect(quantity.unit == "electron2/adu.pixel**-1" && quantity.dimensions == [.detector])
    let run = try #require(try warehouse.testRuns().first)
    let input = try #require(try warehouse.inputs(of: run.key).first)
    #expect(input.path == path && input.role == .product && input.sha256.count == 64)
    #expect(try warehouse.analyses().first?.record.programVersion == "eotest 1.2")
    #expect(try warehouse.analyses().first?.record.operatorName == "o")
    // The same file under another name, and other results under the same name.
    var other = options
    other.analysis = "again"
    #expect { try importing([path], other, into: warehouse) } throws: {
      ($0 as? ExchangeError)?.kind == .conflict
    }
    let more = try folder.write("detector,gain,flag\nCCD3,3.5,0\n", "more.csv")
    #expect { try importing([more], options, into: warehouse) } throws: {
      ($0 as? ExchangeError)?.kind == .conflict
    }
    #expect { try importing([path, path], options, into: warehouse) } throws: {
      ($0 as? ExchangeError)?.kind == .conflict
    }
    #expect(try warehouse.testRuns().count == 1)
  }

  @Test("Two runs of a test that would be one analysis are refused before anything is stored")
  func twoRunsInOne() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      "quantity,value,unit,ccd,started\n"
        + "bias.ron,1,adu,CCD1,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,2019-03-24T19:36:47Z\n")
    let error = #expect(throws: ExchangeError.self) {
      try importing([path], .foreign(), into: warehouse)
    }
    #expect(error?.kind == .conflict && error?.place == "line 3 of \(path)")
    #expect(error?.problem.contains("line 2 of \(path)") == true)
    #expect(try warehouse.analyses().isEmpty)
  }

  @Test("A run of the files that contradicts itself is refused")
  func contradictions() throws {
    let folder = try TemporaryFolder()
    let warehouse = try folder.warehouse("a")
    let path = try folder.write(
      "quantity,value,unit,ccd,camera,status,serial,program,obsid,started\n"
        + "bias.ron,1,adu,CCD1,one,finished,A,p 1,1,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,two,finished,A,p 1,2,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,one,failed,A,p 1,3,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,one,finished,B,p 1,4,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,one,finished,A,p 2,5,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,one,running,A,p 1,6,2019-03-23T19:36:47Z\n"
        + "bias.ron,1,adu,CCD1,one,finished,A,p 1,7,23 March 2019\n")
    let report = try checking(path, .foreign(), warehouse)
    #expect(
      report.problems.map(\.column)
        == ["camera", "status", "serial", "program", "status", "started"])
    #expect(report.problems.map(\.line) == [3, 4, 5, 6, 7, 8])
  }

  @Test(
    "Units of the FITS standard are known, others refused with advice",
    arguments: [
      ("", true), ("adu", true), ("electron/adu", true), ("m s**-1", true), ("m.s-1", true),
      ("10**-3 erg", true), ("sqrt(erg/pixel)", true), ("kpc", true), ("%", true), ("um", true),
      ("ADU", false), ("e-", false), ("m**", false), ("10**", false), ("adu/", false),
      ("(adu", false), (String(repeating: "(", count: 50), false), ("µm", false), ("kadu", false),
    ])
  func units(unit: String, isGood: Bool) {
    #expect(FITSUnitSyntax.isValid(unit) == isGood)
    #expect((FITSUnitSyntax.remedy(for: unit) == nil) == isGood)
  }
}
