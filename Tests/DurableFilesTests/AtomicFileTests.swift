import Foundation
import Testing

@testable import DurableFiles

private func temporaryFolder() throws -> String {
  let path = NSTemporaryDirectory() + "vison-files-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

@Suite struct AtomicFileTests {
  @Test("A file is whole under its final name and leaves no temporary")
  func whole() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    try AtomicFile.write(bytes, to: "\(folder)/a.bin")
    #expect(try Data(contentsOf: URL(filePath: "\(folder)/a.bin")) == Data(bytes))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.bin"])
    #expect(try FileSize.bytes(of: "\(folder)/a.bin") == 100_000)
  }

  @Test("A failure within the body keeps the old file and removes the temporary")
  func failure() throws {
    struct Stop: Error {}
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write("old", to: "\(folder)/a.txt")
    #expect(throws: Stop.self) {
      try AtomicFile.write(to: "\(folder)/a.txt") { temporary in
        #expect(temporary.hasSuffix(".txt"))
        try "half".write(toFile: temporary, atomically: false, encoding: .utf8)
        throw Stop()
      }
    }
    #expect(try String(contentsOfFile: "\(folder)/a.txt", encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
  }

  @Test("A body that made nothing, and a folder that is not there, are errors with the path")
  func nothingMade() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: FileError.self) { try AtomicFile.write(to: "\(folder)/a") { _ in } }
    #expect {
      try AtomicFile.write("x", to: "\(folder)/no/a")
    } throws: {
      ($0 as? FileError)?.kind == .missing && "\($0)".contains("no/a")
    }
  }

  @Test("Temporaries of dead processes are removed, those of living ones stay")
  func stale() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let prefix = AtomicFile.temporaryPrefix
    // The largest process id of Linux is 2^22.
    for name in ["\(prefix)4194999-x.fits", "\(prefix)1-y.fits", "\(prefix)\(getpid())-z", "keep"] {
      _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil)
    }
    #expect(AtomicFile.removeStaleTemporaries(in: folder) == ["\(prefix)4194999-x.fits"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
  }

  @Test("Folders are made with those above them; a file in the way is an error")
  func folders() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.makeFolder("\(folder)/a/b/c")
    try AtomicFile.makeFolder("\(folder)/a/b/c")
    try AtomicFile.write("x", to: "\(folder)/a/file")
    #expect(throws: FileError.self) { try AtomicFile.makeFolder("\(folder)/a/file") }
  }

  @Test("The folder of a path", arguments: [
    ("a", "."), ("a/b", "a"), ("/a", "/"), ("/a/b/", "/a"), ("./x", "."),
  ])
  func folder(path: String, expected: String) {
    #expect(AtomicFile.folder(of: path) == expected)
  }
}

@Suite struct SafeNameTests {
  @Test("Plain names stay, others become one harmless component", arguments: [
    "../../etc/passwd", "/abs", "..", ".", "", "-rf", "~", "a b", "=cmd|x", "a\u{0}b", "a\nb",
    String(repeating: "x", count: 300), "é", "'; DROP TABLE", "..\\..",
  ])
  func hostile(name: String) {
    let component = SafeName.component(name)
    #expect(!component.contains("/") && !component.hasPrefix(".") && !component.hasPrefix("-"))
    #expect(component.utf8.allSatisfy { $0 > 32 && $0 < 127 } && component.count < 120)
    #expect(component != name)
    #expect(SafeName.staysBelow(component))
  }

  @Test("Different names never share a component")
  func distinct() {
    #expect(SafeName.component("a/b") != SafeName.component("a_b"))
    #expect(SafeName.component("a/b") != SafeName.component("a|b"))
    #expect(SafeName.component("EINSTEIN") == "EINSTEIN")
  }

  @Test("Paths that leave their folder are told apart", arguments: [
    ("a/b", true), ("a", true), ("../a", false), ("a/../b", false), ("/a", false), ("", false),
    ("a//b", false), ("a/./b", false), ("a\u{0}", false),
  ])
  func below(path: String, expected: Bool) {
    #expect(SafeName.staysBelow(path) == expected)
  }
}

@Suite struct SHA256DigestTests {
  @Test("Known answers of FIPS 180-4")
  func known() throws {
    #expect(
      SHA256Digest(of: "abc").hexadecimal
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256Digest(of: "").hexadecimal
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(String(repeating: "a", count: 3_000_000), to: "\(folder)/a")
    #expect(
      try SHA256Digest(ofFile: "\(folder)/a")
        == SHA256Digest(of: String(repeating: "a", count: 3_000_000)))
    #expect(throws: FileError.self) { try SHA256Digest(ofFile: "\(folder)/none") }
    #expect(throws: FileError.self) { try SHA256Digest(ofFile: folder) }
    #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
    #expect(throws: FileError.self) { try SHA256Digest(ofFile: "\(folder)/pipe") }
  }
}
