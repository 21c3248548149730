import Foundation
import Testing

@testable import CommandLineStyle

@Suite("Words of commands")
struct TextTests {
  @Test("one thing is singular")
  func counts() {
    #expect(CountText.text(1, "run") == "1 run")
    #expect(CountText.text(0, "run") == "0 runs" && CountText.text(2, "run") == "2 runs")
    #expect(CountText.text(3, "entry", "entries") == "3 entries")
    #expect(CountText.text(1, "entry", "entries") == "1 entry")
  }

  @Test("a command line can be typed again", arguments: [
    ["vis-meta", "import", "a.csv"], ["x", "gain=System gain, it's e-/ADU"], ["", " ", "a  b"],
    ["*", "$HOME", "`date`", "a;b", "\\", "\"", "'", "''", "a\nb", "~", "#x", "ä"],
  ])
  func commands(arguments: [String]) throws {
    let text = CommandText.text(arguments)
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", "printf '%s\\0' \(text)"]
    let pipe = Pipe()
    shell.standardOutput = pipe
    try shell.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    shell.waitUntilExit()
    let read = String(decoding: bytes, as: UTF8.self).split(
      separator: "\0", omittingEmptySubsequences: false)
    #expect(read.dropLast().map(String.init) == arguments)
    if arguments.first == "vis-meta" { #expect(text == "vis-meta import a.csv") }
  }

  private struct Sample: Codable, Equatable {
    var none: [Int] = []
    var some = [1, 2]
    var words = ["[", "]", "[\n\n]", "[  ]", "{}", ""]
    var nested: [[Int]] = [[], [3], []]
    var object: [String: Int] = [:]
  }

  @Test("empty arrays and objects take one line, and nothing else changes")
  func empty() throws {
    #expect(try JSONText.text([Int]()) == "[]\n")
    let text = try JSONText.text(Sample())
    #expect(text.contains("\"none\" : []") && text.contains("\"object\" : {}"))
    #expect(!text.contains("[\n\n"))
    #expect(try JSONDecoder().decode(Sample.self, from: Data(text.utf8)) == Sample())
  }
}
