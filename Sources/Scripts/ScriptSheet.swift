public import Campaign
public import DataProducts

/// A script as a sheet has it: one row a keyword, one column a group of frames, and an end column.
public struct ScriptSheet: Sendable, Hashable {
  /// A column: the number of its frames, and its values by keyword, `frames` left out.
  public struct Column: Sendable, Hashable {
    /// The number of frames.
    public var frames: Int
    /// The values by keyword.
    public var values: [String: ScriptValue]
  }

  /// The name of the one sheet of a script's workbook.
  public static let name = "Sheet1"

  /// The keywords, in the order of the rows; the first is `frames`.
  public var keywords: [String]
  /// The columns, in order.
  public var columns: [Column]

  /// The sheet of a test.
  public init(_ definition: TestDefinition, elvis: String) {
    keywords = Self.keywords(elvis: elvis)
    columns = definition.columns.map { column in
      Column(frames: column.frames, values: column.values)
    }
  }

  init(keywords: [String], columns: [Column]) {
    self.keywords = keywords
    self.columns = columns
  }

  /// The keywords of a version, in the order of the rows.
  public static func keywords(elvis: String) -> [String] {
    let known = ScriptKeyword.defaults(elvis: elvis)
    return ScriptKeyword.all.map(\.name).filter { known[$0] != nil }
  }

  /// The number of frames of all columns.
  public var frames: Int { columns.reduce(0) { $0 + $1.frames } }

  /// The cells. The row `frames` holds running totals; the last column says `End`.
  public var cells: [[DataProduct.Value]] {
    var total = 0
    let totals = columns.map { column -> DataProduct.Value in
      total += column.frames
      return .integer(Int64(total))
    }
    return keywords.map { keyword in
      if keyword == "frames" { return [.text(keyword)] + totals + [.text("End")] }
      return [.text(keyword)] + columns.map { Self.cell($0.values[keyword]) }
    }
  }

  private static func cell(_ value: ScriptValue?) -> DataProduct.Value {
    switch value {
    case .int(let value): .integer(Int64(value))
    case .double(let value): .number(value)
    case .string(let text): text.isEmpty ? .missing : .text(text)
    case .numbers, nil: .missing
    }
  }

  /// The address of a cell as spreadsheets show it; both counted from 0.
  static func address(row: Int, column: Int) -> String {
    var letters = ""
    var rest = column + 1
    while rest > 0 {
      letters = String(UnicodeScalar(UInt8(65 + (rest - 1) % 26))) + letters
      rest = (rest - 1) / 26
    }
    return letters + "\(row + 1)"
  }
}
