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

  @Test("a cosmic ray beside a faint spot changes neither its place nor its width")
  func tracks() throws {
    let camera = try CameraCatalog.camera("tiny")
    let amplifier = try #require(camera.amplifier(named: "E"))
    let area = try #require(camera.regions[.image])
    let (x, y) = (area.columns.lowerBound + 25, area.rows.lowerBound + 30)
    let middle = SiliconPoint(x: Double(x), y: Double(y))
    func measure(_ track: [(Int, Int)], charge: UInt16) -> SpotNumbers {
      let image = frame(camera, amplifier, sigma: (0.75, 0.75), at: middle)
      // A tenth of the light of the other test.
      for pixel in image.pixels.indices {
        image.pixels[pixel] = 1000 + (image.pixels[pixel] - 1000) / 10
      }
      for (dx, dy) in track {
        let u = amplifier.x0 + amplifier.flippedColumn(x + dx)
        image[u, amplifier.y0 + amplifier.flippedRow(y + dy)] += charge
      }
      return SpotNumbers(
        "A", near: middle, in: image, amplifier: amplifier, camera: camera,
        window: 0..<amplifier.height, sizes: SpotNumbers.Sizes(spacing: 60))
    }
    let plain = try measure([], charge: 0).width.get()
    for track in [[(4, 1)], [(5, 5), (6, 5)], [(-3, -2), (-4, -2), (-5, -2)]] {
      let numbers = measure(track, charge: 900)
      let width = try numbers.width.get()
      #expect(abs(width.x - plain.x) < 0.03 && abs(width.y - plain.y) < 0.03, "\(track) \(width)")
      #expect(abs(try numbers.x.get() - middle.x) < 0.03)
      #expect(abs(try numbers.y.get() - middle.y) < 0.03)
    }
    // What is no track stays: twenty bright pixels in a row.
    let trail = try measure((-10..<10).map { ($0, 4) }, charge: 900).width.get()
    #expect(trail.y > plain.y + 0.1, "\(trail)")
  }

  @Test("a value is left out as struck only where all else says so")
  func struck() {
    let part = DataCheck.Part(column: "col001", range: LimitRange(70, 130))
    func values(
      _ frames: Int, _ odd: [(frame: Int, spot: String, value: Double)]
    ) -> [CheckedValue] {
      (0..<frames).flatMap { frame in
        ["A", "B", "C"].map { spot in
          let value = odd.first { $0.frame == frame && $0.spot == spot }?.value ?? 100
          return CheckedValue(
            detector: "CCD1", amplifier: "E", column: "col001", obsid: 1000 + frame, spot: spot,
            outcome: .success(value))
        }
      }
    }
    #expect(StruckSpots.indices(in: values(5, [(2, "B", 180)]), part) == [7])
    #expect(StruckSpots.indices(in: values(5, [(2, "B", 180), (3, "A", 140)]), part) == [7, 9])
    #expect(StruckSpots.indices(in: values(4, [(2, "B", 180)]), part) == [])
    #expect(StruckSpots.indices(in: values(5, [(2, "B", 50)]), part) == [])
    #expect(StruckSpots.indices(in: values(5, [(2, "B", 180), (2, "C", 140)]), part) == [])
    #expect(StruckSpots.indices(in: values(5, [(2, "B", 180), (4, "B", 50)]), part) == [])
  }
}
