public import Campaign

/// Selects the exposures of a test from a log, and compares them with the test's definition.
///
/// Exposures are assigned to the script's columns by their ObsIDs, which grow by one an exposure: a
/// missing frame leaves a gap and does not shift those after it (as it did in the original).
public struct ExposureMatcher: Sendable {
  /// The test.
  public let definition: TestDefinition
  /// The detectors of which each exposure must have a frame, in order.
  public let detectors: [String]
  /// First and last ObsID; nil for no limits.
  public let obsids: ClosedRange<Int>?

  /// A matcher.
  public init(_ definition: TestDefinition, detectors: [String], obsids: ClosedRange<Int>? = nil) {
    self.definition = definition
    self.detectors = detectors
    self.obsids = obsids
  }

  /// The rows that are the test's: label, ObsID limits and, for tests that ask for it, the filter.
  public func select(_ rows: [ExposureRow]) -> [ExposureRow] { rows.filter(selects) }

  /// Whether a row is the test's.
  public func selects(_ row: ExposureRow) -> Bool {
    guard row.test == definition.label, detectors.contains(row.detector),
      obsids?.contains(row.obsid) ?? true
    else { return false }
    guard definition.selection.byFilter, let filter = definition.columns.first?.values["wave"],
      let wave = row.values["wave"]
    else { return true }
    return filter.admits(wave)
  }

  /// Compares a log with the definition.
  public func match(_ rows: [ExposureRow]) -> AcquisitionReport {
    let selected = select(rows)
    var frames: [Int: [String: ExposureRow]] = [:]
    var places: [Int: [String: [String]]] = [:]
    for row in selected {
      if frames[row.obsid]?[row.detector] == nil {
        frames[row.obsid, default: [:]][row.detector] = row
      }
      places[row.obsid, default: [:]][row.detector, default: []]
        .append("\(row.origin.file):\(row.origin.line)")
    }
    let ids = frames.keys.sorted()
    let slots = self.slots
    let placement = place(ids, frames: frames, slots: slots)
    var exposures: [AcquisitionReport.Exposure] = []
    var missing: [AcquisitionReport.Missing] = []
    for (index, slot) in slots.enumerated() {
      guard let id = placement.obsids[index], let mine = frames[id] else {
        missing.append(
          .init(
            column: slot.column.name, frame: slot.frame,
            obsid: placement.first.flatMap { Self.sum($0, index) }, detector: nil))
        continue
      }
      exposures.append(.init(obsid: id, column: slot.column.name, rows: mine))
      for detector in detectors where mine[detector] == nil {
        missing.append(
          .init(column: slot.column.name, frame: slot.frame, obsid: id, detector: detector))
      }
    }
    let used = Set(placement.obsids.compactMap(\.self))
    var duplicates: [AcquisitionReport.Duplicate] = []
    for id in ids {
      for detector in detectors {
        if let lines = places[id]?[detector], lines.count > 1 {
          duplicates.append(.init(obsid: id, detector: detector, places: lines))
        }
      }
    }
    return AcquisitionReport(
      test: definition.label, expectedFrames: slots.count, exposures: exposures,
      missing: exposures.isEmpty ? [] : missing, extra: ids.filter { !used.contains($0) },
      duplicates: duplicates, differences: differences(exposures),
      notCompared: notCompared(selected),
      labelsInLog: exposures.isEmpty
        ? Dictionary(rows.map { ($0.test, 1) }, uniquingKeysWith: +) : [:],
      exclusion: selected.isEmpty ? exclusion(rows) : nil)
  }

  /// Why no row of the test's label was selected; nil where the log has none.
  private func exclusion(_ rows: [ExposureRow]) -> AcquisitionReport.Exclusion? {
    func range(_ rows: [ExposureRow]) -> ClosedRange<Int>? {
      let ids = rows.map(\.obsid)
      guard let first = ids.min(), let last = ids.max() else { return nil }
      return first...last
    }
    let unlimited = ExposureMatcher(definition, detectors: detectors).select(rows)
    if let obsids, let labelled = range(unlimited) {
      return .obsids(limits: obsids, labelled: labelled)
    }
    return range(rows.filter { $0.test == definition.label })
      .map { .detectorOrFilter(labelled: $0) }
  }

  // MARK: - Placement

  private struct Slot {
    let column: TestDefinition.Column
    let frame: Int
  }

  /// One slot for each commanded exposure.
  private var slots: [Slot] {
    definition.columns.flatMap { column in
      (0..<max(0, column.frames)).map { Slot(column: column, frame: $0 + 1) }
    }
  }

  /// Which ObsID fills which slot; `first` is the ObsID of the first slot where ObsIDs tell.
  private func place(
    _ ids: [Int], frames: [Int: [String: ExposureRow]], slots: [Slot]
  ) -> (obsids: [Int?], first: Int?) {
    var filled = [Int?](repeating: nil, count: slots.count)
    guard let low = ids.first, let high = ids.last, !slots.isEmpty else { return (filled, nil) }
    let (span, overflow) = high.subtractingReportingOverflow(low)
    if !overflow, span < slots.count {
      // Without gaps elsewhere, only the place of the first slot is open.
      var candidates = (0...(slots.count - 1 - span)).map { low - $0 }
      if let first = obsids?.lowerBound, let last = obsids?.upperBound,
        Self.sum(first, slots.count - 1) == last
      {
        candidates = [first]
      }
      let first = best(candidates) { first in
        ids.reduce(0) { $0 + cost(frames[$1], slots[$1 - first].column) }
      }
      for id in ids { filled[id - first] = id }
      return (filled, first)
    }
    // More exposures than slots, or other tests between them: in order, from the place that fits best.
    let surplus = max(0, ids.count - slots.count)
    let start = best(Array(0...surplus)) { start in
      zip(ids.dropFirst(start), slots).reduce(0) { $0 + cost(frames[$1.0], $1.1.column) }
    }
    for (index, id) in ids.dropFirst(start).prefix(slots.count).enumerated() { filled[index] = id }
    return (filled, nil)
  }

  /// A sum; nil beyond the range of numbers, since ObsIDs come from outside.
  private static func sum(_ a: Int, _ b: Int) -> Int? {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : sum
  }

  /// The candidate of least cost, the first of equals; at most 1000 are tried.
  private func best(_ candidates: [Int], cost: (Int) -> Int) -> Int {
    var best = candidates.first ?? 0
    guard candidates.count > 1, definition.columns.count > 1 else { return best }
    var least = Int.max
    for candidate in candidates.prefix(1000) {
      let value = cost(candidate)
      if value < least { (best, least) = (candidate, value) }
    }
    return best
  }

  private func cost(_ rows: [String: ExposureRow]?, _ column: TestDefinition.Column) -> Int {
    guard let row = rows?.min(by: { $0.key < $1.key })?.value else { return 0 }
    return column.expectedLogValues.count { key, expected in
      row.values[key].map { !expected.admits($0) } ?? false
    }
  }

  // MARK: - Comparison

  private func differences(
    _ exposures: [AcquisitionReport.Exposure]
  ) -> [AcquisitionReport.Difference] {
    struct Key: Hashable {
      let column: String
      let key: String
      let found: ScriptValue
    }
    var found: [Key: (expected: ScriptValue, obsids: Set<Int>, detectors: Set<String>)] = [:]
    let expectations = Dictionary(
      definition.columns.map { ($0.name, $0.expectedLogValues) }, uniquingKeysWith: { a, _ in a })
    for exposure in exposures {
      for (detector, row) in exposure.rows {
        for (key, expected) in expectations[exposure.column] ?? [:]
        where !definition.selection.ignoredKeys.contains(key) {
          guard let value = row.values[key], !expected.admits(value) else { continue }
          let entry = Key(column: exposure.column, key: key, found: value)
          var sets = found[entry] ?? (expected, [], [])
          sets.obsids.insert(exposure.obsid)
          sets.detectors.insert(detector)
          found[entry] = sets
        }
      }
    }
    return found.map { key, sets in
      AcquisitionReport.Difference(
        column: key.column, key: key.key, expected: sets.expected, found: key.found,
        obsids: sets.obsids.sorted(), detectors: detectors.filter(sets.detectors.contains))
    }.sorted {
      ($0.column, $0.key, $0.obsids.first ?? 0, $0.found.description)
        < ($1.column, $1.key, $1.obsids.first ?? 0, $1.found.description)
    }
  }

  private func notCompared(_ rows: [ExposureRow]) -> [String] {
    guard let row = rows.first else { return [] }
    let aliases = ["v_tpmod", "s_tpmod", "motr_on", "v_tp_mod", "s_tp_mod", "motr"]
    let keys = Set(definition.columns.flatMap { $0.expectedLogValues.keys })
    return keys.filter { row.values[$0] == nil && !aliases.contains($0) }.sorted()
  }
}
