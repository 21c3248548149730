extension TableWriter {
  /// LaTeX of a compliance matrix: a table whose cells hold value, limits and a sign.
  ///
  /// Limits that all cells share are said once, below the matrix.
  func latex(_ matrix: Document.ComplianceMatrix) -> String { latex(table(matrix)) }

  /// Whether two such matrices have room beside each other.
  func isNarrow(_ matrix: Document.ComplianceMatrix) -> Bool {
    matrix.rows.count <= 12 && naturalWidth(table(matrix)) < 0.47 * TextWidth.page
  }

  private func table(_ matrix: Document.ComplianceMatrix) -> Document.Table {
    let cells = matrix.cells.flatMap { $0 }
    let shared = cells.first.map { first in
      cells.allSatisfy { $0.lower == first.lower && $0.upper == first.upper }
    }
    var columns = [Document.Table.Column(Document.Text(matrix.corner))]
    columns += matrix.columns.map { Document.Table.Column(Document.Text($0), .centre) }
    let rows = matrix.rows.indices.map { index in
      [Document.Table.Cell.text([.bold(matrix.rows[index])])]
        + (matrix.cells.indices.contains(index) ? matrix.cells[index] : []).map {
          cell($0, of: matrix, showsLimits: shared != true)
        }
    }
    var note = Document.Text([])
    if shared == true, let first = cells.first, let limits = Self.limits(first, matrix) {
      note = "Limits of all cells: \(limits)\(matrix.unit.isEmpty ? "" : " \(matrix.unit)"). "
    } else if !matrix.unit.isEmpty {
      note = "Values and [limits] in \(matrix.unit). "
    }
    let failing = cells.count { $0.status == .fail }
    let missing = cells.count { $0.status == .missing }
    let outcome: Document.Text =
      if failing > 0 {
        [.text(" "), .status(.fail, " \(failing) of \(cells.count) out of limits")]
      } else if missing > 0 {
        [.text(" "), .status(.missing, " \(missing) of \(cells.count) missing")]
      } else {
        [.text(" "), .status(.pass, " all within limits")]
      }
    return Document.Table(
      columns, rows: rows, caption: matrix.caption + (cells.isEmpty ? "" : outcome),
      label: matrix.label, note: note)
  }

  private func cell(
    _ cell: Document.ComplianceMatrix.Cell, of matrix: Document.ComplianceMatrix,
    showsLimits: Bool
  ) -> Document.Table.Cell {
    guard let value = cell.value, value.isFinite else {
      let reason = cell.reason.isEmpty ? " no value" : " \(cell.reason)"
      return .status(cell.status == .fail ? .fail : .missing, reason)
    }
    let shown = " " + Self.show(value, matrix.digits)
    // Only what fails is coloured as a whole, so that it stands out.
    var pieces: [Document.Inline] =
      cell.status == .pass
      ? [.status(.pass), .text(shown)] : [.status(cell.status, shown)]
    if showsLimits, let limits = Self.limits(cell, matrix) { pieces.append(.text(" " + limits)) }
    return .text(Document.Text(pieces))
  }

  private static func limits(
    _ cell: Document.ComplianceMatrix.Cell, _ matrix: Document.ComplianceMatrix
  ) -> String? {
    switch (cell.lower, cell.upper) {
    case (nil, nil): nil
    case (let lower?, nil): "≥ " + show(lower, matrix.digits)
    case (nil, let upper?): "≤ " + show(upper, matrix.digits)
    case (let lower?, let upper?):
      "[\(show(lower, matrix.digits)), \(show(upper, matrix.digits))]"
    }
  }

  /// A number as plain characters, as it stands between words here.
  private static func show(_ value: Double, _ digits: Int) -> String {
    // Beside limits in plain notation, a small value is as good as zero.
    if value.magnitude < 1e7 {
      let plain = NumberFormat.fixed(value, digits: min(max(digits, 0), 12))
      let isZero = !plain.contains { ("1"..."9").contains($0) }
      return plain.hasPrefix("-") ? (isZero ? "" : "−") + plain.dropFirst() : plain
    }
    guard let parts = NumberFormat.parts(of: Document.Number(value, digits: digits)) else {
      return "–"
    }
    let shown = parts.value.hasPrefix("-") ? "−" + parts.value.dropFirst() : parts.value
    guard let exponent = parts.exponent else { return shown }
    return shown + "×10" + String(exponent).map { superscripts[$0] ?? String($0) }.joined()
  }

  private static let superscripts: [Character: String] = Dictionary(
    uniqueKeysWithValues: zip(
      "-0123456789", ["⁻", "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]))
}
