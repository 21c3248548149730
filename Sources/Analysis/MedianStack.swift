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
  private let network: MedianNetwork
  private let lowest: UInt16
  private let highest: UInt16

  /// A stack of `frames` frames.
  ///
  /// - Parameter invalid: raw values that mark pixels without information (lost, saturated); a pixel
  ///   so marked in some frames is stacked from the others.
  public init(frames: Int, invalid: [UInt16]) {
    self.frames = frames
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
  public func band(
    raw: [UnsafeBufferPointer<UInt16>], width: Int, height: Int, spans: [Range<Int>],
    offset: (_ frame: Int, _ row: Int, _ span: Int) -> Float
  ) -> Band {
    let stride = (width + 15) / 16 * 16
    let median = Image<Float>(width: width, height: height)
    let mean = Image<Float>(width: width, height: height)
    let scatter = Image<Float>(width: width, height: height)
    let work = Image<Float>(width: stride, height: max(1, frames), filledWith: 0)
    let sums = Image<Float>(width: stride, height: 2, filledWith: 0)
    var incomplete: [(index: Int, valid: Int)] = []
    guard raw.count == frames, raw.allSatisfy({ $0.count >= width * height }),
      let values = work.pixels.baseAddress, let sum = sums.pixels.baseAddress,
      let medians = median.pixels.baseAddress, let scatters = scatter.pixels.baseAddress,
      let means = mean.pixels.baseAddress
    else {
      mean.pixels.initialize(repeating: .nan)
      median.pixels.initialize(repeating: .nan)
      scatter.pixels.initialize(repeating: .nan)
      return Band(median: median, mean: mean, scatter: scatter, incomplete: [])
    }
    let n = Float(frames)
    for y in 0..<height {
      var anyInvalid: UInt16 = 0
      for frame in 0..<frames {
        guard let source = raw[frame].baseAddress else { continue }
        let row = source + y * width
        let target = values + frame * stride
        for (index, span) in spans.enumerated() {
          let level = offset(frame, y, index)
          for x in span {
            let value = row[x]
            anyInvalid |= value < lowest || value > highest ? 1 : 0
            target[x] = Float(value) - level
          }
        }
      }
      // Two passes: the mean first, so that no digits are lost in the squares.
      let squares = sum + stride
      for x in 0..<width { sum[x] = 0 }
      for frame in 0..<frames {
        let row = values + frame * stride
        for x in 0..<width { sum[x] += row[x] }
      }
      for x in 0..<width {
        sum[x] /= n
        means[y * width + x] = sum[x]
        squares[x] = 0
      }
      for frame in 0..<frames {
        let row = values + frame * stride
        for x in 0..<width {
          let d = row[x] - sum[x]
          squares[x] += d * d
        }
      }
      let out = scatters + y * width
      if frames > 1 {
        for x in 0..<width { out[x] = (squares[x] / (n - 1)).squareRoot() }
      } else {
        for x in 0..<width { out[x] = .nan }
      }
      network.medians(values, stride: stride, width: width, into: medians + y * width)
      if anyInvalid != 0 {
        for (index, span) in spans.enumerated() {
          for x in span {
            if let valid = restack(
              raw, place: y * width + x, level: { offset($0, y, index) },
              median: medians + y * width + x, mean: means + y * width + x, scatter: out + x)
            {
              incomplete.append((y * width + x, valid))
            }
          }
        }
      }
    }
    // The loops above went through pointers, which do not keep their images alive.
    withExtendedLifetime((work, sums, median, mean, scatter)) {}
    return Band(median: median, mean: mean, scatter: scatter, incomplete: incomplete)
  }

  /// Stacks one pixel from its valid frames only.
  ///
  /// - Returns: the number of valid frames; nil where all are, and nothing was changed.
  private func restack(
    _ raw: [UnsafeBufferPointer<UInt16>], place: Int, level: (Int) -> Float,
    median: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>,
    scatter: UnsafeMutablePointer<Float>
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
      mean.pointee = .nan
      scatter.pointee = .nan
      return 0
    }
    median.pointee = 0.5 * (valid[(valid.count - 1) / 2] + valid[valid.count / 2])
    let average = valid.reduce(0, +) / Float(valid.count)
    mean.pointee = average
    if valid.count > 1 {
      let squares = valid.reduce(0) { $0 + ($1 - average) * ($1 - average) }
      scatter.pointee = (squares / Float(valid.count - 1)).squareRoot()
    } else {
      scatter.pointee = .nan
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
