import Detector

/// Injected lines of charge.
struct ChargeInjection {
  let truth: InjectionTruth
  /// The number of image columns of the amplifier.
  let columns: Int
  /// The fixed pattern of the columns.
  let pattern: RandomStream
  /// The noise of each exposure.
  let noise: RandomStream

  /// The relative level of each column.
  ///
  /// The pattern's mean and standard deviation are exactly those of the truth, however few the columns:
  /// else the scatter of a small camera would not be what its truth says.
  func columnLevels() -> [Float] {
    var levels = [Float](repeating: 0, count: columns)
    levels.withUnsafeMutableBufferPointer {
      pattern.fillNormal($0, 0, 0, table: .shared)
    }
    let count = Double(max(columns, 1))
    let mean = levels.reduce(0) { $0 + Double($1) } / count
    let squares = levels.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let scale = squares > 0 ? truth.columnPattern / (squares / count).squareRoot() : 0
    let middle = Double(columns - 1) / 2
    for x in 0..<columns {
      let slope = truth.columnGradient * (Double(x) - middle) / count
      levels[x] = Float(max(0, 1 + slope + scale * (Double(levels[x]) - mean)))
    }
    return levels
  }

  /// Adds injected lines to an image: `onRows` lines and then `offRows` without, from row 0 on.
  func add(
    to image: Image<Float>, level: Double, onRows: Int, offRows: Int, obsid: UInt32
  ) {
    let cycle = onRows + offRows
    guard level > 0, onRows > 0, cycle > 0, image.width == columns else { return }
    let levels = columnLevels()
    let spread = max(0, truth.fanoFactor)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, columns)) { deviates in
      for y in 0..<image.height {
        let line = y % cycle
        guard line < onRows else { continue }
        let mean = Float(level * (1 + truth.firstLine * exponential(-Double(line) / 3)))
        noise.fillNormal(deviates, UInt32(truncatingIfNeeded: y), obsid, table: .shared)
        let row = image.row(y)
        for x in 0..<columns {
          let injected = mean * levels[x]
          row[x] += max(0, injected + (Float(spread) * injected).squareRoot() * deviates[x])
        }
      }
    }
  }
}
