import Campaign
import Detector
import Testing

@Suite("Inputs of tests")
struct TestInputTests {
  func definition(
    _ name: String, _ inputs: [String: ScriptValue] = [:], chamber: String? = "B_NOSTROMO"
  ) throws -> TestDefinition {
    try TestCatalog.definition(
      of: name, camera: CameraCatalog.camera("euclid-vis"), inputs: inputs, chamber: chamber)
  }

  func failure(
    _ name: String, _ inputs: [String: ScriptValue] = [:], chamber: String? = "B_NOSTROMO"
  ) -> CampaignError? {
    do { _ = try definition(name, inputs, chamber: chamber) } catch { return error as? CampaignError }
    return nil
  }

  @Test("Fractions, exposure times, frames and wavelength change the ladder")
  func ladder() throws {
    let fractions = try definition(
      "PTC01", ["fractions": .numbers([0.5, 1]), "frames": .numbers([3])])
    #expect(fractions.columns.map { $0.values["exptime"] } == [.double(1.75), .double(3.5)])
    #expect(fractions.columns.map(\.frames) == [3, 3])
    let times = try definition(
      "FLAT01", ["exptimes": .numbers([1, 2]), "frames": .numbers([4, 5]), "wavelength": .int(880)])
    #expect(times.columns.map(\.frames) == [4, 5])
    #expect(times.columns[1].values["wave"] == .int(5))
    #expect(times.columns[1].values["comments"] == .string("EXP2.0e+00"))
    #expect(try definition("PTC01", ["exptimes": .double(2), "frames": .int(7)]).frames == 7)
  }

  @Test("What does not fit together is refused")
  func refusals() {
    #expect(failure("PTC01", ["frames": .numbers([1, 2])])?.problem.contains("11 exposure times") == true)
    #expect(failure("PTC01", ["fractions": .numbers([-0.1])])?.kind == .badTestInput)
    #expect(failure("PTC01", ["fractions": .numbers([.nan])])?.kind == .badTestInput)
    #expect(failure("PTC01", ["fractions": .string("x")])?.kind == .badTestInput)
    #expect(failure("PTC01", ["frames": .numbers([1.5])])?.kind == .badTestInput)
    for (test, input, word) in [
      ("PTC01", "model", "POLYNOMIAL9"), ("PTC01", "lonely", "Error"), ("PTC02_590", "linearity", ""),
      ("NL02", "model", "QUADRATIC"), ("NL01", "shutter", "calibrate"),
    ] {
      let error = failure(test, [input: .string(word)])
      #expect(error?.kind == .badTestInput && error?.problem.contains("'\(word)'") == true)
      #expect(error?.remedy?.contains("known are ") == true, "\(test) \(input)")
    }
    #expect(failure("NL01", ["shutter": .string("calibrate")])?.remedy?.contains("calibrated?") == true)
    for (test, input, word) in [
      ("PTC01", "model", "POLYNOMIAL8"), ("PTC01", "lonely", "error"), ("NL02", "model", "EXPONENTIAL"),
    ] { #expect(failure(test, [input: .string(word)]) == nil) }
    for (name, value) in [
      ("lonely", "maybe"), ("linearity", "nl02"), ("pairing", "exptime"), ("pairgain", "full"),
      ("model", "LINEAR"),
    ] {
      let error = failure("PTC01", [name: .string(value)])
      #expect(error?.kind == .badTestInput && error?.problem.contains("'\(value)'") == true, "\(name)")
    }
    #expect(failure("PTC01", ["binnings": .numbers([2, 2.5])])?.problem.contains("whole") == true)
    #expect(failure("PTC01", ["binnings": .numbers([1])])?.kind == .badTestInput)
    #expect(failure("PTC01", ["binnings": .numbers([]), "pairing": .string("flux")]) == nil)
    #expect(failure("CHINJ01", ["dIG1": .double(0)])?.kind == .badTestInput)
    #expect(failure("CHINJ01", ["dIG1": .double(0.001)])?.kind == .badTestInput)
    #expect(failure("CHINJ01", ["IG1s": .numbers([5, 4])])?.kind == .badTestInput)
    #expect(failure("CHINJ01", ["IG1s": .numbers([5])])?.kind == .badTestInput)
    #expect(failure("TP01", ["toi_tpv": .numbers([])]) == nil)
    #expect(failure("TP01", ["toi_tpv": .numbers(Array(repeating: 5, count: 501))]) != nil)
    #expect(failure("TP01", ["toi_tpv": .numbers(Array(repeating: 5, count: 400))])?.problem
      .contains("columns") == true)
    #expect(failure("CHINJ00", ["id_delays": .numbers([])])?.problem.contains("0 columns") == true)
  }

  @Test("A range of volts never goes beyond its upper end")
  func range() throws {
    let test = try definition("CHINJ01", ["IG1s": .numbers([3, 8]), "dIG1": .double(0.75)])
    #expect(test.columns.count == 14)
    #expect(test.columns[6].values["IG1_1_T"] == .double(7.5))
  }

  @Test("Without a chamber, or with one that lacks the filter, it is said")
  func chambers() throws {
    #expect(failure("PTC01", chamber: nil)?.kind == .missingChamber)
    #expect(failure("PTC02_590", chamber: "B_NOSTROM")?.remedy?.contains("B_NOSTROMO") == true)
    #expect(failure("FLAT02_640")?.remedy?.contains("590, 2000, 730, 800, 880, 0") == true)
    #expect(failure("CHINJ01", chamber: nil) == nil)
    #expect(failure("DARK01", chamber: nil) == nil)
  }

  @Test("The lines that are not injected count in CHINJ00")
  func linesOff() throws {
    #expect(try definition("CHINJ00", ["chinj_of": .int(300)]).columns[0].values["chinj_of"] == .int(300))
  }

  @Test("A configuration gives lists, and its chamber gives the times")
  func configuration() throws {
    let text = """
      version: 1
      block: EINSTEIN
      chamber: A_DIRAC
      paths: {results_root: r}
      sessions:
        D11:
          data: [x]
          tasks:
            - {test: PTC01, inputs: {fractions: [0.5, 1.0], frames: [2]}}
            - {test: BF01}
      """
    let configuration = try BlockConfiguration.parse(Array(text.utf8), path: "c.yaml")
    let test = try configuration.definition(of: configuration.sessions[0].tasks[0])
    #expect(test.columns.map { $0.values["exptime"] } == [.double(1.7), .double(3.4)])
    #expect(try configuration.definition(of: configuration.sessions[0].tasks[1]).label == "PTC01")
    for (from, to, place) in [
      ("A_DIRAC", "A_DIRACK", "c.yaml:3"), ("fractions: [0.5, 1.0]", "fractions: [0.5, x]", "c.yaml:9"),
      ("frames: [2]", "frames: [2, 3, 4]", "c.yaml:9"),
    ] {
      let wrong = text.replacing(from, with: to)
      do {
        _ = try BlockConfiguration.parse(Array(wrong.utf8), path: "c.yaml")
        Issue.record("\(to) was accepted")
      } catch { #expect((error as? CampaignError)?.place?.hasPrefix(place) == true, "\(error)") }
    }
  }

  @Test("Handles expand to their tests, with the iteration")
  func handles() throws {
    #expect(
      try CampaignSet.full.tests(of: "PTC02WAVE.3").map(\.name)
        == ["PTC02_590.3", "PTC02_730.3", "PTC02_880.3"])
    #expect(try CampaignSet.mini.tests(of: "BIAS01").map(\.inputs) == [["N": .int(3)]])
    #expect(throws: CampaignError.self) { try CampaignSet.full.tests(of: "PTC02WAVE.x") }
    #expect(throws: CampaignError.self) { try CampaignSet.full.tests(of: "PTC02") }
    for set in CampaignSet.allCases {
      for handle in set.handles {
        for order in try set.tests(of: handle) { _ = try TestCatalog.entry(named: order.name) }
      }
    }
  }
}
