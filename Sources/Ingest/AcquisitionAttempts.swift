public import Campaign

/// The attempts at a test that a log shows, while it grows: whole ones, aborted ones, the one in progress.
///
/// The acquisition runs a script as a whole, so that the test's lines stand together; lines of another test
/// between them begin a new stretch. Within a stretch an attempt is a run of as many exposures as the
/// definition commands that fits its columns. Where all columns are alike (a bias test), an aborted attempt
/// cannot be told from the one that follows it at once: the first ObsID to consider then has to be given.
public struct AcquisitionAttempts: Sendable, Hashable {
  /// One exposure as the log lists it.
  public struct Shot: Sendable, Hashable {
    /// The ObsID.
    public let obsid: Int
    /// The rows by detector.
    public internal(set) var rows: [String: ExposureRow]
  }

  /// Consecutive exposures of the test.
  public struct Attempt: Sendable, Hashable {
    /// The exposures, in the order of the log; never empty.
    public let shots: [Shot]
    /// The number of exposures that the definition commands.
    public let expected: Int
    /// Whether no other test follows in the log, so that more may come.
    public let isOpen: Bool
    /// Whether the exposures fit the columns; what differs may be a wrong value, or a wrong beginning.
    public let fitsColumns: Bool

    /// The lowest and highest ObsID.
    public var obsids: ClosedRange<Int> {
      let ids = shots.map(\.obsid)
      let low = ids.min() ?? 0
      return low...max(low, ids.max() ?? 0)
    }

    /// ObsIDs that more than one exposure has.
    public var repeatedObsIDs: [Int] {
      var seen: Set<Int> = []
      return Set(shots.map(\.obsid).filter { !seen.insert($0).inserted }).sorted()
    }

    /// ObsIDs that are left out between the first and the last, at most the number commanded.
    public var skippedObsIDs: [Int] {
      let seen = Set(shots.map(\.obsid))
      let range = obsids
      let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
      guard !overflow, span < expected else { return [] }
      return range.filter { !seen.contains($0) }
    }

    /// Exposures without the rows of some detector.
    public func lackingRows(of detectors: [String]) -> [(obsid: Int, detector: String)] {
      shots.flatMap { shot in
        detectors.filter { shot.rows[$0] == nil }.map { (shot.obsid, $0) }
      }
    }

    /// Whether all commanded exposures are listed.
    public var isWhole: Bool { shots.count >= expected }

    /// Whether the last commanded exposure is listed while one before it is not: ObsIDs tell.
    public var isOverWithGaps: Bool {
      !isWhole && shots.count + skippedObsIDs.count == expected && !skippedObsIDs.isEmpty
    }

    /// As `ObsIDs 1000-1004`.
    public var text: String {
      let ids = Set(shots.map(\.obsid)).sorted()
      return (ids.count == 1 ? "ObsID " : "ObsIDs ") + AcquisitionReport.ranges(ids)
    }
  }

  /// Attempts with all exposures that the definition commands, oldest first; they do not overlap.
  public let whole: [Attempt]
  /// Exposures that belong to no whole attempt, oldest first: aborted attempts, and one in progress.
  public let partial: [Attempt]

  /// The attempt that is in progress at the end of the log; nil where there is none.
  public var current: Attempt? { partial.last.flatMap { $0.isOpen ? $0 : nil } }

  /// Reads the attempts from the rows of a log.
  ///
  /// - Parameters:
  ///   - first: exposures with a lower ObsID are left out of account.
  ///   - prefersOldest: whether, where whole attempts could be cut from a stretch in several ways, the
  ///     oldest are taken instead of the newest; for tests that are acquired several times on purpose.
  public init(
    _ definition: TestDefinition, rows: [ExposureRow], detectors: [String], from first: Int = 0,
    prefersOldest: Bool = false
  ) {
    let pattern = ColumnPattern(definition)
    let matcher = ExposureMatcher(definition, detectors: detectors)
    let stretches = Self.stretches(rows.filter { $0.obsid >= first }, matcher)
    var whole: [Attempt] = []
    var partial: [Attempt] = []
    for (index, shots) in stretches.shots.enumerated() {
      let isLast = stretches.isOpen && index == stretches.shots.count - 1
      func attempt(_ range: Range<Int>) -> Attempt {
        Attempt(
          shots: Array(shots[range]), expected: pattern.count,
          isOpen: isLast,
          fitsColumns: range.count < pattern.count || pattern.fits(shots, from: range.lowerBound))
      }
      var rest = 0
      for window in pattern.windows(in: shots, prefersOldest: prefersOldest) {
        if window.lowerBound > rest { partial.append(attempt(rest..<window.lowerBound)) }
        whole.append(attempt(window))
        rest = window.upperBound
      }
      if rest < shots.count { partial.append(attempt(rest..<shots.count)) }
    }
    self.whole = whole
    self.partial = partial
  }

  /// The exposures of the test, one list for each stretch of the log.
  private static func stretches(
    _ rows: [ExposureRow], _ matcher: ExposureMatcher
  ) -> (shots: [[Shot]], isOpen: Bool) {
    struct Key: Hashable {
      let obsid: Int
      let date: ElvisDate?
    }
    var shots: [[Shot]] = []
    var places: [Key: (stretch: Int, shot: Int)] = [:]
    var isOpen = false
    for row in rows {
      guard matcher.selects(row) else {
        isOpen = false
        continue
      }
      let key = Key(obsid: row.obsid, date: row.date)
      // Detectors of one exposure, and lines written twice, belong to the exposure wherever they stand.
      if let place = places[key] {
        if shots[place.stretch][place.shot].rows[row.detector] == nil {
          shots[place.stretch][place.shot].rows[row.detector] = row
        }
        if place.stretch == shots.count - 1, place.shot == shots[place.stretch].count - 1 {
          isOpen = true
        }
        continue
      }
      if !isOpen { shots.append([]) }
      isOpen = true
      places[key] = (shots.count - 1, shots[shots.count - 1].count)
      shots[shots.count - 1].append(Shot(obsid: row.obsid, rows: [row.detector: row]))
    }
    return (shots, isOpen)
  }
}

/// What tells the columns of a test apart in a log.
private struct ColumnPattern {
  /// The values, one set for each commanded exposure, of the keys that not all columns have alike.
  private let slots: [[String: ScriptValue]]

  var count: Int { slots.count }

  init(_ definition: TestDefinition) {
    let expected = definition.columns.map(\.expectedLogValues)
    let keys = Set(expected.flatMap(\.keys)).filter { key in
      !definition.selection.ignoredKeys.contains(key)
        && Set(expected.map { $0[key]?.description ?? "" }).count > 1
    }
    slots = zip(definition.columns, expected).flatMap { column, values in
      Array(repeating: values.filter { keys.contains($0.key) }, count: max(0, column.frames))
    }
  }

  /// Stretches of exposures that fit the columns, in order and without overlap.
  func windows(in shots: [AcquisitionAttempts.Shot], prefersOldest: Bool) -> [Range<Int>] {
    guard count > 0, shots.count >= count else { return [] }
    var found: [Range<Int>] = []
    // Far more exposures than commanded are no attempts; the limit keeps a hostile log from taking hours.
    var tries = 10_000
    if prefersOldest {
      var start = 0
      while start + count <= shots.count, tries > 0 {
        tries -= 1
        if fits(shots, from: start) {
          found.append(start..<start + count)
          start += count
        } else {
          start += 1
        }
      }
    } else {
      var end = shots.count
      while end >= count, tries > 0 {
        tries -= 1
        if fits(shots, from: end - count) {
          found.insert(end - count..<end, at: 0)
          end -= count
        } else {
          end -= 1
        }
      }
    }
    // Values that were logged otherwise than commanded must not hide that all exposures are there.
    if found.isEmpty, shots.count == count { return [0..<count] }
    return found
  }

  func fits(_ shots: [AcquisitionAttempts.Shot], from start: Int) -> Bool {
    for (index, slot) in slots.enumerated() where !slot.isEmpty {
      guard let row = shots[start + index].rows.min(by: { $0.key < $1.key })?.value else {
        return false
      }
      for (key, expected) in slot {
        if let value = row.values[key], !expected.admits(value) { return false }
      }
    }
    return true
  }
}
