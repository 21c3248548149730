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
    /// Whether values in ADU are shown in electrons, with the gains that stand for the block.
    var isInElectrons = false
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
          .map { row in
            let value = shown(row.value, column, row.place.detector, row.place.amplifier, data)
            if case .value(_, let error, _) = value { return error } else { return nil }
          }, atLeast: data.display(column.quantity).digits)
    }
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    var reasons: [String] = []
    for detector in detectors {
      for (index, amplifier) in amplifiers.enumerated() {
        rows.append(
          [index == 0 ? .words(detector) : "", .words(amplifier)]
            + zip(columns, digits).map { column, digits in
              let value = data.value(column.quantity, detector, amplifier, item: column.item).map {
                shown($0, column, detector, amplifier, data)
              }
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
              unit: unit(column, data), .right)
          },
        rows: rows, caption: caption, label: label, note: below, size: size, rulesAfter: rules))
  }

  private static func shown(
    _ value: MeasuredValue, _ column: Column, _ detector: String?, _ amplifier: String?,
    _ data: TestRunData
  ) -> MeasuredValue {
    guard column.isInElectrons, let detector, let amplifier,
      let target = Unit(rawValue: data.quantities[column.quantity]?.unit ?? "")?.inElectrons
    else { return value }
    return data.gains.electrons(value, detector, amplifier, power: target.power)
  }

  private static func unit(_ column: Column, _ data: TestRunData) -> String {
    let stored = data.quantities[column.quantity]?.unit ?? ""
    guard column.isInElectrons, let target = Unit(rawValue: stored)?.inElectrons else {
      return data.display(column.quantity).unit
    }
    return target.unit.display
  }

  /// Quantities in ADU once more, in electrons; the run of the gains is named. Without a gain a line that says so.
  static func electrons(
    _ columns: [Column], caption: String, label: String, _ data: TestRunData
  ) -> ReportPart {
    guard data.gains.hasGains else {
      return .paragraph([
        .status(.missing, "\(caption): not measurable, no gain (\(data.gains.source)).")
      ])
    }
    return byAmplifier(
      columns.map { column in
        var column = column
        column.isInElectrons = true
        return column
      }, caption: Document.Text(caption), label: label,
      note: Document.Text("With the gains of \(data.gains.source)."), data)
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
