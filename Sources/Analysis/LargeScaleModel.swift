import CGSL
public import Detector

/// A smooth surface over a region: a polynomial in Legendre polynomials of total degree at most
/// `degree`, P_i(u) P_j(v) with u, v in [-1, 1] over the region's columns and rows.
///
/// Coordinates are canonical and normalised to the region's edges, so that the model never
/// extrapolates, and the first coefficients have a plain meaning: `coefficient(0, 0)` is the mean level,
/// and twice `coefficient(1, 0)` the linear change from the first to the last column.
public struct LargeScaleModel: Sendable, Equatable {
  /// The largest sum of the two degrees.
  public let degree: Int
  /// The region that the model covers, canonical.
  public let region: Region
  /// The coefficients [adu], in the order of `terms`.
  public let coefficients: [Double]
  /// The 1-sigma uncertainties of the coefficients [adu], from the scatter about the fit.
  public let uncertainties: [Double]

  /// The pairs (i, j) of degrees in columns and rows, in the order of the coefficients.
  public var terms: [(i: Int, j: Int)] { Self.terms(degree: degree) }

  static func terms(degree: Int) -> [(i: Int, j: Int)] {
    (0...degree).flatMap { total in (0...total).map { (total - $0, $0) } }
  }

  /// A model with known coefficients, in the order of `terms`.
  public init?(degree: Int, region: Region, coefficients: [Double], uncertainties: [Double]) {
    guard degree >= 0, coefficients.count == Self.terms(degree: degree).count,
      uncertainties.count == coefficients.count
    else { return nil }
    self.degree = degree
    self.region = region
    self.coefficients = coefficients
    self.uncertainties = uncertainties
  }

  /// The coefficient of P_i in columns times P_j in rows, with its uncertainty; nil beyond the degree.
  public func coefficient(_ i: Int, _ j: Int) -> (value: Double, uncertainty: Double)? {
    guard let index = terms.firstIndex(where: { $0.i == i && $0.j == j }) else { return nil }
    return (coefficients[index], uncertainties[index])
  }

  /// The value at a canonical pixel of the region [adu].
  public func value(x: Int, y: Int) -> Double {
    let px = legendre(Self.normalised(x, in: region.columns), degree)
    let py = legendre(Self.normalised(y, in: region.rows), degree)
    return zip(terms, coefficients).reduce(0) { $0 + $1.1 * px[$1.0.i] * py[$1.0.j] }
  }

  /// The model along one canonical row, as a polynomial in the column: the coefficients c_i of
  /// P_i(u).
  func rowCoefficients(y: Int) -> [Double] {
    let py = legendre(Self.normalised(y, in: region.rows), degree)
    var result = [Double](repeating: 0, count: degree + 1)
    for (term, coefficient) in zip(terms, coefficients) {
      result[term.i] += coefficient * py[term.j]
    }
    return result
  }

  static func normalised(_ index: Int, in range: Range<Int>) -> Double {
    range.count < 2
      ? 0 : 2 * (Double(index - range.lowerBound) + 0.5) / Double(range.count) - 1
  }
}

/// The Legendre polynomials P_0 ... P_degree at x (recurrence of Bonnet).
func legendre(_ x: Double, _ degree: Int) -> [Double] {
  var p = [1.0]
  if degree > 0 { p.append(x) }
  var n = 1
  while n < degree {
    p.append((Double(2 * n + 1) * x * p[n] - Double(n) * p[n - 1]) / Double(n + 1))
    n += 1
  }
  return p
}

/// The means of the blocks of a region of one amplifier of a raw frame.
public struct BlockMeans: Sendable {
  /// The blocks, canonical.
  public let tiling: Tiling
  /// The mean of each block's valid pixels [adu]; nil for a block without any.
  public let means: [Double?]

  /// Averages the pixels of each block.
  ///
  /// - Parameters:
  ///   - frame: a raw frame.
  ///   - amplifier: whose pixels are meant.
  ///   - region: canonical.
  ///   - block: the wanted size of a block, in pixels.
  ///   - accept: raw values that take part; outliers (cosmic rays, hot pixels) are kept out by it.
  public init(
    frame: Image<UInt16>, amplifier: Amplifier, region: Region, block: Int,
    accept: ClosedRange<UInt16>
  ) {
    tiling = Tiling(region, width: block, height: block)
    means = tiling.tiles.map { tile in
      let area = amplifier.frameRegion(of: tile)
      guard area.columns.upperBound <= frame.width, area.rows.upperBound <= frame.height else {
        return nil
      }
      var sum = 0
      var count = 0
      for y in area.rows {
        let row = UnsafeBufferPointer(frame.row(y))
        var rowSum: UInt32 = 0
        var rowCount: UInt32 = 0
        for x in area.columns {
          let value = row[x]
          let inside = value >= accept.lowerBound && value <= accept.upperBound
          rowSum &+= inside ? UInt32(value) : 0
          rowCount &+= inside ? 1 : 0
        }
        sum += Int(rowSum)
        count += Int(rowCount)
      }
      return count > 0 ? Double(sum) / Double(count) : nil
    }
  }
}

extension LargeScaleModel {
  /// Fits the surface to block means with Tukey's bisquare weights (GSL `gsl_multifit_robust`), so
  /// that a defect in some blocks does not bend it.
  ///
  /// The mean of a polynomial over a block differs from its value at the block's centre only in
  /// second order; the basis functions are therefore averaged over each block exactly by their
  /// values at all its columns and rows.
  ///
  /// - Parameters:
  ///   - blocks: means over the blocks of `region`.
  ///   - region: canonical; the model's extent.
  ///   - degree: total degree.
  ///   - level: subtracted from each mean [adu], so that the coefficients are small numbers.
  /// - Throws: `NotMeasurable` where fewer blocks have valid pixels than there are terms, plus two.
  public init(fitting blocks: BlockMeans, over region: Region, degree: Int, level: Double)
    throws(NotMeasurable)
  {
    let terms = Self.terms(degree: degree)
    let used = zip(blocks.tiling.tiles, blocks.means).compactMap { tile, mean in
      mean.map { (tile: tile, value: $0 - level) }
    }
    guard used.count >= terms.count + 2 else {
      throw NotMeasurable("too few blocks of valid pixels for a surface of degree \(degree)")
    }
    func averages(_ range: Range<Int>, of whole: Range<Int>) -> [Double] {
      var sums = [Double](repeating: 0, count: degree + 1)
      for index in range {
        for (k, p) in legendre(Self.normalised(index, in: whole), degree).enumerated() {
          sums[k] += p
        }
      }
      return sums.map { $0 / Double(range.count) }
    }
    var cache: [Range<Int>: [Double]] = [:]
    var cacheRows: [Range<Int>: [Double]] = [:]

    gsl_set_error_handler_off()
    guard let design = gsl_matrix_alloc(used.count, terms.count),
      let values = gsl_vector_alloc(used.count), let solution = gsl_vector_alloc(terms.count),
      let covariance = gsl_matrix_alloc(terms.count, terms.count),
      let workspace = gsl_multifit_robust_alloc(vison_gsl_bisquare(), used.count, terms.count)
    else { throw NotMeasurable("out of memory in the surface fit") }
    defer {
      gsl_matrix_free(design)
      gsl_vector_free(values)
      gsl_vector_free(solution)
      gsl_matrix_free(covariance)
      gsl_multifit_robust_free(workspace)
    }
    for (row, entry) in used.enumerated() {
      let px = cache[entry.tile.columns] ?? averages(entry.tile.columns, of: region.columns)
      let py = cacheRows[entry.tile.rows] ?? averages(entry.tile.rows, of: region.rows)
      cache[entry.tile.columns] = px
      cacheRows[entry.tile.rows] = py
      for (column, term) in terms.enumerated() {
        gsl_matrix_set(design, row, column, px[term.i] * py[term.j])
      }
      gsl_vector_set(values, row, entry.value)
    }
    let status = gsl_multifit_robust(design, values, solution, covariance, workspace)
    let fitted = (0..<terms.count).map { gsl_vector_get(solution, $0) }
    // A fit that reached its limit of rounds is still a fit; one without finite numbers is none.
    guard status == Int32(GSL_SUCCESS) || status == Int32(GSL_EMAXITER),
      fitted.allSatisfy(\.isFinite)
    else { throw NotMeasurable("the surface fit failed") }
    self.degree = degree
    self.region = region
    coefficients = fitted
    uncertainties = (0..<terms.count).map {
      let variance = gsl_matrix_get(covariance, $0, $0)
      return variance > 0 && variance.isFinite ? variance.squareRoot() : 0
    }
  }
}
