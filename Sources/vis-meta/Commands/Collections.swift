import ArgumentParser
import CommandLineStyle
import Metatests
import Warehouse

/// Collections, and what they hold.
struct Collections: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists collections; or what one holds, or its journal.",
    discussion: """
      EXAMPLES:
        vis-meta collections
        vis-meta collections calib --format csv
        vis-meta collections calib/bias.1 --history
      """)

  @Argument(help: "A collection or chain: list what it holds.")
  var name: String?
  @Flag(name: .long, help: "Print the journal: what was certified and taken out, when, by whom.")
  var history = false
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var format: FormatOptions

  private struct Entry: Encodable {
    let name, kind: String
    let members: [String]
    let ranges: Int
  }

  func run() throws {
    let format = format.chosen
    let text = try warehouse.with(.reading) { warehouse in
      if history {
        let searched = try name.map { Set(try warehouse.searchOrder(of: $0)) }
        let events = try warehouse.certificationEvents()
          .filter { searched?.contains($0.collection) ?? true }
        return try CertificationEventRow.text(events.map(CertificationEventRow.init), as: format)
      }
      if let name {
        let stored = try warehouse.certifications(in: name)
        let order = try warehouse.searchOrder(of: name)
        let rows = order.flatMap { member in stored.filter { $0.collection == member } }
        return try CertificationRow.text(rows.map(CertificationRow.init), as: format)
      }
      return try list(try warehouse.collections(), as: format)
    }
    printOutput(text)
  }

  private func list(_ all: [CollectionRecord], as format: Query.Format) throws -> String {
    if format == .json {
      return try JSONText.text(
        all.map {
          Entry(name: $0.name, kind: $0.kind.rawValue, members: $0.members, ranges: $0.ranges)
        })
    }
    let isTable = format == .table
    var table = TextTable([
      .init(isTable ? "COLLECTION" : "name"), .init(isTable ? "KIND" : "kind"),
      .init(isTable ? "RANGES" : "ranges", .right), .init(isTable ? "MEMBERS" : "members"),
    ])
    for entry in all {
      table.append([
        entry.name, entry.kind.rawValue, String(entry.ranges), entry.members.joined(separator: " "),
      ])
    }
    return isTable ? table.text(for: .current(.output)) : table.csv
  }
}

/// Sets the members of a chain.
struct Chain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a chained collection, or sets its members in the order of search.",
    discussion: """
      The first member with a range over the time that is asked for answers. With --prepend the new \
      members go first and the others stay: ranges with an open end then do no harm, because the \
      newest comes first. A chain may be a member of another; it never contains itself.

      EXAMPLES:
        vis-meta chain calib calib/bias.2 calib/bias.1 --author "A. Reviewer" --reason "first issue"
        vis-meta chain calib calib/bias.3 --prepend --author "A. Reviewer" --reason "new campaign"
      """)

  @Argument(help: "The chain; made where it is new.")
  var name: String
  @Argument(help: "Collections in the order in which they are searched.")
  var members: [String] = []
  @Flag(name: .long, help: "Put the members before those that are there.")
  var prepend = false
  @OptionGroup var decision: DecisionOptions
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let chain = try warehouse.with(.writing) { warehouse in
      try warehouse.chain(name, of: members, prepends: prepend, by: decision.decision)
    }
    if output.json { return printOutput(try JSONText.text(chain.members)) }
    printOutput(chain.members.map { $0 + "\n" }.joined())
  }
}
