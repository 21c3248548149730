/// A column of the long form: the columns of the view `results`, then what an import needs beyond
/// them.
public enum ExchangeColumn: String, Sendable, CaseIterable {
  case campaign, block, slot, test, analysis, ccd, quadrant, obsid, item, quantity, value
  case uncertainty, unit, verdict, count, reason, session, started, status
  case camera, serial, program

  /// The type of a column's values.
  public enum Kind: Sendable { case text, integer, number }

  /// The type of its values.
  public var kind: Kind {
    switch self {
    case .obsid, .count: .integer
    case .value, .uncertainty: .number
    default: .text
    }
  }

  /// The place in the order of columns, from 0.
  var index: Int { ExchangeColumn.places[self] ?? 0 }

  private static let places = Dictionary(
    uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

  /// What the column means, for headers.
  public var meaning: String {
    switch self {
    case .campaign: "campaign"
    case .block: "block"
    case .slot: "position on the focal plane"
    case .test: "test, with its iteration"
    case .analysis: "analysis"
    case .ccd: "detector"
    case .quadrant: "amplifier"
    case .obsid: "exposure"
    case .item: "region, direction or key"
    case .quantity: "quantity"
    case .value: "value"
    case .uncertainty: "1 sigma, in the unit of the value"
    case .unit: "unit of value and uncertainty; empty for pure numbers"
    case .verdict: "latest verdict on the run"
    case .count: "number of samples"
    case .reason: "why there is no value"
    case .session: "session"
    case .started: "when the run began, UTC"
    case .status: "state of the run"
    case .camera: "camera"
    case .serial: "serial number of the detector"
    case .program: "program that measured, with its version"
    }
  }
}

/// A value of a row; nil where there is none.
enum ExchangeValue: Sendable, Hashable {
  case text(String?)
  case integer(Int?)
  case number(Double?)
}

/// The file formats of the long form.
public enum ExchangeFormat: String, Sendable, CaseIterable {
  case csv, jsonl, ecsv, fits

  /// The format that a file's name tells; nil for an ending that is none.
  public init?(path: String) {
    switch path.split(separator: "/").last?.split(separator: ".").last?.lowercased() {
    case "csv": self = .csv
    case "jsonl", "ndjson": self = .jsonl
    case "ecsv": self = .ecsv
    case "fits", "fit", "fts": self = .fits
    default: return nil
    }
  }
}
