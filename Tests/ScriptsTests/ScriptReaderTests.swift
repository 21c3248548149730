import Campaign
import DataProducts
import Detector
import DurableFiles
import Scripts
import Testing

@Suite("Reading scripts back")
struct ScriptReaderTests {
  typealias Cells = [[DataProduct.Value]]

  func definition(_ name: String = "FOCUS00_800") throws -> TestDefinition {
    try TestCatalog.definition(
      of: name, camera: CameraCatalog.camera("euclid-vis"), chamber: "B_NOSTROMO")
  }

  func workbook(
    _ cells: Cells, sheet: String = ScriptSheet.name, in workspace: Workspace
  ) throws -> String {
    let path = workspace.file("s.xlsx")
    try PlainWorkbook.write(
      [.init(name: sheet, rows: cells)], title: "", to: path, created: 1)
    return path
  }

  /// The differences after a change of the cells.
  func differences(_ change: (inout Cells) -> Void) throws -> [String] {
    let workspace = try Workspace()
    let test = try definition()
    var cells = ScriptSheet(test, elvis: "7.5.X").cells
    change(&cells)
    let sheet = try ScriptReader.read(workbook(cells, in: workspace))
    return ScriptValidator.differences(sheet, from: test, elvis: "7.5.X").map(\.description)
  }

  @Test("Frames are no longer running totals")
  func frames() throws {
    let workspace = try Workspace()
    let test = try definition("FLAT01")
    let sheet = try ScriptReader.read(
      workbook(ScriptSheet(test, elvis: "7.5.X").cells, in: workspace))
    #expect(sheet.columns.map(\.frames) == [80, 60, 30])
    #expect(sheet.keywords == ScriptKeyword.all.map(\.name))
    #expect(ScriptValidator.differences(sheet, from: test, elvis: "7.5.X").isEmpty)
  }

  @Test("Each changed cell is named with keyword, value and command")
  func changes() throws {
    #expect(try differences { _ in } == [])
    #expect(
      try differences { $0[52][2] = .number(9) } == ["cell C53: exptime is 9, not 1.32"])
    #expect(
      try differences { $0[25][1] = .text("rwd_bas_v") }
        == ["cell B26: rdmode is rwd_bas_v, not fwd_bas"])
    #expect(try differences { $0[52][2] = .text("1.32") } == ["cell C53: exptime is the text '1.32', not 1.32"])
    #expect(
      try differences { $0[68][1] = .missing } == ["cell B69: comments is empty, not F-4.0"])
    #expect(
      try differences { $0[0][9] = .integer(11) }
        == ["cell J1: the number of frames of this column is 3, not 1"])
    #expect(
      try differences { $0.removeLast() }
        == ["cell A70: roe-tab is missing, not a keyword of ELVIS 7.5.X"])
    #expect(
      try differences { $0.swapAt(3, 4) } == ["cell A4: the keyword is IDH, not IDL"])
    #expect(
      try differences {
        for column in [1, 2, 3, 5] { $0[52][column] = .number(9) }
        $0[52][4] = .number(8)
      } == [
        "cells B53:D53: exptime is 9, not 1.32", "cell E53: exptime is 8, not 1.32",
        "cell F53: exptime is 9, not 1.32",
      ])
    let fewer = try differences { cells in
      for row in cells.indices { cells[row].remove(at: 1) }
    }
    #expect(fewer.contains("number of columns is 8, not 9"))
  }

  @Test("A wrong layout is refused with its cell")
  func layout() throws {
    func message(_ change: (inout Cells) -> Void) -> String {
      failure { _ = try differences(change) }
    }
    #expect(message { $0[0][10] = .missing }.contains("no column 'End'"))
    #expect(message { $0[0][0] = .text("Frames") }.contains("cell A1"))
    #expect(message { $0.swapAt(0, 1) }.contains("first keyword"))
    #expect(message { $0[2][0] = .text("program") }.contains("cell A3"))
    #expect(message { $0[2][0] = .text("IDLE") }.contains("'IDLE' is no keyword"))
    #expect(message { $0[2][0] = .missing }.contains("there is no keyword"))
    #expect(message { $0[0][2] = .integer(1) }.contains("cell C1"))
    #expect(message { $0[0][2] = .number(2.5) }.contains("cell C1"))
    #expect(message { $0[0][2] = .number(1e300) }.contains("cell C1"))
    #expect(message { $0[0][2] = .text("2") }.contains("cell C1"))
    #expect(message { $0[5].append(.integer(1)) }.contains("cell K6"))
    #expect(message { $0[0].append(.text("End")) }.contains("cell L1"))
    #expect(message { $0 = [] }.contains("error[script-layout]"))
    #expect(message { $0[3][2] = .logical(true) }.contains("D4") == false)
    let workspace = try Workspace()
    let cells = ScriptSheet(try definition(), elvis: "7.5.X").cells
    let path = try workbook(cells, sheet: "Other", in: workspace)
    #expect(failure { _ = try ScriptReader.read(path) }.contains("no sheet 'Sheet1', but Other"))
  }

  @Test("A file that is cut short, or whose bytes changed, is damaged, or reads the same")
  func damage() throws {
    let workspace = try Workspace()
    let test = try definition("BIAS01")
    let path = try workbook(ScriptSheet(test, elvis: "7.5.X").cells, in: workspace)
    let whole = try InputFile.bytes(of: path)
    let sheet = try ScriptReader.read(path)
    for length in stride(from: 0, to: whole.count, by: 61) {
      let cut = try workspace.write(Array(whole[..<length]), to: "cut.xlsx")
      let message = failure { _ = try ScriptReader.read(cut) }
      #expect(message.contains("error[script-damaged]"), "\(length)")
      #expect(message.contains("cut.xlsx"))
    }
    var refused = 0
    for offset in stride(from: 0, to: whole.count, by: 37) {
      var bytes = whole
      bytes[offset] ^= 0x55
      let changed = try workspace.write(bytes, to: "flip.xlsx")
      do {
        #expect(try ScriptReader.read(changed) == sheet, "\(offset)")
      } catch let error as ScriptError {
        #expect(error.kind == .damaged || error.kind == .layout)
        refused += 1
      }
    }
    #expect(refused > 20)
    for text in ["", "PK", "frames,1,End\n", String(repeating: "PK\u{5}\u{6}", count: 40)] {
      let other = try workspace.write(text, to: "other.xlsx")
      #expect(failure { _ = try ScriptReader.read(other) }.contains("error[script-damaged]"))
    }
    #expect(failure { _ = try ScriptReader.read(workspace.file("none.xlsx")) }.contains("file-missing"))
  }

  @Test("Checksums tell of a script that was replaced")
  func checksums() throws {
    let workspace = try Workspace()
    let result = try write(request(#""BIAS01": 1, "BIAS02": 1"#), in: workspace)
    let camera = try CameraCatalog.camera("euclid-vis")
    let (first, second) = (
      workspace.file("out/\(result.tests[0].file)"), workspace.file("out/\(result.tests[1].file)")
    )
    _ = try workspace.write(InputFile.bytes(of: second), to: "out/\(result.tests[0].file)")
    let verdicts = try ScriptFolderCheck(request: nil, chamber: "B_NOSTROMO", camera: camera)
      .verdicts(of: [first, second])
    #expect(verdicts[1].problems == [])
    #expect(verdicts[0].problems.contains { $0.hasPrefix("its MD5 is ") })
    #expect(verdicts[0].problems.contains("cell B3: test is BIAS02, not BIAS01"))
    #expect(verdicts[0].problems.contains("cell B26: rdmode is rwd_bas_v, not fwd_bas"))
    #expect(verdicts[0].problems.count == 3)
  }

  @Test("Names of scripts are read from both ends")
  func names() {
    let name = ScriptName(parsing: "vis_CalCamp_PTC02_590.2_01Apr19_v7.5.X.xlsx")
    #expect(name?.test == "PTC02_590.2" && name?.day == "01Apr19" && name?.elvis == "7.5.X")
    #expect("\(ScriptName(test: "A", day: "01Apr19", elvis: "7.5.X"))" == "vis_CalCamp_A_01Apr19_v7.5.X.xlsx")
    #expect(ScriptName(parsing: "vis_CalCamp_PTC02_590.xlsx") == nil)
    #expect(ScriptName(parsing: "~$vis_CalCamp_A_01Apr19_v7.5.X.xlsx") == nil)
  }
}
