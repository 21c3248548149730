import Foundation
import Testing

@Suite("Links between documents")
struct LinkTests {
  @Test("Every link to a file leads to one")
  func links() throws {
    var count = 0
    for page in try Documentation.pages() + ["CONTRIBUTING.md", "README.md"] {
      guard let text = try? Documentation.text(page) else { continue }
      let folder = Documentation.root.appending(path: page).deletingLastPathComponent()
      for match in text.matches(of: /\]\(([^)#:\s]+)(#[^)]*)?\)/) {
        count += 1
        let target = folder.appending(path: String(match.1)).standardizedFileURL.path
        #expect(
          FileManager.default.fileExists(atPath: target), "\(page) links to \(match.1)")
      }
    }
    #expect(count > 10)
  }

  @Test("Every page is in the index")
  func index() throws {
    let index = try Documentation.text("docs/README.md")
    for page in try Documentation.pages() where page != "docs/README.md" {
      let name = page.dropFirst("docs/".count)
      #expect(index.contains("(\(name))"), "\(name) is not in docs/README.md")
    }
  }

  @Test("Every page that messages of the program name exists")
  func pagesInMessages() throws {
    for path in try Documentation.sources(in: "Sources") + Documentation.sources(in: "config") {
      for match in try Documentation.text(path).matches(of: /docs\/[\w-]+\.md/) {
        let target = Documentation.root.appending(path: String(match.0)).path
        #expect(FileManager.default.fileExists(atPath: target), "\(path) names \(match.0)")
      }
    }
  }
}
