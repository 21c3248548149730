import Diagnostics
import GRDB

extension Warehouse {
  /// All collections, by name.
  public func collections() throws -> [CollectionRecord] {
    try reading { try CollectionTable.all($0) }
  }

  /// Makes a chained collection, or replaces the members of one; the change is journalled.
  ///
  /// - Parameters:
  ///   - members: names of collections in the order in which they are searched, which must exist.
  ///   - prepends: whether `members` go before those that are there; they move where they are
  ///     members already.
  /// - Returns: the chain.
  /// - Throws: `WarehouseError` of kind `.badCollection` (the name is that of a calibration
  ///   collection, a member twice, a cycle), `.noSuchCollection` or `.invalidRecord`.
  @discardableResult
  public func chain(
    _ name: String, of members: [String], prepends: Bool = false, by decision: CertificationDecision
  ) throws -> CollectionRecord {
    try decision.validate()
    return try writing { database in
      var wanted = members
      if prepends {
        let present = try CollectionTable.members(of: name, database)
        wanted += present.filter { !members.contains($0) }
      }
      let id = try CollectionTable.id(name, kind: .chained, makes: true, database)
      try CollectionTable.setMembers(wanted, ofChain: id, name, database)
      try CollectionTable.journal(wanted, ofChain: id, by: decision, database)
      return CollectionRecord(name: name, kind: .chained, members: wanted, ranges: 0)
    }
  }

  /// The calibration collections that a look-up in a collection searches, in order.
  ///
  /// Chains are searched depth-first; what comes again later in the order is left out, since the
  /// first match wins.
  ///
  /// - Throws: `WarehouseError.Kind.noSuchCollection`.
  public func searchOrder(of name: String) throws -> [String] {
    try reading { try CollectionTable.searchOrder(of: name, $0).map(\.name) }
  }
}

/// Collections, their members and their journal, within one transaction.
enum CollectionTable {
  static func all(_ database: Database) throws -> [CollectionRecord] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT name, kind, (SELECT count(*) FROM certification WHERE collection = collection.id)
        FROM collection ORDER BY name
        """
    ).map { row in
      let name = StoredText.decoded(row[0])
      return CollectionRecord(
        name: name, kind: try stored(row[1], as: CollectionRecord.Kind.self),
        members: try members(of: name, database), ranges: row[2])
    }
  }

  static func members(of name: String, _ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT child.name FROM collection AS chain
          JOIN collectionMember ON parent = chain.id JOIN collection AS child ON child.id = child
        WHERE chain.name = ? ORDER BY position
        """, arguments: [StoredText.encoded(name)]
    ).map(StoredText.decoded)
  }

  /// The number of a collection of some kind.
  ///
  /// - Parameter makes: whether it is made where there is none.
  static func id(
    _ name: String, kind: CollectionRecord.Kind, makes: Bool, _ database: Database
  ) throws -> Int64 {
    guard name.contains(where: { !$0.isWhitespace }), name.utf8.count <= 1000 else {
      throw WarehouseError(.badCollection, "a collection needs a name of at most 1000 bytes")
    }
    if let (id, found) = try find(name, database) {
      guard found == kind else {
        throw WarehouseError(
          .badCollection,
          "the collection '\(name.clipped(to: 100))' is \(found.rawValue), not "
            + kind.rawValue)
      }
      return id
    }
    guard makes else { throw try missing(name, database) }
    try database.execute(
      sql: "INSERT INTO collection (name, kind) VALUES (?, ?)",
      arguments: [StoredText.encoded(name), kind.rawValue])
    return database.lastInsertedRowID
  }

  static func find(
    _ name: String, _ database: Database
  ) throws -> (id: Int64, kind: CollectionRecord.Kind)? {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT id, kind FROM collection WHERE name = ?",
        arguments: [StoredText.encoded(name)])
    else { return nil }
    return (row[0], try stored(row[1], as: CollectionRecord.Kind.self))
  }

  private static func missing(_ name: String, _ database: Database) throws -> WarehouseError {
    let names = try String.fetchAll(
      database, sql: "SELECT name FROM collection ORDER BY name LIMIT 20"
    ).map { StoredText.decoded($0).clipped(to: 60) }
    let known = names.isEmpty ? "there is none yet" : "there are: " + names.joined(separator: ", ")
    return WarehouseError(
      .noSuchCollection, "no collection '\(name.clipped(to: 100))'; \(known)")
  }

  static func setMembers(
    _ members: [String], ofChain id: Int64, _ name: String, _ database: Database
  ) throws {
    try removeMembers(ofChain: id, database)
    var seen: Set<String> = []
    for (position, member) in members.enumerated() {
      guard seen.insert(member).inserted else {
        throw WarehouseError(
          .badCollection, "'\(member.clipped(to: 100))' is twice in '\(name.clipped(to: 100))'")
      }
      guard let (child, _) = try find(member, database) else { throw try missing(member, database) }
      guard try !isBelow(id, child, database) else {
        throw WarehouseError(
          .badCollection,
          "'\(name.clipped(to: 100))' would contain itself through '\(member.clipped(to: 100))'")
      }
      try database.execute(
        sql: "INSERT INTO collectionMember (parent, position, child) VALUES (?, ?, ?)",
        arguments: [id, position, child])
    }
  }

  static func removeMembers(ofChain id: Int64, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM collectionMember WHERE parent = ?", arguments: [id])
  }

  /// Adds to the journal of chains.
  static func journal(
    _ members: [String], ofChain id: Int64, by decision: CertificationDecision,
    _ database: Database
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO collectionEvent (collection, members, author, reason, time)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        id, StoredText.encoded(try JSONText.array(members)), StoredText.encoded(decision.author),
        StoredText.encoded(decision.reason), StoredText.encoded(decision.time),
      ])
  }

  /// Whether `wanted` is `top` or reached from it.
  private static func isBelow(_ wanted: Int64, _ top: Int64, _ database: Database) throws -> Bool {
    try Bool.fetchOne(
      database,
      sql: """
        WITH RECURSIVE below (id) AS (
          SELECT ?1 UNION SELECT child FROM collectionMember JOIN below ON parent = below.id)
        SELECT EXISTS (SELECT 1 FROM below WHERE id = ?2)
        """, arguments: [top, wanted]) ?? false
  }

  static func searchOrder(
    of name: String, _ database: Database
  ) throws -> [(id: Int64, name: String)] {
    guard let (top, _) = try find(name, database) else { throw try missing(name, database) }
    var pending = [top]
    var seen: Set<Int64> = []
    var order: [(id: Int64, name: String)] = []
    while let id = pending.popLast() {
      guard seen.insert(id).inserted else { continue }
      let row = try Row.fetchOne(
        database.cachedStatement(sql: "SELECT name, kind FROM collection WHERE id = ?"),
        arguments: [id])
      guard let row else { throw WarehouseError(.damaged, "a chain refers to nothing") }
      if try stored(row[1], as: CollectionRecord.Kind.self) == .calibration {
        order.append((id, StoredText.decoded(row[0])))
      } else {
        // The last one pending is the next one seen.
        pending += try Int64.fetchAll(
          database.cachedStatement(
            sql: "SELECT child FROM collectionMember WHERE parent = ? ORDER BY position DESC"),
          arguments: [id])
      }
    }
    return order
  }
}
