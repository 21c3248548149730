import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// The steps from two frames to a `FlatPair`; one value serves one pair of one amplifier.
struct FlatPairMeasurement {
  private let first: FlatFrame
  private let second: FlatFrame
  private let region: Region
  private let options: FlatPairOptions
  private let field: DifferenceField
  /// Prior means that scale the difference [adu].
  private var scale: (first: Float, second: Float) = (1, 1)
  private var saturated = 0
  /// The mean difference, which is taken off the field, and the half-width of the cut about it.
  private var centre = 0.0
  private var halfWidth = Double.infinity
  private var sigma2: (value: Double, derivative: Double) = (0, 1)
  private var kept = 0

  init(
    _ first: FlatFrame, _ second: FlatFrame, region: Region, mask: Image<UInt8>?,
    options: FlatPairOptions
  ) throws(NotMeasurable) {
    let frame = Region(columns: 0..<first.image.width, rows: 0..<first.image.height)
    guard first.image.width == second.image.width, first.image.height == second.image.height,
      mask.map({ $0.width == first.image.width && $0.height == first.image.height }) ?? true
    else { throw NotMeasurable("frames of different size") }
    let edge = max(0, options.edge)
    let inner = Region(
      columns: Self.inset(region.columns.clamped(to: frame.columns), edge),
      rows: Self.inset(region.rows.clamped(to: frame.rows), edge))
    let range = min(max(options.range, 0), 16)
    guard inner.columns.count > range, inner.rows.count > range,
      region.columns.clamped(to: frame.columns) == region.columns,
      region.rows.clamped(to: frame.rows) == region.rows
    else { throw NotMeasurable("the region is smaller than the range of lags") }
    self.first = FlatFrame(first.image, rowOffsets: Self.inner(first, region, inner))
    self.second = FlatFrame(second.image, rowOffsets: Self.inner(second, region, inner))
    self.region = inner
    self.options = options
    field = DifferenceField(width: inner.columns.count, height: inner.rows.count, range: range)
    let limits = (
      try FrameLimits(first.image, inner, options), try FrameLimits(second.image, inner, options)
    )
    try exclude(mask, limits.0, limits.1)
    try takeDifference()
    try clip()
  }

  private static func inset(_ range: Range<Int>, _ edge: Int) -> Range<Int> {
    guard range.count > 2 * edge else { return range.lowerBound..<range.lowerBound }
    return range.lowerBound + edge..<range.upperBound - edge
  }

  private static func inner(_ frame: FlatFrame, _ region: Region, _ inner: Region) -> [Float] {
    guard frame.rowOffsets.count > 1 else { return frame.rowOffsets }
    return inner.rows.map { frame.offset(ofRow: $0 - region.rows.lowerBound) }
  }

  private func pointers(_ row: Int) -> (UnsafePointer<UInt16>, UnsafePointer<UInt16>)? {
    guard let a = first.image.pixels.baseAddress, let b = second.image.pixels.baseAddress else {
      return nil
    }
    let at = (region.rows.lowerBound + row) * first.image.width + region.columns.lowerBound
    return (UnsafePointer(a + at), UnsafePointer(b + at))
  }

  // MARK: - What is left out, and the first means

  private mutating func exclude(
    _ mask: Image<UInt8>?, _ limitsA: FrameLimits, _ limitsB: FrameLimits
  ) throws(NotMeasurable) {
    var saturated = 0
    var number = 0
    var sums = (0.0, 0.0)
    var ranges = (ValueRange(), ValueRange())
    let highest = options.invalid.contains(.max) ? UInt16.max : 0
    for y in 0..<field.height {
      guard let (a, b) = pointers(y) else { continue }
      let hidden = mask?.row(region.rows.lowerBound + y)
      var rowSums = (0, 0)
      var count = 0
      field.withRow(y) { _, marks in
        for x in 0..<field.width {
          let (u, v) = (a[x], b[x])
          if highest != 0, u == highest || v == highest { saturated &+= 1 }
          var out = u < limitsA.lowest || u > limitsA.highest
          out = out || v < limitsB.lowest || v > limitsB.highest
          if let hidden { out = out || hidden[region.columns.lowerBound + x] != 0 }
          marks[x] = out ? 1 : 0
          if !out {
            rowSums.0 &+= Int(u)
            rowSums.1 &+= Int(v)
            ranges.0.add(u)
            ranges.1.add(v)
            count &+= 1
          }
        }
      }
      number += count
      sums.0 += Double(rowSums.0) - Double(first.offset(ofRow: y)) * Double(count)
      sums.1 += Double(rowSums.1) - Double(second.offset(ofRow: y)) * Double(count)
    }
    withExtendedLifetime((first.image, second.image, mask)) {}
    self.saturated = saturated
    guard number >= max(options.leastPixels, 2) else {
      throw NotMeasurable(
        saturated > number
          ? "saturated: \(saturated) of \(field.width * field.height) pixels"
          : number == 0
            ? "no valid pixels: masked, lost or saturated" : "only \(number) valid pixels")
    }
    for value in [ranges.0.only, ranges.1.only].compactMap(\.self) {
      throw NotMeasurable("the amplifier is dead: all its pixels read \(value)")
    }
    let (mean1, mean2) = (sums.0 / Double(number), sums.1 / Double(number))
    let mean = (mean1 + mean2) / 2
    guard mean1 > 0, mean2 > 0, mean.isFinite else {
      throw NotMeasurable("no signal above the offset")
    }
    scale = (Float(mean2 / mean), Float(mean1 / mean))
  }

  // MARK: - The difference

  private func takeDifference() throws(NotMeasurable) {
    for y in 0..<field.height {
      guard let (a, b) = pointers(y) else { continue }
      let (offsetA, offsetB) = (first.offset(ofRow: y), second.offset(ofRow: y))
      let (scaleA, scaleB) = scale
      field.withRow(y) { values, marks in
        for x in 0..<field.width {
          let d = scaleA * (Float(a[x]) - offsetA) - scaleB * (Float(b[x]) - offsetB)
          values[x] = marks[x] == 0 ? d : 0
        }
      }
    }
    withExtendedLifetime((first.image, second.image)) {}
  }

  /// Clips the difference at `options.clip` true sigmas: limits from a sample, then from all pixels within them, then
  /// final. Each pass starts from all pixels.
  private mutating func clip() throws(NotMeasurable) {
    let (middle, width) = try sampledCore()
    centre = middle
    guard options.clip.isFinite else {
      try measureCore()
      return settle()
    }
    let clip = max(options.clip, 2)
    halfWidth = clip * width
    for _ in 0..<3 {
      try measureCore()
      halfWidth = clip * sigma2.value.squareRoot()
    }
    try measureCore()
    settle()
  }

  /// Median and robust sigma of every k-th pixel.
  private func sampledCore() throws(NotMeasurable) -> (Double, Double) {
    let step = max(1, field.width * field.height / 65536)
    var sample: [Float] = []
    var skip = 0
    for y in 0..<field.height {
      field.withRow(y) { values, marks in
        var x = skip
        while x < field.width {
          if marks[x] == 0 { sample.append(values[x]) }
          x += step
        }
        skip = x - field.width
      }
    }
    guard sample.count > 4 else { throw NotMeasurable("only \(sample.count) valid pixels") }
    let count = sample.count
    let values = orderStatistics([count / 4, count / 2, count * 3 / 4], of: &sample)
    let middle = Double(values[1])
    let quartiles = Double(values[2] - values[0])
    // The distance of the quartiles of a normal distribution is 1.349 sigma.
    let width = quartiles * 0.741301109252802
    guard width > 0, width.isFinite else { throw NotMeasurable("two equal flats") }
    return (middle, width)
  }

  /// Mean and corrected variance of the pixels within the limits.
  private mutating func measureCore() throws(NotMeasurable) {
    let (low, high) = (Float(centre - halfWidth), Float(centre + halfWidth))
    let about = Float(centre)
    var n = 0
    var sum = 0.0
    var squares = 0.0
    for y in 0..<field.height {
      field.withRow(y) { values, marks in
        var count = 0
        var rowSum: Float = 0
        var rowSquares: Float = 0
        for x in 0..<field.width where marks[x] == 0 {
          let d = values[x]
          if d >= low, d <= high {
            let e = d - about
            count &+= 1
            rowSum += e
            rowSquares += e * e
          }
        }
        n += count
        sum += Double(rowSum)
        squares += Double(rowSquares)
      }
    }
    guard n >= max(options.leastPixels, 2) else { throw NotMeasurable("only \(n) valid pixels") }
    let mean = sum / Double(n)
    let variance = squares / Double(n) - mean * mean
    sigma2 = try TruncatedNormal.variance(clipped: variance, halfWidth: halfWidth)
    // The limits are symmetric about the last centre, so that the mean is drawn back; one sigma of the mean is
    // next to nothing, and the next pass starts from the new centre.
    centre += mean
    kept = n
  }

  /// Marks what lies beyond the limits, and takes the centre off the rest.
  private func settle() {
    let (low, high) = (Float(centre - halfWidth), Float(centre + halfWidth))
    let about = Float(centre)
    for y in 0..<field.height {
      field.withRow(y) { values, marks in
        for x in 0..<field.width {
          let d = values[x]
          let out = marks[x] != 0 || d < low || d > high
          marks[x] = out ? 1 : 0
          values[x] = out ? 0 : d - about
        }
      }
    }
  }

  // MARK: - Results

  func result(tiles: [Region]) throws(NotMeasurable) -> FlatPair {
    let range = min(max(options.range, 0), 16)
    let sums = FlatSums(field, first, second, region)
    let lags = LagProducts(field, range: range)
    guard sums.count >= max(options.leastPixels, 2) else {
      throw NotMeasurable("only \(sums.count) valid pixels")
    }
    let variance = try TruncatedNormal.variance(
      clipped: sums.squares / sums.n - (sums.sum / sums.n) * (sums.sum / sums.n),
      halfWidth: halfWidth)
    let correction = ClippingCorrection(variance: variance, halfWidth: halfWidth)
    let mean = (sums.first + sums.second) / (2 * sums.n)
    guard mean > 0 else { throw NotMeasurable("no signal above the offset") }
    let halfVariance = Estimate(
      value: variance.value / 2, uncertainty: correction.varianceError(pairs: sums.n) / 2,
      count: sums.count)
    return FlatPair(
      mean: Estimate(
        value: mean, uncertainty: (variance.value / (4 * sums.n)).squareRoot(), count: sums.count),
      means: [sums.first / sums.n, sums.second / sums.n], variance: halfVariance,
      covariances: try Self.matrix(lags, correction), rowMeanVariance: try sums.rowMeanVariance(),
      ratio: ratio(sums, correction, noise: halfVariance.value), kept: sums.count,
      rejected: field.width * field.height - sums.count, saturated: saturated,
      tiles: tiles.map { tile($0, correction) }, binned: binned(sums, correction))
  }

  /// Variances of blocks, of which pixels are left out only as whole blocks.
  private func binned(_ sums: FlatSums, _ correction: ClippingCorrection) -> [BinnedVariance] {
    let pixels = sums.squares / sums.n - (sums.sum / sums.n) * (sums.sum / sums.n)
    let moments = field.blockMoments(sides: options.binnings)
    return options.binnings.compactMap { side in
      guard let blocks = moments[side], blocks.count >= 10 else { return nil }
      let n = Double(blocks.count)
      let clipped =
        (blocks.squares - blocks.sum * blocks.sum / n) / (n - 1) / Double(side * side)
      let value = correction.binned(clipped, pixels: pixels) / 2
      guard value > 0 else { return nil }
      return BinnedVariance(
        side: side,
        variance: Estimate(
          value: value, uncertainty: value * (2 / (n - 1)).squareRoot(), count: blocks.count))
    }
  }

  private static func matrix(
    _ lags: LagProducts, _ correction: ClippingCorrection
  ) throws(NotMeasurable) -> CovarianceMatrix {
    var values: [Double] = []
    var errors: [Double] = []
    var pairs: [Int] = []
    for i in 0...lags.range {
      for j in 0...lags.range {
        guard let ahead = lags.covariance(i, j), let behind = lags.covariance(i == 0 ? 0 : -i, j)
        else { throw NotMeasurable("no pairs of pixels at lag \(i), \(j)") }
        let both = i > 0 && j > 0
        let clipped = both ? (ahead.value + behind.value) / 2 : ahead.value
        let number = both ? ahead.pairs + behind.pairs : ahead.pairs
        guard
          let covariance = i == 0 && j == 0
            ? correction.variance(clipped, pairs: number)
            : correction.covariance(clipped, pairs: number)
        else { throw NotMeasurable("the pixels are too strongly correlated") }
        values.append(covariance.value / 2)
        errors.append(covariance.error / 2)
        pairs.append(Int(number))
      }
    }
    return CovarianceMatrix(
      range: lags.range, values: values, uncertainties: errors, pairs: pairs)
  }

  /// The mean ratio for the gain of one pair; the quotient of a square, it is corrected as the variance is.
  private func ratio(
    _ sums: FlatSums, _ correction: ClippingCorrection, noise: Double
  ) -> Estimate? {
    let mean = (sums.first + sums.second) / (2 * sums.n)
    guard mean > 10 * noise.squareRoot() else { return nil }
    let value = sums.ratio / sums.n * correction.varianceFactor
    return Estimate(
      value: value,
      uncertainty: value * correction.varianceError(pairs: sums.n) / correction.variance,
      count: sums.count)
  }

  private func tile(_ part: Region, _ correction: ClippingCorrection) -> FlatTile {
    let sums = FlatSums(field, first, second, region, tile: part)
    guard sums.count > 1 else {
      return FlatTile(mean: .nan, variance: .nan, count: sums.count, covariances: nil)
    }
    let mean = sums.sum / sums.n
    let clipped = (sums.squares - sums.sum * mean) / (sums.n - 1)
    let variance = try? TruncatedNormal.variance(clipped: clipped, halfWidth: halfWidth)
    return FlatTile(
      mean: (sums.first + sums.second) / (2 * sums.n), variance: (variance?.value ?? .nan) / 2,
      count: sums.count, covariances: covariances(of: part, correction))
  }

  /// The covariances of pairs of pixels that both lie within a tile.
  private func covariances(
    of part: Region, _ correction: ClippingCorrection
  ) -> CovarianceMatrix? {
    let range = min(options.tileRange, 16)
    let columns = part.columns.clamped(to: region.columns)
    let rows = part.rows.clamped(to: region.rows)
    guard range > 0, columns.count > 2 * range, rows.count > 2 * range else { return nil }
    let small = DifferenceField(width: columns.count, height: rows.count, range: range)
    let first = columns.lowerBound - region.columns.lowerBound
    for y in 0..<small.height {
      _ = field.withRow(rows.lowerBound - region.rows.lowerBound + y) { values, marks in
        small.withRow(y) { own, ownMarks in
          for x in 0..<small.width {
            (own[x], ownMarks[x]) = (values[first + x], marks[first + x])
          }
        }
      }
    }
    return try? Self.matrix(LagProducts(small, range: range), correction)
  }
}

/// The least and the greatest of raw values.
struct ValueRange: Sendable {
  private var least = UInt16.max
  private var greatest = UInt16.min

  mutating func add(_ value: UInt16) {
    least = min(least, value)
    greatest = max(greatest, value)
  }

  /// The value that all have; nil where they differ, or where there is none.
  var only: UInt16? { least == greatest ? least : nil }
}
