import ArgumentParser
import CommandLineStyle
import Diagnostics
import Warehouse

/// The product that is valid at an instant.
struct Lookup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the certified product that is valid for a detector at a time.",
    discussion: """
      The members of a chained collection are searched in order; the first with a range over that \
      time answers. A detector is named by block and CCD, or by its serial number: it keeps its \
      products where it moves to another block. Without --ccd, the product that belongs to the whole \
      block is meant. Where nothing is valid then, the error says which ranges there are.

      EXAMPLES:
        vis-meta lookup --collection calib --type master-bias --block BORN --ccd CCD1 \
      --at 2019-03-24T12:00:00Z
        vis-meta lookup --collection calib --type master-bias --serial 14313-17-01 \
      --at 2019-03-24 --json | jq -r .path
      """)

  @Option(name: .long, help: ArgumentHelp("The collection or chain.", valueName: "name"))
  var collection: String
  @Option(name: .long, help: ArgumentHelp("The product's role.", valueName: "role"))
  var type: String
  @OptionGroup var device: DeviceOptions
  @Option(
    name: .long, help: ArgumentHelp("The variant that it was certified as.", valueName: "text"))
  var variant = ""
  @Option(
    name: .long,
    help: ArgumentHelp("The instant in UTC, such as 2019-03-24T12:00:00Z.", valueName: "time"))
  var at: String
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard (device.serial == nil) != (device.block == nil), device.serial == nil || device.ccd == nil
    else {
      throw ValidationError("name a detector by --block and --ccd, or by --serial alone")
    }
  }

  func run() throws {
    let instant = try TAIInstant(utc: at)
    let (found, path) = try warehouse.with(.reading) { warehouse in
      let found = try warehouse.lookup(
        type, in: collection, device: device.filter, variant: variant, at: instant)
      return (found, warehouse.absolutePath(found.path))
    }
    let row = CertificationRow(found)
    switch format.chosen {
    case .json: printOutput(try JSONText.text(row))
    case .csv: printOutput(try CertificationRow.text([row], as: .csv))
    case .table: printOutput(fields(found, path))
    }
    if found.verdict == .rejected {
      printNote("vis-meta: run \(found.run.id), which made it, was rejected")
    }
  }

  private func fields(_ found: StoredCertification, _ path: String) -> String {
    let member = found.collection == collection ? "" : " (of \(collection))"
    let lines = [
      ("path", path), ("sha256", found.sha256), ("size", String(found.size)),
      ("valid", found.range.text), ("collection", found.collection + member),
      (
        "device",
        [found.block, found.detector ?? "", found.data.serial].filter { !$0.isEmpty }
          .joined(separator: " ")
      ),
      ("run", "\(found.run.id) \(found.test) \(found.analysis)"),
      ("certified", "\(found.decision.time) by \(found.decision.author): \(found.decision.reason)"),
    ]
    return lines.map { name, value in
      name + String(repeating: " ", count: 12 - name.count) + value.escapingControlCharacters()
    }.joined(separator: "\n") + "\n"
  }
}
