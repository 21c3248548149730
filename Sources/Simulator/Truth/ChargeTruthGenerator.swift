import Campaign
import Detector

/// Draws the truth of light, charge and pixels: plausible values about those of the flight hardware.
enum ChargeTruthGenerator {
  /// Names of the point sources, and where they stand in an image area of unit size where the chamber has
  /// no pattern for the camera; in the silicon's orientation.
  static let spots: [(name: String, x: Double, y: Double)] = [
    ("ALPHA", 0.2, 0.8), ("BRAVO", 0.8, 0.8), ("CHARLIE", 0.5, 0.5), ("DELTA", 0.2, 0.2),
    ("ECHO", 0.8, 0.2),
  ]

  /// Adds illumination and charge to a detector's truth.
  ///
  /// - Parameter pattern: the point sources' nominal places, in physical pixels; may be empty.
  static func complete(
    _ truth: inout DetectorTruth, detector: String, block: String, camera: Camera,
    pattern: [ChamberProfile.Spot], seed: UInt64
  ) {
    let stream = RandomStream(seed: seed, "illumination", block, detector)
    func even(_ index: UInt32, _ size: Double, _ digits: Int) -> Double {
      TruthGenerator.rounded(size * (2 * stream.uniform(index) - 1), digits)
    }
    truth.illumination = [
      even(0, 0.004, 5), even(1, 0.004, 5), -0.02 + even(2, 0.005, 5), -0.02 + even(3, 0.005, 5),
    ]
    let shift = SIMD2(even(4, 3, 2), even(5, 3, 2))
    var charge: [String: ChargeTruth] = [:]
    for amplifier in camera.amplifiers {
      charge[amplifier.name] = self.charge(
        amplifier, camera: camera, pattern: pattern, shift: shift,
        stream: RandomStream(seed: seed, "charge", block, detector, amplifier.name))
    }
    truth.charge = charge
  }

  private static func charge(
    _ amplifier: Amplifier, camera: Camera, pattern: [ChamberProfile.Spot], shift: SIMD2<Double>,
    stream: RandomStream
  ) -> ChargeTruth {
    func uniform(_ index: UInt32, _ range: ClosedRange<Double>, _ digits: Int) -> Double {
      TruthGenerator.rounded(
        range.lowerBound + (range.upperBound - range.lowerBound) * stream.uniform(index), digits)
    }
    var truth = ChargeTruth()
    truth.gain = uniform(0, 3.35...3.49, 4)
    truth.nonLinearity = [uniform(1, 0.016...0.024, 5), uniform(2, -0.04 ... -0.03, 5), 0]
    // Above what the campaign's limits of the fluence ask of saturated flats, 0.9 * 65536 adu, and with the offset below
    // the converter's end: sound data raise no flag.
    truth.fullWell = (truth.gain * uniform(3, 60_500...62_500, 0)).rounded()
    // Full, these are beyond the converter's end, whatever the offset: too few for a saturated flat
    // to be flagged, enough for PERSIST01 to see that its light saturates.
    truth.deepWells = ChargeTruth.DeepWells(share: 0.08, excess: 0.15)
    truth.photoResponse = uniform(4, 0.007...0.009, 5)
    truth.photoResponseExponent = -0.3
    truth.brighterFatter = BrighterFatter.strength(a00: -uniform(5, 0.9...1.2, 4) * 1e-6)
    truth.areaCoefficients = BrighterFatter.areaCoefficients(truth.brighterFatter)
    truth.darkRate = uniform(6, 0.0007...0.0013, 6)
    truth.injection.notch = uniform(7, 1900...2300, 1)
    truth.injection.slope = uniform(8, 19_000...22_000, 1)
    // Where both gates have one voltage the campaign allows 300 adu about the notch's 600, and a tenth
    // of a volt is 600: sound hardware has its notch nearer to that.
    truth.injection.notchOffset = uniform(9, -0.02...0.02, 4)
    truth.injection.thresholdOffset = uniform(10, 7.4...7.6, 4)
    truth.injection.steepness = uniform(11, 13...17, 3)
    // Above the limit of 0.03 also just beyond the threshold, where the level is a fifth below the
    // nominal one.
    truth.injection.columnPattern = uniform(12, 0.044...0.052, 5)
    truth.injection.columnGradient = uniform(13, -0.02...0.02, 5)
    truth.persistence = uniform(14, 0.6e-4...1.4e-4, 8)
    truth.parallelDeferred.fraction = uniform(15, 2e-4...4e-4, 7)
    truth.parallelDeferred.pixels = 4
    truth.serialDeferred.fraction = uniform(16, 1e-4...3e-4, 7)
    truth.serialDeferred.pixels = 3
    guard let image = camera.regions[.image], image.count > 0 else { return truth }
    truth.hotPixels = defects(
      max(2, Int(Double(image.count) * 2e-5)), in: image, stream: stream, purpose: 20,
      rates: 0.05...50)
    // About one column in a quadrant of a CCD273, and none in a small camera.
    truth.hotColumns = defects(
      image.count / 4_000_000, in: image, stream: stream, purpose: 21, rates: 0.2...1)
    truth.verticalTraps = traps(
      max(8, Int(Double(image.count) * 1e-4)), in: image, modes: [123, 234, 341, 412],
      taus: 50...20_000, isSerial: false, stream: stream)
    truth.serialTraps = traps(
      max(2, image.columns.count / 100), in: image, modes: [23, 31], taus: 2...40, isSerial: true,
      stream: stream)
    truth.spots = places(
      amplifier, camera: camera, pattern: pattern, shift: shift, stream: stream)
    return truth
  }

  private static func defects(
    _ count: Int, in image: Region, stream: RandomStream, purpose: UInt32,
    rates: ClosedRange<Double>
  ) -> [ChargeTruth.DarkDefect] {
    (0..<UInt32(max(0, count))).map { index in
      let place = place(index, in: image, stream: stream, purpose: purpose)
      let share = stream.uniform(index, purpose, 3)
      let rate = rates.lowerBound * power(rates.upperBound / rates.lowerBound, share)
      return ChargeTruth.DarkDefect(
        column: place.x, row: place.y, rate: TruthGenerator.rounded(rate, 4))
    }
  }

  private static func place(
    _ index: UInt32, in image: Region, stream: RandomStream, purpose: UInt32
  ) -> PixelPosition {
    PixelPosition(
      x: image.columns.lowerBound
        + Int(stream.uniform(index, purpose, 1) * Double(image.columns.count)),
      y: image.rows.lowerBound + Int(stream.uniform(index, purpose, 2) * Double(image.rows.count)))
  }

  private static func traps(
    _ count: Int, in image: Region, modes: [Int], taus: ClosedRange<Double>, isSerial: Bool,
    stream: RandomStream
  ) -> [ChargeTruth.Trap] {
    let purpose: UInt32 = isSerial ? 31 : 30
    return (0..<UInt32(count)).map { index in
      let place = place(index, in: image, stream: stream, purpose: purpose)
      let tau =
        taus.lowerBound
        * power(taus.upperBound / taus.lowerBound, stream.uniform(index, purpose, 3))
      return ChargeTruth.Trap(
        column: min(place.x, image.columns.upperBound - (isSerial ? 2 : 1)),
        row: isSerial ? 0 : min(place.y, image.rows.upperBound - 2),
        mode: modes[Int(stream.uniform(index, purpose, 4) * Double(modes.count))],
        tau: TruthGenerator.rounded(tau, 3),
        capture: TruthGenerator.rounded(
          power(10, stream.uniform(index, purpose, 5) - 1), 5),
        isFirstBright: stream.uniform(index, purpose, 6) < 0.5)
    }
  }

  private static func places(
    _ amplifier: Amplifier, camera: Camera, pattern: [ChamberProfile.Spot], shift: SIMD2<Double>,
    stream: RandomStream
  ) -> [ChargeTruth.Spot] {
    guard let image = camera.regions[.image] else { return [] }
    return spots.enumerated().map { index, spot in
      let number = UInt32(index)
      func even(_ z: UInt32, _ size: Double) -> Double {
        size * (2 * stream.uniform(number, 40, z) - 1)
      }
      let columns = Double(image.columns.count)
      let rows = Double(image.rows.count)
      var (x, y) = (columns * spot.x, rows * spot.y)
      let label = amplifier.name + spot.name.prefix(1)
      // Patterns are of detectors as large as the flight ones; elsewhere the usual places serve.
      if columns > 2000, let nominal = pattern.first(where: { $0.name == label }) {
        let size = camera.physicalSize
        x = nominal.x - (amplifier.x0 > 0 ? Double(size.width) - columns : 0)
        y = nominal.y - (amplifier.y0 > 0 ? Double(size.height) - rows : 0)
      }
      x += shift.x + even(1, 0.5)
      y += shift.y + even(2, 0.5)
      // From the silicon's orientation to that of the read-out.
      let canonicalX = amplifier.flipX ? columns - 1 - x : x
      let canonicalY = amplifier.flipY ? rows - 1 - y : y
      return ChargeTruth.Spot(
        name: spot.name,
        x: TruthGenerator.rounded(Double(image.columns.lowerBound) + canonicalX, 3),
        y: TruthGenerator.rounded(Double(image.rows.lowerBound) + canonicalY, 3),
        // Where a spot stands on its pixels takes most of what the limits of the peaks allow.
        brightness: TruthGenerator.rounded(1 + even(3, 0.02), 4),
        focusOffset: TruthGenerator.rounded(even(4, 0.05), 4))
    }
  }

  /// Cross-talk between all channels of a block: `[victim][source]`.
  ///
  /// Channels of one detector couple more than those of different ones; all lie below the requirement of
  /// 6e-4.
  static func crossTalk(
    camera: Camera, block: String, seed: UInt64
  ) -> [String: [String: Double]] {
    let stream = RandomStream(seed: seed, "cross-talk", block)
    let channels = camera.detectors.flatMap { detector in
      camera.amplifiers.map { (name: "\(detector)_\($0.name)", detector: detector) }
    }
    var matrix: [String: [String: Double]] = [:]
    for (row, victim) in channels.enumerated() {
      for (column, source) in channels.enumerated() where row != column {
        let scale = victim.detector == source.detector ? 6e-5 : 1e-5
        let value = scale * stream.normal(UInt32(row), UInt32(column))
        matrix[victim.name, default: [:]][source.name] = TruthGenerator.rounded(
          min(max(value, -4 * scale), 4 * scale), 8)
      }
    }
    return matrix
  }

  /// The light of a block's session, about what the chamber's profile promises.
  static func bench(_ nominal: BenchTruth, block: String, seed: UInt64) -> BenchTruth {
    let stream = RandomStream(seed: seed, "bench", block)
    func even(_ index: UInt32, _ size: Double, _ digits: Int) -> Double {
      TruthGenerator.rounded(size * (2 * stream.uniform(index) - 1), digits)
    }
    var bench = nominal
    bench.brightness = 1 + even(0, 0.01, 4)
    // A sixth of what was calibrated: profiles tell saturation times as commanded, and with more the
    // shortest exposures would miss their fluence.
    bench.shutterOffset = 0.004 + even(1, 0.001, 4)
    bench.driftPerHour = even(2, 0.002, 6)
    bench.waveAmplitude = 0.0005
    bench.wavePeriod = 2700
    bench.focusDepth = 0.8
    bench.wingShare = 0.03
    bench.wingWidth = 3
    bench.strayLight = 2e-5
    for index in bench.filters.indices {
      bench.filters[index].bestFocus += even(UInt32(10 + index), 0.05, 4)
    }
    return bench
  }
}

extension BenchTruth {
  /// A bench as a chamber's profile tells.
  init(_ profile: ChamberProfile) {
    let slots = (1...6).map { profile.filter(slot: $0) }
    self.init(
      wavelengths: slots.map { $0?.wavelength ?? 0 },
      flatSeconds: slots.map { $0?.flatSeconds ?? 0 },
      pointSeconds: slots.map { $0?.pointSeconds ?? 0 },
      bestFocus: slots.map { $0?.focusMillimetres ?? 70 })
  }

  /// A bench of which is known: what its filters are and how bright they are.
  ///
  /// - Parameters:
  ///   - wavelengths: of the wheel's positions 1, 2, ..., nm; 0 for the neutral density filter, 2000 for
  ///     the position of highest flux, both of the lamp's maximum at 800 nm.
  init(
    wavelengths: [Int], flatSeconds: [Double], pointSeconds: [Double], bestFocus: [Double]
  ) {
    self.init()
    filters = wavelengths.indices.map { index in
      func value(_ list: [Double]) -> Double { index < list.count ? list[index] : 0 }
      let code = wavelengths[index]
      let wavelength = (300...1100).contains(code) ? Double(code) : 800
      return Filter(
        wavelength: wavelength, flatSeconds: value(flatSeconds), pointSeconds: value(pointSeconds),
        // The chambers' profiles tell one width for all wavelengths as well.
        bestFocus: value(bestFocus), fwhm: 1.68)
    }
  }

  /// The chamber that is taken where none is known: B as it was for EINSTEIN.
  static let usual = BenchTruth(
    wavelengths: [590, 2000, 730, 800, 880, 0], flatSeconds: [13, 0.08, 3.8, 3.4, 6.8, 72],
    pointSeconds: [12, 0.02, 2.5, 2.1, 4, 45], bestFocus: [Double](repeating: 47.47, count: 6))
}
