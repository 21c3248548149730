import DurableFiles
import FITSFiles
import Testing

@testable import DataProducts

@Suite("FITSTableWriter")
struct FITSTests {
  @Test("values, units, descriptions and provenance come back")
  func roundTrip() throws {
    let workspace = try Workspace()
    let path = workspace.file("a.fits")
    try FITSTableWriter.write(sampleProduct(), to: path)
    let file = try FITSFile(path: path)
    #expect(file.structure.hdus.count == 4)
    let primary = file.structure.hdus[0].cards
    #expect(primary.value(of: "TITLE")?.text == "Read noise")
    #expect(primary.value(of: "BLOCKID")?.text == "CURIE")
    #expect(primary.value(of: "ANALYSIS")?.text == "FM_1")
    let table = try file.readTable(.named("RON"))
    #expect(table.rows == 4)
    #expect(try table.integers("CCD") == [1, 2, nil, 9_007_199_254_740_993])
    #expect(try table.texts("Q") == ["E", "", "G", "-H"])
    let noise = try table.doubles("RON")
    #expect(noise[0] == 0.1 && noise[1].isNaN && noise[2].isNaN && noise[3] == -1.0 / 3)
    #expect(try table.doubles("flux")[0] == 1e-300)
    #expect(table.column("RON")?.unit == "adu")
    #expect(try table.texts("RON_reason") == ["", "saturated", "no frames", ""])
    #expect(table.cards.value(of: "TCOMM3")?.text == "Read noise, 1 sigma.")
    let meta = try file.readTable(.named("META"))
    #expect(try meta.texts("KEY").contains("A long key of no FITS keyword"))
    #expect(try meta.texts("VALUE")[3] == "7")
    #expect(try file.readTable(.named("PROVENANCE")).texts("SHA256") == ["00ff"])
  }

  @Test("hostile texts make a valid file", .enabled(if: Reader.hasFitsverify))
  func hostile() throws {
    let workspace = try Workspace()
    for (name, product) in [("a.fits", sampleProduct()), ("b.fits", hostileProduct())] {
      try FITSTableWriter.write(product, to: workspace.file(name))
      let report = shell("cd \(workspace.path) && fitsverify -q \(name)").output
      #expect(report.contains("OK"), "\(report)")
    }
  }

  @Test("the same product gives the same bytes")
  func repeatable() throws {
    let workspace = try Workspace()
    for name in ["a.fits", "b.fits"] {
      try FITSTableWriter.write(sampleProduct(), to: workspace.file(name))
    }
    #expect(
      try SHA256Digest(ofFile: workspace.file("a.fits"))
        == SHA256Digest(ofFile: workspace.file("b.fits")))
  }

  @Test("keywords have at most eight legal characters, and keys differ")
  func keywords() {
    for (key, keyword, comment) in FITSKeywords.all {
      #expect((1...8).contains(keyword.count) && !comment.isEmpty)
      #expect(keyword.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) })
      #expect(FITSKeywords.keyword(for: key.uppercased())?.keyword == keyword)
    }
    #expect(Set(FITSKeywords.all.map(\.key)).count == FITSKeywords.all.count)
    #expect(FITSKeywords.keyword(for: "Analysis id")?.keyword == "ANALYSIS")
    #expect(FITSKeywords.keyword(for: "nonsense") == nil)
  }
}
