public import Campaign

/// Compares a script that was read back with the definition of its test.
public enum ScriptValidator {
  /// One thing that differs.
  public struct Difference: Sendable, Hashable, CustomStringConvertible {
    /// The cell, such as `D53`, or those of neighbouring columns that differ alike, `D53:F53`; empty
    /// where the whole script is meant.
    public var cell: String
    /// The keyword.
    public var keyword: String
    /// What the definition commands.
    public var expected: String
    /// What the script has.
    public var found: String

    public var description: String {
      "\(place)\(keyword) is \(found), not \(expected)"
    }

    private var place: String {
      if cell.isEmpty { return "" }
      return (cell.contains(":") ? "cells " : "cell ") + cell + ": "
    }
  }

  /// Every difference, in the order of the sheet.
  ///
  /// Values are compared exactly but for the last digits of a number. What the definition leaves open,
  /// such as serial numbers where no equipment is named, is not compared.
  public static func differences(
    _ sheet: ScriptSheet, from definition: TestDefinition, elvis: String
  ) -> [Difference] {
    let wanted = ScriptSheet(definition, elvis: elvis)
    var found: [Difference] = []
    for (row, keyword) in wanted.keywords.enumerated() where !sheet.keywords.contains(keyword) {
      found.append(
        Difference(
          cell: "A\(row + 1)", keyword: keyword, expected: "a keyword of ELVIS \(elvis)",
          found: "missing"))
    }
    for (row, keyword) in sheet.keywords.enumerated() where row < wanted.keywords.count {
      if wanted.keywords.contains(keyword), wanted.keywords[row] != keyword, found.isEmpty {
        found.append(
          Difference(
            cell: "A\(row + 1)", keyword: "the keyword", expected: wanted.keywords[row],
            found: keyword))
      }
    }
    for (row, keyword) in sheet.keywords.enumerated() where !wanted.keywords.contains(keyword) {
      found.append(
        Difference(
          cell: "A\(row + 1)", keyword: keyword, expected: "no keyword of ELVIS \(elvis)",
          found: "there"))
    }
    if sheet.columns.count != wanted.columns.count {
      found.append(
        Difference(
          cell: "", keyword: "number of columns", expected: "\(wanted.columns.count)",
          found: "\(sheet.columns.count)"))
    }
    for (row, keyword) in sheet.keywords.enumerated() {
      var last: (column: Int, first: String)?
      /// Adds one, or lengthens the last where the column before differs alike.
      func add(_ difference: Difference, column: Int) {
        if let before = last, before.column == column - 1, let previous = found.last,
          previous.keyword == difference.keyword, previous.expected == difference.expected,
          previous.found == difference.found
        {
          found[found.count - 1].cell = "\(before.first):\(difference.cell)"
          last = (column, before.first)
        } else {
          found.append(difference)
          last = (column, difference.cell)
        }
      }
      for (index, (is_, should)) in zip(sheet.columns, wanted.columns).enumerated() {
        let cell = ScriptSheet.address(row: row, column: index + 1)
        if keyword == "frames" {
          guard is_.frames != should.frames else { continue }
          add(
            Difference(
              cell: cell, keyword: "the number of frames of this column",
              expected: "\(should.frames)", found: "\(is_.frames)"), column: index)
        } else if let expected = should.values[keyword], let value = is_.values[keyword],
          !agree(expected, value)
        {
          // A number that was typed as a text looks the same, and is not what ELVIS wants.
          let isText = expected.number != nil && value.number == nil && !value.description.isEmpty
          add(
            Difference(
              cell: cell, keyword: keyword, expected: shown(expected),
              found: isText ? "the text '\(value.description)'" : shown(value)), column: index)
        }
      }
    }
    return found
  }

  private static func agree(_ a: ScriptValue, _ b: ScriptValue) -> Bool {
    if let x = a.number, let y = b.number { return abs(x - y) <= 1e-9 * max(1, abs(x)) }
    // A text of digits, such as a serial number, may come back as a number.
    return a.number == nil && a.description == b.description
  }

  private static func shown(_ value: ScriptValue) -> String {
    let text = value.description
    return text.isEmpty ? "empty" : text
  }
}
