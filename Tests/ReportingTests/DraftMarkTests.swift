import Foundation
import Testing

@testable import Reporting

@Suite("Drafts")
struct DraftMarkTests {
  @Test(
    "a top-level line asks for the mark",
    arguments: [
      "draft_report: true", "version: 1\ndraft_report: true\nblock: X\n",
      "draft_report:   true   # not yet\r\nblock: X\r\n", "\"draft_report\": yes",
      "'draft_report' : True", "draft_report:\ttrue",
    ])
  func isSet(configuration: String) { #expect(DraftMark.isSet(in: configuration)) }

  @Test(
    "all else does not",
    arguments: [
      "", "draft_report: false", "  draft_report: true", "# draft_report: true", "draft_report:",
      "draft_report: # true", "draft_reports: true", "my_draft_report: true", "draft_report:true",
      "draft_report: true story", "x: draft_report: true", "draft_report", "draft_report: \"true\"",
      "report: true\nsessions:\n  draft_report: true\n",
    ])
  func isNotSet(configuration: String) { #expect(!DraftMark.isSet(in: configuration)) }

  @Test("a draft says so on its cover and on each page; another report does not")
  func report() async throws {
    var options = Fixture.Options()
    options.steps = ["init", "check"]
    for isDraft in [true, false] {
      options.isDraft = isDraft
      let made = try await BlockReportTests.make("draft-\(isDraft)", options)
      defer { BlockReportTests.finish(made.fixture) }
      #expect(made.warnings == [])
      guard let text = made.text else { continue }
      // The configuration's own text stands in the appendix, in lower case.
      let count = text.components(separatedBy: "DRAFT").count - 1
      let pages = text.components(separatedBy: "page ").count - 1
      #expect(isDraft ? count > 3 && count >= pages / 2 : count == 0, "\(count) of \(pages)")
    }
  }
}
