import Campaign
import Detector
import Foundation
import Testing

@testable import BlockTests

/// Widths of point sources that are known.
@Suite struct SpotWidthTests {
  /// A frame of the tiny camera with one Gaussian, integrated over pixels, in amplifier E.
  private func frame(
    _ camera: Camera, _ amplifier: Amplifier, sigma: (x: Double, y: Double), at place: SiliconPoint
  ) -> Image<UInt16> {
    let image = Image<UInt16>(width: camera.width, height: camera.height, filledWith: 1000)
    func share(_ distance: Double, _ sigma: Double) -> Double {
      let scale = 1 / (sigma * 2.0.squareRoot())
      return (erf((distance + 0.5) * scale) - erf((distance - 0.5) * scale)) / 2
    }
    for y in Int(place.y) - 12...Int(place.y) + 12 {
      for x in Int(place.x) - 12...Int(place.x) + 12 {
        let across = share(Double(x) - place.x, sigma.x)
        let light = 150_000 * across * share(Double(y) - place.y, sigma.y)
        let v = amplifier.y0 + amplifier.flippedRow(y)
        image[amplifier.x0 + amplifier.flippedColumn(x), v] += UInt16(light.rounded())
      }
    }
    return image
  }

  @Test(
    "from narrow to wide, wherever the centre stands on its pixel",
    arguments: [1.3, 1.5, 1.68, 2, 3, 4])
  func widths(core: Double) throws {
    let camera = try CameraCatalog.camera("tiny")
    let amplifier = try #require(camera.amplifier(named: "E"))
    let area = try #require(camera.regions[.image])
    let middle = SiliconPoint(
      x: Double(area.columns.lowerBound + area.columns.count / 2),
      y: Double(area.rows.lowerBound + area.rows.count / 2))
    for (dx, dy) in [(0, 0), (0.25, 0.1), (0.5, 0.5), (0.5, 0), (-0.3, 0.4)] {
      let sigma = (x: core / 2.354820045, y: 1.2 * core / 2.354820045)
      let place = SiliconPoint(x: middle.x + dx, y: middle.y + dy)
      let image = frame(camera, amplifier, sigma: sigma, at: place)
      let numbers = SpotNumbers(
        "A", near: middle, in: image, amplifier: amplifier, camera: camera,
        window: 0..<amplifier.height, sizes: SpotNumbers.Sizes(spacing: 60))
      let width = try numbers.width.get()
      // The pixel adds 1/12 to the variance.
      for (got, sigma) in [(width.x, sigma.x), (width.y, sigma.y)] {
        let variance = sigma * sigma + 1.0 / 12
        let expected = 2.354820045 * variance.squareRoot()
        let tolerance = core < 1.6 ? 0.05 : 0.015
        #expect(abs(got / expected - 1) < tolerance, "\(dx) \(dy): \(got) \(expected)")
      }
    }
  }
}
