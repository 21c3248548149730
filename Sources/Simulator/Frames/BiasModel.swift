public import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// Bias frames: levels, gradients, transients, fixed pattern and noise of the read-out chain.
///
/// A pixel is `offset + drift + column term + row term + common row noise + fixed pattern + read noise`,
/// rounded to the nearest whole ADU and limited to 0 ... 65535.
public struct BiasModel: FrameModel {
  /// The camera.
  public let camera: Camera
  /// What is true of the detector.
  public let truth: DetectorTruth

  private let commonMode: RandomStream
  private let chains: [Chain]

  /// One amplifier with all that is the same for its frames.
  private struct Chain: Sendable {
    let amplifier: Amplifier
    let truth: AmplifierTruth
    let image: Range<Int>
    let parallelRows: Range<Int>
    let columnTerms: [Float]
    let hotPixels: [Int: [AmplifierTruth.HotPixel]]
    let noise: RandomStream
    let pattern: RandomStream
  }

  /// A model of one detector's bias frames.
  ///
  /// - Parameters:
  ///   - seed, block, detector: what all random numbers derive from.
  public init(
    camera: Camera, truth: DetectorTruth, seed: UInt64, block: String, detector: String
  ) {
    self.camera = camera
    self.truth = truth
    commonMode = RandomStream(seed: seed, "common-mode", block, detector)
    chains = camera.amplifiers.map { amplifier in
      let mine = truth.amplifiers[amplifier.name] ?? AmplifierTruth()
      return Chain(
        amplifier: amplifier, truth: mine, image: camera.regions[.image]?.columns ?? 0..<0,
        parallelRows: camera.regions[.parallelOverscan]?.rows ?? 0..<0,
        columnTerms: Self.columnTerms(of: mine, amplifier: amplifier, camera: camera),
        hotPixels: Dictionary(grouping: mine.hotPixels, by: \.row),
        noise: RandomStream(seed: seed, "noise", block, detector, amplifier.name),
        pattern: RandomStream(seed: seed, "pattern", block, detector, amplifier.name))
    }
  }

  public func render(_ exposure: FrameExposure, rows: Range<Int>, into image: Image<UInt16>) {
    precondition(image.width == camera.width && image.height == camera.height)
    let height = camera.amplifiers.map(\.height).max() ?? 0
    if chains.reduce(0, { $0 + $1.amplifier.width * $1.amplifier.height }) < image.pixels.count
      || rows.lowerBound > 0 || rows.upperBound < height
    {
      image.pixels.update(repeating: 0)
    }
    let common = commonNoise(obsid: exposure.obsid)
    for index in chains.indices {
      let amplifier = chains[index].amplifier
      withUnsafeTemporaryAllocation(of: Float.self, capacity: amplifier.width * 2) { scratch in
        for y in rows.clamped(to: 0..<amplifier.height) {
          renderRow(
            y, ofChain: index, exposure: exposure, common: common[y], signal: nil, into: image,
            scratch: scratch)
        }
      }
    }
  }

  // MARK: - One row

  /// The noise that all amplifiers share, one value a row.
  func commonNoise(obsid: Int) -> [Float] {
    let height = camera.amplifiers.map(\.height).max() ?? 0
    let number = UInt32(truncatingIfNeeded: obsid)
    return (0..<UInt32(height)).map {
      Float(truth.commonModeRowNoise * commonMode.normal($0, number))
    }
  }

  /// Reads one row of one amplifier.
  ///
  /// - Parameters:
  ///   - y: canonical; within the amplifier.
  ///   - signal: what the row holds above the bias level, ADU, all columns; nil for nothing.
  ///   - scratch: of twice the amplifier's width.
  func renderRow(
    _ y: Int, ofChain index: Int, exposure: FrameExposure, common: Float,
    signal: UnsafePointer<Float>?, into image: Image<UInt16>,
    scratch: UnsafeMutableBufferPointer<Float>
  ) {
    let chain = chains[index]
    let amplifier = chain.amplifier
    let truth = chain.truth
    let width = amplifier.width
    let table = NormalTable.shared
    let readNoise = Float(truth.readNoise)
    let patternNoise = Float(truth.fixedPattern)
    let pattern = chain.image.clamped(to: 0..<width)
    let noise = UnsafeMutableBufferPointer(rebasing: scratch[..<width])
    let fixed = UnsafeMutableBufferPointer(rebasing: scratch[width..<width + pattern.count])
    let row = UInt32(truncatingIfNeeded: y)
    let middle = Double(amplifier.height - 1) / 2
    chain.noise.fillNormal(
      noise, row, UInt32(truncatingIfNeeded: exposure.obsid), table: table)
    let level = Float(exposure.levels[amplifier.name] ?? 0)
    var rowTerm = level + common + Float(truth.gradientPerRow * (Double(y) - middle))
    if chain.parallelRows.contains(y) { rowTerm += Float(truth.parallelOverscanStep) }
    chain.columnTerms.withUnsafeBufferPointer { terms in
      for x in 0..<width { noise[x] = terms[x] + rowTerm + readNoise * noise[x] }
    }
    if patternNoise > 0 {
      chain.pattern.fillNormal(fixed, row, 0, table: table)
      for x in 0..<pattern.count { noise[pattern.lowerBound &+ x] += patternNoise * fixed[x] }
    }
    for hot in chain.hotPixels[y] ?? [] where noise.indices.contains(hot.column) {
      noise[hot.column] += Float(hot.excess)
    }
    if let signal {
      for x in 0..<width { noise[x] += signal[x] }
    }
    let stored = image.row(amplifier.y0 + amplifier.flippedRow(y))
    let target = UnsafeMutableBufferPointer(
      rebasing: stored[amplifier.x0..<amplifier.x0 + width])
    Self.digitise(noise, into: target, reversed: amplifier.flipX)
  }

  @inline(__always)
  private static func digitise(
    _ row: UnsafeMutableBufferPointer<Float>, into target: UnsafeMutableBufferPointer<UInt16>,
    reversed: Bool
  ) {
    let last = row.count &- 1
    guard last >= 0, let source = row.baseAddress, let result = target.baseAddress else { return }
    // `max` first: whatever is not above zero, NaN included, becomes zero and can be converted.
    if reversed {
      for x in 0...last {
        let value = source[last &- x] + 0.5
        let limited = value > 0 ? (value < 65535 ? value : 65535) : 0
        result[x] = UInt16(limited)
      }
    } else {
      for x in 0...last {
        let value = source[x] + 0.5
        let limited = value > 0 ? (value < 65535 ? value : 65535) : 0
        result[x] = UInt16(limited)
      }
    }
  }

  /// What each column adds: offset, gradient, transient and the over-scan's step.
  private static func columnTerms(
    of truth: AmplifierTruth, amplifier: Amplifier, camera: Camera
  ) -> [Float] {
    let first = camera.regions[.image]?.columns.lowerBound ?? 0
    let overscan = camera.regions[.overscan]?.columns ?? 0..<0
    return (0..<amplifier.width).map { x in
      var term = truth.offset + truth.gradientPerColumn * Double(max(0, x - first))
      if truth.settlingAmplitude != 0 {
        term += truth.settlingAmplitude * exp(-Double(x) / max(truth.settlingColumns, 1e-3))
      }
      if overscan.contains(x) { term += truth.overscanStep }
      return Float(term)
    }
  }
}
