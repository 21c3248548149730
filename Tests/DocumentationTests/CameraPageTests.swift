import Campaign
import Detector
import Foundation
import Testing

@Suite("docs/cameras.md")
struct CameraPageTests {
  @Test("Every key of the shipped cameras is explained", arguments: CameraCatalog.names)
  func keys(_ camera: String) throws {
    let page = try Documentation.text("docs/cameras.md")
    let yaml = try Documentation.text("config/cameras/\(camera).yaml")
    for line in yaml.split(separator: "\n") where !line.hasPrefix("#") {
      for match in line.matches(of: /(?:^|[{,\s])([A-Za-z0-9]+):/) {
        let key = String(match.1)
        if RegionName(rawValue: key) != nil { continue }
        let isExplained = page.contains("`\(key)`")
        #expect(isExplained, "the key \(key) of \(camera)")
      }
    }
  }

  @Test("Every region and coordinate system is explained")
  func names() throws {
    let page = try Documentation.text("docs/cameras.md")
    for region in RegionName.allCases {
      #expect(page.contains("`\(region.rawValue)`"))
      #expect(page.contains("`\(region.short)`"))
    }
    for system in CoordinateSystem.allCases { #expect(page.contains("**\(system.rawValue)**")) }
  }

  @Test("The example camera of the page is one")
  func example() throws {
    let page = try Documentation.text("docs/cameras.md")
    let block = try #require(page.components(separatedBy: "```yaml\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let path = try Scratch.file(named: "my-camera.yaml", text: block)
    defer { Scratch.remove(path) }
    let camera = try CameraCatalog.camera(path)
    #expect(camera.amplifiers.map(\.name) == ["L", "R"])
    #expect(camera.convert(PixelPosition(x: 0, y: 0), from: .frame, to: .canonical)?.x == 0)
  }
}
