import Analysis
import Campaign
import Detector

/// What the bias tests measure of one frame and of its difference from the next one.
struct BiasFrame: Sendable {
  /// The numbers of one amplifier.
  struct AmplifierNumbers: Sendable {
    var amplifier: String
    /// The level of the scan region that is subtracted [adu].
    var offset: Result<Estimate, NotMeasurable>
    /// The scatter of the rows' offsets beyond what the pixels' noise makes of it [adu].
    var rowNoise: Result<Estimate, NotMeasurable>
    /// The large-scale structure of the image area above the offset.
    var model: Result<LargeScaleModel, NotMeasurable>
    /// The scatter of the image pixels about that structure [adu].
    var residual: Result<Estimate, NotMeasurable>
    /// Profiles over all columns and rows of the window, above the offset [adu].
    var profiles: Profiles?
    /// Half the variance of the difference from the next frame, by region [adu**2], with the number
    /// of pixels.
    var differences: [RegionName: Result<PairVariance, NotMeasurable>]
  }

  struct PairVariance: Sendable {
    var variance: Double
    var count: Int
  }

  /// The blocks of the surface fit measure about this many pixels a side, but at least 12 x 12 of
  /// them cover the image.
  static let blockSize = 100
  /// Total degree of the surface, as in the original.
  static let degree = 5

  var amplifiers: [AmplifierNumbers]

  /// - Parameters:
  ///   - next: the frame after this one; nil for the last.
  ///   - choice: where offsets come from; nil where no scan pixels were read.
  init(
    frame: Image<UInt16>, next: Image<UInt16>?, camera: Camera, window: Range<Int>,
    choice: OffsetChoice?
  ) {
    amplifiers = camera.amplifiers.map { amplifier in
      Self.measure(
        frame, next, amplifier: amplifier, camera: camera, window: window, choice: choice)
    }
  }

  private static func measure(
    _ frame: Image<UInt16>, _ next: Image<UInt16>?, amplifier: Amplifier, camera: Camera,
    window: Range<Int>, choice: OffsetChoice?
  ) -> AmplifierNumbers {
    let offsetCore = Result { () throws(NotMeasurable) in
      try offset(of: frame, amplifier: amplifier, camera: camera, choice: choice)
    }
    let failed = NotMeasurable("no offset: the scan region has no valid pixels")
    guard case .success(let core) = offsetCore else {
      return AmplifierNumbers(
        amplifier: amplifier.name, offset: .failure(failed), rowNoise: .failure(failed),
        model: .failure(failed), residual: .failure(failed), profiles: nil, differences: [:])
    }
    let level = core.location.value
    let image = camera.region(.image, rows: window)
    let model = Result { () throws(NotMeasurable) in
      try surface(of: frame, amplifier: amplifier, camera: camera, image: image, level: level)
    }
    let residual = Result { () throws(NotMeasurable) in
      try ResidualNoise.width(
        frame: frame, amplifier: amplifier, model: try model.get(),
        levels: rowLevels(frame, amplifier: amplifier, camera: camera, choice: choice, core: core),
        rows: window, invalid: camera.invalidValues)
    }
    let all = Region(
      columns: 0..<amplifier.width, rows: window.clamped(to: 0..<amplifier.height))
    var differences: [RegionName: Result<PairVariance, NotMeasurable>] = [:]
    if let next {
      for name in [RegionName.prescan, .image, .overscan] {
        guard let region = camera.checkRegion(name, rows: window) else { continue }
        differences[name] = Result { () throws(NotMeasurable) in
          var noise = DifferenceNoise()
          try noise.add(
            frame, next, region: amplifier.frameRegion(of: region), invalid: camera.invalidValues)
          return PairVariance(variance: noise.variances[0], count: noise.counts[0])
        }
      }
    }
    return AmplifierNumbers(
      amplifier: amplifier.name, offset: .success(core.location),
      rowNoise: Result { () throws(NotMeasurable) in
        try rowNoise(of: frame, amplifier: amplifier, core: core, region: choice?.region)
      },
      model: model, residual: residual,
      profiles: all.isEmpty
        ? nil
        : Profiles(
          frame: frame, amplifier: amplifier, region: all, level: level,
          accept: camera.validValues),
      differences: differences)
  }

  /// What is subtracted from each canonical row before the scatter is measured: one level, or with the
  /// method `row` the mean of each row's scan pixels.
  private static func rowLevels(
    _ frame: Image<UInt16>, amplifier: Amplifier, camera: Camera, choice: OffsetChoice?,
    core: GaussianCore
  ) -> [Float] {
    guard let choice, choice.method == .row else { return [Float(core.location.value)] }
    return RowOffsets.means(
      frame: frame, amplifier: amplifier, region: choice.region, rows: 0..<amplifier.height,
      accept: camera.validValues, fallback: core.location.value)
  }

  /// The Gaussian core of the scan region that serves as the frame's offset.
  static func offset(
    of frame: Image<UInt16>, amplifier: Amplifier, camera: Camera, choice: OffsetChoice?
  ) throws(NotMeasurable) -> GaussianCore {
    guard let choice else { throw NotMeasurable("no scan region in the rows read") }
    var histogram = RawHistogram(of: amplifier.frameRegion(of: choice.region), in: frame)
    for value in camera.invalidValues { histogram.remove(value: Int(value)) }
    return try histogram.core()
  }

  private static func surface(
    of frame: Image<UInt16>, amplifier: Amplifier, camera: Camera, image: Region?, level: Double
  ) throws(NotMeasurable) -> LargeScaleModel {
    guard let image else { throw NotMeasurable("no image rows were read") }
    // Cosmic rays and hot pixels lie far outside this range; bias structure does not.
    let near = RawHistogram(of: amplifier.frameRegion(of: image), in: frame)
    let core = try near.core(clip: 5)
    let reach = 8 * (core.width?.value ?? 1) + 2
    let valid = camera.validValues
    let low = max(Double(valid.lowerBound), (core.location.value - reach).rounded(.down))
    let high = min(Double(valid.upperBound), (core.location.value + reach).rounded(.up))
    guard low <= high, low >= 0, high <= 65535 else { throw NotMeasurable("no valid pixels") }
    let block = max(4, min(blockSize, min(image.columns.count, image.rows.count) / 12))
    let blocks = BlockMeans(
      frame: frame, amplifier: amplifier, region: image, block: block,
      accept: UInt16(low)...UInt16(high))
    return try LargeScaleModel(fitting: blocks, over: image, degree: degree, level: level)
  }

  /// The scatter of row offsets in excess of the pixels' noise: sqrt(var(row means) - s^2 / n), with
  /// s the width of single pixels and n the columns averaged. The variance is half the mean square of the
  /// differences of successive rows, which a drift along the rows does not enlarge (von Neumann et
  /// al. 1941); its relative error for m differences is sqrt((3 m - 1) / m^2).
  private static func rowNoise(
    of frame: Image<UInt16>, amplifier: Amplifier, core: GaussianCore, region: Region?
  ) throws(NotMeasurable) -> Estimate {
    guard let region, let width = core.width, region.rows.count > 2 else { throw NotMeasurable("too few rows with scatter") }
    let reach = 6 * width.value + 1
    let low = max(0, core.location.value - reach)
    let high = min(65535, core.location.value + reach)
    let means = RowOffsets.means(
      frame: frame, amplifier: amplifier, region: region, rows: region.rows,
      accept: UInt16(low)...UInt16(max(low, high)), fallback: core.location.value
    ).map(Double.init)
    let m = Double(means.count - 1)
    let variance = zip(means, means.dropFirst()).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
      / (2 * m)
    // The width of the core holds the row noise too: s_white^2 = s^2 - r^2, r^2 = var - s_white^2 / n.
    let n = Double(region.columns.count)
    guard n > 1 else { throw NotMeasurable("one scan column cannot tell row from pixel noise") }
    let pixel = width.value * width.value + 1.0 / 12
    let excess = (variance - pixel / n) * n / (n - 1)
    let error = variance * ((3 * m - 1) / (m * m)).squareRoot()
    guard excess > error else {
      throw NotMeasurable(
        "no row noise beyond the pixels' noise (below \(round(error.squareRoot() * 1000) / 1000) adu)")
    }
    let value = excess.squareRoot()
    return Estimate(value: value, uncertainty: error / (2 * value), count: means.count)
  }

  private static func round(_ x: Double) -> Double { x.rounded() }
}
