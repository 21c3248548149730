import Diagnostics
import GRDB

extension Warehouse {
  /// Certifies products for one range of time: all of them or none.
  ///
  /// A product's type is its role; see `CertifiedData` for what it belongs to. Nothing is copied:
  /// the product stays where it is, and is neither changed nor removed while it is certified. To
  /// certify the same again is an overlap, too.
  ///
  /// - Parameters:
  ///   - products: SHA-256 digests (at least their first 8 digits) or paths relative to the
  ///     warehouse's folder.
  ///   - collection: a calibration collection, which is made where there is none.
  ///   - variant: what else tells products of one type apart, such as a wavelength; "" for nothing.
  ///   - forced: also from a run that was rejected, is not finished, or that nobody accepted.
  /// - Returns: what was certified, by data.
  /// - Throws: `WarehouseError` of kind `.artifact` (a file is missing or changed), `.overlap`,
  ///   `.notCertifiable`, `.noSuchRecord`, `.ambiguous`, `.badCollection` or `.invalidRecord`.
  @discardableResult
  public func certify(
    _ products: [String], in collection: String, for range: ValidityRange, variant: String = "",
    by decision: CertificationDecision, forced: Bool = false
  ) throws -> [StoredCertification] {
    try decision.validate()
    guard !products.isEmpty else {
      throw WarehouseError(.invalidRecord, "no product is named")
    }
    // Files are read before the lock is taken; records do not change while their rows exist.
    let found = try reading { database in
      try products.map { try CertifiableProduct.fetch(named: $0, database) }
    }
    for product in found { try verify(product.artifact) }
    return try writing { database in
      let target = try CollectionTable.id(collection, kind: .calibration, makes: true, database)
      var events: [Int64] = []
      for before in found {
        let product = try CertifiableProduct.fetch(named: before.artifact.path, database)
        guard product.artifact == before.artifact else {
          throw WarehouseError(.busy, "the warehouse changed meanwhile", place: folder)
        }
        if !forced { try product.requireAccepted() }
        let data = product.data(variant: variant)
        try requireNoOverlap(data, range, collection: target, product.artifact.path, database)
        let event = try CertificationTable.add(
          CertificationEvent(
            collection: collection, action: .certify, data: data, path: product.artifact.path,
            sha256: product.artifact.sha256, range: range, isForced: forced, decision: decision),
          collection: target, database)
        try CertificationTable.insert(
          data, range, artifact: product.id, collection: target, event: event, database)
        events.append(event)
      }
      let numbers = events.map(String.init).joined(separator: ", ")
      return try CertificationTable.fetch(database, where: "c.event IN (\(numbers))", [])
        .map(\.certification)
    }
  }

  /// Takes a range out of certifications; what lies outside of it stays: nothing, one or two parts.
  ///
  /// - Parameters:
  ///   - type: the products' role.
  ///   - device: which ones; an empty filter for all.
  ///   - variant: nil for all.
  /// - Returns: what was taken out, as it is journalled.
  /// - Throws: `WarehouseError` of kind `.notCertified` where there is nothing to take out, or
  ///   `.noSuchCollection`, `.badCollection`, `.invalidRecord`.
  @discardableResult
  public func decertify(
    _ type: String, in collection: String, for range: ValidityRange,
    device: DeviceFilter = DeviceFilter(), variant: String? = nil,
    by decision: CertificationDecision
  ) throws -> [CertificationEvent] {
    try decision.validate()
    return try writing { database in
      let target = try CollectionTable.id(collection, kind: .calibration, makes: false, database)
      let rows = try CertificationTable.fetch(
        database,
        where: """
          c.collection = ?1 AND c.type = ?2 AND c.beginTAI < ?4 AND ?3 < c.endTAI
            AND (?5 IS NULL OR c.variant = ?5)
          """,
        [
          target, StoredText.encoded(type), range.begin.nanoseconds, range.end.nanoseconds,
          variant.map(StoredText.encoded),
        ]
      ).filter { device.admits($0.certification) }
      guard !rows.isEmpty else {
        throw WarehouseError(
          .notCertified,
          "nothing of type \(type.clipped(to: 100)) is certified in "
            + "'\(collection.clipped(to: 100))' within \(range.text)")
      }
      return try rows.map { row in
        let old = row.certification
        guard let part = old.range.intersection(range) else {
          throw WarehouseError(.damaged, "a certification lies elsewhere")
        }
        let event = CertificationEvent(
          collection: collection, action: .decertify, data: old.data, path: old.path,
          sha256: old.sha256, range: part, isForced: false, decision: decision)
        _ = try CertificationTable.add(event, collection: target, database)
        try CertificationTable.remove(row.id, database)
        for rest in old.range.cutting(range) {
          try CertificationTable.insert(
            old.data, rest, artifact: row.artifact, collection: target, event: row.event, database)
        }
        return event
      }
    }
  }

  /// What is certified, by collection, data and begin.
  ///
  /// - Parameters:
  ///   - collection: nil for all; of a chain, what its members hold.
  ///   - run: nil for all.
  public func certifications(
    in collection: String? = nil, of run: TestRunKey? = nil
  ) throws -> [StoredCertification] {
    try reading { database in
      let wanted = try collection.map {
        try CollectionTable.searchOrder(of: $0, database).map(\.name)
      }
      return try CertificationTable.fetch(
        database, where: "(?1 IS NULL OR testRun.id = ?1)", [run?.id]
      ).map(\.certification).filter { wanted?.contains($0.collection) ?? true }
    }
  }

  /// The journal of certifications, oldest first.
  ///
  /// - Parameter collection: nil for all.
  public func certificationEvents(in collection: String? = nil) throws -> [CertificationEvent] {
    try reading { try CertificationTable.events($0) }
      .filter { collection == nil || $0.collection == collection }
  }

  private func requireNoOverlap(
    _ data: CertifiedData, _ range: ValidityRange, collection: Int64, _ path: String,
    _ database: Database
  ) throws {
    let blocking = try CertificationTable.fetch(
      database,
      where: """
        c.type = ? AND c.variant = ? AND c.camera = ? AND c.serial = ? AND c.block = ?
          AND c.detector = ? AND c.collection = ? AND c.beginTAI < ? AND ? < c.endTAI
        """,
      CertificationTable.arguments(of: data)
        + [collection, range.end.nanoseconds, range.begin.nanoseconds]
    ).first?.certification
    if let blocking {
      throw WarehouseError(
        .overlap,
        "\(data.text) \(range.text) overlaps \(blocking.range.text) of "
          + "\(blocking.path.clipped(to: 200)), certified by "
          + "\(blocking.decision.author.clipped(to: 60)) in "
          + "'\(blocking.collection.clipped(to: 100))'",
        place: path)
    }
  }
}

/// Which devices are meant; nil admits any.
public struct DeviceFilter: Sendable, Hashable {
  /// The block of the run that made the product.
  public var block: String?
  /// The detector.
  public var detector: String?
  /// The serial number.
  public var serial: String?

  /// A filter.
  public init(block: String? = nil, detector: String? = nil, serial: String? = nil) {
    self.block = block
    self.detector = detector
    self.serial = serial
  }

  func admits(_ certification: StoredCertification) -> Bool {
    (block ?? certification.block) == certification.block
      && (detector ?? certification.detector) == certification.detector
      && (serial ?? certification.data.serial) == certification.data.serial
  }
}
