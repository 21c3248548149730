import ArgumentParser
import CommandLineStyle
import Foundation
import Warehouse

/// A range of time: both ends must be said, since an open end is seldom meant.
struct ValidityOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The first instant, in UTC, such as 2019-03-23T12:00:00Z; or: open.", valueName: "time"))
  var begin: String
  @Option(
    name: .long,
    help: ArgumentHelp("The first instant after it, in UTC; or: open.", valueName: "time"))
  var end: String

  var range: ValidityRange {
    get throws { try ValidityRange(begin: begin, end: end) }
  }
}

/// Who decides, and why.
struct DecisionOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Why, or how it was verified.", valueName: "text"))
  var reason: String
  @Option(name: .long, help: ArgumentHelp("Who decides.", valueName: "name"))
  var author: String

  var decision: CertificationDecision {
    CertificationDecision(author: author, reason: reason, time: Date.now.formatted(.iso8601))
  }
}

/// Which device a product belongs to.
struct DeviceOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The block.", valueName: "name"))
  var block: String?
  @Option(name: .long, help: ArgumentHelp("The detector, such as CCD1.", valueName: "name"))
  var ccd: String?
  @Option(name: .long, help: ArgumentHelp("The detector's serial number.", valueName: "number"))
  var serial: String?

  var filter: DeviceFilter { DeviceFilter(block: block, detector: ccd, serial: serial) }
}

/// How a list is printed.
struct FormatOptions: ParsableArguments {
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Query.Format?
  @OptionGroup var output: JSONOption

  var chosen: Query.Format { format ?? (output.json ? .json : .table) }
}
