import BlockTests
import DataProducts
import Detector
import Diagnostics
import Warehouse

/// MetaBias as a data product: one table of quadrants a test, requirements, stability, the choice
/// of runs.
struct BiasTables {
  let input: MetatestInput
  let tests: [BiasData]
  let results: [RequirementResult]
  let stability: [(test: String, stability: TimeStability)]
  let date: String

  func product() throws -> DataProduct {
    DataProduct(
      title: "MetaBias: offsets and read-out noise of the focal plane",
      header: [
        .init("metatest", "MetaBias"),
        .init("test", .text(tests.map(\.test).joined(separator: ", "))),
        .init("vison", .text(ProgramVersion.current)),
        .init("fpa_design", .text(input.design.name)),
        .init("FPA", .text(input.plane.name)), .init("DATE", .text(date)),
      ],
      meta: [
        .init("rule", .text(input.selector.rule)),
        .init("electrons", .text(tests.first?.electronReason ?? "gains of \(MetaBias.gainTest)")),
      ],
      tables: tests.map(quadrants) + [requirements, outcomes, selections]
        + stability.filter { !$0.stability.records.isEmpty }.map(records),
      provenance: try provenance())
  }

  // MARK: - Tables

  private func quadrants(_ data: BiasData) -> DataTable {
    // On the plane in its order, then blocks off the plane.
    let onPlane = data.layout.channels.map(\.place)
    let known = Set(onPlane)
    let places = onPlane + data.places.filter { !known.contains($0) }
    let slots = places.map { data.layout.slot(of: $0) }
    var columns = [
      DataColumn(
        "CCDID", description: "Position on the focal plane.", .texts(slots.map { $0?.name })),
      DataColumn("BLOCK", .texts(places.map(\.block))),
      DataColumn("CCD", .texts(places.map(\.detector))),
      DataColumn("Q", description: "Quadrant.", .texts(places.map(\.amplifier))),
      DataColumn(
        "CCD_SN", description: "Serial number of the detector, as the run recorded it.",
        .texts(
          places.map { place in
            data.runs.first { $0.block == place.block }?.serials[place.detector]
          })),
      DataColumn(
        "TEMP_degC", description: "CCD temperature in degrees Celsius, mean of top and bottom.",
        .doubles(places.map { data.temperatures[$0.block]?[$0.detector] }), display: .fixed(2)),
    ]
    for map in MetaBias.maps {
      columns += pair(map.key, data.map(map), places, map.quantity.meaning, data)
    }
    if let map = data.electronMap {
      columns += pair("RON_ELE", map, places, "RON in the over-scan times the gain of PTC01.", data)
    }
    return DataTable(
      data.test, description: "Best estimates of each quadrant, \(data.test).", columns: columns)
  }

  private func pair(
    _ name: String, _ map: ChannelMap, _ places: [ChannelPlace], _ meaning: String, _ data: BiasData
  ) -> [DataColumn] {
    var reasons: [Int: String] = [:]
    for (index, place) in places.enumerated() where map.number(at: place) == nil {
      reasons[index] = map.reason(at: place) ?? data.reason(place)
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

  private var requirements: DataTable {
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
  private var outcomes: DataTable {
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

  private var selections: DataTable {
    let all = tests.flatMap(\.selections).filter { $0.role == .flight || $0.candidates > 0 }
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

  private func records(_ entry: (test: String, stability: TimeStability)) -> DataTable {
    let rows = entry.stability.records
    return DataTable(
      "STABILITY_\(entry.test)", description: "Over-scan offset and RON of each run and channel.",
      columns: [
        DataColumn(
          "CCDQID", description: "Serial number of the detector, and quadrant.",
          .texts(rows.map(\.channel))), DataColumn("BLOCK", .texts(rows.map(\.block))),
        DataColumn("CCD", .texts(rows.map(\.detector))),
        DataColumn("TIME", .texts(rows.map(\.started))),
        DataColumn("REP", .integers(rows.map { Int64($0.repetition) })),
        DataColumn("OFF", unit: "adu", .doubles(rows.map(\.offset)), display: .fixed(2)),
        DataColumn("RON", unit: "adu", .doubles(rows.map(\.noise)), display: .fixed(4)),
      ])
  }

  private func provenance() throws -> [DataProduct.Source] {
    let analyses = Dictionary(
      try input.warehouse.analyses().map { ($0.key, $0.record) },
      uniquingKeysWith: { first, _ in first })
    return try tests.flatMap(\.runs).map { run in
      let inputs = try input.warehouse.inputs(of: run.key).count
      return DataProduct.Source(
        role: "test run \(run.key.id)", name: "\(run.block) \(run.test) \(run.analysis.name)",
        checksum: run.inputDigest,
        note:
          "version \(analyses[run.analysis]?.programVersion ?? "unknown"), began \(run.started), "
          + "\(inputs) input files; the checksum is over all of them")
    }
  }
}
