import ArgumentParser
import CommandLineStyle
import Metatests
import Warehouse

/// Certifies products for a range of time.
struct Certify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Certifies products for a range of time within a collection.",
    discussion: """
      Products are named by path or SHA-256 (at least 8 digits), or by --run with --type. All are \
      certified or none. Two products of one type and device never overlap in a collection: the \
      range begins with --begin and ends before --end. Files are compared with their SHA-256 first. \
      The run must be finished and accepted, unless --force says otherwise; the reason is kept.

      EXAMPLES:
        vis-meta certify --run 12 --type master-bias --collection calib/bias.1 \
      --begin 2019-03-23 --end 2019-06-01 --author "A. Reviewer" --reason "noise within limits"
        vis-meta certify 5f1d02c9 --collection calib/bias.1 --begin 2019-06-01 --end open \
      --author "A. Reviewer" --reason "report 12"
      """)

  @Argument(help: ArgumentHelp("A product's path or SHA-256.", valueName: "product"))
  var products: [String] = []
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("All products of a run, or of an analysis with one run.", valueName: "run"))
  var runName: String?
  @Option(
    name: .long, help: ArgumentHelp("Of the run, those of this role only.", valueName: "role"))
  var type: String?
  @Option(
    name: .long, help: ArgumentHelp("Of the run, those of this detector only.", valueName: "name"))
  var ccd: [String] = []
  @Option(
    name: .long, help: ArgumentHelp("The collection; made where it is new.", valueName: "name"))
  var collection: String
  @OptionGroup var validity: ValidityOptions
  @Option(
    name: .long,
    help: ArgumentHelp(
      "What else tells products of one type apart, such as a wavelength.", valueName: "text"))
  var variant = ""
  @OptionGroup var decision: DecisionOptions
  @Flag(name: .long, help: "Also from a run that is rejected, not finished or not accepted.")
  var force = false
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard products.isEmpty != (runName == nil) else {
      throw ValidationError("name products, or a run with --run, but not both")
    }
    guard runName == nil || type != nil else {
      throw ValidationError("with --run, say which products: --type")
    }
  }

  func run() throws {
    let range = try validity.range
    let stored = try warehouse.with(.writing) { warehouse in
      try warehouse.certify(
        try names(in: warehouse), in: collection, for: range, variant: variant,
        by: decision.decision, forced: force)
    }
    if output.json {
      return printOutput(try JSONText.text(stored.map(CertificationRow.init)))
    }
    for row in stored {
      printOutput("\(row.path) \(row.range.text)\n")
    }
    printNote("vis-meta: certified in '\(collection)': \(stored.count)")
  }

  private func names(in warehouse: Warehouse) throws -> [String] {
    guard let runName else { return products }
    let runs = try RunDetails.runs(named: runName, in: warehouse)
    guard runs.count == 1, let found = runs.first else {
      throw WrongUse(
        problem: "the analysis has \(runs.count) test runs",
        remedy: "name one of " + runs.map { String($0.key.id) }.joined(separator: ", "))
    }
    let all = try warehouse.artifacts(of: found.key)
    let wanted = all.filter {
      $0.role == type && (ccd.isEmpty || $0.detector.map(ccd.contains) ?? false)
    }
    guard !wanted.isEmpty else {
      let roles = Set(all.map(\.role)).sorted().joined(separator: ", ")
      throw WarehouseError(
        .noSuchRecord,
        "run \(found.key.id) has no such product; its types are: \(roles.isEmpty ? "none" : roles)")
    }
    return wanted.map(\.path)
  }
}

/// Takes a range out of certifications.
struct Decertify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes a range of time out of certifications; what lies outside of it stays.",
    discussion: """
      Of each certification of that type and device within the range, nothing, one or two parts \
      remain. The journal keeps what was taken out, by whom and why. No file is removed.

      EXAMPLES:
        vis-meta decertify --collection calib/bias.1 --type master-bias --block BORN --ccd CCD1 \
      --begin 2019-04-02 --end 2019-04-03 --author "A. Reviewer" --reason "light leak"
        vis-meta decertify --collection calib/bias.1 --type master-bias --begin open --end open \
      --author "A. Reviewer" --reason "withdrawn"
      """)

  @Option(name: .long, help: ArgumentHelp("The collection.", valueName: "name"))
  var collection: String
  @Option(name: .long, help: ArgumentHelp("The products' role.", valueName: "role"))
  var type: String
  @OptionGroup var device: DeviceOptions
  @Option(name: .long, help: ArgumentHelp("Only those of this variant.", valueName: "text"))
  var variant: String?
  @OptionGroup var validity: ValidityOptions
  @OptionGroup var decision: DecisionOptions
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let range = try validity.range
    let events = try warehouse.with(.writing) { warehouse in
      try warehouse.decertify(
        type, in: collection, for: range, device: device.filter, variant: variant,
        by: decision.decision)
    }
    if output.json {
      return printOutput(try JSONText.text(events.map(CertificationEventRow.init)))
    }
    for event in events { printOutput("\(event.path) \(event.range.text)\n") }
    printNote("vis-meta: taken out of '\(collection)': \(events.count)")
  }
}
