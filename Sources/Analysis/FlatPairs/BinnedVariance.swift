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
  /// Number, sum and sum of squares of the sums of whole blocks for each side, those with a pixel that is left out
  /// not counted.
  ///
  /// The pixels are read once: blocks are put together of those of the greatest side before that divides theirs.
  func blockMoments(sides: [Int]) -> [Int: BlockMoments] {
    let wanted = Set(sides.filter { $0 > 0 && $0 <= width && $0 <= height }).sorted()
    var levels = wanted.enumerated().map { index, side in
      BlockLevel(
        side: side, of: wanted[..<index].last { side % $0 == 0 } ?? 1, pixels: width)
    }
    let top = levels.indices.filter { levels[$0].source == 1 }
    for y in 0..<height {
      withRow(y) { values, marks in
        for index in top { Self.add(values, marks, to: index, of: &levels) }
      }
    }
    var result: [Int: BlockMoments] = [:]
    for level in levels { result[level.side] = level.moments }
    return result
  }

  /// Adds a row of the source's sums; a row of blocks that is whole goes on to those made of them.
  private static func add(
    _ values: UnsafePointer<Float>, _ marks: UnsafePointer<UInt8>, to index: Int,
    of levels: inout [BlockLevel]
  ) {
    let side = levels[index].side
    // What is made of blocks of one pixel is made of the pixels.
    guard levels[index].add(values, marks), side > 1 else { return }
    for further in levels.indices where levels[further].source == side {
      let level = levels[index]
      level.sums.withUnsafeBufferPointer { sums in
        level.marks.withUnsafeBufferPointer { marks in
          guard let sums = sums.baseAddress, let marks = marks.baseAddress else { return }
          add(sums, marks, to: further, of: &levels)
        }
      }
    }
  }
}

/// What blocks of pixels add up to.
struct BlockMoments: Sendable, Equatable {
  /// The number of whole blocks, the sum of their sums [adu] and of the squares of those [adu**2].
  var count = 0
  var sum = 0.0
  var squares = 0.0
}

/// Blocks of one side, put together row by row of pixels or of smaller blocks.
private struct BlockLevel {
  let side: Int
  /// The side of the blocks that these are made of; 1 for pixels.
  let source: Int
  /// Blocks in a row.
  let across: Int
  private(set) var moments = BlockMoments()
  /// A row of blocks: their sums, 0 where one is left out, and whether it is.
  private(set) var sums: [Float]
  private(set) var marks: [UInt8]
  private var columns: [Float]
  private var columnMarks: [UInt8]
  private var rows = 0

  init(side: Int, of source: Int, pixels: Int) {
    (self.side, self.source) = (side, source)
    across = pixels / side
    let length = across * (side / source)
    sums = Array(repeating: 0, count: across)
    marks = Array(repeating: 0, count: across)
    columns = Array(repeating: 0, count: length)
    columnMarks = Array(repeating: 0, count: length)
  }

  /// - Returns: whether a row of blocks is whole with this one.
  mutating func add(_ values: UnsafePointer<Float>, _ excluded: UnsafePointer<UInt8>) -> Bool {
    let (isFirst, length) = (rows == 0, columns.count)
    columns.withUnsafeMutableBufferPointer { columns in
      columnMarks.withUnsafeMutableBufferPointer { marks in
        guard let columns = columns.baseAddress, let marks = marks.baseAddress else { return }
        if isFirst {
          columns.update(from: values, count: length)
          marks.update(from: excluded, count: length)
        } else {
          for x in 0..<length { columns[x] += values[x] }
          for x in 0..<length { marks[x] |= excluded[x] }
        }
      }
    }
    rows += 1
    guard rows == side / source else { return false }
    rows = 0
    reduce()
    return true
  }

  /// Adds neighbouring columns, and the blocks to the moments.
  private mutating func reduce() {
    let (number, factor) = (across, side / source)
    var whole = 0
    // Sums of a row in single precision, eight at a time: some hundred values each.
    var (sum, squares) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
    columns.withUnsafeBufferPointer { columns in
      columnMarks.withUnsafeBufferPointer { columnMarks in
        sums.withUnsafeMutableBufferPointer { sums in
          marks.withUnsafeMutableBufferPointer { marks in
            for block in 0..<number {
              var value = columns[block * factor]
              var mark = columnMarks[block * factor]
              for x in block * factor + 1..<(block + 1) * factor {
                value += columns[x]
                mark |= columnMarks[x]
              }
              marks[block] = mark
              sums[block] = mark == 0 ? value : 0
              whole += mark == 0 ? 1 : 0
            }
            var block = 0
            while block + 8 <= number {
              var lanes = SIMD8<Float>()
              for lane in 0..<8 { lanes[lane] = sums[block + lane] }
              sum += lanes
              squares += lanes * lanes
              block += 8
            }
            while block < number {
              sum[0] += sums[block]
              squares[0] += sums[block] * sums[block]
              block += 1
            }
          }
        }
      }
    }
    moments.count += whole
    for lane in 0..<8 {
      moments.sum += Double(sum[lane])
      moments.squares += Double(squares[lane])
    }
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
