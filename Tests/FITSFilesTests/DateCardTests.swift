import FITSFiles
import Foundation
import Testing

@Suite struct DateCardTests {
  @Test("DATE keywords lose the Z that the standard does not know; other texts stay", arguments: [
    ("DATE", "2019-03-23T19:36:47Z", "2019-03-23T19:36:47"),
    ("DATE-OBS", "2019-03-23T19:36:47.5Z", "2019-03-23T19:36:47.5"),
    ("DATE", "230319D193647T", "230319D193647T"), ("DATE", "Z", "Z"),
    ("OBJECT", "2019-03-23T19:36:47Z", "2019-03-23T19:36:47Z"),
  ])
  func zone(keyword: String, given: String, expected: String) throws {
    let path = NSTemporaryDirectory() + "vison-date-\(UUID().uuidString).fits"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FITSWriter.write(to: path, hdus: [.empty(cards: [FITSCard(keyword, .text(given))])])
    let cards = try FITSGate.check(path: path).hdus[0].cards
    #expect(cards.value(of: keyword)?.text == expected)
  }

  @Test("The library's version has three parts")
  func version() {
    #expect(CFITSIOLibrary.version.split(separator: ".").count == 3)
  }
}
