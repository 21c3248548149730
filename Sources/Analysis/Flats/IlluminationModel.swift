public import Detector

/// The smooth illumination of one amplifier in a flat: a tensor product of cubic splines with knots at equal
/// distances, fitted to the means of blocks.
///
/// It has no edges of its own: blocks cover the area exactly, the splines are averaged over each block as the pixels
/// are, and no value is taken from beyond the area. What is smaller than about twice the distance of the knots is not
/// illumination, and stays in the flat.
public struct IlluminationModel: Sendable, Equatable {
  /// The region that it covers, canonical.
  public let region: Region
  /// The wanted distance of knots, in pixels.
  public let distance: Int
  /// The coefficients [adu], row of functions by row of functions from the read-out node.
  public let coefficients: [Double]
  let across: SplineBasis
  let up: SplineBasis

  /// The usual distance of knots, in pixels.
  public static let usualDistance = 100

  /// The number of free parameters.
  public var parameters: Int { across.functions * up.functions }

  /// A model with known coefficients; nil where their number does not fit.
  public init?(region: Region, distance: Int, coefficients: [Double]) {
    across = SplineBasis(pixels: region.columns.count, distance: distance)
    up = SplineBasis(pixels: region.rows.count, distance: distance)
    guard !region.isEmpty, coefficients.count == across.functions * up.functions,
      coefficients.allSatisfy(\.isFinite)
    else { return nil }
    self.region = region
    self.distance = distance
    self.coefficients = coefficients
  }

  /// Fits the surface to block means.
  ///
  /// Least squares with equal weights. Blocks without a value, and those that lie more than five robust sigma from the
  /// surface, take the surface's own value, which is repeated until it stays: the solution is then that of the
  /// others alone (Healy and Westmacott 1956, Applied Statistics 5, 203).
  ///
  /// - Throws: `NotMeasurable` where more than two fifths of the blocks have no value, there are too few of them,
  ///   or the signal is not positive everywhere.
  public init(fitting blocks: FlatBlocks, over region: Region, distance: Int = usualDistance)
    throws(NotMeasurable)
  {
    try self.init(
      means: blocks.means, of: blocks.tiling, over: region, distance: distance,
      solver: Solver(tiling: blocks.tiling, region: region, distance: distance))
  }

  init(
    means: [Double], of tiling: Tiling, over region: Region, distance: Int, solver: Solver?
  ) throws(NotMeasurable) {
    let valid = means.filter(\.isFinite)
    guard let solver, valid.count * 5 >= means.count * 3 else {
      throw NotMeasurable("too few blocks of valid pixels for the illumination")
    }
    let level = try median(valid)
    var values = means.map { $0.isFinite ? $0 : level }
    var free = means.map { !$0.isFinite }
    var coefficients: [Double] = []
    var isSettled = false
    for round in 0..<6 where !isSettled {
      var change = Double.infinity
      for _ in 0..<200 {
        coefficients = solver.coefficients(values)
        guard free.contains(true) else { break }
        let surface = solver.surface(coefficients)
        change = 0
        for index in values.indices where free[index] {
          change = max(change, abs(surface[index] - values[index]))
          values[index] = surface[index]
        }
        if change < 1e-5 * abs(level) + 1e-6 { break }
      }
      let surface = solver.surface(coefficients)
      let residuals = values.indices.map { values[$0] - surface[$0] }
      let held = residuals.indices.filter { !free[$0] }.map { residuals[$0] }
      let scale = try RobustScale(held)
      let limit = 5 * max(scale.sigma, 1e-6 * abs(level))
      var next = free
      for index in residuals.indices {
        let rest = means[index].isFinite ? means[index] - surface[index] : .infinity
        next[index] = !(abs(rest) <= limit)
      }
      guard next.filter({ !$0 }).count * 5 >= means.count * 3 else { break }
      isSettled = next == free || round == 5
      free = next
      for index in values.indices {
        values[index] = free[index] ? surface[index] : means[index]
      }
    }
    guard let model = IlluminationModel(region: region, distance: distance, coefficients: coefficients)
    else { throw NotMeasurable("the fit of the illumination failed") }
    self = model
    let surface = solver.surface(coefficients)
    guard let least = surface.min(), least > 0, level > 0, least > 0.02 * level else {
      throw NotMeasurable(
        level > 0 ? "the illumination falls to zero within the area" : "the signal is not positive")
    }
  }

  /// The value at a canonical pixel of the region [adu].
  public func value(x: Int, y: Int) -> Double {
    let a = across.values(at: x - region.columns.lowerBound)
    let b = up.values(at: y - region.rows.lowerBound)
    var sum = 0.0
    for j in 0..<4 {
      for i in 0..<4 {
        sum += coefficients[(b.first + j) * across.functions + a.first + i] * a.values[i]
          * b.values[j]
      }
    }
    return sum
  }

  /// The coefficients of the splines along one canonical row.
  func rowCoefficients(y: Int) -> [Double] {
    let b = up.values(at: y - region.rows.lowerBound)
    return (0..<across.functions).map { i in
      (0..<4).reduce(0) { $0 + coefficients[(b.first + $1) * across.functions + i] * b.values[$1] }
    }
  }

  /// The mean over each of some ranges of canonical columns, over all rows, or the same of rows over all columns [adu].
  public func profile(columns: [Range<Int>]) -> [Double] {
    mean(
      across.means(over: columns.map { shifted($0, -region.columns.lowerBound) }),
      up.means(over: [0..<region.rows.count]))
  }

  /// The mean over each of some ranges of canonical rows, over all columns [adu].
  public func profile(rows: [Range<Int>]) -> [Double] {
    mean(
      across.means(over: [0..<region.columns.count]),
      up.means(over: rows.map { shifted($0, -region.rows.lowerBound) }))
  }

  private func shifted(_ range: Range<Int>, _ by: Int) -> Range<Int> {
    range.lowerBound + by..<range.upperBound + by
  }

  private func mean(_ columns: [[Double]], _ rows: [[Double]]) -> [Double] {
    rows.flatMap { row in
      columns.map { column in
        var sum = 0.0
        for (j, b) in row.enumerated() where b != 0 {
          for (i, a) in column.enumerated() {
            sum += a * b * coefficients[j * across.functions + i]
          }
        }
        return sum
      }
    }
  }
}

extension IlluminationModel {
  /// The least-squares solution for one arrangement of blocks.
  struct Solver: Sendable {
    let tiling: Tiling
    private let columnMeans: [[Double]]
    private let rowMeans: [[Double]]
    private let columns: [[Double]]
    private let rows: [[Double]]

    /// Nil where the blocks are too few for the knots.
    init?(tiling: Tiling, region: Region, distance: Int) {
      guard tiling.across > 0, tiling.up > 0 else { return nil }
      let across = SplineBasis(pixels: region.columns.count, distance: distance)
      let up = SplineBasis(pixels: region.rows.count, distance: distance)
      columnMeans = across.means(
        over: (0..<tiling.across).map { index in
          let range = tiling.tiles[index].columns
          return range.lowerBound - region.columns.lowerBound..<range.upperBound
            - region.columns.lowerBound
        })
      rowMeans = up.means(
        over: (0..<tiling.up).map { index in
          let range = tiling.tiles[index * tiling.across].rows
          return range.lowerBound - region.rows.lowerBound..<range.upperBound
            - region.rows.lowerBound
        })
      guard let x = SplineBasis.solution(of: columnMeans),
        let y = SplineBasis.solution(of: rowMeans)
      else { return nil }
      (columns, rows) = (x, y)
      self.tiling = tiling
    }

    /// P_y V P_x^T of the values of all blocks.
    func coefficients(_ values: [Double]) -> [Double] {
      Self.product(values, width: tiling.across, rows: rows, columns: columns)
    }

    /// The surface's means over all blocks.
    func surface(_ coefficients: [Double]) -> [Double] {
      Self.product(
        coefficients, width: columnMeans.first?.count ?? 1, rows: rowMeans, columns: columnMeans)
    }

    private static func product(
      _ values: [Double], width: Int, rows: [[Double]], columns: [[Double]]
    ) -> [Double] {
      let height = values.count / max(1, width)
      var half = [Double](repeating: 0, count: height * columns.count)
      values.withUnsafeBufferPointer { values in
        for y in 0..<height {
          for (k, weights) in columns.enumerated() {
            var sum = 0.0
            weights.withUnsafeBufferPointer { weights in
              for x in 0..<width { sum += weights[x] * values[y * width + x] }
            }
            half[y * columns.count + k] = sum
          }
        }
      }
      var result = [Double](repeating: 0, count: rows.count * columns.count)
      for (j, weights) in rows.enumerated() {
        for y in 0..<height where weights[y] != 0 {
          let factor = weights[y]
          for k in columns.indices {
            result[j * columns.count + k] += factor * half[y * columns.count + k]
          }
        }
      }
      return result
    }
  }
}
