import Detector

/// Draws the truth of a detector: plausible values about those of the flight hardware.
enum TruthGenerator {
  /// The level of an amplifier that the focal plane says nothing of, ADU.
  static let usualOffset = 2650.0

  static func detector(
    _ detector: String, block: FocalPlane.Block, camera: Camera, seed: UInt64
  ) -> DetectorTruth {
    let stream = RandomStream(seed: seed, "truth", block.name, detector)
    let temperatures = (0..<2).map { index in
      rounded(-120 + clamped(0.2 * stream.normal(UInt32(index), 1), 0.6), 2)
    }
    var amplifiers: [String: AmplifierTruth] = [:]
    for amplifier in camera.amplifiers {
      amplifiers[amplifier.name] = self.amplifier(
        amplifier, expected: block.expectedOffsets[detector]?[amplifier.name], camera: camera,
        stream: RandomStream(seed: seed, "truth", block.name, detector, amplifier.name))
    }
    return DetectorTruth(
      serial: block.serials[detector] ?? "SIM-\(block.name)-\(detector)",
      commonModeRowNoise: 0.1, temperatures: temperatures, amplifiers: amplifiers)
  }

  private static func amplifier(
    _ amplifier: Amplifier, expected: Double?, camera: Camera, stream: RandomStream
  ) -> AmplifierTruth {
    func uniform(_ index: UInt32, _ range: ClosedRange<Double>) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * stream.uniform(index)
    }
    let image = camera.regions[.image]
    var truth = AmplifierTruth()
    truth.offset = rounded((expected ?? usualOffset) + uniform(0, -20...20), 4)
    truth.driftPerFrame = rounded(uniform(1, -0.08...0.08), 5)
    truth.walkPerFrame = 0.02
    // Over the whole image at most 0.8 ADU, as flight hardware: more would widen the histogram.
    truth.gradientPerColumn = rounded(uniform(2, -0.8...0.8) / extent(image?.columns.count), 9)
    truth.gradientPerRow = rounded(uniform(3, -0.8...0.8) / extent(image?.rows.count), 9)
    truth.settlingAmplitude = rounded(uniform(4, 5...15), 3)
    truth.settlingColumns = rounded(min(uniform(5, 2...4), prescanShare(camera)), 3)
    // Not above the pre-scan: the campaign allows no background below zero in the darkness of
    // PERSIST01, and half of the step is in it.
    truth.overscanStep = rounded(uniform(6, -1 ... -0.2), 4)
    truth.parallelOverscanStep = rounded(uniform(7, -0.5...0.5), 4)
    truth.fixedPattern = rounded(uniform(8, 0.1...0.2), 4)
    truth.readNoise = rounded(1.18 + clamped(0.06 * stream.normal(9), 0.13), 4)
    if let image { truth.hotPixels = hotPixels(in: image, stream: stream) }
    return truth
  }

  /// About five in a quadrant of a CCD273, and none in a small camera.
  private static func hotPixels(
    in image: Region, stream: RandomStream
  ) -> [AmplifierTruth.HotPixel] {
    let count = Int(Double(image.count) * 5 / 4.23e6)
    return (0..<UInt32(count)).map { index in
      AmplifierTruth.HotPixel(
        column: image.columns.lowerBound
          + Int(stream.uniform(index, 1) * Double(image.columns.count)),
        row: image.rows.lowerBound + Int(stream.uniform(index, 2) * Double(image.rows.count)),
        excess: rounded(20 + 40 * stream.uniform(index, 3), 2))
    }
  }

  private static func extent(_ count: Int?) -> Double { Double(max(1, count ?? 1)) }

  /// The transient must have died out within the pre-scan columns that the checks leave out.
  private static func prescanShare(_ camera: Camera) -> Double {
    max(0.5, Double(camera.checkTrims[.prescan]?.leading ?? 5) / 7)
  }

  private static func clamped(_ value: Double, _ limit: Double) -> Double {
    min(max(value, -limit), limit)
  }

  /// Rounded to some digits, so that the truth file shows exactly what was used.
  static func rounded(_ value: Double, _ digits: Int) -> Double {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return (value * scale).rounded() / scale
  }
}
