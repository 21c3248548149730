import Detector

/// Sums over a field, for every lag of both half-planes: S = sum of D(r) D(r + d), N = number of pairs, A and B = sums of
/// the two factors over the pairs; d = (dx, dy) with |dx| <= range and 0 <= dy <= range.
struct LagProducts {
  /// How many lags the innermost loop takes at once: as many accumulators as there are registers.
  static let lagsAtOnce = 6

  let range: Int
  private(set) var products: [Double]
  private(set) var pairs: [Double]
  private(set) var firsts: [Double]
  private(set) var seconds: [Double]

  func index(_ dx: Int, _ dy: Int) -> Int { dy * (2 * range + 1) + dx + range }

  /// - Precondition: `range` is at most that for which the field was made, and below its width and height.
  init(_ field: DifferenceField, range: Int) {
    self.range = range
    let count = (range + 1) * (2 * range + 1)
    products = [Double](repeating: 0, count: count)
    pairs = products
    firsts = products
    seconds = products
    sumProducts(field)
    sumFactors(field)
  }

  // MARK: - Products

  private mutating func sumProducts(_ field: DifferenceField) {
    let side = 2 * range + 1
    products.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      for y in 0..<field.height {
        for dy in 0...min(range, field.height - 1 - y) {
          // Of lag (-dx, 0) nothing is asked: it equals (dx, 0).
          var dx = dy == 0 ? 0 : -range
          while dx <= range {
            field.withRow(y) { row, _ in
              LagProducts.addRow(
                row, row + (dy * field.stride + dx), field.width, sums + (dy * side + dx + range),
                min(LagProducts.lagsAtOnce, range - dx + 1))
            }
            dx += LagProducts.lagsAtOnce
          }
        }
      }
    }
  }

  /// Adds the sums over x of a[x] b[x + k] to `sums[k]`, for k below `lags`.
  ///
  /// Six accumulators of eight lanes stay in registers; lanes are summed in Double. Reads beyond the row meet zeros.
  @inline(__always)
  private static func addRow(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ width: Int,
    _ sums: UnsafeMutablePointer<Double>, _ lags: Int
  ) {
    typealias Lanes = SIMD8<Float>
    var s0 = Lanes.zero
    var s1 = Lanes.zero
    var s2 = Lanes.zero
    var s3 = Lanes.zero
    var s4 = Lanes.zero
    var s5 = Lanes.zero
    let left = UnsafeRawPointer(a)
    let right = UnsafeRawPointer(b)
    var offset = 0
    let end = width &* 4
    while offset < end {
      let x = left.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
      s0 += x * right.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
      s1 += x * right.loadUnaligned(fromByteOffset: offset &+ 4, as: Lanes.self)
      s2 += x * right.loadUnaligned(fromByteOffset: offset &+ 8, as: Lanes.self)
      s3 += x * right.loadUnaligned(fromByteOffset: offset &+ 12, as: Lanes.self)
      s4 += x * right.loadUnaligned(fromByteOffset: offset &+ 16, as: Lanes.self)
      s5 += x * right.loadUnaligned(fromByteOffset: offset &+ 20, as: Lanes.self)
      offset &+= 32
    }
    sums[0] += total(s0)
    if lags > 1 { sums[1] += total(s1) }
    if lags > 2 { sums[2] += total(s2) }
    if lags > 3 { sums[3] += total(s3) }
    if lags > 4 { sums[4] += total(s4) }
    if lags > 5 { sums[5] += total(s5) }
  }

  @inline(__always)
  private static func total(_ lanes: SIMD8<Float>) -> Double {
    let low = SIMD4<Double>(lanes.lowHalf)
    let high = SIMD4<Double>(lanes.highHalf)
    return (low + high).sum()
  }

  // MARK: - Numbers and sums of the factors

  /// What is left out is little: everything is summed, and its share taken off.
  private mutating func sumFactors(_ field: DifferenceField) {
    let (width, height) = (field.width, field.height)
    // Of each row the sums without its first and last k pixels.
    var rowSums = [Double](repeating: 0, count: height)
    var leading = [Double](repeating: 0, count: height * (range + 1))
    var trailing = leading
    var left: [(x: Int, y: Int)] = []
    for y in 0..<height {
      field.withRow(y) { values, marks in
        var sum = 0.0
        for x in 0..<width {
          sum += Double(values[x])
          if marks[x] != 0 { left.append((x, y)) }
        }
        rowSums[y] = sum
        for k in 0..<min(range, width) {
          leading[y * (range + 1) + k + 1] = leading[y * (range + 1) + k] + Double(values[k])
          trailing[y * (range + 1) + k + 1] =
            trailing[y * (range + 1) + k] + Double(values[width - 1 - k])
        }
      }
    }
    for dy in 0...range {
      for dx in -range...range {
        let at = index(dx, dy)
        let (ahead, behind) = (max(dx, 0), max(-dx, 0))
        pairs[at] = Double((width - abs(dx)) * (height - dy))
        var a = 0.0
        var b = 0.0
        for y in 0..<(height - dy) {
          // D(r): columns behind ..< width - ahead; D(r + d): columns ahead ..< width - behind.
          let lower = y * (range + 1)
          let upper = (y + dy) * (range + 1)
          a += rowSums[y] - leading[lower + behind] - trailing[lower + ahead]
          b += rowSums[y + dy] - leading[upper + ahead] - trailing[upper + behind]
        }
        firsts[at] = a
        seconds[at] = b
      }
    }
    takeOff(left, field)
  }

  /// Takes off all pairs of which a pixel that is left out is a member. Of saturated flats that is a tenth of the pixels:
  /// those with all their neighbours in the field are taken row by row of lags.
  private mutating func takeOff(_ left: [(x: Int, y: Int)], _ field: DifferenceField) {
    let side = 2 * range + 1
    let count = side * (range + 1)
    // What goes off the firsts, and pairs of which both are left out, by -dx: so that all run with the row.
    var firstsOff = [Double](repeating: 0, count: count)
    var both = [Int32](repeating: 0, count: count)
    var secondsOff = [Double](repeating: 0, count: count)
    var inner = 0
    for pixel in left {
      guard pixel.x >= range, pixel.x < field.width - range, pixel.y >= range,
        pixel.y < field.height - range
      else {
        takeOff(pixel, field)
        continue
      }
      inner += 1
      firstsOff.withUnsafeMutableBufferPointer { firstsOff in
        both.withUnsafeMutableBufferPointer { both in
          secondsOff.withUnsafeMutableBufferPointer { secondsOff in
            guard var first = firstsOff.baseAddress, var pair = both.baseAddress,
              var second = secondsOff.baseAddress
            else { return }
            for dy in 0...range {
              field.withRow(pixel.y &- dy) { values, marks in
                let (value, mark) = (values + (pixel.x &- range), marks + (pixel.x &- range))
                for k in 0..<side { first[k] += Double(value[k]) }
                for k in 0..<side { pair[k] &+= mark[k] != 0 ? 1 : 0 }
              }
              field.withRow(pixel.y &+ dy) { values, _ in
                let value = values + (pixel.x &- range)
                for k in 0..<side { second[k] += Double(value[k]) }
              }
              first += side
              pair += side
              second += side
            }
          }
        }
      }
    }
    for dy in 0...range {
      for dx in -range...range {
        let (at, reverse) = (index(dx, dy), index(-dx, dy))
        firsts[at] -= firstsOff[reverse]
        seconds[at] -= secondsOff[at]
        pairs[at] -= Double(2 * inner) - Double(both[reverse])
      }
    }
  }

  /// The same of one pixel, wherever it lies.
  private mutating func takeOff(_ pixel: (x: Int, y: Int), _ field: DifferenceField) {
    for dy in 0...range {
      for dx in -range...range {
        let at = index(dx, dy)
        // The pixel as the second of a pair.
        let (x0, y0) = (pixel.x - dx, pixel.y - dy)
        if y0 >= 0, x0 >= 0, x0 < field.width {
          field.withRow(y0) { values, marks in
            firsts[at] -= Double(values[x0])
            pairs[at] -= 1
            // Counted once where both are left out: it is taken off as the first of the pair.
            if marks[x0] != 0 { pairs[at] += 1 }
          }
        }
        // The pixel as the first.
        let (x1, y1) = (pixel.x + dx, pixel.y + dy)
        if y1 < field.height, x1 >= 0, x1 < field.width {
          field.withRow(y1) { values, _ in
            seconds[at] -= Double(values[x1])
            pairs[at] -= 1
          }
        }
      }
    }
  }

  /// The covariance of pixels at a lag: S / N - A B / N^2; nil without pairs.
  func covariance(_ dx: Int, _ dy: Int) -> (value: Double, pairs: Double)? {
    let at = index(dx, dy)
    let n = pairs[at]
    guard n > 0 else { return nil }
    return (products[at] / n - firsts[at] * seconds[at] / (n * n), n)
  }
}
