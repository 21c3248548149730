import Foundation

/// The package's documents and sources, found from this file's place.
enum Documentation {
  /// The package's root.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The text of a file, by its path from the root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The paths of all Markdown files in `docs`, sorted.
  static func pages() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)
      .filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
  }

  /// The cells of the table rows whose first cell is a name in back-quotes, by that name.
  static func rows(in text: String) -> [String: [String]] {
    var rows: [String: [String]] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard let first = cells.first, let name = first.split(separator: "`").first else { continue }
      // A cell may name several things: `-y`, `--config FILE`.
      rows[String(name)] = cells
      for part in first.split(separator: "`") where part.first?.isLetter ?? false {
        rows[String(part)] = cells
      }
    }
    return rows
  }

  /// The Swift files of a folder, by their path from the root.
  static func sources(in folder: String) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
    var result: [String] = []
    while let name = names?.nextObject() as? String {
      if name.hasSuffix(".swift") { result.append("\(folder)/\(name)") }
    }
    return result.sorted()
  }
}
