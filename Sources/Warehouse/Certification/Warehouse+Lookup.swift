import Diagnostics
import GRDB

extension Warehouse {
  /// The product that is valid for a device at an instant.
  ///
  /// The collections of a chain are searched in order; the first that has a range over the instant
  /// answers. A device is meant by its serial number, or by block and detector: then it is the one
  /// whose serial number the runs of that block recorded, or one without.
  ///
  /// - Parameters:
  ///   - type: the product's role, such as `master-bias`.
  ///   - device: its serial number, or block, or both block and detector; without a detector the
  ///     product that belongs to all.
  ///   - variant: as it was certified; "" for none.
  /// - Throws: `WarehouseError` of kind `.notCertified`, whose text names the ranges that there
  ///   are, `.ambiguous` (several serial numbers, or several products in one collection),
  ///   `.noSuchCollection`, or `.artifact` where the file is not there in its size.
  public func lookup(
    _ type: String, in collection: String, device: DeviceFilter, variant: String = "",
    at instant: TAIInstant
  ) throws -> StoredCertification {
    guard device.serial != nil || device.block != nil else {
      throw WarehouseError(.invalidRecord, "a device is meant by serial number, or by block")
    }
    let found = try reading { database in
      let order = try CollectionTable.searchOrder(of: collection, database)
      let serials = try device.serial.map { [$0] } ?? serials(of: device, database)
      let all = try CertificationTable.fetch(
        database, where: "c.type = ? AND c.variant = ?",
        [StoredText.encoded(type), StoredText.encoded(variant)]
      ).filter { row in
        let known = row.certification
        return known.data.serial.isEmpty
          ? device.serial == nil && known.block == device.block
            && known.detector == device.detector
          : serials.contains(known.data.serial)
      }
      for (id, name) in order {
        let rows = all.filter {
          $0.collection == id && $0.certification.range.contains(instant)
        }
        guard let first = rows.first?.certification else { continue }
        guard rows.count == 1 else {
          throw WarehouseError(
            .ambiguous,
            "\(rows.count) products of \(type.clipped(to: 100)) are valid then in "
              + "'\(name.clipped(to: 100))': "
              + rows.prefix(3).map { $0.certification.path.clipped(to: 200) }.joined(
                separator: ", "))
        }
        return first
      }
      let searched = Set(order.map(\.id))
      let others = all.filter { searched.contains($0.collection) }.map(\.certification)
      let types = others.isEmpty ? try Self.types(in: searched, database) : []
      throw notCertified(type, variant, collection, device, instant, others, types)
    }
    guard FileSystem.size(of: absolutePath(found.path)) == found.size else {
      throw WarehouseError(
        .artifact, "the certified product is missing or has another size", place: found.path)
    }
    return found
  }

  /// The serial number of a block's detector; none where no run recorded one.
  private func serials(of device: DeviceFilter, _ database: Database) throws -> [String] {
    guard let detector = device.detector else { return [] }
    let serials = try String.fetchAll(
      database,
      sql: """
        SELECT DISTINCT serial FROM block JOIN testRun ON testRun.block = block.id
          JOIN serial ON serial.testRun = testRun.id
          JOIN detector ON detector.id = serial.detector
        WHERE block.name = ? AND detector.name = ? AND serial <> '' ORDER BY serial
        """,
      arguments: [device.block.map(StoredText.encoded), StoredText.encoded(detector)]
    ).map(StoredText.decoded)
    guard serials.count <= 1 else {
      throw WarehouseError(
        .ambiguous,
        "\(device.text) had several serial numbers: "
          + serials.prefix(5).map { $0.clipped(to: 60) }.joined(separator: ", "))
    }
    return serials
  }

  /// What is certified in collections, for the text of an error.
  private static func types(in collections: Set<Int64>, _ database: Database) throws -> [String] {
    let rows = try CertificationTable.fetch(database, where: "1", [])
    let found = rows.filter { collections.contains($0.collection) }
    let names = found.map(\.certification).map { certified in
      let place = [certified.block, certified.detector].compactMap(\.self)
      return "\(certified.data.type) (\(place.joined(separator: " ")))"
    }
    return Set(names).sorted()
  }

  private func notCertified(
    _ type: String, _ variant: String, _ collection: String, _ device: DeviceFilter,
    _ instant: TAIInstant, _ others: [StoredCertification], _ types: [String]
  ) -> WarehouseError {
    let kind = (variant.isEmpty ? type : "\(type) (\(variant))").clipped(to: 100)
    let ranges = others.prefix(5).map { "\($0.range.text) in '\($0.collection.clipped(to: 60))'" }
    let more = others.count > 5 ? " and \(others.count - 5) more" : ""
    let named = types.prefix(5).map { $0.clipped(to: 60) }.joined(separator: ", ")
    let rest = types.count > 5 ? " and \(types.count - 5) more" : ""
    let other = types.isEmpty ? "" : "; certified there: \(named)\(rest)"
    let known =
      ranges.isEmpty ? "no range at all" + other : ranges.joined(separator: ", ") + more
    return WarehouseError(
      .notCertified,
      "no \(kind) of \(device.text) is valid at \(instant.utc) in "
        + "'\(collection.clipped(to: 100))'; there is \(known)")
  }
}

extension DeviceFilter {
  /// The device in words.
  var text: String {
    if let serial { return serial.clipped(to: 60) }
    return [block, detector].compactMap { $0?.clipped(to: 60) }.joined(separator: " ")
  }
}
