import ArgumentParser
import Diagnostics
import Testing

@testable import CommandLineStyle

private struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "sample", version: "1.2.3")
  @Argument var mode: String
  @ArgumentParser.Flag var json = false
  func run() throws {
    switch mode {
    case "fail": throw SampleError()
    case "limits": throw CommandEnd(.outOfLimits)
    case "cancel": throw CancellationError()
    case "strange": throw Strange.error
    default: break
    }
  }
}

private enum Strange: Error { case error }

private struct SampleError: DiagnosedError {
  let code = "no-such-thing"
  let problem = "the thing\nis not there"
  let place: String? = "a.fits"
  let remedy: String? = "make one"
  let exitCode = Diagnostics.ExitCode.busy
}

@Suite("The commands' house style")
struct CommandLineStyleTests {
  @Test("a diagnosed error is one line with the program's name, and has its exit code")
  func errorLine() async {
    let outcome = await outcomeOfCommand(Sample.self, arguments: ["fail"])
    #expect(
      outcome.message
        == "sample: error[no-such-thing]: the thing\\u{a}is not there (a.fits): make one\n")
    #expect(outcome.exitCode == 4)
    #expect(outcome.output == "")
  }

  @Test("with --json an error is one object")
  func errorObject() async {
    let outcome = await outcomeOfCommand(Sample.self, arguments: ["fail", "--json"])
    #expect(
      outcome.message
        == #"{"error":{"code":"no-such-thing","exit":4,"message":"the thing\nis not there","place":"a.fits","program":"sample","remedy":"make one"}}"#
        + "\n")
  }

  @Test("wrong use ends with 2, help and version with 0 on standard output")
  func wrongUse() async {
    let wrong = await outcomeOfCommand(Sample.self, arguments: ["--nothing"])
    #expect(wrong.exitCode == 2)
    #expect(wrong.message.hasPrefix("sample: error[wrong-use]: "))
    #expect(wrong.message.contains("Usage:"))
    let object = await outcomeOfCommand(Sample.self, arguments: ["--nothing", "--json"])
    #expect(object.exitCode == 2)
    #expect(object.message.hasPrefix(#"{"error":{"code":"wrong-use""#))
    let version = await outcomeOfCommand(Sample.self, arguments: ["--version"])
    #expect(version == CommandOutcome(output: "1.2.3\n", message: "", exitCode: 0))
    let help = await outcomeOfCommand(Sample.self, arguments: ["--help"])
    #expect(help.exitCode == 0 && help.output.contains("USAGE") && help.message == "")
  }

  @Test(
    "other ends have their codes",
    arguments: [("ok", 0), ("limits", 3), ("cancel", 130), ("strange", 1)])
  func ends(mode: String, code: Int32) async {
    #expect(await outcomeOfCommand(Sample.self, arguments: [mode]).exitCode == code)
  }

  @Test("colour follows NO_COLOR, CLICOLOR_FORCE and the terminal")
  func colour() {
    func has(_ terminal: Bool, _ environment: [String: String]) -> Bool {
      Terminal(isTerminal: terminal, environment: environment).hasColour
    }
    #expect(has(true, ["TERM": "xterm"]))
    #expect(!has(true, ["TERM": "dumb"]))
    #expect(!has(true, [:]))
    #expect(!has(false, ["TERM": "xterm"]))
    #expect(has(false, ["CLICOLOR_FORCE": "1"]))
    #expect(!has(false, ["CLICOLOR_FORCE": "0"]))
    #expect(!has(true, ["TERM": "xterm", "NO_COLOR": "1", "CLICOLOR_FORCE": "1"]))
  }

  @Test("a table aligns by what the terminal shows")
  func table() {
    var table = TextTable([.init("name"), .init("noise", unit: "adu", .right)])
    table.append(["é", "1.25"])
    table.append(["漢字", "10.5", "too much"])
    table.append(["a\u{1B}[31m"])
    #expect(
      table.text()
        == """
        name         noise
                       adu
        -----------  -----
        é             1.25
        漢字          10.5
        a\\u{1b}[31m

        """)
    #expect(TextTable.clipped("漢字漢字", to: 5) == "漢字…")
    #expect(table.csv.hasPrefix("name,noise [adu]\né,1.25\n"))
  }

  @Test(
    "CSV quotes what it must and disarms formulas, never numbers",
    arguments: [
      ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"), ("@SUM(A1)", "'@SUM(A1)"), ("-1.5", "-1.5"),
      ("+x", "'+x"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("\tx", "'\tx"),
      ("two\r\nlines", "\"two\r\nlines\""), ("1e5", "1e5"), ("0.10", "0.10"), ("-", "'-"),
    ])
  func csv(text: String, field: String) {
    #expect(CSVText.line([.guess(text)]) == field + "\n")
  }

  @Test("CSV leaves out what is no number")
  func csvNumbers() {
    #expect(CSVText.line([.number(.nan), .number(0.1), .integer(-3), .empty]) == ",0.1,-3,\n")
  }

  @Test("progress is one line on a terminal and nothing elsewhere, notes are kept")
  func progress() {
    let seen = Seen()
    let terminal = Terminal(isTerminal: true, environment: ["TERM": "xterm"], columns: 40)
    let line = ProgressLine(terminal: terminal) { seen.append($0) }
    line.update(done: 1, of: 2, "frames of a name that is far too long")
    line.note("stage")
    line.finish()
    #expect(seen.text.hasPrefix("\r\u{1B}[K[##########----------]  50 % frames of"))
    #expect(seen.text.hasSuffix("…\r\u{1B}[Kstage\n"))
    let plain = Seen()
    let pipe = ProgressLine(terminal: Terminal(isTerminal: false, environment: [:])) {
      plain.append($0)
    }
    pipe.update(done: 1, of: 0, "x")
    pipe.note("stage")
    pipe.finish()
    #expect(plain.text == "stage\n")
  }
}

@Suite("The cancellation flag", .serialized)
struct CancellationFlagTests {
  @Test(
    "a raised flag throws with the signal's exit code",
    arguments: [(Int32(2), Int32(130)), (15, 143)])
  func raised(signal: Int32, code: Int32) throws {
    CancellationFlag.set(signal: 0)
    try CancellationFlag.check()
    CancellationFlag.set(signal: signal)
    defer { CancellationFlag.set(signal: 0) }
    let error = #expect(throws: CancellationFlag.Interruption.self) { try CancellationFlag.check() }
    #expect(error?.exitCode.rawValue == code)
  }
}

/// Collects text from any thread.
private final class Seen: @unchecked Sendable {
  private(set) var text = ""
  func append(_ part: String) { text += part }
}
