import BlockTests
import Foundation
import Simulator
import Testing
import Warehouse

@Suite struct BrighterFatterFamilyTests {
  /// A strong effect: the tiny camera has few pixels.
  static func flats(seed: UInt64 = 1, frames: Double = 10) async throws -> SmallFlats {
    var truth = PhotonTransferFamilyTests.plain
    truth[.brighterFatter] = -2e-6
    return try await SmallFlats(
      seed: seed, fractions: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], frames: frames, truth: truth)
  }

  /// The configuration with the test on the frames of PTC01, which is quick.
  static func adding(gains: Bool = true, _ inputs: String = "lags: 3, Npix: 4") -> @Sendable (String)
    -> String
  {
    { text in
      var text = text.replacing("inputs: {", with: "inputs: {model: EXPAPPROXIMATION, lags: 2, ")
      // The task's own inputs, those of the ladder among them.
      guard let start = text.range(of: "      - test: PTC01") else { return text }
      let task = String(text[start.lowerBound...])
      let other = task.replacing("PTC01", with: "BF01")
        .replacing("model: EXPAPPROXIMATION, lags: 2", with: inputs)
      text = (gains ? text : String(text[..<start.lowerBound])) + (gains ? "\n" : "") + other
      return text
    }
  }

  private func values(_ warehouse: Warehouse, _ quantity: String) throws -> [StoredMeasurement] {
    let runs = try warehouse.testRuns().filter { $0.test == "BF01" }.map(\.key)
    return try warehouse.measurements(of: [quantity], in: runs)
  }

  @Test("Coefficients are those that were simulated, and the correction restores the variance")
  func truth() async throws {
    let flats = try await Self.flats()
    let (warehouse, summary) = try await flats.run(edit: Self.adding())
    #expect(summary.entries.map(\.error) == [nil, nil])
    // The mean over amplifiers against the truth: a_00 is given.
    let a00 = try values(warehouse, "bf.a").filter { $0.place.item == "a00" }
    let numbers = a00.compactMap(\.value.number)
    #expect(numbers.count == 12)
    let mean = numbers.reduce(0, +) / 12
    #expect(abs(mean / -2e-6 - 1) < 0.2, "a_00 \(mean)")
    for item in ["a10", "a01"] {
      let mine = try values(warehouse, "bf.a").filter { $0.place.item == item }
        .compactMap(\.value.number)
      let mean = mine.reduce(0, +) / Double(max(1, mine.count))
      #expect(mean > 1e-7 && mean < 6e-7, "\(item) \(mean)")
    }
    func average(_ quantity: String, _ item: String) throws -> Double {
      let mine = try values(warehouse, quantity).filter { $0.place.item == item }
        .compactMap(\.value.number)
      #expect(mine.count == 12, "\(quantity) \(item)")
      return mine.reduce(0, +) / Double(max(1, mine.count))
    }
    let raw = try average("bf.restored", "raw")
    #expect(raw < 0.9)
    for kind in ["guyonnet", "scalar"] {
      let restored = try average("bf.restored", kind)
      #expect(abs(restored - 1) < 0.04, "\(kind): \(restored)")
      for lag in ["10", "01"] {
        let left = try average("bf.remaining.\(lag)", kind)
        let before = try average("bf.remaining.\(lag)", "raw")
        #expect(abs(left) < 0.35 * before, "\(kind) \(lag): \(left) of \(before)")
      }
    }
    // The run of the gain is named.
    let run = try #require(try values(warehouse, "bf.gain.run").first?.value.number)
    let ptc = try #require(try warehouse.testRuns().first { $0.test == "PTC01" })
    #expect(run == Double(ptc.key.id))
    #expect(try values(warehouse, "bf.fwhm.x").compactMap(\.value.number).count >= 10)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("Without a PTC01 whatever needs a gain is not measurable, and says why; the rest is measured")
  func withoutGain() async throws {
    let flats = try await Self.flats(frames: 4)
    let (warehouse, summary) = try await flats.run(edit: Self.adding(gains: false))
    #expect(summary.entries.map(\.error) == [nil])
    let reason = MeasuredValue.missing(
      reason: "no gain: no finished PTC01 of block BORN in the warehouse")
    for quantity in [
      "bf.gain", "bf.column.a00", "bf.restored", "bf.column.fwhm.x", "bf.fwhm.x", "bf.test.variance",
    ] {
      let rows = try values(warehouse, quantity)
      #expect(!rows.isEmpty)
      #expect(
        rows.allSatisfy { $0.value == reason || $0.value.number == nil }, "\(quantity)")
      #expect(rows.contains { $0.value == reason }, "\(quantity)")
    }
    #expect(try values(warehouse, "bf.a").contains { $0.value.number != nil })
    #expect(try values(warehouse, "bf.column.a10").contains { $0.value.number != nil })
  }

  @Test("Later steps alone give what a whole run gives, without the pixels of the pairs")
  func only() async throws {
    let flats = try await Self.flats(frames: 4)
    let (warehouse, _) = try await flats.run(edit: Self.adding())
    let (again, summary) = try await flats.run(
      edit: { Self.adding(gains: false)($0) },
      options: { $0.only = ["extract_BF", "extract_PTCs", "meta"] })
    #expect(summary.entries.map(\.error) == [nil])
    let runs = try again.testRuns().filter { $0.test == "BF01" }.map(\.key).sorted { $0.id < $1.id }
    #expect(runs.count == 2)
    func dump(_ run: TestRunKey) throws -> [String] {
      try again.measurements(in: [run]).filter { $0.quantity.hasPrefix("bf.") }
        .map { "\($0.quantity) \($0.place) \($0.value)" }.sorted()
    }
    #expect(try dump(runs[0]) == dump(runs[1]))
    _ = warehouse
  }

  @Test("Pairs that PTC01 has measured alike are taken over, and give the very same")
  func takenOver() async throws {
    let flats = try await Self.flats(frames: 2)
    // The same lags: the pairs of PTC01 serve.
    let alike = Self.adding("lags: 2, Npix: 3")
    let (shared, _) = try await flats.run(into: "shared", edit: alike)
    let (alone, _) = try await flats.run(
      into: "alone", edit: Self.adding(gains: false, "lags: 2, Npix: 3"))
    func log(_ warehouse: Warehouse) throws -> [String] {
      let run = try #require(try warehouse.testRuns().first { $0.test == "BF01" })
      return try warehouse.subtasks(of: run.key).first { $0.name == "extract_COV" }?.log ?? []
    }
    #expect(try log(shared).contains { $0.contains("taken over from PTC01 run 1") })
    #expect(try !log(alone).contains { $0.contains("taken over") })
    func pairs(_ warehouse: Warehouse) throws -> [String] {
      let run = try #require(try warehouse.testRuns().first { $0.test == "BF01" })
      return try warehouse.measurements(in: [run.key]).filter { $0.quantity.hasPrefix("ptc.") }
        .map { "\($0.quantity) \($0.place) \($0.value)" }.sorted()
        + warehouse.curves(in: run.key).filter { $0.name.hasPrefix("ptc.covariances") }
        .map { "\($0.name) \($0.place) \($0.y) \($0.uncertainty ?? [])" }.sorted()
    }
    #expect(try pairs(shared) == pairs(alone))
    // Other lags: measured anew.
    let (other, _) = try await flats.run(into: "other", edit: Self.adding("lags: 3, Npix: 3"))
    #expect(try !log(other).contains { $0.contains("taken over") })
  }

  @Test("The number of workers changes nothing")
  func workers() async throws {
    let flats = try await Self.flats(frames: 2)
    let (one, _) = try await flats.run(into: "one", workers: 1, edit: Self.adding())
    let (four, _) = try await flats.run(into: "four", workers: 4, edit: Self.adding())
    #expect(try one.dump() == four.dump())
  }

  @Test("Single flats make no pair: nothing is measured, and the reason is stored")
  func singles() async throws {
    let flats = try await Self.flats(frames: 1)
    let (warehouse, summary) = try await flats.run(edit: Self.adding())
    #expect(summary.entries.map(\.error) == [nil, nil])
    let rows = try values(warehouse, "bf.a")
    #expect(!rows.isEmpty && rows.allSatisfy { $0.value == .missing(reason: "no pair of flats") })
  }
}
