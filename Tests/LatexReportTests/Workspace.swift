import Testing

@testable import LatexReport

#if canImport(Glibc)
  import Glibc
#endif

/// A folder of its own for one test, removed at its end.
final class Workspace {
  let path: String

  init() throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(folder)/latex-report-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit { StagingFolder.removeAll(path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The names in the folder, hidden ones too.
  func names() -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// Tools of the machine that some tests need; tests are skipped where they are missing.
enum Tool {
  static func exists(_ name: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  static let hasLatex = exists("pdflatex")

  /// What a poppler tool says about a PDF; nil where there is no such tool.
  static func output(_ tool: String, _ arguments: String, in workspace: Workspace) -> String? {
    guard exists(tool) else { return nil }
    guard let stream = popen("cd '\(workspace.path)' && \(tool) \(arguments) 2>&1", "r") else {
      return nil
    }
    defer { pclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, stream)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  /// Without any white space, page breaks and soft hyphens.
  var squeezed: String {
    String(
      unicodeScalars.filter { !$0.properties.isWhitespace && $0.value != 0xAD }.map(Character.init))
  }
}
