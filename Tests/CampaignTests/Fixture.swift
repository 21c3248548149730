import Foundation
import Testing

/// The text of a file of this target's fixtures.
func fixture(_ name: String) throws -> String {
  let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
  return try String(contentsOf: url, encoding: .utf8)
}

/// The fields of a tab-separated fixture.
func table(_ name: String) throws -> [[String]] {
  try fixture(name).split(separator: "\n").map {
    $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }
}
