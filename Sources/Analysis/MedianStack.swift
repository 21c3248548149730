public import Detector

/// The stack of the frames of one detector, made band of rows by band of rows so that memory does not
/// grow with the number of frames.
public struct MedianStack: Sendable {
  /// What a band of rows gives.
  public struct Band: Sendable {
    /// Median of the offset-subtracted pixels [adu]; NaN where no frame has a valid pixel.
    public let median: Image<Float>
    /// Mean of the same pixels [adu]; NaN where no frame has a valid pixel.
    public let mean: Image<Float>
    /// Scatter of a single frame, standard deviation with n - 1 [adu]; NaN below two valid pixels.
    public let scatter: Image<Float>
    /// Number of valid pixels where it is less than the number of frames: (index, number).
    public let incomplete: [(index: Int, valid: Int)]
  }

  /// The number of frames.
  public let frames: Int
  /// Columns that are worked on at a time, a multiple of 16.
  private static let block = 256

  private let measuresScatter: Bool
  private let network: MedianNetwork
  private let lowest: UInt16
  private let highest: UInt16

  /// A stack of `frames` frames.
  ///
  /// - Parameters:
  ///   - invalid: raw values that mark pixels without information (lost, saturated); a pixel so marked in
  ///     some frames is stacked from the others.
  ///   - measuresScatter: whether mean and scatter are wanted beside the median; without, their images
  ///     are empty, and single pixels that are stacked from fewer frames get a median only.
  public init(frames: Int, invalid: [UInt16], measuresScatter: Bool = true) {
    self.frames = frames
    self.measuresScatter = measuresScatter
    network = MedianNetwork(count: frames)
    lowest = invalid.contains(0) ? 1 : 0
    highest = invalid.contains(.max) ? .max - 1 : .max
  }

  /// Stacks one band.
  ///
  /// - Parameters:
  ///   - raw: for each frame, the band's rows, `width * height` raw values.
  ///   - width, height: of the band.
  ///   - offset: the value to subtract at (frame, row of the band) for the columns of each span.
  ///   - spans: the columns of each amplifier in the band's rows, covering 0..<width.
  ///   - former: a band that is no longer needed, whose memory is used again where its size fits: touching
  ///     fresh memory costs as much as the work on it.
  public func band(
    raw: [UnsafeBufferPointer<UInt16>], width: Int, height: Int, spans: [Range<Int>],
    reusing former: Band? = nil,
    offset: (_ frame: Int, _ row: Int, _ span: Int) -> Float
  ) -> Band {
    let stride = (width + 15) / 16 * 16
    func image(_ former: Image<Float>?, isWanted: Bool = true) -> Image<Float> {
      let rows = isWanted ? height : 0
      if let former, former.width == width, former.height == rows { return former }
      return Image<Float>(width: width, height: rows)
    }
    let median = image(former?.median)
    let mean = image(former?.mean, isWanted: measuresScatter)
    let scatter = image(former?.scatter, isWanted: measuresScatter)
    let work = Image<Float>(width: stride, height: max(1, frames), filledWith: 0)
    var incomplete: [(index: Int, valid: Int)] = []
    guard raw.count == frames, raw.allSatisfy({ $0.count >= width * height }),
      let values = work.pixels.baseAddress, let medians = median.pixels.baseAddress,
      let scatters = scatter.pixels.baseAddress, let means = mean.pixels.baseAddress
    else {
      mean.pixels.initialize(repeating: .nan)
      median.pixels.initialize(repeating: .nan)
      scatter.pixels.initialize(repeating: .nan)
      return Band(median: median, mean: mean, scatter: scatter, incomplete: [])
    }
    for y in 0..<height {
      let start = y * width
      var hasInvalid = false
      for frame in 0..<frames {
        guard let source = raw[frame].baseAddress else { continue }
        hasInvalid = StackKernels.holdsInvalid(source + start, width, lowest, highest) || hasInvalid
        for (index, span) in spans.enumerated() {
          StackKernels.subtract(
            offset(frame, y, index), from: source + start + span.lowerBound, span.count,
            into: values + frame * stride + span.lowerBound)
        }
      }
      // Blocks of columns stay in the first-level cache through all steps.
      var x = 0
      while x < width {
        let count = min(Self.block, width - x)
        if measuresScatter {
          StackKernels.moments(
            values + x, stride: stride, frames: frames, count, mean: means + start + x,
            scatter: scatters + start + x)
        }
        network.medians(values + x, stride: stride, width: count, into: medians + start + x)
        x += Self.block
      }
      let out = scatters + start
      if hasInvalid {
        for (index, span) in spans.enumerated() {
          for x in span {
            if let valid = restack(
              raw, place: y * width + x, level: { offset($0, y, index) },
              median: medians + y * width + x,
              mean: measuresScatter ? means + y * width + x : nil,
              scatter: measuresScatter ? out + x : nil)
            {
              incomplete.append((y * width + x, valid))
            }
          }
        }
      }
    }
    // The loops above went through pointers, which do not keep their images alive.
    withExtendedLifetime((work, median, mean, scatter)) {}
    return Band(median: median, mean: mean, scatter: scatter, incomplete: incomplete)
  }

  /// Stacks one pixel from its valid frames only.
  ///
  /// - Returns: the number of valid frames; nil where all are, and nothing was changed.
  private func restack(
    _ raw: [UnsafeBufferPointer<UInt16>], place: Int, level: (Int) -> Float,
    median: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>?,
    scatter: UnsafeMutablePointer<Float>?
  ) -> Int? {
    var valid: [Float] = []
    for frame in 0..<frames {
      let value = raw[frame][place]
      if value >= lowest, value <= highest { valid.append(Float(value) - level(frame)) }
    }
    guard valid.count < frames else { return nil }
    valid.sort()
    guard !valid.isEmpty else {
      median.pointee = .nan
      mean?.pointee = .nan
      scatter?.pointee = .nan
      return 0
    }
    median.pointee = 0.5 * (valid[(valid.count - 1) / 2] + valid[valid.count / 2])
    let average = valid.reduce(0, +) / Float(valid.count)
    mean?.pointee = average
    if valid.count > 1 {
      let squares = valid.reduce(0) { $0 + ($1 - average) * ($1 - average) }
      scatter?.pointee = (squares / Float(valid.count - 1)).squareRoot()
    } else {
      scatter?.pointee = .nan
    }
    return valid.count
  }

  /// The variance of the median of n normal values, in units of the variance of one: exact to four
  /// digits up to n = 10 (Teichroew 1956, Ann. Math. Stat. 27, 410), then
  /// pi / (2 n + pi - 2) for odd n (Kendall and Stuart 1977, section 14.6), less 1 / n^2 for even n.
  public static func varianceFactor(count n: Int) -> Double {
    let exact = [1, 1, 0.5, 0.44867, 0.29815, 0.28683, 0.21474, 0.21045, 0.16825, 0.16610, 0.13838]
    if exact.indices.contains(n) { return exact[n] }
    let x = Double(n)
    let odd = Double.pi / (2 * x + Double.pi - 2)
    return n.isMultiple(of: 2) ? odd - 1 / (x * x) : odd
  }
}
