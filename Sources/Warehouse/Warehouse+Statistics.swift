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
    try reading { try MeasurementScan($0, filter).runs().map(\.key) }
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

  /// Statistics of the measurements that a filter means, one row a group.
  ///
  /// Rows are streamed; of each, only its value is kept (8 bytes) for median and percentiles.
  ///
  /// - Parameters:
  ///   - dimensions: what is grouped by; empty for one group of all. Values of quantities with
  ///     different units are mixed unless `.quantity` is among them.
  ///   - percentiles: from 0 to 100.
  /// - Returns: by group, in the order of the names, numbers as numbers.
  public func statistics(
    matching filter: ResultFilter, by dimensions: [ResultDimension], percentiles: [Double] = []
  ) throws -> [GroupStatistics] {
    try reading { database in
      var scan = try MeasurementScan(database, filter)
      let series = try scan.series(of: try scan.runs())
      var groups: [[String?]: GroupAccumulator] = [:]
      let ofSeries = dimensions.filter { $0.isOfRun || $0 == .quantity }
      let ofPlace = dimensions.filter { !$0.isOfRun && $0 != .quantity }
      // Texts are looked at once a series and place, not once a row.
      var rows: [[String?]: [Int64: GroupAccumulator]] = [:]
      var current = -1
      var bySeries: [Int64: GroupAccumulator] = [:]
      var currentName: [String?] = []
      var placeNames: [Int64: [String?]] = [:]
      try scan.forEach(in: series) { index, place, measured in
        if index != current {
          let name = ofSeries.map { series[index].name(of: $0) }
          if current < 0 || name != currentName {
            if current >= 0 { rows[currentName] = bySeries }
            bySeries = rows.removeValue(forKey: name) ?? [:]
            currentName = name
          }
          current = index
        }
        if let known = bySeries[place.id] {
          known.add(measured)
          return
        }
        let part = placeNames[place.id] ?? ofPlace.map { place.result.name(of: $0) }
        placeNames[place.id] = part
        let group = currentName + part
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
        accumulator.statistics(positions.map { group[$0] }, percentiles)
      }.sorted { Warehouse.precedes($0.group, $1.group) }
    }
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

extension MeasurementScan.Series {
  func name(of dimension: ResultDimension) -> String? {
    switch dimension {
    case .quantity: quantity
    case .campaign: run.campaign
    case .block: run.block
    case .test: run.test
    case .session: run.session
    case .analysis: run.analysis
    case .run: String(run.key.id)
    case .detector, .amplifier, .obsid, .item: nil
    }
  }
}

extension ResultPlace {
  func name(of dimension: ResultDimension) -> String? {
    switch dimension {
    case .detector: detector
    case .amplifier: amplifier
    case .obsid: obsid.map(String.init)
    case .item: item
    case .quantity, .campaign, .block, .test, .session, .analysis, .run: nil
    }
  }
}
