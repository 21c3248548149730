public import Detector
public import Warehouse

extension FocalPlane {
  /// Where each detector sits, in all designs, as a warehouse keeps it.
  public var slotAssignments: [SlotAssignment] {
    designs.flatMap { design in
      design.slots.map {
        SlotAssignment(
          design: design.name, block: $0.block, detector: $0.detector, slot: $0.name)
      }
    }
  }
}
