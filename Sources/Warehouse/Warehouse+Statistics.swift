import GRDB

/// One value of a quantity's history.
public struct HistoryPoint: Sendable, Hashable {
  /// The test run.
  public let run: TestRunKey
  /// When the run began.
  public let started: String
  /// The campaign's name.
  public let campaign: String
  /// The block's name.
  public let block: String
  /// The test's name.
  public let test: String
  /// The session's name.
  public let session: String
  /// The analysis's name.
  public let analysis: String
  /// What the value belongs to.
  public let place: ResultPlace
  /// The value or the reason.
  public let value: MeasuredValue
}

extension Warehouse {
  /// The test runs that a filter means, by number, or in the order of `filter.runs`.
  public func testRunKeys(matching filter: ResultFilter) throws -> [TestRunKey] {
    try resultRuns(matching: filter).map(\.key)
  }

  /// The test runs that a filter means, by number, or in the order of `filter.runs`, with their
  /// verdicts as of its instant.
  public func resultRuns(matching filter: ResultFilter) throws -> [ResultRun] {
    try reading { try MeasurementScan($0, filter).runs() }
  }

  /// The quantities, by name, that were measured in the runs that a filter means.
  public func quantities(matching filter: ResultFilter) throws -> [StoredQuantity] {
    let names = try reading { database in
      let scan = try MeasurementScan(database, filter)
      return Set(try scan.series(of: try scan.runs()).map(\.quantity))
    }
    return try quantities().filter { names.contains($0.name) }
  }

  /// Calls `body` for each measurement that a filter means; memory does not grow with their number.
  ///
  /// The order is that of quantities' names, then of the runs' numbers.
  public func forEachMeasurement(
    matching filter: ResultFilter, _ body: (StoredMeasurement) throws -> Void
  ) throws {
    try reading { database in
      var scan = try MeasurementScan(database, filter)
      var values = PlaceCache(database)
      let series = try scan.series(of: try scan.runs())
      try scan.forEach(in: series) { index, place, measured in
        try body(
          StoredMeasurement(
            run: series[index].run.key, quantity: series[index].quantity, place: place.result,
            value: try values.value(measured)))
      }
    }
  }

  /// Calls `body` for each measurement that a filter means, with all that describes it; memory
  /// grows with the longest series (one quantity in one run), not with the number of rows.
  ///
  /// The order is that of the names of quantity, campaign, block and test, then of the run's number,
  /// then of detector, amplifier, ObsID and item.
  public func forEachResult(
    matching filter: ResultFilter, _ body: (ResultRow) throws -> Void
  ) throws {
    try reading { database in
      var scan = try MeasurementScan(database, filter, withSlots: true)
      var values = PlaceCache(database)
      let runs = try scan.runs().sorted {
        ($0.campaign, $0.block, $0.test, $0.key) < ($1.campaign, $1.block, $1.test, $1.key)
      }
      let slots = scan.slots
      for one in try scan.series(of: runs) {
        var rows: [ResultRow] = []
        try scan.forEach(in: [one]) { _, place, measured in
          rows.append(
            ResultRow(
              run: one.run, quantity: one.quantity, unit: one.unit, place: place.result,
              slot: slots.slot(one.run.block, place.result.detector),
              value: try values.value(measured)))
        }
        for row in rows.sorted(by: { $0.place.precedes($1.place) }) { try body(row) }
      }
    }
  }

  /// Statistics of the measurements that a filter means, one row a group.
  ///
  /// Rows are streamed; of each, only its value is kept (8 bytes) for median and percentiles.
  ///
  /// - Parameters:
  ///   - dimensions: what is grouped by; empty for one group of all. Values of different units are
  ///     never mixed: where quantities of several units fall into one group, there is a row for
  ///     each unit.
  ///   - percentiles: from 0 to 100.
  /// - Returns: by group, in the order of the names, numbers as numbers; then by unit.
  public func statistics(
    matching filter: ResultFilter, by dimensions: [ResultDimension], percentiles: [Double] = []
  ) throws -> [GroupStatistics] {
    try reading { database in
      let bySlot = dimensions.contains(.slot)
      var scan = try MeasurementScan(database, filter, withSlots: bySlot)
      let slots = scan.slots
      let series = try scan.series(of: try scan.runs())
      let ofSeries = dimensions.filter { $0.isOfRun || $0 == .quantity }
      let ofPlace = dimensions.filter { !$0.isOfRun && $0 != .quantity }
      // Texts are looked at once a series and place, not once a row.
      var groups: [Group: GroupAccumulator] = [:]
      var rows: [SeriesName: [Int64: GroupAccumulator]] = [:]
      var current = -1
      var bySeries: [Int64: GroupAccumulator] = [:]
      var name = SeriesName()
      try scan.forEach(in: series) { index, place, measured in
        if index != current {
          let one = series[index]
          let next = SeriesName(
            names: ofSeries.map { $0 == .quantity ? one.quantity : one.run.name(of: $0) },
            unit: one.unit, block: bySlot ? one.run.block : "")
          if current < 0 || next != name {
            if current >= 0 { rows[name] = bySeries }
            bySeries = rows.removeValue(forKey: next) ?? [:]
            name = next
          }
          current = index
        }
        if let known = bySeries[place.id] {
          known.add(measured)
          return
        }
        let part = ofPlace.map {
          $0 == .slot
            ? slots.slot(name.block, place.result.detector) : place.result.name(of: $0)
        }
        let group = Group(names: name.names + part, unit: name.unit)
        let accumulator = groups[group] ?? GroupAccumulator()
        groups[group] = accumulator
        bySeries[place.id] = accumulator
        accumulator.add(measured)
      }
      let positions = dimensions.map { dimension -> Int in
        if let index = ofSeries.firstIndex(of: dimension) { return index }
        return ofSeries.count + (ofPlace.firstIndex(of: dimension) ?? 0)
      }
      return groups.map { group, accumulator in
        accumulator.statistics(positions.map { group.names[$0] }, group.unit, percentiles)
      }.sorted {
        $0.group == $1.group ? $0.unit < $1.unit : Warehouse.precedes($0.group, $1.group)
      }
    }
  }

  private struct Group: Hashable {
    let names: [String?]
    let unit: String
  }

  /// What the groups of a series' values have in common.
  private struct SeriesName: Hashable {
    var names: [String?] = []
    var unit = ""
    /// The block, where a place's slot depends on it.
    var block = ""
  }

  /// All values of a quantity over time, by the runs' beginning, then by run and place.
  ///
  /// - Parameter filter: restricts further; its `quantities` are not looked at.
  public func history(
    of quantity: String, matching filter: ResultFilter = ResultFilter()
  ) throws -> [HistoryPoint] {
    try reading { database in
      var filter = filter
      filter.quantities = [quantity]
      var scan = try MeasurementScan(database, filter)
      var values = PlaceCache(database)
      let runs = try scan.runs().sorted { ($0.started, $0.key.id) < ($1.started, $1.key.id) }
      // A name is no pattern here, whatever it holds.
      let series = try scan.series(of: runs).filter {
        NamePattern.isPattern(quantity) || $0.quantity == quantity
      }
      var result: [HistoryPoint] = []
      try scan.forEach(in: series) { index, place, measured in
        let run = series[index].run
        result.append(
          HistoryPoint(
            run: run.key, started: run.started, campaign: run.campaign, block: run.block,
            test: run.test, session: run.session, analysis: run.analysis, place: place.result,
            value: try values.value(measured)))
      }
      return result
    }
  }

  /// Names in order, those that are numbers by their value; "none" first.
  static func precedes(_ a: [String?], _ b: [String?]) -> Bool {
    for (left, right) in zip(a, b) where left != right {
      guard let left else { return true }
      guard let right else { return false }
      if let first = Int(left), let second = Int(right), first != second { return first < second }
      return left < right
    }
    return false
  }
}

extension ResultPlace {
  /// Its name in a dimension of places; nil in another.
  func name(of dimension: ResultDimension) -> String? {
    switch dimension {
    case .detector: detector
    case .amplifier: amplifier
    case .obsid: obsid.map(String.init)
    case .item: item
    case .quantity, .campaign, .block, .slot, .test, .family, .session, .analysis, .run: nil
    }
  }

  /// By detector, amplifier, ObsID and item; "none" first.
  func precedes(_ other: ResultPlace) -> Bool {
    let (a, b) = (detector ?? "", other.detector ?? "")
    if a != b { return a < b }
    let (c, d) = (amplifier ?? "", other.amplifier ?? "")
    if c != d { return c < d }
    return (obsid ?? -1, item ?? "") < (other.obsid ?? -1, other.item ?? "")
  }
}
