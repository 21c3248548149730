import Diagnostics
public import Warehouse

/// A question for measured values.
public struct MeasurementQuery: Sendable {
  /// Names of quantities; `*` stands for any text. Empty for all.
  public var quantities: [String] = []
  /// Names that restrict the answer; empty for no restriction.
  public var blocks, detectors, amplifiers, tests, sessions, items, analyses: [String]
  /// ObsIDs that restrict the answer; empty for no restriction.
  public var obsids: [Int] = []
  /// Whether all runs are asked; otherwise the one that stands for its block and test.
  public var allRuns = false

  /// A question without any restriction.
  public init() {
    (blocks, detectors, amplifiers, tests) = ([], [], [], [])
    (sessions, items, analyses) = ([], [], [])
  }

  /// One value of the answer.
  public struct Row: Sendable, Encodable {
    /// Where the value comes from.
    public let campaign, block: String
    /// The position on the focal plane; nil off it.
    public let slot: String?
    /// Where the value comes from.
    public let test, session, analysis: String
    /// The test run's number.
    public let run: Int64
    /// What the value belongs to; nil for "all" or "none".
    public let ccd, quadrant: String?
    /// The exposure; nil for none.
    public let obsid: Int?
    /// Spot, ladder step, region; nil for none.
    public let item: String?
    /// What was measured.
    public let quantity: String
    /// The value; nil where it could not be measured.
    public let value: Double?
    /// The 1-sigma uncertainty.
    public let uncertainty: Double?
    /// The number of samples.
    public let count: Int?
    /// The unit, in the FITS standard's spelling.
    public let unit: String
    /// Why there is no value.
    public let reason: String?
  }

  /// The runs that are asked, oldest first.
  public func runs(in warehouse: Warehouse) throws -> [StoredTestRun] {
    var runs = try warehouse.testRuns()
    // Naming an analysis names its runs, so that they need not be the selected ones.
    if !allRuns, analyses.isEmpty {
      runs = RunSelection.selected(try RunSelection.candidates(in: warehouse))
    }
    return runs.filter { run in
      Self.admits(blocks, run.block) && Self.admits(sessions, run.session)
        && Self.admits(analyses, run.analysis.name)
        && (Self.admits(tests, run.test) || Self.admits(tests, RunSelector.baseName(run.test)))
    }
  }

  /// Gives the answer run by run, so that memory does not grow with its length.
  ///
  /// - Parameters:
  ///   - slots: the position of a block's detector.
  ///   - body: gets each run's rows, by quantity, detector, amplifier, ObsID and item.
  /// - Throws: `MetatestError.Kind.noSuchQuantity` where no stored quantity fits a name that is
  ///   asked for; `WarehouseError`.
  public func answer(
    from warehouse: Warehouse, slot: (_ block: String, _ detector: String) -> String?,
    _ body: ([Row]) throws -> Void
  ) throws {
    let known = try warehouse.quantities()
    let units = Dictionary(
      known.map { ($0.name, $0.unit) }, uniquingKeysWith: { first, _ in first })
    let names = try names(among: known.map(\.name))
    for run in try runs(in: warehouse) {
      let found = try warehouse.measurements(
        of: quantities.isEmpty ? nil : names, in: [run.key],
        detector: detectors.count == 1 ? detectors[0] : nil,
        amplifier: amplifiers.count == 1 ? amplifiers[0] : nil)
      try body(
        found.filter(admits).map { measurement in
          Row(
            measurement, of: run, unit: units[measurement.quantity] ?? "",
            slot: measurement.place.detector.flatMap { slot(run.block, $0) })
        })
    }
  }

  /// What a warehouse knows of that which was asked for, for answers without a single value.
  ///
  /// - Returns: as "no value fits; known blocks are BORN, CURIE": of each restriction that names
  ///   something that no run has, else the blocks.
  public func hint(in warehouse: Warehouse) throws -> String {
    let runs = try warehouse.testRuns()
    guard !runs.isEmpty else { return "no value fits; the warehouse holds no test run" }
    func listed(_ names: some Sequence<String>) -> String {
      let sorted = Set(names).sorted()
      let more = sorted.count > 20 ? " and \(sorted.count - 20) more" : ""
      return sorted.prefix(20).map { $0.clipped(to: 60) }.joined(separator: ", ") + more
    }
    let tests = runs.flatMap { [$0.test, RunSelector.baseName($0.test)] }
    var known: [String] = []
    let restrictions: [(words: String, asked: [String], there: [String])] = [
      ("blocks", blocks, runs.map(\.block)), ("tests", self.tests, tests),
      ("sessions", sessions, runs.map(\.session)),
      ("analyses", analyses, runs.map(\.analysis.name)),
      ("detectors", detectors, runs.flatMap(\.serials.keys)),
    ]
    for (words, asked, there) in restrictions where !Set(asked).isSubset(of: there) {
      known.append("known \(words) are \(listed(there))")
    }
    if known.isEmpty { known.append("known blocks are \(listed(runs.map(\.block)))") }
    return "no value fits; " + known.joined(separator: "; ")
  }

  // MARK: - Steps

  private func names(among known: [String]) throws -> [String] {
    var result: [String] = []
    for wanted in quantities {
      let fitting = known.filter { Self.matches($0, wanted) }
      guard !fitting.isEmpty else {
        let nearest = nearestName(to: wanted, among: known).map { "did you mean \($0)? " } ?? ""
        throw MetatestError(
          .noSuchQuantity, "no quantity named '\(wanted.clipped(to: 60))' is stored",
          remedy: nearest + "list them with: vis-meta quantities")
      }
      for name in fitting where !result.contains(name) { result.append(name) }
    }
    return result
  }

  private func admits(_ measurement: StoredMeasurement) -> Bool {
    let place = measurement.place
    return Self.admits(detectors, place.detector ?? "")
      && Self.admits(amplifiers, place.amplifier ?? "")
      && Self.admits(items, place.item ?? "")
      && (obsids.isEmpty || place.obsid.map(obsids.contains) == true)
  }

  private static func admits(_ wanted: [String], _ name: String) -> Bool {
    wanted.isEmpty || wanted.contains(name)
  }

  /// Whether a name fits a pattern in which `*` stands for any text, also none.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let name = Array(name.utf8)
    let pattern = Array(pattern.utf8)
    var (n, p) = (0, 0)
    // Where the last star stands, and how much of the name it has taken: no more is ever needed.
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == name[n] {
        (n, p) = (n + 1, p + 1)
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (n, p) = (last.name + 1, last.pattern + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

extension MeasurementQuery.Row {
  init(_ measurement: StoredMeasurement, of stored: StoredTestRun, unit: String, slot: String?) {
    campaign = stored.campaign
    block = stored.block
    self.slot = slot
    test = stored.test
    session = stored.session
    analysis = stored.analysis.name
    run = stored.key.id
    ccd = measurement.place.detector
    quadrant = measurement.place.amplifier
    obsid = measurement.place.obsid
    item = measurement.place.item
    quantity = measurement.quantity
    self.unit = unit
    switch measurement.value {
    case .value(let number, let error, let samples):
      (value, uncertainty, count, reason) = (number, error, samples, nil)
    case .missing(let why):
      (value, uncertainty, count, reason) = (nil, nil, nil, why)
    }
  }
}

/// The runs that stand for their blocks, over all tests.
enum RunSelection {
  /// All runs; the one that metatests would use must have finished its step `meta`, a test without
  /// such a step only itself.
  static func candidates(in warehouse: Warehouse) throws -> [RunSelector.Candidate] {
    try warehouse.testRuns().map { run in
      let steps = try warehouse.subtasks(of: run.key)
      return RunSelector.Candidate(
        run: run, isComplete: steps.contains { $0.name == "meta" && $0.status == .finished })
    }
  }

  /// One run for each block and test, oldest first: what metatests use, else the latest finished.
  static func selected(_ candidates: [RunSelector.Candidate]) -> [StoredTestRun] {
    struct Key: Hashable {
      let campaign, block, test: String
    }
    let groups = Dictionary(grouping: candidates) {
      Key(
        campaign: $0.run.campaign, block: $0.run.block,
        test: RunSelector.baseName($0.run.test))
    }
    return groups.values.compactMap { group in
      RunSelector.choice(among: group)?.run
        ?? RunSelector.choice(
          among: group.map { RunSelector.Candidate(run: $0.run, isComplete: true) })?.run
    }.sorted { $0.key < $1.key }
  }
}
