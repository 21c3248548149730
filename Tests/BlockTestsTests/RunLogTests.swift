import Foundation
import Testing

@testable import BlockTests

@Suite struct RunLogTests {
  @Test("Records carry time and level, are wrapped at 80 characters and end with an empty line")
  func format() throws {
    let path = NSTemporaryDirectory() + "vison-log-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let log = try RunLog(path: path)
    log.record(["first", String(repeating: "word ", count: 40)])
    log.record("second", level: .error)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0].contains(#/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - INFO - first$/#))
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(text.hasSuffix(" - ERROR - second\n\n"))
  }

  @Test("A log that cannot be opened is an error with the path")
  func unwritable() {
    #expect(throws: (any Error).self) { try RunLog(path: "/nonexistent-folder/x.log") }
  }

  @Test("Fixed-point texts round and keep their sign", arguments: [
    (1.005, 2, "1.00"), (-0.004, 2, "0.00"), (-1.25, 1, "-1.3"), (0.0996, 3, "0.100"), (12, 0, "12"),
    (1e20, 2, "1e+20"),
  ])
  func fixedText(value: Double, digits: Int, expected: String) {
    #expect(fixed(value, digits: digits) == expected)
  }
}
