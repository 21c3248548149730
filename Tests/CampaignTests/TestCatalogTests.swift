import Campaign
import Detector
import Testing

@Suite("TestCatalog")
struct TestCatalogTests {
  let equipment = [
    "operator": "unk", "sn_ccd1": "SN_CCD1", "sn_ccd2": "SN_CCD2", "sn_ccd3": "SN_CCD3",
    "sn_roe": "SN_ROE", "sn_rpsu": "SN_RPSU",
  ]

  func definition(
    _ name: String, camera: String = "euclid-vis", inputs: [String: ScriptValue] = [:],
    script: [String: ScriptValue] = [:]
  ) throws -> TestDefinition {
    try TestCatalog.definition(
      of: name, camera: CameraCatalog.camera(camera), equipment: equipment, inputs: inputs,
      script: script)
  }

  @Test(
    "a test's name tells the temperature that it is made for",
    arguments: [
      ("PTC02_148K", DetectorTemperature.kelvin(148)), ("PSF02_158K", .kelvin(158)),
      ("MOT_WARM", .room), ("PTC02_155R", .usual), ("PTC02_800", .usual), ("DARK01", .usual),
      ("X_9K", .usual), ("X_infK", .usual), ("X_nanK", .usual), ("K", .usual), ("", .usual),
    ])
  func temperatures(name: String, temperature: DetectorTemperature) {
    #expect(DetectorTemperature(label: name) == temperature)
  }

  @Test(
    "BIAS01 and BIAS02 command exactly what the evaluated classes did",
    arguments: ["BIAS01", "BIAS02"])
  func structures(name: String) throws {
    let column = try #require(definition(name).columns.first)
    #expect(column.name == "col001")
    var seen: Set<String> = []
    for line in try table("bias-structures.tsv") where line[0] == name {
      if line[1] == "frames" {
        #expect(column.frames == Int(line[3]))
        continue
      }
      seen.insert(line[1])
      let value = try #require(column.values[line[1]], "\(line[1]) is not commanded")
      if line[2] == "number" {
        #expect(value.number == Double(line[3]), "\(line[1])")
      } else {
        #expect(value == .string(line[3]), "\(line[1])")
      }
    }
    #expect(Set(column.values.keys) == seen)
    #expect(seen.count == 69)
  }

  @Test("Selection, steps and duration are those of the record")
  func flow() throws {
    let test = try definition("BIAS01")
    #expect(test.family == "BIAS0X" && test.frames == 10 && test.window == 0..<2086)
    #expect(!test.selection.byFilter && test.selection.ignoredKeys == ["motr_siz"])
    #expect(test.todoNames == ["init", "check", "prep", "basic", "meta", "report"])
    #expect(abs(test.columns[0].secondsPerFrame - 93.5036) < 0.001)
    #expect(abs(test.duration / 60 - 15.58) < 0.005)
  }

  @Test("The log's IPHI text is derived from the phases that are on")
  func imagePhases() throws {
    #expect(try definition("BIAS01").columns[0].expectedLogValues["IPHI"] == .string("I1I2I3"))
    let other = try definition("BIAS01", script: ["IPHI1": .int(0), "IPHI4": .int(1)])
    #expect(other.columns[0].expectedLogValues["IPHI"] == .string("I2I3I4"))
    #expect(other.columns[0].expectedLogValues["IPHI1"] == nil)
    #expect(other.columns[0].expectedLogValues["v_tp_mod"] == .int(123))
  }

  @Test("An iteration tag changes the name and not the label")
  func tags() throws {
    let test = try definition("BIAS02.2")
    #expect(test.name == "BIAS02.2" && test.label == "BIAS02")
    #expect(test.columns[0].values["test"] == .string("BIAS02"))
    #expect(throws: CampaignError.self) { try definition("BIAS02.x") }
  }

  @Test("The number of frames and any commanded value can be changed")
  func overrides() throws {
    let test = try definition("BIAS01", inputs: ["N": .int(3)], script: ["RD_T": .double(15.5)])
    #expect(test.frames == 3 && test.columns[0].values["RD_T"] == .double(15.5))
  }

  @Test("Equipment that is not stated is not expected")
  func equipmentLeftOut() throws {
    let test = try TestCatalog.definition(of: "BIAS01", camera: CameraCatalog.camera("tiny"))
    #expect(test.columns[0].values["sn_roe"] == nil && test.columns[0].values["operator"] == nil)
    #expect(test.window == 0..<86)
  }

  @Test("Wrong names, types and numbers are refused with what is right")
  func refusals() throws {
    func failure(_ body: () throws -> Void) -> CampaignError? {
      do { try body() } catch { return error as? CampaignError }
      return nil
    }
    #expect(failure { _ = try definition("BAIS01") }?.remedy?.contains("BIAS01") == true)
    #expect(failure { _ = try definition("BIAS01", inputs: ["M": .int(1)]) }?.kind == .badTestInput)
    #expect(failure { _ = try definition("BIAS01", inputs: ["N": .double(1.5)]) } != nil)
    #expect(failure { _ = try definition("BIAS01", inputs: ["N": .int(0)]) } != nil)
    #expect(failure { _ = try definition("BIAS01", inputs: ["N": .double(.nan)]) } != nil)
    #expect(failure { _ = try definition("BIAS01", script: ["frames": .int(4)]) } != nil)
    #expect(
      failure { _ = try definition("BIAS01", script: ["RD_TT": .int(4)]) }?.remedy?.contains("RD_T")
        == true)
    #expect(failure { _ = try definition("BIAS01", script: ["RD_T": .string("x")]) } != nil)
    #expect(failure { _ = try definition("BIAS01", script: ["vend": .int(9000)]) } != nil)
  }

  @Test("The steps say what they do: no image is prepared, offsets are measured")
  func summaries() throws {
    for name in ["BIAS01", "BIAS02"] {
      let prep = try #require(definition(name).subtasks.first { $0.name == "prep" })
      #expect(prep.summary == "measures the offset of each frame")
    }
  }

  @Test("Values are compared as numbers within half a percent, texts as they are")
  func comparison() {
    #expect(ScriptValue.double(16).admits(.double(16.079)))
    #expect(!ScriptValue.double(16).admits(.double(16.081)))
    #expect(!ScriptValue.int(0).admits(.double(0.001)))
    #expect(ScriptValue.int(0).admits(.double(0)))
    #expect(!ScriptValue.int(0).admits(.string("NaN")))
    #expect(!ScriptValue.string("a").admits(.string("b")))
    #expect(ScriptValue.string("7").admits(.int(7)))
    #expect(ScriptValue(parsing: "0x10") == .string("0x10"))
    #expect(ScriptValue(parsing: "nan") == .string("nan"))
    #expect(ScriptValue(parsing: "1e999") == .string("1e999"))
    #expect(ScriptValue(parsing: "-2.50") == .double(-2.5))
  }
}
