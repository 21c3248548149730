import ArgumentParser
import Campaign
import CommandLineStyle
import Detector

/// The design of the focal plane.
struct DesignOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The focal-plane design: final or initial.", valueName: "name"))
  var design = "final"

  func plane() throws -> (plane: FocalPlane, design: FocalPlane.Design) {
    let plane = try CameraCatalog.focalPlane()
    guard let found = plane.design(named: design) else {
      throw WrongUse(
        problem: "the focal plane has no design '\(design)'",
        remedy: "use one of " + plane.designs.map(\.name).joined(separator: ", "))
    }
    return (plane, found)
  }
}
