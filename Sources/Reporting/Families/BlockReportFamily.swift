import DataProducts
import Detector
import LatexReport
import Warehouse

/// What a family of tests adds to the report that all tests have in common.
///
/// A new family adds one file with such a type and one line to `BlockReportFamilies`.
protocol BlockReportFamily: Sendable {
  /// Whether the family's reports are made for a test of that name.
  func covers(_ test: String) -> Bool
  /// The title of the section with the compliance matrices.
  var complianceTitle: String { get }
  /// The numbers that matter, for the summary.
  func headline(_ data: TestRunData) -> [ReportPart]
  /// Figures of the data check.
  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart]
  /// The sections that follow the preparation.
  func results(_ data: TestRunData, footer: String) -> [ReportPart]
  /// The root of the products' names, such as `RON`.
  var productName: String { get }
  /// Tables of the products beside those that all tests have, such as matrices.
  func tables(_ data: TestRunData) -> [DataTable]
}

extension BlockReportFamily {
  func tables(_ data: TestRunData) -> [DataTable] { [] }
}

/// The families whose reports are known, in the order in which they are asked.
enum BlockReportFamilies {
  static let all: [any BlockReportFamily] =
    [
      BiasReport(), PhotonTransferReport(), BrighterFatterReport(), FlatReport(), FluxReport(),
      LinearityReport(),
    ] + CheckReport.all + [DarkSignalReport()]

  /// The family of a test; one that shows plain tables where no other covers it.
  static func family(of test: String) -> any BlockReportFamily {
    all.first { $0.covers(test) } ?? PlainReport()
  }
}

/// Any test whose family has no report of its own: all its quantities as tables.
struct PlainReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { true }
  var complianceTitle: String { "Levels" }
  var productName: String { "RESULTS" }
  func headline(_ data: TestRunData) -> [ReportPart] { [] }
  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckFigures.trends(data, footer: footer)
  }

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    let names = data.measuredQuantities.filter { name in
      !name.hasPrefix("hk.") && !name.hasPrefix("check.")
        && data.quantities[name]?.dimensions.contains(.exposure) != true
    }
    guard !names.isEmpty else { return [] }
    return [.section(1, "Results", label: "results")]
      + names.map { QuantityTables.byAmplifier($0, data) }
  }
}
