import Detector
import Warehouse

/// Finds what stands on the abscissa for each value.
struct TrendAbscissae {
  private struct Exposure: Hashable {
    let obsid: Int
    let detector: String?
  }

  /// The times of a run's exposures.
  private struct Times {
    var exposures: [Exposure: Double] = [:]
    var first: Double?
  }

  private let warehouse: Warehouse
  private let kind: TrendQuestion.Abscissa
  private var times: [TestRunKey: Times] = [:]
  private var first: [TestRunKey: Int] = [:]
  private var other: [TestRunKey: [ResultPlace: (sum: Double, count: Int)]] = [:]
  private var shared: (detector: Bool, amplifier: Bool, obsid: Bool, item: Bool) = (
    false, false, false, false
  )
  /// The unit of the abscissae, in the FITS standard's spelling.
  private(set) var unit = ""

  /// - Parameter rows: the values that abscissae are wanted for.
  /// - Throws: `MetatestError.Kind.noSuchQuantity`, `.noTrend`; `WarehouseError`.
  init(_ kind: TrendQuestion.Abscissa, for rows: [ResultRow], in warehouse: Warehouse) throws {
    self.warehouse = warehouse
    self.kind = kind
    switch kind {
    case .time, .started: unit = "s"
    case .run, .obsid: break
    case .temperature: try readTemperatures(rows)
    case .quantity(let name, let item): try read(name, item, rows)
    }
  }

  /// The abscissa of a value; nil where there is none.
  mutating func abscissa(of row: ResultRow) throws -> Double? {
    switch kind {
    case .started: return StartTime.seconds(row.run.started)
    case .run: return Double(row.run.key.id)
    case .obsid:
      if let obsid = row.place.obsid { return Double(obsid) }
      if first[row.run.key] == nil {
        first[row.run.key] = try warehouse.testRun(row.run.key).obsids?.lowerBound ?? -1
      }
      return first[row.run.key].flatMap { $0 < 0 ? nil : Double($0) }
    case .time:
      let times = try times(of: row.run.key)
      if let obsid = row.place.obsid {
        let known =
          times.exposures[Exposure(obsid: obsid, detector: row.place.detector)]
          ?? times.exposures[Exposure(obsid: obsid, detector: nil)]
        if let known { return known }
      }
      return times.first ?? StartTime.seconds(row.run.started)
    case .temperature, .quantity:
      let found = other[row.run.key]?[projected(row.place)]
      return found.map { $0.sum / Double($0.count) }
    }
  }

  // MARK: - Times

  private mutating func times(of run: TestRunKey) throws -> Times {
    if let known = times[run] { return known }
    var result = Times()
    for exposure in try warehouse.exposures(of: run) {
      guard let seconds = StartTime.seconds(exposure.time) else { continue }
      result.exposures[Exposure(obsid: exposure.obsid, detector: exposure.detector)] = seconds
      let any = Exposure(obsid: exposure.obsid, detector: nil)
      result.exposures[any] = min(result.exposures[any] ?? seconds, seconds)
      result.first = min(result.first ?? seconds, seconds)
    }
    times[run] = result
    return result
  }

  // MARK: - Other quantities

  /// What of a place both quantities have.
  private func projected(_ place: ResultPlace) -> ResultPlace {
    ResultPlace(
      detector: shared.detector ? place.detector : nil,
      amplifier: shared.amplifier ? place.amplifier : nil,
      obsid: shared.obsid ? place.obsid : nil, item: shared.item ? place.item : nil)
  }

  private mutating func add(_ value: Double, _ place: ResultPlace, to run: TestRunKey) {
    let old = other[run]?[place] ?? (0, 0)
    other[run, default: [:]][place] = (old.sum + value, old.count + 1)
  }

  private mutating func read(_ name: String, _ item: String?, _ rows: [ResultRow]) throws {
    try KnownNames.requireQuantities([name], in: warehouse)
    var filter = ResultFilter(quantities: [name], runs: Array(Set(rows.map(\.run.key))).sorted())
    if let item { filter.items = [item] }
    var found: [ResultRow] = []
    try warehouse.forEachResult(matching: filter) { if $0.quantity == name { found.append($0) } }
    func has(_ part: (ResultPlace) -> Bool) -> Bool {
      rows.contains { part($0.place) } && found.contains { part($0.place) }
    }
    shared = (
      has { $0.detector != nil }, has { $0.amplifier != nil }, has { $0.obsid != nil },
      item == nil && has { $0.item != nil }
    )
    let items = Set(found.compactMap(\.place.item))
    // The mean over pre-scan, image and over-scan, or over columns and rows, would mean nothing.
    let wanted = Set(rows.map(\.place.item))
    let isUnclear = shared.item ? wanted.isDisjoint(with: items.map { $0 }) : items.count > 1
    if isUnclear, item == nil {
      throw MetatestError(
        .noTrend, "\(name) has the items \(items.sorted().prefix(8).joined(separator: ", "))",
        remedy: "say which one: --against '\(name)[\(items.min() ?? "")]'")
    }
    unit = found.first?.unit ?? ""
    for row in found {
      if let value = row.value.number { add(value, projected(row.place), to: row.run.key) }
    }
  }

  /// The house-keeping names hold the detector's name, so that they are matched by it.
  private mutating func readTemperatures(_ rows: [ResultRow]) throws {
    let detectors = Set(rows.compactMap(\.place.detector)).sorted()
    guard !detectors.isEmpty else {
      throw MetatestError(
        .noTrend, "the values belong to no detector, so that none has their temperature",
        remedy: "name a sensor: --against hk.CCD1_TEMP_T")
    }
    let runs = Array(Set(rows.map(\.run.key))).sorted()
    let byExposure = rows.contains { $0.place.obsid != nil }
    shared = (true, false, byExposure, false)
    for detector in detectors {
      let names = ["T", "B"].map { "hk.\(detector)_TEMP_\($0)" }
      try warehouse.forEachResult(matching: ResultFilter(quantities: names, runs: runs)) { row in
        guard let value = row.value.number, names.contains(row.quantity) else { return }
        unit = row.unit
        let place = ResultPlace(detector: detector, obsid: byExposure ? row.place.obsid : nil)
        add(value, place, to: row.run.key)
      }
    }
    guard !other.isEmpty else {
      throw MetatestError(
        .noTrend, "the runs have no house-keeping of CCD temperatures",
        remedy: "follow the quantity against time or run")
    }
  }
}
