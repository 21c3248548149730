import Testing

@testable import CommandLineStyle

@Suite("Instants and exposures as arguments")
struct ArgumentTests {
  @Test(
    "an instant begins and ends; a date is a whole day",
    arguments: [
      ("2019-03-23", "2019-03-23T00:00:00Z", "2019-03-23T24:00:00Z"),
      ("2019-03-23T19:36", "2019-03-23T19:36:00Z", "2019-03-23T19:36:00Z"),
      ("2019-03-23T19:36:47Z", "2019-03-23T19:36:47Z", "2019-03-23T19:36:47Z"),
      ("2019-03-23T19:36:47.25", "2019-03-23T19:36:47.25Z", "2019-03-23T19:36:47.25Z"),
      ("2020-02-29", "2020-02-29T00:00:00Z", "2020-02-29T24:00:00Z"),
      ("2000-02-29T00:00Z", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
    ])
  func instants(argument: String, begin: String, end: String) throws {
    let time = try TimeArgument(argument)
    #expect(time.begin == begin)
    #expect(time.end == end)
  }

  @Test(
    "whatever else is refused, never guessed",
    arguments: [
      "", "T", "yesterday", "2019", "2019-03", "2019-3-23", "19-03-23", "2019-13-01", "2019-02-29",
      "1900-02-29", "2019-04-31", "0000-01-01", "2019-03-23T", "2019-03-23T24:00", "2019-03-23T19",
      "2019-03-23T19:60", "2019-03-23T19:36:60", "2019-03-23T19:36:47.", "2019-03-23T19:36:47.1.2",
      "2019-03-23T19:36:47+01:00", "2019-03-23 19:36", "2019-03-23T19:36:47ZZ", "２０19-03-23",
      "2019-03-23T19:36:47.1234567890", "-2019-03-23", "2019-03-23'; DROP TABLE testRun",
    ])
  func refused(argument: String) {
    #expect(throws: ArgumentProblem.self) { try TimeArgument(argument) }
  }

  @Test("ObsIDs: one, or a range")
  func exposures() throws {
    #expect(try ExposureArgument.range("1200") == 1200...1200)
    #expect(try ExposureArgument.range("1200-1210") == 1200...1210)
    #expect(try ExposureArgument.range("9223372036854775807") == Int.max...Int.max)
    for wrong in [
      "", "-", "-5", "5-", "7-6", "1-2-3", "a", "1.5", " 1", "9223372036854775808", "+1", "１",
    ] {
      #expect(throws: ArgumentProblem.self) { try ExposureArgument.range(wrong) }
    }
  }

  @Test("box characters need a terminal with a UTF-8 locale")
  func unicode() {
    func has(_ terminal: Bool, _ environment: [String: String]) -> Bool {
      Terminal(isTerminal: terminal, environment: environment).hasUnicode
    }
    #expect(has(true, ["TERM": "xterm", "LANG": "C.UTF-8"]))
    #expect(has(true, ["TERM": "xterm", "LANG": "C", "LC_ALL": "de_DE.utf8"]))
    #expect(has(true, ["TERM": "xterm", "LANG": "en_GB.UTF-8", "LC_ALL": ""]))
    #expect(!has(true, ["TERM": "xterm", "LANG": "en_GB.UTF-8", "LC_CTYPE": "C"]))
    #expect(!has(true, ["TERM": "dumb", "LANG": "C.UTF-8"]))
    #expect(!has(false, ["TERM": "xterm", "LANG": "C.UTF-8"]))
    #expect(!has(true, ["TERM": "xterm"]))
  }
}
