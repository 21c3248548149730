import Campaign
import Detector
import Testing

/// A test as the evaluated classes of the original campaign had it.
struct RecordedTest: Sendable, CustomTestStringConvertible {
  var fields: [String]
  var common: [String: String] = [:]
  var columns: [(frames: Int, values: [String: String])] = []

  var id: String { fields[1] }
  var name: String { fields[2] }
  var label: String { fields[3] }
  var chamber: String { fields[4] }
  var testDescription: String { id }

  static let all: [RecordedTest] = {
    var tests: [RecordedTest] = []
    for line in (try? table("test-structures.tsv")) ?? [] {
      if line[0] == "test" {
        tests.append(RecordedTest(fields: line))
        continue
      }
      var values: [String: String] = [:]
      for pair in line.dropFirst() {
        guard let equals = pair.firstIndex(of: "=") else { continue }
        let (key, value) = (String(pair[..<equals]), String(pair[pair.index(after: equals)...]))
        let keys = key == "IG1" ? ["1_T", "2_T", "3_T", "1_B", "2_B", "3_B"].map { "IG1_" + $0 } : [key]
        for key in keys { values[key] = value }
      }
      if line[0] == "common" {
        tests[tests.count - 1].common = values
      } else {
        tests[tests.count - 1].columns.append((Int(line[0]) ?? -1, values))
      }
    }
    return tests
  }()

  /// The set that orders it, and the inputs that it orders.
  func order() throws -> CampaignSet.Order {
    let prefix = id.split(separator: ":").count == 2 ? String(id.split(separator: ":")[0]) : "full"
    let set = CampaignSet.allCases.first { $0.rawValue.lowercased() == prefix }
    for handle in set?.handles ?? [] {
      if let order = try set?.tests(of: handle).first(where: { $0.name == name }) { return order }
    }
    return CampaignSet.Order(name: name, inputs: [:])
  }

  func definition(camera: String = "euclid-vis") throws -> TestDefinition {
    let order = try order()
    return try TestCatalog.definition(
      of: order.name, camera: CameraCatalog.camera(camera), inputs: order.inputs, chamber: chamber)
  }

  /// Whether the original is at fault, so that this definition differs on purpose.
  var isFluxCheck: Bool { name.hasPrefix("FLATFLUX00") && name != "FLATFLUX00_2000" }
}

@Suite("Test structures")
struct TestStructureTests {
  @Test("All 82 structures of the record are there")
  func all() throws {
    #expect(RecordedTest.all.count == 82)
    #expect(RecordedTest.all.reduce(0) { $0 + $1.columns.count } == 876)
    for test in RecordedTest.all {
      #expect(test.columns.reduce(0) { $0 + $1.frames } == Int(test.fields[5]), "\(test.id)")
    }
  }

  @Test("Every value of every column is what the campaign commanded", arguments: RecordedTest.all)
  func columns(_ record: RecordedTest) throws {
    let test = try record.definition()
    try #require(test.columns.count == record.columns.count)
    let defaults = ScriptKeyword.defaults()
    for (column, recorded) in zip(test.columns, record.columns) {
      #expect(column.frames == recorded.frames)
      let expected = record.common.merging(recorded.values) { $1 }
      for (key, value) in column.values {
        if key == "test" { continue }
        // On purpose: times of the flat source, and the filter that belongs to the times.
        if record.isFluxCheck, key == "exptime" { continue }
        if record.id == "mini:PSF01_800", key == "wave" {
          #expect(value == .int(4) && expected[key] == "5")
          continue
        }
        let wanted = expected[key] ?? defaults[key]?.description ?? ""
        if let number = value.number {
          let difference = abs(number - (Double(wanted) ?? .nan))
          #expect(difference < 1e-6, "\(record.id) \(column.name) \(key): \(value), not \(wanted)")
        } else {
          #expect(value.description == wanted, "\(record.id) \(column.name) \(key)")
        }
      }
      #expect(
        Set(column.values.keys)
          == Set(defaults.keys).subtracting(ScriptKeyword.equipment).subtracting(["frames"]))
    }
  }

  @Test("Label, selection and duration are those of the record", arguments: RecordedTest.all)
  func facts(_ record: RecordedTest) throws {
    let test = try record.definition()
    // The short campaign wrote FLAT01_800 into the logs; here a test's label does not depend on the set.
    if record.id != "mini:FLAT01" {
      #expect(test.label == record.label)
      #expect(test.columns.allSatisfy { $0.values["test"] == .string(record.label) })
    }
    #expect(test.selection.byFilter == (record.fields[8] == "filter"))
    #expect(test.selection.ignoredKeys == Set(record.fields[9] == "-" ? [] : [record.fields[9]]))
    if !record.isFluxCheck {
      #expect(abs(test.duration / 60 - (Double(record.fields[6]) ?? 0)) < 0.0051)
    }
  }

  @Test("Steps have the names of the record, without those that did nothing", arguments: RecordedTest.all)
  func steps(_ record: RecordedTest) throws {
    let empty = ["debugtask", "simulNL", "bayes", "extract_ADC"]
    let recorded = record.fields[7].split(separator: ",").map(String.init)
    // The flux checks took the steps of photon transfer, for which they have no pairs.
    if record.label.hasPrefix("FLATFLUX00") { return }
    // Steps that the original has not.
    let own = ["stability"]
    #expect(
      try record.definition().subtasks.map(\.name).filter { !own.contains($0) }
        == recorded.filter { !empty.contains($0) })
  }

  @Test("Checks have the names of the record", arguments: RecordedTest.all)
  func checks(_ record: RecordedTest) throws {
    let recorded = record.fields[10].split(separator: ",").map(String.init)
    let names = try record.definition().checks.map(\.name)
    // Checks of these failed in the original, or (NL02 in the label only) did not apply.
    if ["CHINJ00", "TP00", "STRAY00", "HENK01"].contains(record.name) {
      #expect(names.starts(with: ["hk_performance", "hk_safe", "lost_pixels"]))
    } else {
      #expect(Set(names) == Set(recorded), "\(record.id)")
      #expect(names.count == recorded.count)
    }
  }

  @Test("A chamber of each profile gives exposure times", arguments: ChamberCatalog.names)
  func chambers(name: String) throws {
    let profile = try ChamberCatalog.profile(name)
    #expect((1...6).allSatisfy { profile.filter(slot: $0)?.focusMillimetres ?? 0 > 40 })
    let camera = try CameraCatalog.camera("euclid-vis")
    let test = try TestCatalog.definition(of: "PTC01", camera: camera, chamber: name)
    let full = try profile.filter(wavelength: 800).flatSeconds
    #expect(abs((test.columns[8].values["exptime"]?.number ?? 0) - full) < 1e-6)
    #expect(profile.spots.values.allSatisfy { $0.count == 20 })
  }

  @Test("All tests fit the small camera, with its rows")
  func tiny() throws {
    let camera = try CameraCatalog.camera("tiny")
    for record in RecordedTest.all {
      let test = try record.definition(camera: "tiny")
      #expect(test.window.upperBound <= 86, "\(record.id)")
    }
    #expect(camera.amplifiers.allSatisfy { $0.height == 86 })
  }

  @Test("Every test of the catalog can be made in some chamber, and names are unique")
  func catalog() throws {
    let camera = try CameraCatalog.camera("euclid-vis")
    #expect(Set(TestCatalog.names).count == TestCatalog.names.count)
    for name in TestCatalog.names {
      let chamber = name.hasSuffix("_640") ? "A_CBE_AUG18" : "B_NOSTROMO"
      let test = try TestCatalog.definition(of: name, camera: camera, chamber: chamber)
      #expect(test.frames > 0 && test.duration > 0, "\(name)")
      #expect(Set(test.subtasks.map(\.name)).count == test.subtasks.count)
    }
  }
}

@Suite("Limits of the checks")
struct TestLimitTests {
  @Test("Limits by column are those of the record", arguments: ((try? table("test-limits.tsv")) ?? []).map { $0[0] }.uniqued())
  func limits(_ id: String) throws {
    let record = try #require(RecordedTest.all.first { $0.id == id })
    let checks = Dictionary(uniqueKeysWithValues: try record.definition().checks.map { ($0.name, $0.limits) })
    for line in try table("test-limits.tsv") where line[0] == id {
      let parts = line[1].split(separator: "/").map(String.init)
      let names = [
        "image_fluence_by_column": "image_fluence", "injection_median_by_column": "injection_level",
        "injection_std_by_column": "injection_noise", "spot_peak_by_column": "spot_peak",
        "spot_fwhm_combined": "spot_fwhm", "spot_integrated_fluence": "spot_fluence",
        "background": "background", "image_fluence": "dark_fluence",
      ]
      // Limits of an analysis, configured limits, and limits of checks that the original never made.
      guard let name = names[parts[0]], let limits = checks[name] else { continue }
      let wanted = LimitRange(Double(line[4]) ?? .nan, Double(line[5]) ?? .nan)
      func agrees(_ range: LimitRange?) -> Bool {
        guard let range else { return false }
        return abs(range.lower - wanted.lower) < 1e-4 * max(1, abs(wanted.lower))
          && abs(range.upper - wanted.upper) < 1e-4 * max(1, abs(wanted.upper))
      }
      switch limits {
      case .range(let range): #expect(agrees(range), "\(line)")
      case .byColumn(let ranges):
        // On purpose: limits follow the exposure times that are commanded, not a table of the family.
        if id == "mot:PTC01" || id == "mot:MOT_FF" || id.contains("PSFLUX00") || id == "mini:PSF01_800" {
          continue
        }
        for column in columns(line) { #expect(agrees(ranges[column]), "\(line)") }
      case .byHalf(let bottom, let top):
        for column in columns(line) {
          #expect(agrees(parts[1] == "top_GH" ? top[column] : bottom[column]), "\(line)")
        }
      case .configured: Issue.record("\(line)")
      }
    }
  }

  private func columns(_ line: [String]) -> [String] {
    guard let first = Int(line[2].dropFirst(3)), let last = Int(line[3].dropFirst(3)) else { return [] }
    return (first...last).map { "col" + String(String($0 + 1000).dropFirst()) }
  }

  @Test("Limits follow the exposure times, where the original's did not")
  func peaks() throws {
    let test = try TestCatalog.definition(
      of: "PSFLUX00_800", camera: CameraCatalog.camera("euclid-vis"), chamber: "B_NOSTROMO")
    let check = try #require(test.checks.first { $0.name == "spot_peak" })
    guard case .byColumn(let ranges) = check.limits else { throw CampaignError(.badValue, "") }
    #expect(ranges.count == 4)
    let last = try #require(ranges["col004"])
    #expect(abs(last.lower - 0.8 * 55_000 * 0.7) < 1 && abs(last.upper - 0.8 * 55_000 * 1.3) < 1)
  }

  @Test("The flat source's flux is measured at 5, 20, 50 and 80 % of the flat source's time")
  func flux() throws {
    for record in RecordedTest.all where record.isFluxCheck {
      let test = try record.definition()
      let wavelength = Int(record.name.split(separator: "_")[1]) ?? -1
      let full = try ChamberCatalog.profile("B_NOSTROMO").filter(wavelength: wavelength).flatSeconds
      let times = test.columns.map { ($0.values["exptime"]?.number ?? 0) / full }
      for (time, fraction) in zip(times, [0.05, 0.2, 0.5, 0.8]) {
        #expect(abs(time - fraction) < 1e-5)
      }
    }
  }
}

extension Array where Element: Hashable {
  fileprivate func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
