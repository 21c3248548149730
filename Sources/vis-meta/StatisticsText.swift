import CommandLineStyle
import Metatests
import Reporting
import Warehouse

/// Statistics as table, CSV or JSON.
enum StatisticsText {
  static func text(_ table: StatisticsTable, _ format: Query.Format) throws -> String {
    switch format {
    case .table: forPeople(table)
    case .csv: csv(table)
    case .json: try JSONText.text(table.entries)
    }
  }

  private static let counts: Set<String> = ["count", "missing", "wcount"]

  private static func csv(_ table: StatisticsTable) -> String {
    CSVText.text(
      header: table.columns,
      rows: table.groups.map { group in
        group.group.map { $0.map { .text($0) } ?? .empty }
          + table.numberColumns.map { column -> CSVText.Cell in
            if column == "unit" { return .text(group.unit) }
            guard let number = table.number(column, of: group) else { return .empty }
            if counts.contains(column), let count = Int(exactly: number) { return .integer(count) }
            return .number(number)
          }
      })
  }

  /// Numbers to the third digit of the standard deviation, the weighted mean to the second of its
  /// uncertainty; columns without any entry are left out.
  private static func forPeople(_ table: StatisticsTable) -> String {
    let columns = table.columns
    let lines = table.groups.map { group in
      group.group.map { $0 ?? "" } + table.numberColumns.map { text($0, table, group) }
    }
    let used = columns.indices.filter { index in
      lines.isEmpty || lines.contains { !$0[index].isEmpty }
    }
    let texts = table.dimensions.filter { $0 != .run && $0 != .obsid }.map(\.column) + ["unit"]
    var result = TextTable(
      used.map { .init(columns[$0].uppercased(), texts.contains(columns[$0]) ? .left : .right) })
    for line in lines { result.append(used.map { line[$0].isEmpty ? "-" : line[$0] }) }
    return result.text(for: .current(.output))
  }

  private static func text(
    _ column: String, _ table: StatisticsTable, _ group: GroupStatistics
  ) -> String {
    if column == "unit" { return group.unit }
    guard let number = table.number(column, of: group) else { return "" }
    if counts.contains(column) { return Int(exactly: number).map(String.init) ?? "" }
    if column == "chi2" { return NumberText.fixed(number, digits: 2) }
    let isWeighted = column == "wmean" || column == "wsigma"
    let scale = isWeighted ? group.weightedUncertainty : group.deviation
    guard let scale, scale > 0 else { return "\(number)" }
    // One digit more of what is no error of the number itself.
    if let small = Figures.small(number, to: isWeighted ? scale : scale / 10) { return small }
    let digits = NumberText.digits(for: [scale], atLeast: 0) + (isWeighted ? 0 : 1)
    return NumberText.fixed(number, digits: digits)
  }
}
