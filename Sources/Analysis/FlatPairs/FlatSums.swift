import Detector

/// Sums over the pixels kept.
struct FlatSums {
  private(set) var count = 0
  /// Sum of the differences about their centre, and of their squares.
  private(set) var sum = 0.0
  private(set) var squares = 0.0
  /// Sums of the signals of both flats.
  private(set) var first = 0.0
  private(set) var second = 0.0
  /// Sum of (I1 - I2')^2 / (I1 + I2'), I2' = I2 mu1/mu2.
  private(set) var ratio = 0.0
  private var rowMeans: [Double] = []

  var n: Double { Double(count) }

  /// - Parameter tile: in the frames' coordinates; nil for the whole region.
  init(
    _ field: DifferenceField, _ a: FlatFrame, _ b: FlatFrame, _ region: Region, tile: Region? = nil
  ) {
    let part = tile ?? region
    let columns = part.columns.clamped(to: region.columns)
    let rows = part.rows.clamped(to: region.rows)
    guard let pixelsA = a.image.pixels.baseAddress, let pixelsB = b.image.pixels.baseAddress else {
      return
    }
    for y in rows {
      let row = y - region.rows.lowerBound
      let at = y * a.image.width + region.columns.lowerBound
      let (p, q) = (pixelsA + at, pixelsB + at)
      var here = (count: 0, sum: Float(0), squares: Float(0), first: 0, second: 0)
      field.withRow(row) { values, marks in
        for x
          in (columns.lowerBound - region.columns.lowerBound)..<(columns.upperBound
          - region.columns.lowerBound)
        {
          let keep = 1 &- Int(marks[x])
          let d = values[x]
          here.count &+= keep
          here.sum += d
          here.squares += d * d
          here.first &+= Int(p[x]) &* keep
          here.second &+= Int(q[x]) &* keep
        }
      }
      count += here.count
      sum += Double(here.sum)
      squares += Double(here.squares)
      first += Double(here.first) - Double(a.offset(ofRow: row)) * Double(here.count)
      second += Double(here.second) - Double(b.offset(ofRow: row)) * Double(here.count)
      if tile == nil, here.count > 0 { rowMeans.append(Double(here.sum) / Double(here.count)) }
    }
    if tile == nil, first > 0, second > 0 { addRatio(field, a, b, region) }
    withExtendedLifetime((a.image, b.image)) {}
  }

  private mutating func addRatio(
    _ field: DifferenceField, _ a: FlatFrame, _ b: FlatFrame, _ region: Region
  ) {
    guard let pixelsA = a.image.pixels.baseAddress, let pixelsB = b.image.pixels.baseAddress else {
      return
    }
    let factor = Float(first / second)
    for y in region.rows {
      let row = y - region.rows.lowerBound
      let at = y * a.image.width + region.columns.lowerBound
      let (p, q) = (pixelsA + at, pixelsB + at)
      let (offsetA, offsetB) = (a.offset(ofRow: row), b.offset(ofRow: row))
      var here: Float = 0
      field.withRow(row) { _, marks in
        for x in 0..<field.width where marks[x] == 0 {
          let u = Float(p[x]) - offsetA
          let v = (Float(q[x]) - offsetB) * factor
          if u + v > 0 { here += (u - v) * (u - v) / (u + v) }
        }
      }
      ratio += Double(here)
    }
  }

  /// The variance over rows of the mean difference of each.
  func rowMeanVariance() throws(NotMeasurable) -> Estimate {
    let n = Double(rowMeans.count)
    guard rowMeans.count > 1 else { throw NotMeasurable("fewer than two rows") }
    let mean = rowMeans.reduce(0, +) / n
    let variance = rowMeans.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    return Estimate(
      value: variance, uncertainty: variance * (2 / (n - 1)).squareRoot(), count: rowMeans.count)
  }
}
