import Testing

@testable import DataProducts

@Suite("JSON, CSV and ECSV")
struct TextFormatTests {
  @Test("CSV: units above the names, missing values empty, all digits kept")
  func csv() throws {
    let product = sampleProduct()
    let text = try CSVWriter.text(product.tables[0], of: product)
    #expect(
      text == """
        # Read noise
        # Read noise by quadrant.
        # Block: CURIE
        # Test: BIAS01
        # Analysis id: FM_1
        # A long key of no FITS keyword: 7
        # units: ,,adu,,electron/s
        CCD,Q,RON,RON_reason,flux
        1,E,0.1,,1e-300
        2,,,saturated,
        ,G,,no frames,1e+22
        9007199254740993,"'-H",-0.3333333333333333,,5.0

        """)
  }

  @Test("CSV: no text begins as a formula, and negative numbers stay numbers")
  func formulas() throws {
    for text in hostileTexts {
      let first = CSVWriter.harmless(text).unicodeScalars.first
      #expect(first.map { "=+-@\t\r\n".unicodeScalars.contains($0) } != true, "\(text)")
    }
    let product = hostileProduct()
    for table in product.tables {
      // A line end inside quotes begins no cell.
      let text = try CSVWriter.text(table, of: product).replacing("\"'\n=1\"", with: "")
      #expect(!text.split(separator: "\n").contains { $0.hasPrefix("=") || $0.hasPrefix("\"=") })
    }
  }

  @Test("JSON: the whole text of a small product")
  func json() throws {
    let product = DataProduct(
      title: "T\"\u{1}", header: [.init("a", 1), .init("A", .missing)],
      tables: [
        DataTable("x", columns: [DataColumn("v", unit: "adu", .doubles([1.5, nil, .infinity]))])
      ], provenance: [.init(role: "r", name: "n")])
    #expect(
      try JSONWriter.text(product) == """
        {
          "title": "T\\"\\u0001",
          "header": {
            "a": 1,
            "A (2)": null
          },
          "meta": {},
          "units": {
            "x": {
              "v": "adu"
            }
          },
          "descriptions": {
            "x": {
              "v": ""
            }
          },
          "data": {
            "x": {
              "v": [1.5, null, null]
            }
          },
          "provenance": [
            {"role": "r", "name": "n", "sha256": null, "note": ""}
          ]
        }

        """)
  }

  @Test("JSON and CSV: another program reads back what was written", .enabled(if: Reader.hasPython))
  func readBack() throws {
    let workspace = try Workspace()
    let product = hostileProduct()
    try JSONWriter.write(product, to: workspace.file("a.json"))
    try JSONWriter.write(sampleProduct(), to: workspace.file("b.json"))
    let result = shell(
      """
      cd \(workspace.path) && /usr/bin/python3 -c '
      import json
      def no(x): raise ValueError(x)
      a = json.load(open("a.json", encoding="utf-8"), parse_constant=no)
      assert len(a["header"]) == \(hostileTexts.count), len(a["header"])
      for t in a["data"].values():
        (v,) = t.values()
        assert len(v) == \(hostileTexts.count) and v[0] == "=1+1" and v[12] == "a\\0b", v
      b = json.load(open("b.json"), parse_constant=no)
      d = b["data"]["RON"]
      assert d["RON"] == [0.1, None, None, -1/3] and d["flux"] == [1e-300, None, 1e22, 5], d
      assert d["CCD"][3] == 9007199254740993
      print("well")'
      """)
    #expect(result.output == "well\n")
  }

  @Test("ECSV: astropy reads types, units and gaps", .enabled(if: Reader.hasAstropy))
  func ecsv() throws {
    let workspace = try Workspace()
    let product = sampleProduct()
    try ECSVWriter.write(product.tables[0], of: product, to: workspace.file("a.ecsv"))
    let result = shell(
      """
      cd \(workspace.path) && /usr/bin/python3 -c '
      from astropy.table import Table
      t = Table.read("a.ecsv", format="ascii.ecsv")
      assert str(t["RON"].unit) == "adu" and t["RON"].dtype.name == "float64"
      assert t["RON"].mask.tolist() == [False, True, True, False] and t["RON"][3] == -1/3
      assert t["Q"][3] == "-H" and t.meta["Block"] == "CURIE"
      print("well")'
      """)
    #expect(result.output == "well\n")
  }

  @Test("ECSV: the header and the rows, exactly")
  func ecsvText() throws {
    let product = DataProduct(
      title: "T", header: [.init("k: #", "v\n")],
      tables: [
        DataTable(
          "x",
          columns: [
            DataColumn("a", unit: "s", description: "d", .doubles([1, nil])),
            DataColumn("b c", .texts(["#\n\"", nil])),
          ])
      ])
    #expect(
      try ECSVWriter.text(product.tables[0], of: product) == """
        # %ECSV 1.0
        # ---
        # delimiter: ','
        # datatype:
        # - {name: "a", unit: "s", datatype: float64, description: "d"}
        # - {name: "b c", datatype: string}
        # meta: !!omap
        # - {title: "T"}
        # - {description: ""}
        # - {"k: #": "v\\n"}
        # schema: astropy-2.0
        a,b c
        1.0,"# \"\""
        ,

        """)
  }

  @Test("columns of different lengths and doubled names are refused")
  func refused() {
    let ragged = DataTable("t", columns: [.init("a", .integers([1])), .init("b", .integers([]))])
    let doubled = DataTable("t", columns: [.init("a", .integers([1])), .init("A", .integers([1]))])
    for (table, kind) in [(ragged, DataProductError.Kind.raggedTable), (doubled, .doubledColumn)] {
      let product = DataProduct(title: "", tables: [table])
      let error = #expect(throws: DataProductError.self) { try JSONWriter.text(product) }
      #expect(error?.kind == kind)
      #expect(throws: DataProductError.self) { try CSVWriter.text(table, of: product) }
      #expect(throws: DataProductError.self) { try ECSVWriter.text(table, of: product) }
      #expect(throws: DataProductError.self) { try FITSTableWriter.hdus(product) }
      #expect(throws: DataProductError.self) {
        try XLSXWriter.write(product, to: "/nowhere/x.xlsx", created: 1)
      }
    }
  }
}
