import DataProducts
import Detector
import Warehouse

/// What the head of an exported file says.
public struct ExportHeader: Sendable, Hashable {
  /// The version of the form; files of a later version are refused.
  public static let form = 1

  /// Name and version of the program that wrote the file.
  public var program: String
  /// The warehouse's name: the last part of its path.
  public var warehouse: String
  /// What was asked for, in words.
  public var filter: String
  /// With which gains values in ADU were turned into electrons, a line a block; nil where they are in ADU.
  public var gains: [String]?

  /// Describes an export.
  public init(program: String, warehouse: String, filter: String, gains: [String]? = nil) {
    self.program = program
    self.warehouse = warehouse
    self.filter = filter
    self.gains = gains
  }

  /// The lines: key and value. The newest run's start stands for a date, so that bytes repeat.
  func entries(_ snapshot: ResultSnapshot) -> [(key: String, value: String)] {
    [
      ("program", program), ("warehouse", warehouse), ("filter", filter),
      ("newest_run", snapshot.runs.map(\.run.started).max() ?? ""),
    ]
      + (gains.map { [("gains", $0.isEmpty ? "no gain" : $0.joined(separator: "; "))] } ?? [])
  }

  /// A quantity as a JSON object, which is a YAML flow mapping, too.
  static func json(_ quantity: StoredQuantity) -> String {
    let dimensions = Quantity.Dimension.allCases.filter(quantity.dimensions.contains)
    return "{\"name\": \(JSONWriter.string(quantity.name)), "
      + "\"unit\": \(JSONWriter.string(quantity.unit)), \"digits\": \(quantity.digits), "
      + "\"dimensions\": [\(dimensions.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))], "
      + "\"meaning\": \(JSONWriter.string(quantity.meaning))}"
  }

  /// The unit that all quantities have; nil where there are several.
  static func commonUnit(_ quantities: [StoredQuantity]) -> String? {
    let units = Set(quantities.map(\.unit))
    guard units.count == 1, let unit = units.first, !unit.isEmpty else { return nil }
    return Unit(rawValue: unit)?.fits ?? unit
  }
}

extension ExchangeColumn {
  /// The value of a row in this column.
  func value(_ exported: ExportedRun, _ row: ResultRow) -> ExchangeValue {
    let run = row.run
    return switch self {
    case .campaign: .text(run.campaign)
    case .block: .text(run.block)
    case .slot: .text(row.slot)
    case .test: .text(run.test)
    case .analysis: .text(run.analysis)
    case .ccd: .text(row.place.detector)
    case .quadrant: .text(row.place.amplifier)
    case .obsid: .integer(row.place.obsid)
    case .item: .text(row.place.item)
    case .quantity: .text(row.quantity)
    case .value: .number(row.value.number)
    case .uncertainty:
      if case .value(_, let uncertainty, _) = row.value {
        .number(uncertainty)
      } else {
        .number(nil)
      }
    case .unit: .text(row.unit)
    case .verdict: .text(run.verdict?.rawValue)
    case .count:
      if case .value(_, _, let count) = row.value { .integer(count) } else { .integer(nil) }
    case .reason:
      // A reason is never empty, so that a row always says what it is.
      if case .missing(let reason) = row.value {
        .text(reason.isEmpty ? "no reason given" : reason)
      } else {
        .text(nil)
      }
    case .session: .text(run.session)
    case .started: .text(run.started)
    case .status: .text(run.status.rawValue)
    case .camera: .text(exported.camera)
    case .serial: .text(row.place.detector.flatMap { exported.serials[$0] })
    case .program: .text(exported.program)
    }
  }
}
