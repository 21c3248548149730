public import Detector

/// One flat of a pair, over the region of one amplifier.
public struct FlatFrame: Sendable {
  /// The raw frame.
  public let image: Image<UInt16>
  /// The offset of each row of the region [adu], first row of the region first; one value for all rows, or one a row.
  public let rowOffsets: [Float]

  /// A flat.
  ///
  /// - Parameter rowOffsets: what is subtracted from each row, of the serial over-scan; empty for nothing.
  public init(_ image: Image<UInt16>, rowOffsets: [Float]) {
    self.image = image
    self.rowOffsets = rowOffsets
  }

  func offset(ofRow row: Int) -> Float {
    rowOffsets.isEmpty ? 0 : rowOffsets[min(row, rowOffsets.count - 1)]
  }
}

/// How a pair of flats is measured.
public struct FlatPairOptions: Sendable, Hashable {
  /// The greatest lag of the covariances, along both axes; 0...16.
  public var range = 8
  /// Pixels whose difference lies beyond this many sigma from the mean difference are left out; the effect on variance
  /// and covariances is corrected. At least 2; infinite for no clipping.
  public var clip = 4.0
  /// Pixels of either frame beyond this many robust sigma from the frame's median are left out (dead columns, ...).
  public var frameClip = 5.5
  /// Columns and rows left out along the four edges of the region.
  public var edge = 0
  /// Raw values that say nothing: lost (0) and saturated (65535) pixels.
  public var invalid: [UInt16] = [0, .max]
  /// Sides of the square blocks whose variance is measured as well: binned images.
  public var binnings: [Int] = []
  /// The greatest lag of the covariances of each tile; 0 for none.
  public var tileRange = 0
  /// Fewer pixels than this give no result.
  public var leastPixels = 1000

  /// The usual options.
  public init() {}
}

/// A place of a covariance matrix: lags along rows (serial) and columns (parallel).
public struct CovarianceLag: Sendable, Hashable {
  /// The lag in the direction of the serial register, in columns.
  public let serial: Int
  /// The lag in the direction of the parallel transfer, in rows.
  public let parallel: Int

  /// A lag.
  public init(_ serial: Int, _ parallel: Int) {
    self.serial = serial
    self.parallel = parallel
  }
}

/// Covariances of one flat, for lags 0...range along both axes.
public struct CovarianceMatrix: Sendable, Hashable {
  /// The greatest lag.
  public let range: Int
  /// The values, index `serial * (range + 1) + parallel` [adu**2].
  public let values: [Double]
  /// The 1-sigma uncertainties [adu**2].
  public let uncertainties: [Double]
  /// The number of pairs of pixels.
  public let pairs: [Int]

  /// A matrix from its rows; the arrays are of length (range + 1)^2.
  public init(range: Int, values: [Double], uncertainties: [Double], pairs: [Int]) {
    self.range = range
    self.values = values
    self.uncertainties = uncertainties
    self.pairs = pairs
  }

  /// The covariance at a lag.
  ///
  /// - Precondition: both lags are within 0...range.
  public subscript(serial: Int, parallel: Int) -> Double {
    values[serial * (range + 1) + parallel]
  }

  /// The sum over all lags of the four quadrants: C_00 + 2 (axes) + 4 (rest) [adu**2], the variance
  /// that a Poisson process would have where the range holds all correlations.
  public var total: Double {
    var sum = 0.0
    for i in 0...range {
      for j in 0...range {
        sum += self[i, j] * (i == 0 ? 1 : 2) * (j == 0 ? 1 : 2)
      }
    }
    return sum
  }
}
