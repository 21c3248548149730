public import Detector
public import Warehouse

/// A design of the focal plane together with the camera whose detectors it carries.
public struct PlaneLayout: Sendable {
  /// An amplifier in its slot, as a focal-plane file stores it.
  public struct Channel: Sendable, Hashable {
    /// The slot.
    public let slot: FocalPlane.Slot
    /// The amplifier.
    public let amplifier: Amplifier
    /// The place of its values.
    public let place: ChannelPlace
    /// Whether columns are reversed between the order of read-out and the plane.
    public let flipX: Bool
    /// Whether rows are reversed between the order of read-out and the plane.
    public let flipY: Bool
    /// The cell on the plane's grid of amplifiers, counted from 0 at the lower left.
    public let column, row: Int
  }

  /// The plane.
  public let plane: FocalPlane
  /// The design.
  public let design: FocalPlane.Design
  /// The camera of the test runs.
  public let camera: Camera
  /// All amplifiers of the plane: slice by slice, column by column, and counter-clockwise from the
  /// lower left within a detector.
  public let channels: [Channel]
  /// Cells of amplifiers across one detector, and up.
  public let across, up: Int

  /// A layout. A camera whose detectors or amplifiers the plane does not know has no channels.
  public init(plane: FocalPlane, design: FocalPlane.Design, camera: Camera) {
    self.plane = plane
    self.design = design
    self.camera = camera
    across = max(1, camera.display.first?.count ?? 1)
    up = max(1, camera.display.count)
    let slots = design.slots.filter { camera.detectors.contains($0.detector) }
      .sorted { ($0.slice, $0.column) < ($1.slice, $1.column) }
    channels = slots.flatMap { slot in
      camera.amplifiers.compactMap { amplifier -> Channel? in
        guard let cell = slot.gridPosition(ofAmplifier: amplifier.name, in: camera) else {
          return nil
        }
        return Channel(
          slot: slot, amplifier: amplifier,
          place: ChannelPlace(
            block: slot.block, detector: slot.detector, amplifier: amplifier.name),
          flipX: amplifier.flipX != slot.flipColumns, flipY: amplifier.flipY != slot.flipRows,
          column: cell.column, row: cell.row)
      }.sorted { Self.turn($0) < Self.turn($1) }
    }
  }

  /// The number of cells across the plane, and up.
  public var columns: Int { plane.columns * across }
  /// The number of cells up the plane.
  public var rows: Int { plane.slices * up }

  /// The slot of a detector; nil off the plane.
  public func slot(of place: ChannelPlace) -> FocalPlane.Slot? {
    design.slot(block: place.block, detector: place.detector)
  }

  /// Slots by slice, then by column: the order of tables.
  public var slots: [FocalPlane.Slot] {
    design.slots.sorted { ($0.slice, $0.column) < ($1.slice, $1.column) }
  }

  /// The amplifiers of one detector in the order of a focal-plane file.
  public func channels(in slot: FocalPlane.Slot) -> [Channel] {
    channels.filter { $0.slot == slot }
  }

  /// Counter-clockwise from the lower left: (0,0), (1,0), (1,1), (0,1) in (right, upper).
  private static func turn(_ channel: Channel) -> Int {
    switch (channel.flipX, channel.flipY) {
    case (false, false): 0
    case (true, false): 1
    case (true, true): 2
    case (false, true): 3
    }
  }
}
