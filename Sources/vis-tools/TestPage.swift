import Campaign
import CommandLineStyle

/// A test as `vis-tools tests NAME` prints it.
struct TestPage {
  let definition: TestDefinition
  let entry: TestCatalog.Entry
  let showsAll: Bool

  func text(for terminal: Terminal) -> String {
    var text = "\(terminal.styled(definition.name, .bold)) (\(definition.family))\n"
    text += "\(definition.purpose)\n"
    text += Self.count(definition.columns.count, "column") + ", "
    text += Self.count(definition.frames, "frame") + ", "
    text += "\(Tests.minutes(definition.duration)) min, rows \(definition.window)"
    text += definition.chamber.map { ", chamber \($0)" } ?? ""
    text += entry.acquires ? "\n" : "; frames of \(entry.label)\n"
    func section(_ title: String, _ table: TextTable) {
      text += "\n\(terminal.styled(title, .bold))\n" + table.text(for: terminal)
    }
    var steps = TextTable([.init("step"), .init("what it does")])
    for step in definition.subtasks { steps.append([step.name, step.summary]) }
    section("Steps", steps)
    if !entry.inputs.isEmpty {
      var inputs = TextTable([.init("input"), .init("value"), .init("meaning")])
      for input in entry.inputs {
        inputs.append([input.name, input.defaultValue.description, input.meaning])
      }
      section("Inputs", inputs)
    }
    if !definition.products.isEmpty {
      var products = TextTable([.init("product"), .init("from"), .init("used as")])
      for product in definition.products {
        products.append([product.key, product.source, product.purpose])
      }
      section("Products of earlier tests", products)
    }
    var checks = TextTable([
      .init("check"), .init("measured"), .init("limits"), .init("flags"),
    ])
    for check in definition.checks {
      checks.append([
        check.name, check.metric, Self.words(check.limits),
        check.flags.map(\.name).joined(separator: " "),
      ])
    }
    section("Checks", checks)
    section("All columns", common)
    if !varying.isEmpty { section("By column", columns) }
    return text
  }

  /// The keywords whose values differ from column to column.
  private var varying: [ScriptKeyword] {
    ScriptKeyword.all.filter { keyword in
      keyword.name != "frames"
        && Set(definition.columns.map { $0.values[keyword.name] }).count > 1
    }
  }

  private var common: TextTable {
    var table = TextTable([.init("keyword"), .init("value", .right), .init("unit")])
    let names = Set(varying.map(\.name))
    for keyword in ScriptKeyword.all where !names.contains(keyword.name) {
      guard let value = definition.columns.first?.values[keyword.name] else { continue }
      if showsAll || !value.admits(keyword.defaultValue) {
        table.append([keyword.name, value.description, keyword.unit ?? ""])
      }
    }
    return table
  }

  private var columns: TextTable {
    // Six equal gates are shown as one.
    let gates = varying.filter { $0.name.hasPrefix("IG1_") }
    let areEqual = definition.columns.allSatisfy { column in
      Set(gates.map { column.values[$0.name] }).count <= 1
    }
    let shown = varying.filter { !(areEqual && gates.dropFirst().contains($0)) }
    var table = TextTable(
      [.init("column"), .init("frames", .right)]
        + shown.map {
          .init(areEqual && gates.contains($0) ? "IG1" : $0.name, unit: $0.unit ?? "", .right)
        })
    for column in definition.columns {
      table.append(
        [column.name, "\(column.frames)"] + shown.map { column.values[$0.name]?.description ?? "" })
    }
    return table
  }

  private static func words(_ limits: DataCheck.Limits) -> String {
    func span(_ ranges: some Sequence<LimitRange>) -> String {
      let ranges = Array(ranges)
      guard let low = ranges.map(\.lower).min(), let high = ranges.map(\.upper).max() else {
        return "none"
      }
      return "\(short(low)) to \(short(high))"
    }
    switch limits {
    case .configured(let text): return text
    case .range(let range): return span([range])
    case .byColumn(let ranges): return span(ranges.values) + ", by column"
    case .byHalf(let bottom, let top):
      return span(Array(bottom.values) + top.values) + ", by column and half"
    }
  }

  private static func count(_ number: Int, _ what: String) -> String {
    "\(number) \(what)\(number == 1 ? "" : "s")"
  }

  /// Four decimals are enough to read; JSON has all digits.
  private static func short(_ value: Double) -> String {
    ScriptValue.double((value * 1e4).rounded() / 1e4).description
  }
}

/// A test as `--json` prints it.
struct TestStructure: Encodable {
  struct Column: Encodable {
    let name: String
    let frames: Int
    let values: [String: String]
  }
  struct Step: Encodable {
    let name: String
    let summary: String
  }
  struct Input: Encodable {
    let name: String
    let value: String
    let meaning: String
    let range: [Double]?
  }
  struct Product: Encodable {
    let key: String
    let source: String
    let purpose: String
  }
  struct Check: Encodable {
    let name: String
    let metric: String
    let configured: String?
    let limits: LimitRange?
    let byColumn: [String: LimitRange]?
    let bottomByColumn: [String: LimitRange]?
    let topByColumn: [String: LimitRange]?
    let flags: [String]

    init(_ check: DataCheck) {
      name = check.name
      metric = check.metric
      flags = check.flags.map(\.name)
      if case .configured(let text) = check.limits { configured = text } else { configured = nil }
      if case .range(let range) = check.limits { limits = range } else { limits = nil }
      if case .byColumn(let ranges) = check.limits { byColumn = ranges } else { byColumn = nil }
      if case .byHalf(let bottom, let top) = check.limits {
        (bottomByColumn, topByColumn) = (bottom, top)
      } else {
        (bottomByColumn, topByColumn) = (nil, nil)
      }
    }
  }

  let name: String
  let label: String
  let family: String
  let purpose: String
  let acquires: Bool
  let chamber: String?
  let frames: Int
  let minutes: Double
  let subtasks: [String]
  let steps: [Step]
  let inputs: [Input]
  let products: [Product]
  let checks: [Check]
  let columns: [Column]

  init(_ definition: TestDefinition, _ entry: TestCatalog.Entry) {
    name = definition.name
    label = definition.label
    family = definition.family
    purpose = definition.purpose
    acquires = entry.acquires
    chamber = definition.chamber
    frames = definition.frames
    minutes = definition.duration / 60
    subtasks = definition.todoNames
    steps = definition.subtasks.map { Step(name: $0.name, summary: $0.summary) }
    inputs = entry.inputs.map {
      Input(
        name: $0.name, value: $0.defaultValue.description, meaning: $0.meaning,
        range: $0.range.map { [$0.lowerBound, $0.upperBound] })
    }
    products = definition.products.map {
      Product(key: $0.key, source: $0.source, purpose: $0.purpose)
    }
    checks = definition.checks.map(Check.init)
    columns = definition.columns.map {
      Column(name: $0.name, frames: $0.frames, values: $0.values.mapValues(\.description))
    }
  }
}
