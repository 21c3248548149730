import Detector
import LatexReport
import Warehouse

/// Tables of quantities of a test run.
enum QuantityTables {
  /// A column of a table: a quantity, and which of its items.
  struct Column {
    var heading: String
    var quantity: String
    var item: String?
  }

  /// A quantity with all its items as columns, a row for each detector and amplifier.
  static func byAmplifier(_ quantity: String, _ data: TestRunData) -> ReportPart {
    var items: [String?] = []
    for item in data.measurements(of: quantity).map(\.place.item) where !items.contains(item) {
      items.append(item)
    }
    return byAmplifier(
      items.map {
        Column(heading: $0.map(CheckNames.region) ?? quantity, quantity: quantity, item: $0)
      },
      caption: DefinitionLabel.link(quantity, quantity), label: "table:\(quantity)", data)
  }

  /// Quantities as columns, a row for each detector and amplifier.
  static func byAmplifier(
    _ columns: [Column], caption: Document.Text, label: String, note: Document.Text = "",
    size: Document.Table.TypeSize = .footnote, _ data: TestRunData
  ) -> ReportPart {
    let detectors = data.camera.detectors
    let amplifiers = data.camera.amplifiers.map(\.name)
    let digits = columns.map { column in
      NumberText.digits(
        for: data.measurements(of: column.quantity).filter { $0.place.item == column.item }
          .map { if case .value(_, let error, _) = $0.value { error } else { nil } },
        atLeast: data.display(column.quantity).digits)
    }
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    var reasons: [String] = []
    for detector in detectors {
      for (index, amplifier) in amplifiers.enumerated() {
        rows.append(
          [index == 0 ? .words(detector) : "", .words(amplifier)]
            + zip(columns, digits).map { column, digits in
              let value = data.value(column.quantity, detector, amplifier, item: column.item)
              if case .missing(let reason)? = value, columns.count > 1 {
                return .empty(reason: mark(of: reason, in: &reasons))
              }
              return NumberText.cell(value, digits: digits)
            })
      }
      rules.insert(rows.count)
    }
    var below = note
    for (index, reason) in reasons.enumerated() {
      below += [.text("\(below.isEmpty ? "" : " ")(\(letter(index))) \(reason).")]
    }
    return .table(
      Document.Table(
        [.init("CCD"), .init("Q")]
          + columns.map { column in
            .init(
              DefinitionLabel.link(column.heading, column.quantity),
              unit: data.display(column.quantity).unit, .right)
          },
        rows: rows, caption: caption, label: label, note: below, size: size, rulesAfter: rules))
  }

  /// Reasons are long and columns narrow: a letter in the cell leads to the words below the table.
  private static func mark(of reason: String, in reasons: inout [String]) -> String {
    let words = reason.isEmpty ? "not measured" : reason
    if let index = reasons.firstIndex(of: words) { return "(\(letter(index)))" }
    reasons.append(words)
    return "(\(letter(reasons.count - 1)))"
  }

  private static func letter(_ index: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    return letters.indices.contains(index) ? String(letters[index]) : "\(index + 1)"
  }
}
