public import Detector

/// Turns pixels into the bytes of an image HDU.
struct ImageEncoder {
  let width: Int
  let height: Int
  let bitpix: Int
  /// BZERO and BSCALE, where they are written.
  let scaling: (zero: Double, step: Double)?
  private let pixels: FITSPixels
  private let file: String
  private let hdu: Int

  /// Prepares to write an image.
  ///
  /// - Throws: `badContent` where the values do not fit the scaling.
  init(_ pixels: FITSPixels, file: String, hdu: Int) throws(FITSError) {
    self.pixels = pixels
    self.file = file
    self.hdu = hdu
    switch pixels {
    case .float32(let image): (width, height, bitpix) = (image.width, image.height, -32)
    case .float64(let image): (width, height, bitpix) = (image.width, image.height, -64)
    case .uint8(let image): (width, height, bitpix) = (image.width, image.height, 8)
    case .uint16(let image): (width, height, bitpix) = (image.width, image.height, 16)
    case .int32(let image): (width, height, bitpix) = (image.width, image.height, 32)
    case .scaledInt16(let image, _): (width, height, bitpix) = (image.width, image.height, 16)
    }
    switch pixels {
    case .uint16: scaling = (32768, 1)
    case .scaledInt16(let image, let step):
      guard step.isFinite, step > 0 else {
        throw FITSError(.badContent, "a scaling step of \(step)", file: file, hdu: hdu)
      }
      let range = ImageRange(image)
      guard !range.hasInfinity, range.maximum - range.minimum <= 65_534 * step else {
        throw FITSError(
          .badContent,
          "the values \(range.minimum)...\(range.maximum) do not fit 16 bits "
            + "in steps of \(step)", file: file, hdu: hdu)
      }
      scaling = (range.middle, step)
    default: scaling = nil
    }
  }

  /// Writes all pixels, in pieces that stay in the second-level cache.
  func write(to sink: DataSink) throws(FITSError) {
    switch pixels {
    case .float32(let image): try write(image, sink, Self.swap32)
    case .float64(let image): try write(image, sink, Self.swap64)
    case .uint8(let image):
      try write(image, sink) { $1.copyMemory(from: $0, byteCount: $2) }
    case .uint16(let image): try write(image, sink, Self.shift16)
    case .int32(let image): try write(image, sink, Self.swap32)
    case .scaledInt16(let image, _): try write(scaled: image, sink)
    }
  }

  private func write<Pixel>(
    _ image: Image<Pixel>, _ sink: DataSink,
    _ convert: (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void
  ) throws(FITSError) {
    guard let base = UnsafeRawPointer(image.pixels.baseAddress) else { return }
    let size = MemoryLayout<Pixel>.size
    let step = DataSink.capacity / size
    var done = 0
    while done < image.pixels.count {
      let count = min(step, image.pixels.count - done)
      try sink.append(count * size) { bytes throws(FITSError) in
        convert(base + done * size, bytes, count)
      }
      done += count
    }
  }

  private func write(scaled image: Image<Float>, _ sink: DataSink) throws(FITSError) {
    guard let scaling, let base = image.pixels.baseAddress else { return }
    let step = DataSink.capacity / 2
    var done = 0
    while done < image.pixels.count {
      let count = min(step, image.pixels.count - done)
      try sink.append(count * 2) { bytes throws(FITSError) in
        let words = bytes.assumingMemoryBound(to: UInt16.self)
        let values = base + done
        for index in 0..<count {
          // The range was checked, so that only NaN is left to be kept from the conversion.
          let level = ((Double(values[index]) - scaling.zero) / scaling.step).rounded()
          let stored: Int16 = level.isNaN ? -32768 : Int16(max(-32767, min(32767, level)))
          words[index] = UInt16(bitPattern: stored).byteSwapped
        }
      }
      done += count
    }
  }

  // MARK: - Kernels

  private static func shift16(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) {
    let source = from.assumingMemoryBound(to: UInt16.self)
    let target = to.assumingMemoryBound(to: UInt16.self)
    for index in 0..<count { target[index] = (source[index] ^ 0x8000).byteSwapped }
  }

  private static func swap32(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) {
    let source = from.assumingMemoryBound(to: UInt32.self)
    let target = to.assumingMemoryBound(to: UInt32.self)
    for index in 0..<count { target[index] = source[index].byteSwapped }
  }

  private static func swap64(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int
  ) {
    let source = from.assumingMemoryBound(to: UInt64.self)
    let target = to.assumingMemoryBound(to: UInt64.self)
    for index in 0..<count { target[index] = source[index].byteSwapped }
  }
}

/// The smallest and largest number of an image, NaN ignored.
struct ImageRange {
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity

  init(_ image: Image<Float>) {
    var low = Float.infinity
    var high = -Float.infinity
    for value in image.pixels {
      if value < low { low = value }
      if value > high { high = value }
    }
    (minimum, maximum) = (Double(low), Double(high))
    if minimum > maximum, !image.pixels.contains(where: \.isInfinite) {
      (minimum, maximum) = (0, 0)
    }
  }

  /// Whether an infinity is among the values.
  var hasInfinity: Bool { minimum.isInfinite || maximum.isInfinite }
  /// The middle of the range.
  var middle: Double { (minimum + maximum) / 2 }
}

extension FITSPixels {
  /// The smaller of the two forms that keep an image whole: 16-bit steps where they are at most a
  /// hundredth of the noise, else 32-bit floating point.
  ///
  /// Rounding to steps s adds s/sqrt(12) in quadrature, that is 4e-6 of the noise's variance.
  ///
  /// - Parameters:
  ///   - image: the pixels; NaN is kept in both forms, an infinity only in floating point.
  ///   - noise: the standard deviation of a pixel's noise, in the image's unit; where it is not
  ///     positive the image is kept as floating point.
  public static func compact(_ image: Image<Float>, noise: Double) -> FITSPixels {
    let range = ImageRange(image)
    guard !range.hasInfinity, noise.isFinite, noise > 0 else { return .float32(image) }
    let step = (range.maximum - range.minimum) / 65_000
    guard step <= 0.01 * noise else { return .float32(image) }
    return .scaledInt16(image, step: step > 0 ? step : 0.01 * noise)
  }
}
