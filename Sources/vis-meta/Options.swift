import ArgumentParser
import Foundation
import Warehouse

/// The warehouse that a command works on.
struct WarehouseOptions: ParsableArguments {
  @Option(
    name: [.customLong("warehouse"), .customShort("w")],
    help: ArgumentHelp(
      "The warehouse's folder. (default: $VISON_WAREHOUSE, else ./warehouse)", valueName: "folder"))
  var folder: String?

  var path: String {
    if let folder { return folder }
    let named = ProcessInfo.processInfo.environment["VISON_WAREHOUSE"] ?? ""
    return named.isEmpty ? "./warehouse" : named
  }

  /// Opens the warehouse, and closes it after `body`.
  func with<Result>(
    _ mode: Warehouse.Mode, _ body: (Warehouse) throws -> Result
  ) throws -> Result {
    let warehouse = try Warehouse.open(at: path, mode: mode)
    defer { try? warehouse.close() }
    return try body(warehouse)
  }
}

/// Whether results are printed as JSON.
struct JSONOption: ParsableArguments {
  @Flag(name: .long, help: "Print JSON.")
  var json = false
}
