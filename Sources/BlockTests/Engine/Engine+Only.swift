import Analysis
import Campaign
import Detector
import Warehouse

/// Running some steps alone (`--only`): what the others found comes from the latest finished run of the same frames.
extension Engine {
  /// The run whose results stand for the steps that are not run.
  ///
  /// - Throws: `EngineError.Kind.missingStep` where no run has what the steps build on.
  func base(
    for acquisition: Acquisition, test: BlockTest, task: String, session: String
  ) throws -> TestRunKey? {
    guard !options.only.isEmpty else { return nil }
    let unknown = options.only.filter { name in !test.subtasks.contains { $0.name == name } }
    guard unknown.isEmpty else {
      throw EngineError(
        .missingStep, "\(task) has no step '\(unknown.joined(separator: ", "))'",
        remedy: "its steps are \(test.subtasks.map(\.name).joined(separator: ", "))")
    }
    let needed = Set(
      test.subtasks.filter { options.only.contains($0.name) }.flatMap(\.needs)
        .filter { !options.only.contains($0) })
    // A run that itself carried results over has them as well.
    let found = try latest(acquisition, task: task, session: session) {
      needed.isSubset(of: $0) || $0.contains(Self.carriedStep)
    }
    if let found { return found }
    throw EngineError(
      .missingStep,
      "\(task): no finished run of the same frames has the step \(needed.sorted().joined(separator: ", "))",
      remedy: "run the test without --only first")
  }

  /// The run whose registration of the point sources is applied again by `relock`; nil where it is not run.
  ///
  /// - Throws: `EngineError.Kind.missingStep` where no run of the same frames has one.
  func registration(
    for acquisition: Acquisition, test: BlockTest, task: BlockConfiguration.TaskEntry,
    session: String
  ) throws -> TestRunKey? {
    guard test.subtasks.contains(where: { $0.name == RelockStep.name }),
      options.runs(RelockStep.name, of: task)
    else { return nil }
    let found = try latest(acquisition, task: task.test, session: session) { done in
      !done.isDisjoint(with: ["lock", RelockStep.name, Self.carriedStep])
    }
    guard let found else {
      throw EngineError(
        .missingStep, "\(task.test): no finished run of the same frames has a registration",
        place: configuration.path, remedy: "run the step 'lock' first")
    }
    return found
  }

  /// The latest finished run of the same frames whose finished steps are as wanted.
  private func latest(
    _ acquisition: Acquisition, task: String, session: String, has: (Set<String>) -> Bool
  ) throws -> TestRunKey? {
    let candidates = try warehouse.testRuns().filter {
      $0.block == configuration.block && $0.test == task
        && $0.session == session && $0.inputDigest == acquisition.inputDigest
        && $0.status == .finished && $0.verdict != .rejected
    }.sorted { $0.key.id > $1.key.id }
    return try candidates.first { candidate in
      let steps = try warehouse.subtasks(of: candidate.key)
      return has(Set(steps.filter { $0.status == .finished }.map(\.name)))
    }?.key
  }

  /// The name under which a run keeps what it took from another.
  static let carriedStep = "carried"

  /// Everything of the base run that this run has not measured itself.
  func carried(from base: TestRunKey, to run: TestRunKey) throws -> SubtaskCommit {
    let mine = Set(try warehouse.measurements(in: [run]).map(\.quantity))
    let curves = Set(try warehouse.curves(in: run).map(\.name))
    let stored = Dictionary(
      try warehouse.quantities().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let own = ["init"] + options.only
    let flags = try warehouse.flags(of: base).filter { !own.contains($0.subtask) }.map(\.flag)
    var seen: Set<String> = []
    return SubtaskCommit(
      name: Self.carriedStep, ordinal: 1000, seconds: 0,
      measurements: try warehouse.measurements(in: [base]).compactMap { row in
        guard !mine.contains(row.quantity), let known = stored[row.quantity] else { return nil }
        return MeasurementRecord(
          quantity: Quantity(
            known.name, unit: Unit(rawValue: known.unit) ?? .none, per: known.dimensions,
            digits: known.digits, known.meaning), detector: row.place.detector,
          amplifier: row.place.amplifier, obsid: row.place.obsid, item: row.place.item,
          value: row.value)
      }, curves: try warehouse.curves(in: base).filter { !curves.contains($0.name) },
      checks: try warehouse.checks(of: base).filter { !own.contains($0.subtask) }.map {
        CheckRecord(
          name: $0.name, place: $0.place, value: $0.value, lower: $0.lower, upper: $0.upper,
          passed: $0.passed, text: $0.text)
      }, flags: flags.filter { seen.insert("\($0.name) \($0.cause)").inserted },
      log: [
        "steps that were not run again: their results are those of run \(base.id), of the same frames"
      ])
  }
}

extension Engine {
  /// Notes the test's final step as done where the base run has done it: what it found was carried over, and only a run
  /// with that step stands for its block in metatests.
  func carryFinalStep(of test: String, from base: TestRunKey, to run: TestRunKey) throws {
    let step = ResultFilter.finalStep(of: test)
    guard try !warehouse.subtasks(of: run).contains(where: { $0.name == step }),
      try warehouse.subtasks(of: base).contains(where: { $0.name == step && $0.status == .finished })
    else { return }
    try warehouse.commit(
      SubtaskCommit(
        name: step, ordinal: 1001, seconds: 0,
        log: ["not run again: its results are those of run \(base.id), of the same frames"]),
      to: run)
  }
}

/// The results of a run, and of another one where it has none of a name.
struct LayeredResults: EarlierResults {
  let first: any EarlierResults
  let second: any EarlierResults

  func measurements(_ quantity: Quantity) throws -> [EarlierMeasurement] {
    let mine = try first.measurements(quantity)
    return mine.isEmpty ? try second.measurements(quantity) : mine
  }

  func curves(_ name: String) throws -> [SubtaskResult.Curve] {
    let mine = try first.curves(name)
    return mine.isEmpty ? try second.curves(name) : mine
  }
}
