import Analysis
import Detector

/// The stack of one detector's bias frames, and what is measured of it.
struct MasterFrame: Sendable {
  /// Bits of the mask; zero is good.
  enum MaskBit {
    /// No frame has a valid value.
    static let empty: UInt8 = 1
    /// The value departs from its surroundings by more than ten widths of the pixels' scatter.
    static let outlier: UInt8 = 2
  }

  /// The offset of each amplifier's rows in one frame [adu].
  struct FrameOffsets: Sendable {
    /// By amplifier, in the camera's order: one value for all rows, or one for each canonical row.
    var levels: [[Float]]

    func value(amplifier: Int, canonicalRow: Int) -> Float {
      let level = levels[amplifier]
      return level.count == 1 ? level[0] : level[min(canonicalRow, level.count - 1)]
    }
  }

  /// The numbers of one amplifier.
  struct AmplifierNumbers: Sendable {
    var amplifier: String
    /// Scatter of the median about the large-scale structure [adu].
    var scatter: Result<Estimate, NotMeasurable>
    /// Fixed pattern from pixel to pixel [adu].
    var pattern: Result<Estimate, NotMeasurable>
    /// Number of pixels with a bit in the mask, in the image area.
    var masked: Int
    /// Mean of each canonical column of the stack, over the image rows [adu].
    var columnProfile: [Double?]
    /// Mean of each canonical row of the stack, over the image columns [adu].
    var rowProfile: [Double?]
    /// Scatter of each canonical row of the stack, over the image columns [adu].
    var rowScatter: [Double?]
  }

  /// The median of the offset-subtracted frames [adu].
  let stack: Image<Float>
  /// The scatter of a single frame, n - 1 [adu].
  let scatter: Image<Float>
  /// Bits of `MaskBit`.
  let mask: Image<UInt8>
  let amplifiers: [AmplifierNumbers]

  /// Rows read from every file at once: fewer of many files, so that a band's memory stays the same.
  private static func bandRows(frames: Int) -> Int { max(8, min(64, 640 / max(1, frames))) }

  /// Stacks the frames of one detector.
  ///
  /// - Parameters:
  ///   - readers: one for each frame, all of the camera's size.
  ///   - offsets: for each frame.
  ///   - models: the mean large-scale structure of each amplifier; nil where none was fitted.
  ///   - temporal: the noise of one frame, from differences, for each amplifier.
  init(
    readers: [FrameSource], offsets: [FrameOffsets], models: [LargeScaleModel?],
    temporal: [Result<Estimate, NotMeasurable>], camera: Camera, window: Range<Int>,
    check: () throws -> Void
  ) throws {
    let width = camera.width
    let height = camera.height
    stack = Image(width: width, height: height, filledWith: .nan)
    scatter = Image(width: width, height: height, filledWith: .nan)
    mask = Image(width: width, height: height, filledWith: 0)
    var means = [StackPattern](repeating: StackPattern(), count: camera.amplifiers.count)
    var medians = means
    let engine = MedianStack(frames: readers.count, invalid: camera.invalidValues)
    let bandRows = Self.bandRows(frames: readers.count)
    let buffer = Image<UInt16>(width: width * bandRows, height: max(1, readers.count))

    var former: MedianStack.Band?
    for rows in Self.bands(camera, of: bandRows) {
      try check()
      let present = camera.amplifiers.indices.filter {
        let a = camera.amplifiers[$0]
        return rows.lowerBound >= a.y0 && rows.upperBound <= a.y0 + a.height
      }
      var raw: [UnsafeBufferPointer<UInt16>] = []
      for (index, reader) in readers.enumerated() {
        let part = UnsafeMutableBufferPointer(
          rebasing: buffer.row(index)[0..<rows.count * width])
        try reader.readRows(rows, into: part)
        raw.append(UnsafeBufferPointer(part))
      }
      let band = engine.band(
        raw: raw, width: width, height: rows.count,
        spans: present.map {
          camera.amplifiers[$0].x0..<camera.amplifiers[$0].x0 + camera.amplifiers[$0].width
        }, reusing: former
      ) { frame, row, span in
        let index = present[span]
        let a = camera.amplifiers[index]
        return offsets[frame].value(
          amplifier: index, canonicalRow: a.flippedRow(rows.lowerBound + row - a.y0))
      }
      former = band
      copy(band.median, to: stack, at: rows)
      copy(band.scatter, to: scatter, at: rows)
      for index in present {
        guard let model = models[index] else { continue }
        let amplifier = camera.amplifiers[index]
        means[index].add(
          band.mean, firstRow: rows.lowerBound, amplifier: amplifier, model: model)
        medians[index].add(
          band.median, firstRow: rows.lowerBound, amplifier: amplifier, model: model)
      }
    }
    // `raw` pointed into the buffer without keeping it alive.
    withExtendedLifetime(buffer) {}
    let stack = stack
    let mask = mask
    amplifiers = camera.amplifiers.enumerated().map { index, amplifier in
      let width = Result { () throws(NotMeasurable) in try medians[index].scatter() }
      Self.fillMask(
        mask, from: stack, amplifier: amplifier, model: models[index],
        width: (try? width.get())?.value)
      return Self.measure(
        stack, mask, amplifier: amplifier, camera: camera, window: window, scatter: width,
        pattern: Result { () throws(NotMeasurable) in
          guard models[index] != nil else { throw NotMeasurable("no large-scale structure fitted") }
          return try means[index].fixedPattern(
            temporal: try temporal[index].get(), frames: readers.count)
        })
    }
  }

  /// Bands of rows that no amplifier's border cuts.
  private static func bands(_ camera: Camera, of bandRows: Int) -> [Range<Int>] {
    let borders = Set(camera.amplifiers.flatMap { [$0.y0, $0.y0 + $0.height] }).sorted()
    return zip(borders, borders.dropFirst()).flatMap { low, high in
      stride(from: low, to: high, by: bandRows).map { $0..<min($0 + bandRows, high) }
    }
  }

  private static func fillMask(
    _ mask: Image<UInt8>, from stack: Image<Float>, amplifier: Amplifier, model: LargeScaleModel?,
    width: Double?
  ) {
    let all = amplifier.frameRegion(
      of: Region(columns: 0..<amplifier.width, rows: 0..<amplifier.height))
    for y in all.rows {
      let values = stack.row(y)
      let bits = mask.row(y)
      for x in all.columns where values[x].isNaN { bits[x] |= MaskBit.empty }
    }
    guard let model, let width else { return }
    let limit = Float(10 * width)
    let surface = ModelRows(model, amplifier: amplifier)
    let area = amplifier.frameRegion(of: model.region)
    for y in area.rows {
      let values = stack.row(y)
      let bits = mask.row(y)
      let line = surface.row(canonical: amplifier.flippedRow(y - amplifier.y0))
      for (offset, x) in area.columns.enumerated() where abs(values[x] - line[offset]) > limit {
        bits[x] |= MaskBit.outlier
      }
    }
  }

  private static func measure(
    _ stack: Image<Float>, _ mask: Image<UInt8>, amplifier: Amplifier, camera: Camera,
    window: Range<Int>, scatter: Result<Estimate, NotMeasurable>,
    pattern: Result<Estimate, NotMeasurable>
  ) -> AmplifierNumbers {
    let image =
      camera.region(.image, rows: window) ?? Region(columns: 0..<0, rows: 0..<0)
    let area = amplifier.frameRegion(of: image)
    var masked = 0
    for y in area.rows {
      let bits = mask.row(y)
      for x in area.columns where bits[x] != 0 { masked += 1 }
    }
    var columns = [(sum: Double, count: Int)](repeating: (0, 0), count: amplifier.width)
    var rowMeans = [Double?](repeating: nil, count: amplifier.height)
    var rowScatters = rowMeans
    for y in 0..<amplifier.height {
      let values = stack.row(y + amplifier.y0)
      let bits = mask.row(y + amplifier.y0)
      let canonical = amplifier.flippedRow(y)
      let inImage = image.rows.contains(canonical)
      var sum = 0.0
      var squares = 0.0
      var count = 0
      for x in 0..<amplifier.width where bits[x + amplifier.x0] == 0 {
        let value = Double(values[x + amplifier.x0])
        if inImage {
          columns[x].sum += value
          columns[x].count += 1
        }
        if area.columns.contains(x + amplifier.x0) {
          sum += value
          squares += value * value
          count += 1
        }
      }
      guard count > 0 else { continue }
      let mean = sum / Double(count)
      rowMeans[canonical] = mean
      if count > 1 {
        rowScatters[canonical] =
          max(0, (squares - Double(count) * mean * mean) / Double(count - 1)).squareRoot()
      }
    }
    let profile = columns.map { $0.count > 0 ? $0.sum / Double($0.count) : nil }
    return AmplifierNumbers(
      amplifier: amplifier.name, scatter: scatter, pattern: pattern, masked: masked,
      columnProfile: amplifier.flipX ? profile.reversed() : profile, rowProfile: rowMeans,
      rowScatter: rowScatters)
  }
}

/// Copies a band into its rows of a whole frame.
private func copy(_ band: Image<Float>, to whole: Image<Float>, at rows: Range<Int>) {
  guard let source = band.pixels.baseAddress, let target = whole.pixels.baseAddress,
    band.width == whole.width, rows.upperBound <= whole.height, band.height == rows.count
  else { return }
  (target + rows.lowerBound * whole.width).update(from: source, count: band.pixels.count)
}
