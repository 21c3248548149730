/// Names with `*` (any characters, also none) and `?` (one).
public enum NamePattern {
  /// Whether a name fits one of the patterns, or there are none.
  public static func matches(_ name: String, any patterns: [String]) -> Bool {
    patterns.isEmpty || patterns.contains { matches(name, $0) }
  }

  /// Whether a name fits a pattern; case counts.
  public static func matches(_ name: String, _ pattern: String) -> Bool {
    if name.utf8.elementsEqual(pattern.utf8) { return true }
    // Goes back to the last `*` only, so that time is at most the product of the lengths.
    let text = Array(name.unicodeScalars)
    let glob = Array(pattern.unicodeScalars)
    var t = 0
    var g = 0
    var star: (glob: Int, text: Int)?
    while t < text.count {
      if g < glob.count, glob[g] == "*" {
        star = (g, t)
        g += 1
      } else if g < glob.count, glob[g] == "?" || glob[g] == text[t] {
        g += 1
        t += 1
      } else if let last = star {
        star = (last.glob, last.text + 1)
        g = last.glob + 1
        t = last.text + 1
      } else {
        return false
      }
    }
    return glob[g...].allSatisfy { $0 == "*" }
  }

  /// Whether a text holds `*` or `?`.
  public static func isPattern(_ text: String) -> Bool { text.contains { $0 == "*" || $0 == "?" } }
}
