import Diagnostics
import Yams

/// A piece of a configuration with its file and path, so that each complaint names its line.
struct ConfigurationNode {
  let node: Node
  let file: String
  /// The keys from the document to here, joined by dots; empty for the document.
  let path: String

  /// The whole of a file's bytes.
  ///
  /// - Throws: `CampaignError` for what is no YAML (JSON is YAML too), or empty.
  static func document(_ bytes: [UInt8], path: String) throws(CampaignError) -> ConfigurationNode {
    let text = try YAMLGuard.text(bytes, file: path)
    let node: Node?
    do { node = try compose(yaml: text) } catch {
      throw YAMLGuard.syntaxError(error, file: path, text: text)
    }
    guard let node else { throw CampaignError(.badSyntax, "the file is empty", place: path) }
    return ConfigurationNode(node: node, file: path, path: "")
  }

  /// `file:line:column` of this piece.
  var place: String { Self.place(of: node, file: file) }

  /// An error about this piece.
  func error(_ kind: CampaignError.Kind, _ problem: String, remedy: String? = nil) -> CampaignError
  {
    CampaignError(kind, problem, place: place, remedy: remedy)
  }

  /// The value of a key; nil where it is absent or null.
  subscript(_ key: String) -> ConfigurationNode? {
    guard let mapping = node.mapping else { return nil }
    for (name, value) in mapping where name.scalar?.string == key {
      let child = ConfigurationNode(node: value, file: file, path: join(key))
      return child.isNull ? nil : child
    }
    return nil
  }

  /// The keys with their values, in the order of the file.
  var entries: [(key: String, value: ConfigurationNode)] {
    (node.mapping ?? [:]).map { key, value in
      let name = key.scalar?.string ?? ""
      return (name, ConfigurationNode(node: value, file: file, path: join(name)))
    }
  }

  /// The items of a list.
  var items: [ConfigurationNode] {
    (node.sequence ?? []).enumerated().map {
      ConfigurationNode(node: $1, file: file, path: "\(path)[\($0)]")
    }
  }

  var text: String? { node.scalar?.string }
  var isNull: Bool {
    scalar(quoted: false).map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false
  }

  var boolean: Bool? {
    switch scalar(quoted: false)?.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  /// A number written without quotes, or a text.
  var value: ScriptValue? {
    guard let text else { return nil }
    return scalar(quoted: false) == nil ? .string(text) : ScriptValue(parsing: text)
  }

  var numbers: [Double]? {
    guard let sequence = node.sequence else { return nil }
    let numbers = sequence.compactMap {
      ConfigurationNode(node: $0, file: file, path: path).value?.number
    }
    return numbers.count == sequence.count ? numbers : nil
  }

  var range: LimitRange? {
    guard let numbers, numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
    return LimitRange(numbers[0], numbers[1])
  }

  // MARK: - Checking

  /// Checks this piece against what it must be.
  ///
  /// - Throws: `CampaignError` at the first contradiction, with its line.
  func check(_ kind: ValueKind) throws(CampaignError) {
    switch kind {
    case .section(let keys): try check(keys)
    case .map(let kind, let keys):
      guard node.mapping != nil else { throw wrongType(.map(kind, keys: keys)) }
      for (key, value) in try namedEntries() {
        if let keys, !keys.contains(key) { throw unknown(key, among: keys) }
        if !value.isNull { try value.check(kind) }
      }
    case .list(let item):
      guard node.sequence != nil else { throw wrongType(kind) }
      for element in items { try element.check(item) }
    case .either(let a, let b):
      if case .map = b, node.mapping != nil { return try check(b) }
      if case .list = b, node.sequence != nil { return try check(b) }
      guard (try? check(a)) != nil else { throw wrongType(kind) }
    case .pathTree:
      if node.mapping != nil { return try check(.map(.pathTree, keys: nil)) }
      guard let text, !text.isEmpty else { throw wrongType(kind) }
    case .choice(let names):
      guard let text, names.contains(text) else {
        let nearest = text.flatMap { nearestName(to: $0, among: names) }
        throw error(
          .badValue, "'\(path)' must be \(kind.inWords), not '\(shown)'",
          remedy: nearest.map { "did you mean \($0)?" })
      }
    default:
      if !admitsLeaf(kind) { throw wrongType(kind) }
    }
  }

  private func admitsLeaf(_ kind: ValueKind) -> Bool {
    switch kind {
    case .text: text.map { !$0.isEmpty } ?? false
    case .integer: value?.integer != nil
    case .number: value?.number != nil
    case .boolean: boolean != nil
    case .scalar: text != nil
    case .range: range != nil
    case .obsids: isNull || obsids != nil
    default: false
    }
  }

  /// `[first, last]` as a range.
  var obsids: ClosedRange<Int>? {
    let values = items.compactMap { $0.value?.integer }
    guard items.count == 2, values.count == 2, values[0] <= values[1] else { return nil }
    return values[0]...values[1]
  }

  private func check(_ keys: [ConfigurationKey]) throws(CampaignError) {
    guard node.mapping != nil else { throw wrongType(.section(keys)) }
    for (key, value) in try namedEntries() {
      guard let known = keys.first(where: { $0.name == key }) else {
        throw unknown(key, among: keys.map(\.name))
      }
      if value.isNull {
        if known.isRequired { throw missing(key) }
      } else {
        try value.check(known.kind)
      }
    }
    for key in keys where key.isRequired && self[key.name] == nil { throw missing(key.name) }
  }

  private func namedEntries() throws(CampaignError) -> [(key: String, value: ConfigurationNode)] {
    for (key, _) in node.mapping ?? [:] where key.scalar == nil {
      throw CampaignError(
        .wrongType, "a key must be a text", place: Self.place(of: key, file: file))
    }
    return entries
  }

  // MARK: - Messages

  private func unknown(_ key: String, among known: [String]) -> CampaignError {
    let mapping = node.mapping ?? [:]
    let place = mapping.first { $0.key.scalar?.string == key }
      .map { Self.place(of: $0.key, file: file) }
    let nearest = nearestName(to: key, among: known).map { "did you mean '\($0)'? " } ?? ""
    let within = path.isEmpty ? "" : " in '\(path)'"
    return CampaignError(
      .unknownKey, "the key '\(key.clipped(to: 60))' is not known\(within)", place: place,
      remedy: nearest + "known are \(known.joined(separator: ", "))")
  }

  private func missing(_ key: String) -> CampaignError {
    error(
      .missingKey, "the key '\(join(key))' is missing", remedy: "see docs/configuration.md")
  }

  private func wrongType(_ kind: ValueKind) -> CampaignError {
    error(
      .wrongType,
      "'\(path.isEmpty ? "the document" : path)' must be \(kind.inWords), not '\(shown)'")
  }

  private var shown: String {
    switch node {
    case .scalar(let scalar): scalar.string.clipped(to: 60)
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  private func scalar(quoted: Bool) -> String? {
    guard let scalar = node.scalar else { return nil }
    let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
    return isQuoted == quoted ? scalar.string : nil
  }

  private func join(_ key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)".clipped(to: 200)
  }

  private static func place(of node: Node, file: String) -> String {
    guard let mark = node.mark else { return file }
    return "\(file):\(mark.line):\(mark.column)"
  }
}
