import GRDB

/// Where detectors sit in the focal-plane design that the warehouse was made for.
struct SlotTable {
  /// Positions by block, then by detector.
  private(set) var slots: [String: [String: String]] = [:]

  /// A table without any position.
  init() {}

  init(_ database: Database) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT block, detector, slot FROM slot
        WHERE design = (SELECT value FROM setting WHERE name = 'focalPlaneDesign')
        """)
    while let row = try rows.next() {
      slots[StoredText.decoded(row[0]), default: [:]][StoredText.decoded(row[1])] =
        StoredText.decoded(row[2])
    }
  }

  /// The position of a block's detector; nil off the plane.
  func slot(_ block: String, _ detector: String?) -> String? {
    detector.flatMap { slots[block]?[$0] }
  }

  /// The blocks that have a detector at such a position.
  func blocks(at patterns: [String]) -> Set<String> {
    Set(
      slots.filter { $0.value.values.contains { NamePattern.matches($0, any: patterns) } }
        .map(\.key))
  }
}

/// The exposures of a run that were taken in a filter's time.
struct ExposedPlaces {
  private struct Exposure: Hashable {
    let obsid: Int
    let detector: String?
  }

  private var exposures: Set<Exposure> = []

  static let query = """
    SELECT exposure.obsid, detector.name FROM exposure
      JOIN detector ON detector.id = exposure.detector
    WHERE exposure.testRun = ?1 AND (?2 IS NULL OR rtrim(exposure.time, 'Z') >= ?2)
      AND (?3 IS NULL OR rtrim(exposure.time, 'Z') < ?3)
    """

  init(_ database: Database, _ filter: ResultFilter, _ run: TestRunKey) throws {
    let rows = try Row.fetchCursor(
      database.cachedStatement(sql: ExposedPlaces.query),
      arguments: [
        run.id, filter.exposedFrom.map(Warehouse.comparableTime),
        filter.exposedBefore.map(Warehouse.comparableTime),
      ])
    while let row = try rows.next() {
      let detector = StoredText.decoded(row[1])
      exposures.insert(Exposure(obsid: row[0], detector: detector))
      exposures.insert(Exposure(obsid: row[0], detector: nil))
    }
  }

  /// Whether a place's exposure is among them; a place without one needs any.
  func contains(_ place: ResultPlace) -> Bool {
    guard let obsid = place.obsid else { return !exposures.isEmpty }
    return exposures.contains(Exposure(obsid: obsid, detector: place.detector))
  }
}
