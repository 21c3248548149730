import ArgumentParser
import CommandLineStyle
import Detector
import Foundation
import Warehouse

/// Makes a warehouse.
struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a new warehouse.",
    discussion: """
      The folder may exist and hold other files. The positions of all detectors on the focal plane \
      are stored with it; the design decides which of them the view `results` shows.

      EXAMPLES:
        vis-meta init warehouse
        vis-meta init /data/flight --design initial
      """)

  @Argument(help: "The folder.")
  var folder: String
  @OptionGroup var design: DesignOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let chosen = try WarehouseMaker.make(folder, design: design)
    if output.json {
      printOutput(try JSONText.text(["warehouse": folder, "design": chosen]))
    } else {
      printOutput(folder + "\n")
      printNote("vis-meta: a warehouse for the design '\(chosen)' was made")
    }
  }
}

/// What makes a warehouse with the positions of all detectors.
enum WarehouseMaker {
  /// Whether something is where a warehouse's database would be.
  static func isThere(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/warehouse.sqlite")
  }

  /// Makes a warehouse.
  ///
  /// - Returns: the name of the design that the view `results` shows.
  @discardableResult
  static func make(_ folder: String, design: DesignOption) throws -> String {
    let (plane, chosen) = try design.plane()
    let slots = plane.designs.flatMap { design in
      design.slots.map {
        SlotAssignment(
          design: design.name, block: $0.block, detector: $0.detector, slot: $0.name)
      }
    }
    try Warehouse.create(at: folder, design: chosen.name, slots: slots).close()
    return chosen.name
  }
}
