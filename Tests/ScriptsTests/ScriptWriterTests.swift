import Campaign
import DataProducts
import Detector
import DurableFiles
import Ingest
import Scripts
import Testing

@Suite("ScriptWriter")
struct ScriptWriterTests {
  @Test("The reference's NOSTROMO example comes out in full")
  func nostromoExample() throws {
    let workspace = try Workspace()
    let result = try write(request(), in: workspace)
    #expect(
      result.tests.map(\.test) == [
        "CHINJ02", "BIAS01", "TP01", "BIAS02", "CHINJ01", "FOCUS00_590", "FOCUS00_730",
        "FOCUS00_800", "FOCUS00_880",
      ])
    let inventory = try workspace.text("out/TESTS_INVENTORY_01Apr19.txt")
    let lines = inventory.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0] == "01Apr19 12:00:00" && lines[1] == "CHECK_SUMS_01Apr19.txt" && lines[3].isEmpty)
    for (line, minutes) in zip(
      lines[4...],
      ["42.31", "15.58", "120.31", "15.58", "58.58", "15.11", "14.25", "14.22", "14.39"])
    {
      #expect(line.contains(" [\(minutes) min] cols: ["), "\(line)")
    }
    #expect(lines[5] == "BIAS01: 1 [15.58 min] cols: [10]")
    #expect(lines[11] == "FOCUS00_800: 9 [14.22 min] cols: [1, 1, 1, 1, 1, 1, 1, 1, 1]")
    #expect(inventory.hasSuffix("\n168 frames\n310.33 minutes\n"))
    #expect(result.frames == 168)
    #expect(
      try InputFile.names(in: workspace.file("out")).filter { $0.hasPrefix("vis_CalCamp_") }.count == 9)
  }

  @Test("Checksums are padded to 60, and are those of the files")
  func checksums() throws {
    let workspace = try Workspace()
    try write(request(#""BIAS01": 1, "PTC02WAVE.2": 1"#), in: workspace)
    let lines = try workspace.text("out/CHECK_SUMS_01Apr19.txt").split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[1].hasPrefix("vis_CalCamp_PTC02_590.2_01Apr19_v7.5.X.xlsx  "))
    for line in lines {
      let parts = line.split(separator: "\t")
      #expect(parts[0].count == 60)
      let name = parts[0].split(separator: " ")[0]
      let bytes = try InputFile.bytes(of: workspace.file("out/\(name)"))
      #expect(String(parts[1]) == MD5Digest(of: bytes).hexadecimal)
    }
    #expect(MD5Digest(of: "abc".utf8).hexadecimal == "900150983cd24fb0d6963f7d28e17f72")
    #expect(MD5Digest(of: []).hexadecimal == "d41d8cd98f00b204e9800998ecf8427e")
  }

  @Test("The sheet has one row a keyword, running totals and an end column")
  func layout() throws {
    let camera = try CameraCatalog.camera("euclid-vis")
    let test = try TestCatalog.definition(of: "PERSIST01", camera: camera, chamber: "B_NOSTROMO")
    let cells = ScriptSheet(test, elvis: "7.5.X").cells
    #expect(cells.count == 70)
    #expect(
      cells[0] == [.text("frames"), .integer(5), .integer(8), .integer(9), .integer(12), .text("End")])
    #expect(cells.map { $0[0] } == ScriptKeyword.all.map { .text($0.name) })
    #expect(cells.dropFirst().allSatisfy { $0.count == 5 })
    #expect(ScriptSheet(test, elvis: "6.3.0").cells.count == 69)
  }

  @Test("The same request gives the same bytes")
  func repeatable() throws {
    let (a, b) = (try Workspace(), try Workspace())
    for workspace in [a, b] { try write(request(#""MOT_WARM": 1, "NL02": 1"#), in: workspace) }
    for name in try InputFile.names(in: a.file("out")) {
      #expect(
        try InputFile.bytes(of: a.file("out/\(name)")) == InputFile.bytes(of: b.file("out/\(name)"))
          || name.hasPrefix("TESTS_SCHEDULER"), "\(name)")
    }
  }

  @Test("Every test of every set can be written and read back as it is defined")
  func roundTrip() throws {
    let camera = try CameraCatalog.camera("euclid-vis")
    for set in CampaignSet.allCases {
      let workspace = try Workspace()
      let handles = set.handles.filter { $0 != "MOT_FF" }.map { "\"\($0)\": 1" }
      let text = request(handles.joined(separator: ", "))
        .replacing(#""Full""#, with: "\"\(set.rawValue)\"")
        .replacing("B_NOSTROMO", with: set == .mini ? "A_CBE_AUG18" : "B_NOSTROMO")
      let result = try write(text, in: workspace)
      let request = try ScriptRequest.load(workspace.file("request.json"))
      #expect(result.tests.count == request.orders.count && !result.tests.isEmpty)
      let verdicts = try ScriptFolderCheck(request: request, chamber: "", camera: camera)
        .verdicts(of: [workspace.file("out")])
      #expect(verdicts.count == result.tests.count)
      for verdict in verdicts { #expect(verdict.problems == [], "\(verdict.test)") }
    }
  }

  @Test("Tests without frames of their own get no script, and are named")
  func withoutFrames() throws {
    let text = request(#""PTC01": 1, "BF01": 1, "BF01WAVE": 1"#)
    let request = try ScriptRequest.parse(Array(text.utf8), path: "r.json")
    #expect(request.orders.map(\.test.name) == ["PTC01"])
    #expect(request.withoutFrames == ["BF01", "BF01_590", "BF01_730", "BF01_880"])
  }

  @Test("Inputs change a test, for all its iterations or for one")
  func inputs() throws {
    let more = #", "inputs": {"BIAS01": {"N": 3}, "BIAS02.2": {"N": 4}}"#
    let text = request(#""BIAS01.1": 1, "BIAS02": 1, "BIAS02.2": 1"#, more: more)
    let request = try ScriptRequest.parse(Array(text.utf8), path: "r.json")
    let camera = try CameraCatalog.camera("euclid-vis")
    #expect(
      try request.orders.map { try request.definition(of: $0, camera: camera).frames } == [3, 10, 4])
  }

  @Test("What is wrong with a request is named with its line")
  func refusals() {
    func parsed(_ from: String, _ to: String) -> String {
      let text = request().replacing(from, with: to)
      return failure { _ = try ScriptRequest.parse(Array(text.utf8), path: "r.json") }
    }
    #expect(parsed("\"CHINJ02\"", "\"CHINJ03\"").contains("error[unknown-test]"))
    #expect(parsed("\"CHINJ02\"", "\"CHINJ03\"").contains("r.json:11"))
    #expect(parsed("\"BIAS02\"", "\"BIAS01\"").contains("error[config-duplicate-key]"))
    #expect(parsed("14471-19-01", "14471-1901").contains("equipment.sn_ccd1"))
    #expect(parsed("14471-19-01", "14471-1901").contains("r.json:4"))
    #expect(parsed("15081-15-02", "14471-19-01").contains("the serial number of sn_ccd1 as well"))
    #expect(parsed("\"sn_roe\": \"FM14\"", "\"sn_roe\": \"14\"").contains("equipment.sn_roe"))
    #expect(parsed("B_NOSTROMO", "B_NOSTROMA").contains("did you mean B_NOSTROMO"))
    #expect(parsed("\"Full\"", "\"Fool\"").contains("camptype"))
    #expect(parsed("7.5.X", "7.5").contains("elvis"))
    #expect(parsed("\"operator\"", "\"opperator\"").contains("did you mean 'operator'"))
    #expect(parsed("\"operator\": \"unk\",", "").contains("equipment.operator"))
    #expect(parsed("\"CHINJ02\": 1", "\"CHINJ02\": 2").contains("toWrite.CHINJ02"))
    #expect(parsed(": 1", ": 0").contains("no test is to be written"))
    #expect(parsed("\"toWrite\": {", "\"toWrite\": ").contains("error[config-syntax]"))
    #expect(
      failure {
        let text = request(more: #", "inputs": {"PTC01": {"N": 3}}"#)
        _ = try ScriptRequest.parse(Array(text.utf8), path: "r.json")
      }.contains("PTC01 has no input 'N'"))
    #expect(
      failure {
        let text = request(more: #", "inputs": {"PTC01": {"frames": [3]}}"#)
        _ = try ScriptRequest.parse(Array(text.utf8), path: "r.json")
      }.contains("not to be written"))
  }

  @Test("Serial numbers of another form are accepted where that is asked for")
  func serials() throws {
    let text = request().replacing("14471-19-01", with: "EM-A")
    let request = try ScriptRequest.parse(
      Array(text.utf8), path: "r.json", acceptsAnySerial: true)
    #expect(request.equipment["sn_ccd1"] == "EM-A")
  }

  @Test("Nothing is replaced unasked")
  func existing() throws {
    let workspace = try Workspace()
    try write(request(), in: workspace)
    let message = failure { try write(request(#""BIAS01": 1"#), in: workspace) }
    #expect(message.contains("error[script-exists]") && message.contains("BIAS01"))
    try write(request(#""BIAS01": 1"#), in: workspace, overwrites: true)
  }

}
