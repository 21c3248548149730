import Foundation
import Testing

@testable import Warehouse

@Suite struct CollectionTests {
  let bench: CertificationBench
  var warehouse: Warehouse { bench.warehouse }

  init() throws {
    bench = try CertificationBench()
    for number in 1...3 { try bench.run(number) }
    try bench.certify(1, in: "one", for: .nanoseconds(0, 300))
    try bench.certify(2, in: "two", for: .nanoseconds(100, 200))
    try bench.certify(3, in: "three", for: .nanoseconds(150, 400))
  }

  @Test("a chain is searched in its order; the first that has a range answers and is named")
  func order() throws {
    try warehouse.chain("new", of: ["two", "one"], by: .sample)
    #expect(try bench.answer(99, in: "new") == "A1")
    #expect(try bench.answer(100, in: "new") == "A2")
    #expect(try bench.answer(200, in: "new") == "A1")
    #expect(try bench.answer(300, in: "new") == "not-certified")
    try warehouse.chain("new", of: ["three"], prepends: true, by: .sample)
    #expect(try warehouse.searchOrder(of: "new") == ["three", "two", "one"])
    #expect(try bench.answer(150, in: "new") == "A3")
    let found = try warehouse.lookup(
      "master-bias", in: "new", device: DeviceFilter(block: "BORN", detector: "CCD1"),
      at: TAIInstant(nanoseconds: 120))
    #expect(found.collection == "two")
    try warehouse.chain("new", of: ["one"], prepends: true, by: .sample)
    #expect(try warehouse.searchOrder(of: "new") == ["one", "three", "two"])
    let record = try #require(try warehouse.collections().first { $0.name == "new" })
    #expect(record.kind == .chained && record.members == ["one", "three", "two"])
    #expect(try warehouse.certifications(in: "new").count == 3)
  }

  @Test("a chain with nested chains answers as its flattened list does, for random chains")
  func nested() throws {
    var random = SplitMix(state: 7)
    for round in 0..<20 {
      var names = ["one", "two", "three"]
      for level in 0..<4 {
        let name = "r\(round)l\(level)"
        var members: [String] = []
        for _ in 0...random.below(4) {
          let member = names[random.below(names.count)]
          if !members.contains(member) { members.append(member) }
        }
        try warehouse.chain(name, of: members, by: .sample)
        names.append(name)
      }
      let top = "r\(round)l3"
      try warehouse.chain("flat\(round)", of: try flattened(top), by: .sample)
      for instant in stride(from: Int64(-50), through: 450, by: 50) {
        #expect(
          try bench.answer(instant, in: top) == bench.answer(instant, in: "flat\(round)"))
      }
    }
  }

  /// Depth-first by the definition, with everything as often as it comes, then the first of each.
  private func flattened(_ name: String) throws -> [String] {
    let all = try warehouse.collections()
    func walk(_ name: String) -> [String] {
      guard let record = all.first(where: { $0.name == name }), record.kind == .chained else {
        return [name]
      }
      return record.members.flatMap(walk)
    }
    var seen: Set<String> = []
    return walk(name).filter { seen.insert($0).inserted }
  }

  @Test("cycles, doubled and unknown members, and wrong kinds are refused, and nothing changes")
  func refused() throws {
    try warehouse.chain("a", of: ["one"], by: .sample)
    try warehouse.chain("b", of: ["a"], by: .sample)
    try warehouse.chain("c", of: ["b"], by: .sample)
    let before = try warehouse.collections()
    let cases: [(String, [String], WarehouseError.Kind)] = [
      ("a", ["a"], .badCollection), ("a", ["c"], .badCollection),
      ("a", ["two", "b"], .badCollection), ("b", ["one", "one"], .badCollection),
      ("b", ["nothing"], .noSuchCollection), ("one", ["two"], .badCollection),
      ("new", ["new"], .badCollection),
    ]
    for (name, members, kind) in cases {
      let error = #expect(throws: WarehouseError.self) {
        try warehouse.chain(name, of: members, by: .sample)
      }
      #expect(error?.kind == kind, "\(name) of \(members)")
    }
    #expect(try warehouse.collections() == before)
    let error = #expect(throws: WarehouseError.self) { try bench.certify(1, in: "a", for: .always) }
    #expect(error?.kind == .badCollection)
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM collectionEvent") == 3)
  }

  @Test("many chains of two equal ways each are searched at once")
  func diamonds() throws {
    var below = ["one", "two"]
    for level in 0..<40 {
      try warehouse.chain("l\(level)", of: below, by: .sample)
      try warehouse.chain("r\(level)", of: below, by: .sample)
      below = ["l\(level)", "r\(level)"]
    }
    #expect(try warehouse.searchOrder(of: "l39") == ["one", "two"])
  }
}
