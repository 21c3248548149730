import Diagnostics
import GRDB

/// What a merge brings in of another warehouse's certifications: the entries of its journals that
/// are not here, done again in their order.
///
/// An entry is known by all that it says, so that merging again adds nothing, and what was
/// decertified here since stays so.
struct CertificationMerge: Equatable {
  /// Why it cannot be done.
  private(set) var conflicts: [String] = []
  private var made: [CollectionRecord] = []
  private var events: [CertificationEvent] = []
  private var chains: [Chain] = []

  private struct Chain: Equatable {
    let name: String
    let changes: [ChainChange]
  }

  /// The number of entries to add.
  var count: Int { events.count + chains.reduce(0) { $0 + $1.changes.count } }

  /// Nothing to bring in.
  init() {}

  /// Compares two warehouses; nothing is changed.
  ///
  /// - Parameter products: what else the merge brings in.
  init(_ source: Database, _ target: Database, bringing products: [ArtifactRecord]) throws {
    if let contradiction = try CertificationTable.contradiction(source) {
      conflicts.append(contradiction)
      return
    }
    for collection in try CollectionTable.all(source) {
      if let (_, kind) = try CollectionTable.find(collection.name, target) {
        if kind != collection.kind {
          conflicts.append(
            "the collection \(collection.name.clipped(to: 100)) is \(kind.rawValue) here")
        }
      } else {
        made.append(collection)
      }
    }
    var known: [CertificationEvent: Int] = [:]
    for event in try CertificationTable.events(target) { known[event, default: 0] += 1 }
    var ledger = try CertificationTable.ledger(target)
    var refused: Set<ValidityLedger.Key> = []
    for event in try CertificationTable.events(source) {
      if let count = known[event], count > 0 {
        known[event] = count - 1
        continue
      }
      events.append(event)
      // What follows a refused entry is refused as its consequence, and says nothing more.
      let key = ValidityLedger.Key(collection: event.collection, data: event.data)
      guard !refused.contains(key) else { continue }
      do {
        try ledger.apply(event)
      } catch let refusal as ValidityLedger.Refusal {
        conflicts.append(refusal.text)
        refused.insert(key)
      }
    }
    try requireProducts(of: ledger, products, target)
    let mine = try ChainChange.all(target)
    for (name, theirs) in try ChainChange.all(source).sorted(by: { $0.key < $1.key }) {
      let own = mine[name] ?? []
      if own.starts(with: theirs) { continue }
      guard theirs.starts(with: own) else {
        conflicts.append("the chain \(name.clipped(to: 100)) was changed here and there")
        continue
      }
      chains.append(Chain(name: name, changes: Array(theirs.dropFirst(own.count))))
    }
  }

  /// Finds certified products that would not be here: those of runs that are left in the shard.
  private mutating func requireProducts(
    of ledger: ValidityLedger, _ products: [ArtifactRecord], _ target: Database
  ) throws {
    guard !events.isEmpty else { return }
    let brought = Dictionary(
      products.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
    let standing = try CertificationTable.ledger(target)
    for (key, entries) in ledger.entries.sorted(by: { $0.key < $1.key }) {
      for entry in entries where standing.entries[key]?.contains(entry) != true {
        let isHere = try Bool.fetchOne(
          target, sql: "SELECT EXISTS (SELECT 1 FROM artifact WHERE path = ? AND sha256 = ?)",
          arguments: [StoredText.encoded(entry.path), StoredText.encoded(entry.sha256)])
        if isHere != true, brought[entry.path] != entry.sha256 {
          conflicts.append(
            "the certified product \(entry.path.clipped(to: 200)) does not come with the shard: "
              + "its run is not finished there")
        }
      }
    }
  }

  /// Does it, within the target's transaction, after the products' rows are there.
  func apply(to database: Database) throws {
    for collection in made {
      _ = try CollectionTable.id(collection.name, kind: collection.kind, makes: true, database)
    }
    let before = try CertificationTable.fetch(database, where: "1", [])
    var ledger = try CertificationTable.ledger(database)
    for event in events {
      do { try ledger.apply(event) } catch let refusal as ValidityLedger.Refusal {
        throw WarehouseError(.overlap, refusal.text)
      }
      let id = try CollectionTable.id(
        event.collection, kind: .calibration, makes: false, database)
      _ = try CertificationTable.add(event, collection: id, database)
    }
    try store(ledger, insteadOf: before, database)
    for chain in chains { try ChainChange.clear(chain.name, database) }
    for chain in chains {
      for (index, change) in chain.changes.enumerated() {
        try change.apply(
          to: chain.name, setsMembers: index == chain.changes.count - 1, database)
      }
    }
  }

  /// Brings the table to what the ledger says.
  private func store(
    _ ledger: ValidityLedger, insteadOf before: [CertificationTable.Numbered],
    _ database: Database
  ) throws {
    var missing = ledger.entries
    for row in before {
      let old = row.certification
      let key = ValidityLedger.Key(collection: old.collection, data: old.data)
      let entry = ValidityLedger.Entry(range: old.range, path: old.path, sha256: old.sha256)
      if let index = missing[key]?.firstIndex(of: entry) {
        missing[key]?.remove(at: index)
      } else {
        try CertificationTable.remove(row.id, database)
      }
    }
    for (key, entries) in missing.sorted(by: { $0.key < $1.key }) {
      guard !entries.isEmpty else { continue }
      let collection = try CollectionTable.id(
        key.collection, kind: .calibration, makes: false, database)
      for entry in entries {
        let artifact = try Int64.fetchOne(
          database, sql: "SELECT id FROM artifact WHERE path = ? AND sha256 = ?",
          arguments: [StoredText.encoded(entry.path), StoredText.encoded(entry.sha256)])
        let event = try Int64.fetchOne(
          database,
          sql: """
            SELECT max(id) FROM certificationEvent
            WHERE action = 'certify' AND type = ? AND variant = ? AND camera = ? AND serial = ?
              AND block = ? AND detector = ? AND collection = ? AND path = ? AND sha256 = ?
              AND beginTAI <= ? AND endTAI >= ?
            """,
          arguments: CertificationTable.arguments(of: key.data) + [
            collection, StoredText.encoded(entry.path), StoredText.encoded(entry.sha256),
            entry.range.begin.nanoseconds, entry.range.end.nanoseconds,
          ])
        guard let artifact, let event else {
          throw WarehouseError(
            .damaged, "a certified product of the shard is not in it", place: entry.path)
        }
        try CertificationTable.insert(
          key.data, entry.range, artifact: artifact, collection: collection, event: event,
          database)
      }
    }
  }
}

/// One entry of the journal of a chain.
private struct ChainChange: Equatable {
  let members: [String]
  let decision: CertificationDecision

  /// All entries of each chain, oldest first.
  static func all(_ database: Database) throws -> [String: [ChainChange]] {
    var result: [String: [ChainChange]] = [:]
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT name, members, author, reason, time
        FROM collectionEvent JOIN collection ON collection.id = collectionEvent.collection
        ORDER BY collectionEvent.id
        """)
    for row in rows {
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      result[text(0), default: []].append(
        ChainChange(
          members: try JSONText.strings(text(1)),
          decision: CertificationDecision(author: text(2), reason: text(3), time: text(4))))
    }
    return result
  }

  static func clear(_ name: String, _ database: Database) throws {
    let id = try CollectionTable.id(name, kind: .chained, makes: false, database)
    try CollectionTable.removeMembers(ofChain: id, database)
  }

  func apply(to name: String, setsMembers: Bool, _ database: Database) throws {
    let id = try CollectionTable.id(name, kind: .chained, makes: false, database)
    if setsMembers { try CollectionTable.setMembers(members, ofChain: id, name, database) }
    try CollectionTable.journal(members, ofChain: id, by: decision, database)
  }
}
