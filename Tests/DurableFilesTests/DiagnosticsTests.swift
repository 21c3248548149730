import Diagnostics
import Testing

private struct Example: DiagnosedError {
  let code = "example"
  let problem: String
  let place: String?
  let remedy: String?
}

@Suite struct DiagnosticsTests {
  @Test("An error is one line, and control characters cannot break it")
  func line() {
    let error = Example(problem: "bad\nname\u{1B}[31m", place: "file:3", remedy: "mend it")
    #expect(error.description == "error[example]: bad\\u{a}name\\u{1b}[31m (file:3): mend it")
    #expect(Example(problem: "x", place: nil, remedy: nil).description == "error[example]: x")
  }

  @Test("The nearest name is found, and none where nothing is near")
  func nearest() {
    #expect(nearestName(to: "sesions", among: ["paths", "sessions"]) == "sessions")
    #expect(nearestName(to: "BIAS1", among: ["BIAS01", "DARK01"]) == "BIAS01")
    #expect(nearestName(to: "zzzzzz", among: ["paths"]) == nil)
    #expect(nearestName(to: String(repeating: "x", count: 1_000_000), among: ["paths"]) == nil)
    #expect(nearestName(to: "", among: ["a"]) == "a")
  }
}
