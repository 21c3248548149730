#if canImport(Glibc)
  import Glibc
#endif

/// The variance of one flat whose pixels were summed in square blocks.
public struct BinnedVariance: Sendable, Equatable {
  /// Pixels along each side of a block.
  public let side: Int
  /// The variance of the sum of a block over the number of its pixels [adu**2]; the count is of blocks. Of white noise it is
  /// the variance of a pixel; covariances within a block add
  ///
  ///     sum over |i|, |j| < side of C_ij (1 - |i| / side) (1 - |j| / side),
  ///
  /// so that it grows with the side to the sum of all covariances, the variance of a Poisson process.
  public let variance: Estimate

  /// A variance of blocks of `side` x `side` pixels.
  public init(side: Int, variance: Estimate) {
    (self.side, self.variance) = (side, variance)
  }
}

extension CovarianceMatrix {
  /// The variance that blocks of `side` x `side` pixels have if these are all covariances [adu**2]; its uncertainty takes
  /// covariances as independent. nil where lags up to `side` - 1 are not known.
  public func binned(_ side: Int) -> Estimate? {
    guard side > 0, side - 1 <= range else { return nil }
    var (sum, variance) = (0.0, 0.0)
    for i in 0..<side {
      for j in 0..<side {
        let share = (1 - Double(i) / Double(side)) * (1 - Double(j) / Double(side))
        let weight = share * (i == 0 ? 1 : 2) * (j == 0 ? 1 : 2)
        let at = i * (range + 1) + j
        sum += weight * values[at]
        variance += weight * weight * uncertainties[at] * uncertainties[at]
      }
    }
    return Estimate(value: sum, uncertainty: variance.squareRoot(), count: pairs.first ?? 0)
  }
}

extension DifferenceField {
  /// Number, sum and sum of squares of the sums of whole blocks, those with a pixel that is left out not counted.
  func blockMoments(side: Int) -> (count: Int, sum: Double, squares: Double) {
    let across = side > 0 ? width / side : 0
    guard across > 0 else { return (0, 0, 0) }
    var sums = [Float](repeating: 0, count: width)
    var marks = [UInt8](repeating: 0, count: width)
    var result = (count: 0, sum: 0.0, squares: 0.0)
    sums.withUnsafeMutableBufferPointer { sums in
      marks.withUnsafeMutableBufferPointer { marks in
        guard let sums = sums.baseAddress, let marks = marks.baseAddress else { return }
        for block in 0..<height / side {
          for row in 0..<side {
            _ = withRow(block * side + row) { values, excluded in
              for x in 0..<width {
                sums[x] = row == 0 ? values[x] : sums[x] + values[x]
                marks[x] = row == 0 ? excluded[x] : marks[x] | excluded[x]
              }
            }
          }
          for column in 0..<across {
            var sum: Float = 0
            var mark: UInt8 = 0
            for x in column * side..<(column + 1) * side {
              sum += sums[x]
              mark |= marks[x]
            }
            guard mark == 0 else { continue }
            result.count += 1
            result.sum += Double(sum)
            result.squares += Double(sum) * Double(sum)
          }
        }
      }
    }
    return result
  }
}

extension ClippingCorrection {
  /// The variance of binned differences: their pixels' share is corrected as a variance, what the covariances add as
  /// small covariances, E[x y] = rho m2^2 (`TruncatedNormal`), which holds to (rho^2).
  ///
  /// - Parameters:
  ///   - clipped: variance of the sum of a block over its number of pixels.
  ///   - pixels: the clipped variance of a pixel.
  func binned(_ clipped: Double, pixels: Double) -> Double {
    variance + (clipped - pixels) * varianceFactor * varianceFactor
  }
}
