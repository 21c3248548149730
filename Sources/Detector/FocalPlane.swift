/// The positions of blocks and their detectors on a focal plane, and what is known of each block.
///
/// The plane is a grid of slots named `C_<slice><column>`, slice 1 at the bottom, column 1 at the
/// left. A design says which detector sits in which slot.
public struct FocalPlane: Sendable, Hashable, Codable {
  /// One slot and the detector in it.
  public struct Slot: Sendable, Hashable, Codable {
    /// The slot's name, such as `C_11`.
    public var name: String
    /// Row of the plane, 1 at the bottom.
    public var slice: Int
    /// Column of the plane, 1 at the left.
    public var column: Int
    /// The block's name.
    public var block: String
    /// The detector's name within its block, such as `CCD1`.
    public var detector: String
    /// The detector's serial number.
    public var serial: String
    /// Whether an image of the detector is mirrored top to bottom on the plane.
    public var flipRows: Bool
    /// Whether an image of the detector is mirrored left to right on the plane.
    public var flipColumns: Bool
  }

  /// A design: which blocks fly, and where.
  public struct Design: Sendable, Hashable, Codable {
    /// The design's name: `final` or `initial`.
    public var name: String
    /// The blocks on the plane, in the field's customary order.
    public var flight: [String]
    /// Blocks that were built and calibrated and do not fly.
    public var spare: [String]
    /// Blocks that were taken apart.
    public var discarded: [String]
    /// The slots, by slice, then by column.
    public var slots: [Slot]
  }

  /// What is known of one block.
  public struct Block: Sendable, Hashable, Codable {
    /// The block's name.
    public var name: String
    /// The serial of the read-out electronics, such as `FM14`.
    public var roe: String
    /// The serial of the power supply.
    public var rpsu: String
    /// The chamber profile of its calibration.
    public var chamber: String
    /// Serial numbers by detector; empty where they are unknown.
    public var serials: [String: String]
    /// The offsets expected of each detector's amplifiers in ADU, by detector, then by amplifier.
    public var expectedOffsets: [String: [String: Double]]
  }

  /// The name of the plane, such as `euclid-vis`.
  public var name: String
  /// The camera whose detectors it carries.
  public var camera: String
  /// Number of slices (rows).
  public var slices: Int
  /// Number of columns.
  public var columns: Int
  /// The design that is meant where none is named.
  public var defaultDesign: String
  /// The designs.
  public var designs: [Design]
  /// All blocks, whether they fly or not.
  public var blocks: [Block]

  /// The design of that name; the default one where `name` is nil.
  public func design(named name: String? = nil) -> Design? {
    designs.first { $0.name == name ?? defaultDesign }
  }

  /// The block of that name.
  public func block(named name: String) -> Block? { blocks.first { $0.name == name } }
}

extension FocalPlane.Design {
  /// The slot of a block's detector; nil for a block that is not on the plane.
  public func slot(block: String, detector: String) -> FocalPlane.Slot? {
    slots.first { $0.block == block && $0.detector == detector }
  }

  /// All blocks: flight, then spare, then discarded.
  public var allBlocks: [String] { flight + spare + discarded }
}

extension FocalPlane.Slot {
  /// Where an amplifier sits on the plane's grid of amplifiers, counted from 0 at the lower left.
  ///
  /// A detector's 2 x 2 amplifiers, seen from `camera` (E F over H G for a CCD273), are mirrored as
  /// the slot says: E F lie below H G in the left half, and the right half is turned by 180 degrees
  /// from that.
  ///
  /// - Returns: nil where the amplifier is not part of the camera's display.
  public func gridPosition(ofAmplifier name: String, in camera: Camera) -> (column: Int, row: Int)? {
    for (line, names) in camera.display.enumerated() {
      guard let place = names.firstIndex(of: name) else { continue }
      let rows = camera.display.count
      let fromBottom = rows - 1 - line
      let y = flipRows ? rows - 1 - fromBottom : fromBottom
      let x = flipColumns ? names.count - 1 - place : place
      return ((column - 1) * names.count + x, (slice - 1) * rows + y)
    }
    return nil
  }
}
