import DurableFiles
import Testing

@testable import DataProducts

@Suite("XLSXWriter")
struct XLSXTests {
  /// A PNG of one grey pixel.
  static let png: [UInt8] = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 0x0A, 0x49, 0x44, 0x41, 0x54,
    0x78, 0x9C, 0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, 0x49, 0x45,
    0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
  ]

  @Test(
    "numbers are numbers, gaps are blank, headers are where they belong",
    .enabled(if: Reader.hasOpenpyxl))
  func content() throws {
    let workspace = try Workspace()
    try AtomicFile.write(Self.png, to: workspace.file("p.png"))
    try XLSXWriter.write(
      sampleProduct(), to: workspace.file("a.xlsx"), created: 1_767_312_000,
      pictures: [workspace.file("p.png")])
    let result = shell(
      """
      cd \(workspace.path) && /usr/bin/python3 -c '
      import openpyxl
      w = openpyxl.load_workbook("a.xlsx")
      assert w.sheetnames == ["Header", "Meta", "RON", "Provenance", "Figures"], w.sheetnames
      s = w["RON"]
      rows = [[c.value for c in r] for r in s.rows]
      assert rows[0] == ["CCD", "Q", "RON", "RON_reason", "flux"], rows[0]
      assert rows[1] == [None, None, "adu", None, "electron/s"], rows[1]
      assert rows[2] == [1, "E", 0.1, None, 1e-300], rows[2]
      assert rows[3] == [2, None, None, "saturated", None], rows[3]
      assert rows[4] == [None, "G", None, "no frames", 1e22], rows[4]
      assert rows[5][0] == "9007199254740993" and abs(rows[5][2] + 1/3) < 1e-15, rows[5]
      assert rows[5][1] == "-H" and s["B6"].data_type == "s"
      assert s["C3"].number_format == "0.000" and s["E3"].number_format == "0.00E+00"
      assert s["A1"].font.b and s.freeze_panes == "A3" and s.auto_filter.ref == "A2:E6"
      assert s["C1"].comment.text == "Read noise, 1 sigma."
      h = w["Header"]
      assert h["A1"].value == "Read noise" and h["A5"].value == "Block" and h["B5"].value == "CURIE"
      m = w["Meta"]
      assert m["B5"].value == 4.5 and m["B6"].value is None and m["B7"].value is True
      assert w["Provenance"]["C3"].value == "00ff"
      assert w.properties.title == "Read noise"
      print("well")'
      """)
    #expect(result.output == "well\n")
  }

  @Test(
    "hostile texts stay texts in every field; no formula, link, NAN or INF is in the XML",
    .enabled(if: Reader.hasOpenpyxl))
  func hostile() throws {
    let workspace = try Workspace()
    try XLSXWriter.write(hostileProduct(), to: workspace.file("a.xlsx"), created: 1)
    let result = shell(
      """
      cd \(workspace.path) && /usr/bin/python3 -c '
      import openpyxl, re, zipfile
      import xml.dom.minidom
      z = zipfile.ZipFile("a.xlsx")
      for n in z.namelist():
        x = z.read(n).decode("utf-8")
        if n.endswith((".xml", ".rels", ".vml")): xml.dom.minidom.parseString(x.encode())
        assert "<f>" not in x and "<f " not in x and "<hyperlink" not in x, n
        assert "TargetMode=" not in x and "/hyperlink" not in x, n
        if "worksheets/sheet" in n and n.endswith(".xml"):
          assert not re.search("<v>-?(NAN|INF|nan|inf)", x), n
      w = openpyxl.load_workbook("a.xlsx")
      assert len(w.sheetnames) == 3 + \(hostileTexts.count), w.sheetnames
      assert len(set(s.lower() for s in w.sheetnames)) == len(w.sheetnames)
      for s in w:
        for r in s.rows:
          for c in r: assert c.value is None or c.data_type == "s", (s.title, c)
      s = w[w.sheetnames[2]]
      assert s["A3"].value == "=1+1" and s["A3"].data_type == "s", s["A3"].value
      print("well")'
      """)
    #expect(result.output == "well\n")
  }

  @Test("the same product gives the same bytes, also when streamed")
  func repeatable() throws {
    let workspace = try Workspace()
    var large = sampleProduct()
    large.tables[0].columns = [
      DataColumn("x", .doubles((0..<60_000).map { Double($0) / 7 })),
      DataColumn("t", .texts((0..<60_000).map { "row \($0)" })),
    ]
    for product in [sampleProduct(), large] {
      try XLSXWriter.write(product, to: workspace.file("a.xlsx"), created: 1_767_312_000)
      try XLSXWriter.write(product, to: workspace.file("other.xlsx"), created: 1_767_312_000)
      #expect(
        try SHA256Digest(ofFile: workspace.file("a.xlsx"))
          == SHA256Digest(ofFile: workspace.file("other.xlsx")))
    }
  }

  @Test(
    "sheet names are made valid",
    arguments: [
      ("RON", "RON"), ("a/b:c*?", "a_b_c__"), ("'x'", "x"), ("", "_"), ("History", "History_"),
      (String(repeating: "n", count: 40), String(repeating: "n", count: 31)), ("[1]", "_1_"),
      ("a\u{0}b", "a_b"), ("   ", "_"),
    ])
  func sheetNames(name: String, valid: String) {
    #expect(WorkbookText.sheetName(name) == valid)
  }

  @Test("a text that is too long is cut, and says so")
  func longText() throws {
    let long = String(repeating: "🙂", count: 40_000)
    let cell = WorkbookText.cell(long)
    #expect(cell.utf16.count <= WorkbookText.longest)
    #expect(cell.hasSuffix("[cut: 40000 characters]"))
    let workspace = try Workspace()
    let product = DataProduct(
      title: long, tables: [DataTable(long, columns: [.init(long, .texts([long]))])])
    try XLSXWriter.write(product, to: workspace.file("a.xlsx"), created: 1)
  }

  @Test("a table beyond the limits of a sheet is refused before anything is written")
  func tooLarge() throws {
    let workspace = try Workspace()
    let column = DataColumn("x", .integers(Array(repeating: nil, count: Sheet.rowLimit - 1)))
    let product = DataProduct(title: "", tables: [DataTable("t", columns: [column])])
    let error = #expect(throws: DataProductError.self) {
      try XLSXWriter.write(product, to: workspace.file("a.xlsx"), created: 1)
    }
    #expect(error?.kind == .sheetTooLarge)
    #expect(shell("ls -A \(workspace.path)").output == "")
  }

  @Test("a folder that is not there, and a picture that is none, give errors and no file")
  func failures() throws {
    let workspace = try Workspace()
    #expect(throws: (any Error).self) {
      try XLSXWriter.write(sampleProduct(), to: workspace.file("no/a.xlsx"), created: 1)
    }
    try AtomicFile.write("no picture", to: workspace.file("p.png"))
    let error = #expect(throws: DataProductError.self) {
      try XLSXWriter.write(
        sampleProduct(), to: workspace.file("a.xlsx"), created: 1,
        pictures: [workspace.file("p.png")])
    }
    #expect(error?.kind == .pictureUnreadable)
    #expect(shell("ls -A \(workspace.path)").output == "p.png\n")
  }
}
