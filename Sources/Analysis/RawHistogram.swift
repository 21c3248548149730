public import Detector

/// The histogram of the raw 16-bit values of a set of pixels.
///
/// Raw pixels are integers, so that one pass gives every statistic exactly: mean, variance,
/// percentiles, and any clipping of them, however often it is repeated.
public struct RawHistogram: Sendable {
  /// The number of pixels with each value, 65,536 entries.
  public private(set) var counts: [UInt32]

  /// An empty histogram.
  public init() { counts = [UInt32](repeating: 0, count: 65536) }

  /// The histogram of one region of a frame.
  ///
  /// - Parameter region: in the frame's coordinates; parts outside the frame are left out.
  public init(of region: Region, in frame: Image<UInt16>) {
    self.init()
    add(region, of: frame)
  }

  /// Adds the pixels of a region of a frame.
  ///
  /// Neighbouring pixels are counted in two tables, as equal neighbours would otherwise wait for
  /// each other's store.
  public mutating func add(_ region: Region, of frame: Image<UInt16>) {
    let columns = region.columns.clamped(to: 0..<frame.width)
    let rows = region.rows.clamped(to: 0..<frame.height)
    guard !columns.isEmpty, !rows.isEmpty else { return }
    var second = [UInt32](repeating: 0, count: 65536)
    counts.withUnsafeMutableBufferPointer { a in
      second.withUnsafeMutableBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress,
          let pixels = frame.pixels.baseAddress
        else { return }
        for y in rows {
          let row = pixels + y * frame.width
          var x = columns.lowerBound
          while x + 1 < columns.upperBound {
            a[Int(row[x])] &+= 1
            b[Int(row[x + 1])] &+= 1
            x += 2
          }
          if x < columns.upperBound { a[Int(row[x])] &+= 1 }
        }
        for value in 0..<65536 { a[value] &+= b[value] }
      }
    }
  }

  /// Adds the counts of another histogram.
  public mutating func add(_ other: RawHistogram) {
    for value in counts.indices { counts[value] &+= other.counts[value] }
  }

  /// Takes the counts of another histogram away, as far as there are any.
  public mutating func subtract(_ other: RawHistogram) {
    for value in counts.indices { counts[value] -= min(counts[value], other.counts[value]) }
  }

  /// The number of pixels.
  public var total: Int { counts.reduce(0) { $0 + Int($1) } }

  /// The number of pixels of one value.
  public subscript(value: Int) -> Int { counts.indices.contains(value) ? Int(counts[value]) : 0 }

  /// Leaves out all pixels of one value, such as the saturated ones.
  public mutating func remove(value: Int) {
    if counts.indices.contains(value) { counts[value] = 0 }
  }
}

extension RawHistogram {
  /// The q-quantile, 0 < q < 1, of the values taken as spread evenly over their bin
  /// [value - 1/2, value + 1/2] (grouped data).
  ///
  /// - Throws: `NotMeasurable` where there are no pixels.
  public func quantile(_ q: Double) throws(NotMeasurable) -> Double {
    let n = total
    guard n > 0 else { throw NotMeasurable("no valid pixels") }
    let wanted = min(max(q, 0), 1) * Double(n)
    var below = 0.0
    for (value, count) in counts.enumerated() where count > 0 {
      if below + Double(count) >= wanted {
        return Double(value) - 0.5 + (wanted - below) / Double(count)
      }
      below += Double(count)
    }
    return Double(counts.lastIndex { $0 > 0 } ?? 0) + 0.5
  }

  /// The ordinary median of the integer values, for comparison with older analyses.
  public func integerMedian() throws(NotMeasurable) -> Double {
    let n = total
    guard n > 0 else { throw NotMeasurable("no valid pixels") }
    func value(ofRank rank: Int) -> Int {
      var below = 0
      for (value, count) in counts.enumerated() {
        below += Int(count)
        if below > rank { return value }
      }
      return 65535
    }
    return Double(value(ofRank: (n - 1) / 2) + value(ofRank: n / 2)) / 2
  }
}
