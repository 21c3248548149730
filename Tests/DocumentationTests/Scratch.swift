import Foundation

/// Files of a test's own.
enum Scratch {
  static func file(named name: String, text: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "vison-docs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: name)
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  static func remove(_ path: String) {
    try? FileManager.default.removeItem(at: URL(filePath: path).deletingLastPathComponent())
  }
}
