import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// Looks at the files of a trace on the disk.
public enum FileComparison {
  /// Compares inputs and products with what was recorded.
  ///
  /// An input is looked for at `folder/<path>`, or where that is no path below `folder`, at the path as
  /// it was recorded, then at `folder/<last part of the path>`. Products lie below the warehouse. Only
  /// size and SHA-256 count. Each file is read once.
  ///
  /// - Parameters:
  ///   - trace: gets the state of each file that belongs to its subject.
  ///   - folder: where the runs' working folder is now.
  ///   - check: throws where the user asked to end.
  public static func compare(
    _ trace: inout BackwardTrace, folder: String, warehouse: String,
    check: () throws -> Void = {}
  ) throws {
    var seen: [String: Found] = [:]
    for run in trace.runs.indices {
      for index in trace.runs[run].inputs.indices where trace.runs[run].inputs[index].isDirect {
        try check()
        look(
          &trace.runs[run].inputs[index],
          at: places(of: trace.runs[run].inputs[index].path, folder), &seen)
      }
      for index in trace.runs[run].products.indices
      where trace.runs[run].products[index].isDirect {
        try check()
        let path = trace.runs[run].products[index].path
        look(
          &trace.runs[run].products[index],
          at: SafeName.staysBelow(path) ? ["\(warehouse)/\(path)"] : [], &seen)
      }
    }
  }

  private struct Found {
    let size: Int
    let sha256: String?
  }

  static func places(of path: String, _ folder: String) -> [String] {
    guard !path.isEmpty, !path.utf8.contains(0) else { return [] }
    var result: [String] = []
    if SafeName.staysBelow(path) {
      result.append("\(folder)/\(path)")
    } else {
      result.append(path.hasPrefix("/") ? path : "\(folder)/\(path)")
    }
    if let name = path.split(separator: "/").last { result.append("\(folder)/\(name)") }
    return result
  }

  private static func look(
    _ file: inout TracedFile, at places: [String], _ seen: inout [String: Found]
  ) {
    for place in places {
      var status = stat()
      guard stat(place, &status) == 0 else { continue }
      let found =
        seen[place]
        ?? Found(
          size: Int(status.st_size),
          // Reading refuses what is no plain file, such as a pipe.
          sha256: try? SHA256Digest(ofFile: place).hexadecimal)
      seen[place] = found
      file.lookedAt = place
      if found.sha256 == nil {
        file.state = .unreadable
      } else {
        file.state =
          found.size == file.size && found.sha256 == file.sha256.lowercased()
          ? .unchanged : .changed
      }
      return
    }
    file.state = .missing
    file.lookedAt = places.first
  }
}
