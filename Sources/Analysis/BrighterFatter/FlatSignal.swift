public import Detector

/// The signal of a flat over a part of an amplifier, in the arithmetic of a correction, and back in whole numbers.
public struct FlatSignal: Sendable {
  /// Signal above the offsets of the rows [adu]; pixels that say nothing have the median of the others.
  public var image: Image<Float>
  /// Pixels that say nothing are 1.
  public let hidden: Image<UInt8>

  /// Takes a part of a flat.
  ///
  /// - Parameters:
  ///   - area: the part, in the frame's coordinates and within `whole`.
  ///   - whole: the region whose rows the flat's offsets belong to.
  ///   - mask: pixels that are not zero say nothing; of the frame's size. nil for none.
  ///   - invalid: raw values that say nothing.
  public init(
    _ flat: FlatFrame, area: Region, whole: Region, mask: Image<UInt8>?, invalid: [UInt16]
  ) {
    let (width, height) = (area.columns.count, area.rows.count)
    let image = Image<Float>(width: width, height: height, filledWith: 0)
    let hidden = Image<UInt8>(width: width, height: height, filledWith: 0)
    // As many pixels as a median needs, of all rows and columns.
    let spacing = max(7, width * height / 20_000 | 1)
    var sample: [Float] = []
    for y in 0..<height {
      let row = area.rows.lowerBound + y
      let offset = flat.offset(ofRow: row - whole.rows.lowerBound)
      let columns = area.columns
      let raw = UnsafeBufferPointer(rebasing: flat.image.row(row)[columns])
      let (out, marks) = (image.row(y), hidden.row(y))
      for x in 0..<width { out[x] = Float(raw[x]) - offset }
      for other in invalid {
        for x in 0..<width { marks[x] |= raw[x] == other ? 1 : 0 }
      }
      if let mask {
        let bad = UnsafeBufferPointer(rebasing: mask.row(row)[columns])
        for x in 0..<width { marks[x] |= bad[x] != 0 ? 1 : 0 }
      }
      for x in stride(from: (spacing - y % spacing) % spacing, to: width, by: spacing)
      where marks[x] == 0 {
        sample.append(out[x])
      }
    }
    let middle = sample.isEmpty ? 0 : orderStatistics([sample.count / 2], of: &sample)[0]
    for y in 0..<height {
      let (out, marks) = (image.row(y), hidden.row(y))
      for x in 0..<width where marks[x] != 0 { out[x] = middle }
    }
    withExtendedLifetime((flat.image, mask)) {}
    (self.image, self.hidden) = (image, hidden)
  }

  /// The pixels that any of some signals of equal size does not know.
  public static func hidden(_ signals: [FlatSignal]) -> Image<UInt8>? {
    guard let first = signals.first else { return nil }
    let result = Image<UInt8>(width: first.hidden.width, height: first.hidden.height, filledWith: 0)
    for signal in signals
    where signal.hidden.width == result.width && signal.hidden.height == result.height {
      for y in 0..<result.height {
        let (from, to) = (signal.hidden.row(y), result.row(y))
        for x in 0..<result.width where from[x] != 0 { to[x] = 1 }
      }
    }
    withExtendedLifetime(signals) {}
    return result
  }

  /// The signal rounded to whole numbers above a pedestal, as a flat that can be measured; what does not fit is 0 or
  /// 65535.
  public func flat(pedestal: Float) -> FlatFrame {
    let result = Image<UInt16>(width: image.width, height: image.height, filledWith: 0)
    for y in 0..<image.height {
      let (from, to) = (image.row(y), result.row(y))
      for x in 0..<image.width {
        // Half to even, without a call or a test a pixel: 2^23 leaves no fraction to a Float, and what is above it are the
        // lowest bits.
        let value = from[x] + pedestal
        let bound: Float = value > 0 ? (value < 65535 ? value : 65535) : 0
        to[x] = UInt16(truncatingIfNeeded: (bound + 8_388_608).bitPattern)
      }
    }
    withExtendedLifetime(image) {}
    return FlatFrame(result, rowOffsets: [pedestal])
  }
}
