import Detector

/// The raw values of a flat that count: around its median, without the codes for "lost" and "saturated".
struct FrameLimits {
  let lowest: UInt16
  let highest: UInt16

  /// Median +- clip * 0.7413 (Q3 - Q1), the robust sigma of a normal sample; raw values, so that offsets of rows, which
  /// differ by a few adu, do not matter.
  ///
  /// - Throws: `NotMeasurable` where no pixel is valid.
  init(_ image: Image<UInt16>, _ region: Region, _ options: FlatPairOptions) throws(NotMeasurable) {
    var counts = [UInt32](repeating: 0, count: 65536)
    counts.withUnsafeMutableBufferPointer { counts in
      guard let bins = counts.baseAddress, let pixels = image.pixels.baseAddress else { return }
      for y in region.rows {
        let row = pixels + (y * image.width + region.columns.lowerBound)
        for x in 0..<region.columns.count { bins[Int(row[x])] &+= 1 }
      }
    }
    withExtendedLifetime(image) {}
    let all = region.count
    for value in options.invalid { counts[Int(value)] = 0 }
    let total = counts.reduce(0) { $0 + Int($1) }
    guard total > 0 else {
      let bright = options.invalid.contains(.max) && all > 0
      throw NotMeasurable(bright ? "no valid pixels: lost or saturated" : "no valid pixels")
    }
    func quantile(_ q: Double) -> Int {
      var below = 0
      let wanted = q * Double(total)
      for (value, count) in counts.enumerated() where count > 0 {
        below += Int(count)
        if Double(below) >= wanted { return value }
      }
      return 65535
    }
    let middle = quantile(0.5)
    let least = options.invalid.contains(0) ? 1 : 0
    let greatest = options.invalid.contains(.max) ? 65534 : 65535
    guard options.frameClip.isFinite else {
      lowest = UInt16(least)
      highest = UInt16(greatest)
      return
    }
    // Values are whole numbers: a robust sigma below one is one of rounding only.
    let sigma = max(0.741301109252802 * Double(quantile(0.75) - quantile(0.25)), 1)
    let width = max(options.frameClip, 1) * sigma
    lowest = UInt16(max(least, Int((Double(middle) - width).rounded(.up)), 0))
    highest = UInt16(min(greatest, Int((Double(middle) + width).rounded(.down))))
  }
}
