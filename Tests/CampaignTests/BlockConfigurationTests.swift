import Campaign
import Detector
import Diagnostics
import Testing

/// The smallest configuration that is whole.
private let minimal = """
  version: 1
  block: EINSTEIN
  paths: {results_root: results}
  sessions:
    D11:
      data: [25_Jul_19]
      tasks:
        - {test: BIAS01, obsid: [100, 109], todo: [init, check], inputs: {N: 3}}
        - test: BIAS02.1
          obsid: null

  """

@Suite("BlockConfiguration")
struct BlockConfigurationTests {
  func load(_ text: String) throws -> BlockConfiguration {
    try BlockConfiguration.parse(Array(text.utf8), path: "x/block.yaml")
  }

  func failure(_ text: String) -> CampaignError? {
    do { _ = try load(text) } catch { return error as? CampaignError }
    return nil
  }

  @Test("A minimal file takes everything else from the focal plane and the generic limits")
  func smallest() throws {
    let block = try load(minimal)
    #expect(block.camera.name == "euclid-vis" && block.elvis == "7.5.X" && block.report)
    #expect(block.chamber == "B_EINSTEIN" && block.folder == "x")
    #expect(block.equipment["sn_ccd1"] == "14471-19-01" && block.equipment["sn_roe"] == "FM14")
    #expect(block.resultsRoot == "x/results")
    #expect(block.dataPath("25_Jul_19") == "x/./25_Jul_19")
    let session = try block.session(named: "D11")
    #expect(session.source == .folders(["25_Jul_19"]))
    #expect(session.tasks.map(\.test) == ["BIAS01", "BIAS02.1"])
    #expect(session.tasks[0].obsids == 100...109 && session.tasks[1].obsids == nil)
    #expect(session.tasks[0].isToDo("check") && !session.tasks[0].isToDo("meta"))
    #expect(session.tasks[1].isToDo("meta"))
    #expect(try block.definition(of: session.tasks[0]).frames == 3)
    #expect(block.limits.offset(detector: "CCD1", amplifier: "E") == LimitRange(2663, 2763))
    #expect(block.limits.offset(detector: "CCD9", amplifier: "E") == nil)
  }

  @Test("Limits are merged leaf by leaf")
  func limits() throws {
    let block = try load(
      minimal + """
        limits:
          read_noise: {CCD2: [0.5, 2]}
          offset_gradients: {image: [-5, 5]}
          expected_offsets: {CCD1: {E: 2700}}
          housekeeping: {CCD1_TEMP_T: {performance: [-125, -115]}, COMM_RD_T: {performance: [-1, 1], checked: false}}
        """)
    let limits = block.limits
    #expect(limits.readNoise(detector: "CCD2") == LimitRange(0.5, 2))
    #expect(limits.readNoise(detector: "CCD1") == LimitRange(0.86, 1.44))
    #expect(limits.offsetGradient(.image) == LimitRange(-5, 5))
    #expect(limits.offsetGradient(.overscan) == LimitRange(-10, 10))
    #expect(limits.expectedOffsets["CCD1"]?["E"] == 2700)
    #expect(limits.expectedOffsets["CCD1"]?["F"] == 2671)
    let table = limits.housekeeping
    #expect(table.key(named: "CCD1_TEMP_T")?.performance == .absolute(LimitRange(-125, -115)))
    #expect(table.key(named: "CCD1_TEMP_T")?.safe == .absolute(LimitRange(-133, 35)))
    #expect(table.key(named: "COMM_RD_T")?.performance == .relative(LimitRange(-1, 1)))
    #expect(table.checkedKeys.count == 31)
  }

  @Test(
    "Each mistake is named with its line and column",
    arguments: [
      ("blok: A\n" + minimal, CampaignError.Kind.unknownKey, "x/block.yaml:1:1"),
      (minimal + "limits: {ron: [1, 2]}\n", .unknownKey, "x/block.yaml:11:10"),
      (minimal + "limits: {read_noise: [2, 1]}\n", .wrongType, "x/block.yaml:11:22"),
      (minimal + "report: maybe\n", .wrongType, "x/block.yaml:11:9"),
      (minimal + "elvis: 7.5\n", .badValue, "x/block.yaml:11:8"),
      (minimal + "camera: euclid\n", .unknownCamera, "x/block.yaml:11:9"),
      (minimal + "report: true\nreport: false\n", .duplicateKey, "x/block.yaml:12:1"),
      (minimal + "equipment: {sn_roe: [1]}\n", .wrongType, "x/block.yaml:11:21"),
      (minimal + "limits: {expected_offsets: {CCD4: {E: 1}}}\n", .badValue, "x/block.yaml:11:35"),
      (minimal + "limits: {housekeeping: {CCD1_TEMP: {}}}\n", .badValue, "x/block.yaml:11:36"),
      (minimal + "preprocessing: {offset: {trim: [1]}}\n", .badValue, "x/block.yaml:11:32"),
      (minimal + "products: [a]\n", .wrongType, "x/block.yaml:11:11"),
      (minimal.replacing("BIAS02.1", with: "BIAS03"), .unknownTest, "x/block.yaml:9:15"),
      (minimal.replacing("check]", with: "chek]"), .badValue, "x/block.yaml:8:56"),
      (minimal.replacing("N: 3", with: "N: x"), .badTestInput, "x/block.yaml:8:76"),
      (minimal.replacing("obsid: null", with: "obsid: [9, 1]"), .wrongType, "x/block.yaml:10:16"),
      (
        minimal.replacing("data: [25_Jul_19]", with: "data: 25_Jul_19"), .wrongType,
        "x/block.yaml:6:11"
      ),
      (minimal.replacing("version: 1\n", with: ""), .missingKey, "x/block.yaml:1:1"),
      (minimal.replacing("version: 1", with: "version: 2"), .badValue, "x/block.yaml:1:10"),
      (minimal.replacing("EINSTEIN", with: "[unclosed"), .badSyntax, nil),
      (minimal.replacing("EINSTEIN", with: "&a x"), .badSyntax, "x/block.yaml:2:8"),
      (
        minimal.replacing("data: [25_Jul_19]", with: "manifest: a.csv\n    data: [a]"), .badValue,
        "x/block.yaml:6:15"
      ),
      (minimal.replacing("data: [25_Jul_19]\n", with: "\n"), .missingKey, nil),
      ("", .badSyntax, "x/block.yaml"), ("- a\n", .wrongType, "x/block.yaml:1:1"),
      ("[[a]]: 1\n", .wrongType, nil), ("a\u{0}b", .badSyntax, "x/block.yaml"),
    ] as [(String, CampaignError.Kind, String?)])
  func mistakes(text: String, kind: CampaignError.Kind, place: String?) {
    let error = failure(text)
    #expect(error?.kind == kind, "\(String(describing: error))")
    if let place { #expect(error?.place == place, "\(String(describing: error))") }
  }

  @Test("A misspelt key names the nearest valid one")
  func nearest() {
    #expect(failure("blok: A\n" + minimal)?.remedy?.contains("did you mean 'block'?") == true)
    #expect(failure(minimal + "draft_reprot: true\n")?.remedy?.contains("'draft_report'") == true)
  }

  @Test("Files made to exhaust the parser are refused quickly")
  func hostile() {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (name, last) in zip("bcdefghijklmnop", "abcdefghijklmno") {
      bomb +=
        "\(name): &\(name) [" + Array(repeating: "*\(last)", count: 9).joined(separator: ",")
        + "]\n"
    }
    #expect(failure(bomb)?.kind == .badSyntax)
    // The anchors hidden behind a quote that the line-by-line look takes for open.
    #expect(failure("z: b\n  \"foo\n" + bomb)?.kind == .badSyntax)
    #expect(failure(String(repeating: "[", count: 200_000))?.kind == .badSyntax)
    #expect(failure(String(repeating: "- ", count: 200_000))?.kind == .badSyntax)
    #expect(failure(String(repeating: "a", count: 2_000_000))?.kind == .tooLarge)
    #expect(failure(String(repeating: "x", count: 1000) + ": 1\n")?.kind == .unknownKey)
    let invalid = try? BlockConfiguration.parse([0x61, 0x3A, 0xFF, 0xFE], path: "x")
    #expect(invalid == nil)
  }

  @Test("Hostile block names pass as texts, and messages stay one line")
  func hostileNames() throws {
    for name in [
      "../../etc", "=cmd|' /C calc'!A0", "\\input{x}", "'; DROP TABLE block; --", "a: b # c",
    ] {
      let text = BlockConfiguration.template(block: name)
      #expect(try load(text).block == name)
    }
    let error = failure(minimal + "\"a\\nb\\e[31m\": 1\n")
    #expect(error?.kind == .unknownKey)
    #expect(error?.description.contains("\n") == false)
    #expect(error?.description.contains("\u{1B}") == false)
  }

  @Test("The template loads as it is, for known blocks and others")
  func template() throws {
    for name in ["EINSTEIN", "NEW-BLOCK", "7", "null", "JULES"] {
      let block = try load(BlockConfiguration.template(block: name))
      #expect(block.block == name)
      #expect(block.sessions[0].tasks.map(\.test) == ["BIAS01", "BIAS02"])
    }
    #expect(BlockConfiguration.template(block: "EINSTEIN").contains("sn_roe: FM14"))
  }

  @Test("The template's commented parts load too once the comment signs are gone")
  func commentedTemplate() throws {
    let text = BlockConfiguration.template(block: "EINSTEIN").split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { line -> String in
      for key in ["limits", "preprocessing", "products"] where line.hasPrefix("# \(key):") {
        return String(line.dropFirst(2))
      }
      return line.hasPrefix("#   ") ? String(line.dropFirst(2)) : String(line)
    }.joined(separator: "\n")
    let block = try load(text)
    #expect(block.products["mask.CCD2"] == "masks/CCD2.fits")
    #expect(block.preprocessing.method == .median)
    // What stands in the comment is what happens without it.
    #expect(block.preprocessing.trim == block.camera.checkTrims[.prescan])
  }
}
