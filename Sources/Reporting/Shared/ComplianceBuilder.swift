public import LatexReport
public import Warehouse

/// Compliance matrices from stored checks.
public enum ComplianceBuilder {
  /// A matrix with a column for each detector and a row for each amplifier.
  ///
  /// - Parameters:
  ///   - checks: those of one name; checks of other places are left out.
  ///   - detectors: the columns.
  ///   - amplifiers: the rows.
  public static func byAmplifier(
    _ checks: [StoredCheck], detectors: [String], amplifiers: [String], caption: Document.Text,
    facts: CheckNames.Facts, label: String? = nil
  ) -> Document.ComplianceMatrix {
    matrix(
      checks, detectors: detectors, rows: amplifiers, corner: "Quadrant", caption: caption,
      facts: facts, label: label
    ) { $0.place.amplifier }
  }

  /// A matrix with a column for each detector and a row for each item, such as a script's column.
  public static func byItem(
    _ checks: [StoredCheck], detectors: [String], caption: Document.Text,
    facts: CheckNames.Facts, corner: String = "Column", label: String? = nil
  ) -> Document.ComplianceMatrix {
    var items: [String] = []
    for item in checks.compactMap(\.place.item) where !items.contains(item) { items.append(item) }
    return matrix(
      checks, detectors: detectors, rows: items, corner: corner, caption: caption, facts: facts,
      label: label
    ) { $0.place.item }
  }

  /// The outcome of a check as a mark.
  public static func status(_ check: StoredCheck) -> Document.Status {
    check.passed ? .pass : .fail
  }

  private static func matrix(
    _ checks: [StoredCheck], detectors: [String], rows: [String], corner: String,
    caption: Document.Text, facts: CheckNames.Facts, label: String?,
    row: (StoredCheck) -> String?
  ) -> Document.ComplianceMatrix {
    let cells = rows.map { name in
      detectors.map { detector -> Document.ComplianceMatrix.Cell in
        guard let check = checks.first(where: { $0.place.detector == detector && row($0) == name })
        else { return .init(nil, status: .missing, reason: "not checked") }
        let status = status(check)
        return .init(
          check.value, lower: check.lower, upper: check.upper, status: status,
          reason: check.value == nil ? short(check.text) : "")
      }
    }
    return Document.ComplianceMatrix(
      corner: corner, columns: detectors, rows: rows, cells: cells, unit: facts.unit,
      digits: facts.digits, caption: caption, label: label)
  }

  private static func short(_ text: String) -> String {
    let first = text.split(separator: ",").first.map(String.init) ?? ""
    return first.isEmpty ? "no value" : String(first.prefix(40))
  }
}
