import Yams

/// A configuration's text as keys and values.
enum ConfigurationKeys {
  /// More than this is no configuration that a person wrote.
  static let most = 20_000

  /// All values by their path, as `sessions.D11.tasks[0].test`; nil where the text is no YAML (JSON is
  /// YAML, too), or too large.
  ///
  /// Anchors are not followed: a kilobyte of aliases can stand for gigabytes.
  static func flattened(_ text: String) -> [String: String]? {
    guard text.utf8.count <= 1 << 20, !text.utf8.contains(UInt8(ascii: "&")) || !hasAlias(text),
      let node = try? Yams.compose(yaml: text)
    else { return nil }
    var result: [String: String] = [:]
    return add(node, "", &result, depth: 0) ? result : nil
  }

  /// Whether there is a `*` where a node may begin.
  private static func hasAlias(_ text: String) -> Bool {
    var previous: UInt8 = UInt8(ascii: " ")
    for byte in text.utf8 {
      if byte == UInt8(ascii: "*"), " [,{:-\n".utf8.contains(previous) { return true }
      previous = byte
    }
    return false
  }

  private static func add(
    _ node: Node, _ path: String, _ result: inout [String: String], depth: Int
  ) -> Bool {
    guard depth < 60, result.count < most else { return false }
    switch node {
    case .scalar(let scalar): result[path] = scalar.string
    case .mapping(let mapping):
      if mapping.isEmpty { result[path] = "{}" }
      for (key, value) in mapping {
        let name = key.string ?? "?"
        guard add(value, path.isEmpty ? name : "\(path).\(name)", &result, depth: depth + 1) else {
          return false
        }
      }
    case .sequence(let sequence):
      if sequence.isEmpty { result[path] = "[]" }
      for (index, value) in sequence.enumerated() {
        guard add(value, "\(path)[\(index)]", &result, depth: depth + 1) else { return false }
      }
    case .alias: return false
    }
    return true
  }
}
