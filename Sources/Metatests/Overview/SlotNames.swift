public import Warehouse

/// The focal-plane positions that a warehouse knows for the design it was made for.
public struct SlotNames: Sendable {
  private struct Key: Hashable {
    let block, detector: String
  }

  private let names: [Key: String]

  /// Reads the positions.
  ///
  /// - Throws: `WarehouseError`.
  public init(_ warehouse: Warehouse) throws {
    let answer = try warehouse.readOnlySQL(
      """
      SELECT block, detector, slot FROM slot
      WHERE design = (SELECT value FROM setting WHERE name = 'focalPlaneDesign')
      """)
    var names: [Key: String] = [:]
    for row in answer.rows {
      guard row.count == 3, case .text(let block) = row[0], case .text(let detector) = row[1],
        case .text(let slot) = row[2]
      else { continue }
      names[Key(block: block, detector: detector)] = slot
    }
    self.names = names
  }

  /// The position of a block's detector; nil off the plane.
  public func slot(block: String, detector: String) -> String? {
    names[Key(block: block, detector: detector)]
  }
}
