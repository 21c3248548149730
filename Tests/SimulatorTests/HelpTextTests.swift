import Foundation
import Testing

@Suite("The help of vis-tools")
struct HelpTextTests {
  @Test("examples name no folder outside the one that the command runs in")
  func paths() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/vis-tools")
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path)
      .filter { $0.hasSuffix(".swift") }
    var examples = 0
    for file in files {
      let text = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
      for line in text.split(separator: "\n")
      where line.drop(while: { $0 == " " }).hasPrefix("vis-tools ") {
        examples += 1
        #expect(!line.contains(" /") && !line.contains("~"), "\(file): \(line)")
      }
    }
    #expect(examples >= 10)
  }
}
