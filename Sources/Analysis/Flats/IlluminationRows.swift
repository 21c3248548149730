public import Detector

/// The rows of an illumination model in the order in which a frame stores them; the splines of the columns are
/// tabulated once for all models of an amplifier.
public struct IlluminationRows: Sendable {
  private let region: Region
  private let width: Int
  /// Four values a column, the first of all columns first.
  private let weights: [Float]
  /// Columns in the frame's order that lie between two knots, and their first function.
  private let segments: [(columns: Range<Int>, first: Int)]

  /// Tabulates the splines.
  public init(region: Region, distance: Int, amplifier: Amplifier) {
    self.region = region
    let basis = SplineBasis(pixels: region.columns.count, distance: distance)
    let count = region.columns.count
    width = count
    var weights = [Float](repeating: 0, count: 4 * count)
    var segments: [(columns: Range<Int>, first: Int)] = []
    for x in 0..<count {
      let (first, values) = basis.values(at: amplifier.flipX ? count - 1 - x : x)
      for k in 0..<4 { weights[k * count + x] = Float(values[k]) }
      if let last = segments.last, last.first == first {
        segments[segments.count - 1].columns = last.columns.lowerBound..<x + 1
      } else {
        segments.append((x..<x + 1, first))
      }
    }
    self.weights = weights
    self.segments = segments
  }

  /// Writes the model along one canonical row [adu].
  ///
  /// - Parameter line: room for as many values as the region has columns.
  public func fill(
    _ model: IlluminationModel, canonicalRow y: Int, into line: UnsafeMutablePointer<Float>
  ) {
    let c = model.rowCoefficients(y: y).map { Float($0) }
    let width = width
    weights.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      for (columns, first) in segments {
        let (a, b, d, e) = (c[first], c[first + 1], c[first + 2], c[first + 3])
        for x in columns {
          line[x] =
            a * w[x] + b * w[width &+ x] + d * w[2 &* width &+ x] + e * w[3 &* width &+ x]
        }
      }
    }
  }
}
