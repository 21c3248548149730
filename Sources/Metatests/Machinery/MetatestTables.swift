import DataProducts
import Detector
import Warehouse

/// Tables that the products of all metatests have: requirements with each outcome, and the choice of runs.
struct MetatestTables {
  let results: [RequirementResult]
  let selections: [BlockSelection]

  /// All of them.
  var all: [DataTable] { [requirements, outcomes, choice] }

  var requirements: DataTable {
    let counts = results.map { $0.counts($0.flightPlaces) }
    let worst = results.map { result in
      result.worst(.max).first { result.flight.contains($0.place.block) }
    }
    return DataTable(
      "REQUIREMENTS", description: "Requirements and limits, judged on the flight blocks.",
      columns: [
        DataColumn("ID", .texts(results.map(\.requirement.id))),
        DataColumn("TEST", .texts(results.map(\.test))),
        DataColumn("KIND", .texts(results.map(\.requirement.kind.rawValue))),
        DataColumn("WHAT", .texts(results.map(\.requirement.title))),
        DataColumn("UNIT", .texts(results.map(\.requirement.unit.rawValue))),
        DataColumn("LOWER", description: "Excluded.", .doubles(results.map(\.requirement.lower))),
        DataColumn("UPPER", description: "Included.", .doubles(results.map(\.requirement.upper))),
        DataColumn("OUTCOME", .texts(results.map(\.verdict.rawValue))),
        DataColumn("N_PASS", .integers(counts.map { Int64($0.passed) })),
        DataColumn("N_FAIL", .integers(counts.map { Int64($0.failed) })),
        DataColumn("N_UNTESTED", .integers(counts.map { Int64($0.untested) })),
        DataColumn(
          "WORST_MARGIN", description: "Distance to the nearest limit; negative outside.",
          .doubles(worst.map { $0?.margin })),
        DataColumn("WORST_AT", .texts(worst.map { $0.map { ReportTables.name($0.place) } })),
        DataColumn("SOURCE", .texts(results.map(\.requirement.source))),
      ])
  }

  /// Every single outcome, so that nothing needs to be read off a report.
  var outcomes: DataTable {
    let rows = results.flatMap { result in
      result.outcomes.sorted { $0.key < $1.key }.map { (result, $0.key, $0.value) }
    }
    return DataTable(
      "OUTCOMES", description: "Each quadrant against each requirement.",
      columns: [
        DataColumn("ID", .texts(rows.map(\.0.requirement.id))),
        DataColumn("TEST", .texts(rows.map(\.0.test))),
        DataColumn("BLOCK", .texts(rows.map(\.1.block))),
        DataColumn("CCD", .texts(rows.map(\.1.detector))),
        DataColumn("Q", .texts(rows.map(\.1.amplifier))),
        DataColumn(
          "OUTCOME",
          .texts(
            rows.map {
              switch $0.2 {
              case .pass: "pass"
              case .fail: "fail"
              case .notTested: "not tested"
              }
            })),
        DataColumn("VALUE", .doubles(rows.map { Self.numbers($0.2).value })),
        DataColumn("MARGIN", .doubles(rows.map { Self.numbers($0.2).margin })),
        DataColumn(
          "REASON", description: "Why it was not tested.",
          .texts(rows.map { if case .notTested(let reason) = $0.2 { reason } else { nil } })),
      ])
  }

  private static func numbers(_ outcome: RequirementResult.Outcome) -> (
    value: Double?, margin: Double?
  ) {
    switch outcome {
    case .pass(let value, let margin), .fail(let value, let margin): (value, margin)
    case .notTested: (nil, nil)
    }
  }

  var choice: DataTable {
    let all = selections.filter { $0.role == .flight || $0.candidates > 0 }
    return DataTable(
      "SELECTION", description: "The run that stands for each block, or why there is none.",
      columns: [
        DataColumn("BLOCK", .texts(all.map(\.block))),
        DataColumn("ROLE", .texts(all.map(\.role.rawValue))),
        DataColumn("TEST", .texts(all.map(\.test))),
        DataColumn("RUN", .integers(all.map { $0.run?.key.id })),
        DataColumn("ANALYSIS", .texts(all.map { $0.run?.analysis.name })),
        DataColumn("SESSION", .texts(all.map { $0.run?.session })),
        DataColumn("STARTED", .texts(all.map { $0.run?.started })),
        DataColumn("RULE", .texts(all.map { $0.rule?.rawValue })),
        DataColumn("N_RUNS", .integers(all.map { Int64($0.candidates) })),
        DataColumn("REASON", .texts(all.map(\.reason))),
      ])
  }

  /// A column of values and one of their uncertainties.
  static func pair(
    _ name: String, _ map: ChannelMap, _ places: [ChannelPlace], _ meaning: String,
    _ reason: (ChannelPlace) -> String
  ) -> [DataColumn] {
    var reasons: [Int: String] = [:]
    for (index, place) in places.enumerated() where map.number(at: place) == nil {
      reasons[index] = map.reason(at: place) ?? reason(place)
    }
    return [
      DataColumn(
        name, unit: map.unit.fits, description: meaning,
        .doubles(places.map { map.number(at: $0) }), display: .fixed(map.digits), reasons: reasons),
      DataColumn(
        name + "_ERR", unit: map.unit.fits, description: "1-sigma uncertainty of \(name).",
        .doubles(places.map { map.uncertainty(at: $0) }), display: .fixed(map.digits + 1)),
    ]
  }

  /// The runs as sources of a product.
  func provenance(_ warehouse: Warehouse) throws -> [DataProduct.Source] {
    let analyses = Dictionary(
      try warehouse.analyses().map { ($0.key, $0.record) },
      uniquingKeysWith: { first, _ in first })
    return try selections.compactMap(\.run).map { run in
      let inputs = try warehouse.inputs(of: run.key).count
      return DataProduct.Source(
        role: "test run \(run.key.id)", name: "\(run.block) \(run.test) \(run.analysis.name)",
        checksum: run.inputDigest,
        note:
          "version \(analyses[run.analysis]?.programVersion ?? "unknown"), began \(run.started), "
          + "\(inputs) input files; the checksum is over all of them")
    }
  }
}
