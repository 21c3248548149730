import Diagnostics
public import Warehouse

/// What a warehouse knows of that which is asked for, for clear words where nothing fits.
public enum KnownNames {
  /// Refuses names of quantities that fit none of those stored.
  ///
  /// - Throws: `MetatestError.Kind.noSuchQuantity`, which names the nearest; `WarehouseError`.
  public static func requireQuantities(_ names: [String], in warehouse: Warehouse) throws {
    let known = try warehouse.quantities().map(\.name)
    for wanted in names where !known.contains(where: { NamePattern.matches($0, wanted) }) {
      let nearest = nearestName(to: wanted, among: known).map { "did you mean \($0)? " } ?? ""
      throw MetatestError(
        .noSuchQuantity, "no quantity named '\(wanted.clipped(to: 60))' is stored",
        remedy: nearest + "list them with: vis-meta quantities")
    }
  }

  /// Refuses names of analyses that fit none of those stored.
  ///
  /// - Throws: `MetatestError.Kind.noSuchRun`, which names the nearest; `WarehouseError`.
  public static func requireAnalyses(_ names: [String], in warehouse: Warehouse) throws {
    guard !names.isEmpty else { return }
    let known = try warehouse.testRuns().map(\.analysis.name)
    for wanted in names where !known.contains(where: { NamePattern.matches($0, wanted) }) {
      let nearest = nearestName(to: wanted, among: known).map { "did you mean \($0)? " } ?? ""
      throw MetatestError(
        .noSuchRun, "there is no analysis '\(wanted.clipped(to: 60))' with a test run",
        remedy: nearest + "list them with: vis-meta runs")
    }
  }

  /// What is known, for answers without a single value.
  ///
  /// - Parameter what: what does not fit.
  /// - Returns: as "no value fits; known blocks are BORN, CURIE": of each restriction that names
  ///   something that no run has, else the blocks.
  public static func hint(
    _ filter: ResultFilter, in warehouse: Warehouse, for what: String = "value"
  ) throws -> String {
    let runs = try warehouse.testRuns()
    guard !runs.isEmpty else { return "no \(what) fits; the warehouse holds no test run" }
    func listed(_ names: some Sequence<String>) -> String {
      let sorted = Set(names).sorted()
      let more = sorted.count > 20 ? " and \(sorted.count - 20) more" : ""
      return sorted.prefix(20).map { $0.clipped(to: 60) }.joined(separator: ", ") + more
    }
    let tests = runs.flatMap { [$0.test, TestName.base($0.test)] }
    let restrictions: [(words: String, asked: [String], there: [String])] = [
      ("campaigns", filter.campaigns, runs.map(\.campaign)),
      ("blocks", filter.blocks, runs.map(\.block)), ("tests", filter.tests, tests),
      ("sessions", filter.sessions, runs.map(\.session)),
      ("analyses", filter.analyses, runs.map(\.analysis.name)),
      ("detectors", filter.detectors, runs.flatMap(\.serials.keys)),
    ]
    var known: [String] = []
    for (words, asked, there) in restrictions {
      let isKnown = asked.allSatisfy { name in
        there.contains { NamePattern.matches($0, name) }
      }
      if !isKnown { known.append("known \(words) are \(listed(there))") }
    }
    if known.isEmpty, let items = try items(filter, in: warehouse) { known.append(items) }
    if known.isEmpty { known.append("known blocks are \(listed(runs.map(\.block)))") }
    return "no \(what) fits; " + known.joined(separator: "; ")
  }

  /// The items that the quantities have, where it is the item that fits none of them.
  private static func items(_ filter: ResultFilter, in warehouse: Warehouse) throws -> String? {
    // Without a quantity the whole warehouse would be read.
    guard !filter.quantities.isEmpty, !filter.items.isEmpty else { return nil }
    var wider = filter
    wider.items = []
    let groups = try warehouse.statistics(matching: wider, by: [.item])
    guard !groups.isEmpty else { return nil }
    let items = Set(groups.flatMap(\.group).compactMap(\.self)).sorted()
    guard !items.isEmpty else { return "what was asked for has no item" }
    let more = items.count > 20 ? " and \(items.count - 20) more" : ""
    return "known items are "
      + items.prefix(20).map { $0.clipped(to: 60) }.joined(separator: ", ") + more
  }
}
