/// Whether a block's configuration asks for its reports to be marked as drafts.
enum DraftMark {
  /// Looks for the top-level line `draft_report: true` in the text of a configuration.
  ///
  /// The text is the one that the warehouse keeps with the analysis, so that a report that is made
  /// again is marked as the first one was. It was read as YAML and found valid before the analysis
  /// began; this looks at one line only. A line that is indented belongs to something else.
  static func isSet(in configuration: String) -> Bool {
    for line in configuration.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      var key = line[..<colon]
      while key.last == " " || key.last == "\t" { key.removeLast() }
      guard unquoted(key) == "draft_report" else { continue }
      let rest = line[line.index(after: colon)...]
      // YAML wants a blank after the colon, and one before a comment.
      guard rest.first == " " || rest.first == "\t" else { continue }
      let words = rest.split(whereSeparator: \.isWhitespace)
      guard words.count == 1 || words.dropFirst().first?.hasPrefix("#") == true else {
        return false
      }
      return truths.contains(words.first.map { $0.lowercased() } ?? "")
    }
    return false
  }

  /// What the configuration's reader takes for true.
  private static let truths: Set<String> = ["true", "yes", "on"]

  private static func unquoted(_ key: Substring) -> Substring {
    guard key.count > 2, let first = key.first, first == key.last, first == "\"" || first == "'"
    else { return key }
    return key.dropFirst().dropLast()
  }
}
