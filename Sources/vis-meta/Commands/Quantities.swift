import ArgumentParser
import CommandLineStyle
import Detector
import Warehouse

/// The quantities that a warehouse holds.
struct Quantities: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the quantities of a warehouse: unit, dimensions and meaning.",
    discussion: """
      EXAMPLES:
        vis-meta quantities
        vis-meta quantities --json
      """)

  private struct Entry: Encodable {
    let name, unit, meaning: String
    let dimensions: [String]
    let digits: Int
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let entries = try warehouse.with(.reading) { try $0.quantities() }.map { quantity in
      Entry(
        name: quantity.name, unit: quantity.unit, meaning: quantity.meaning,
        dimensions: Quantity.Dimension.allCases.filter(quantity.dimensions.contains).map(
          \.rawValue),
        digits: quantity.digits)
    }
    if output.json { return printOutput(try JSONText.text(entries)) }
    var table = TextTable([.init("QUANTITY"), .init("UNIT"), .init("DIMENSIONS"), .init("MEANING")])
    for entry in entries {
      table.append([
        entry.name, entry.unit, entry.dimensions.joined(separator: " "), entry.meaning,
      ])
    }
    printOutput(table.text(for: .current(.output)))
  }
}
