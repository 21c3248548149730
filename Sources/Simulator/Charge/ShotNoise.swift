/// Photon noise: what a row of expected charges becomes in one exposure.
enum ShotNoise {
  /// From this mean on the deviate is Gaussian; below it is drawn from the Poisson distribution.
  static let gaussianFrom: Float = 50

  /// Replaces the expected charges of a row by realised ones.
  ///
  /// Below 50 electrons by inversion: the smallest n with F(n) > u (Devroye, "Non-uniform random variate
  /// generation", 1986, ch. X.3), exact to the 2^-32 of a random word. From 50 on
  /// `m + sqrt(m) z + (z^2 - 1) / 6`, the Cornish-Fisher expansion: mean, variance and skewness are
  /// right (the variance to 1/18 electron squared).
  ///
  /// - Parameters:
  ///   - row: expected charges, electrons, not negative.
  ///   - deviates: scratch space of the same length.
  static func apply(
    to row: UnsafeMutableBufferPointer<Float>, deviates: UnsafeMutableBufferPointer<Float>,
    stream: RandomStream, y: UInt32, obsid: UInt32, table: NormalTable
  ) {
    let count = row.count
    guard count > 0, deviates.count >= count, let q = row.baseAddress,
      let z = deviates.baseAddress
    else { return }
    var least = Float.infinity
    for x in 0..<count { least = q[x] < least ? q[x] : least }
    if least >= gaussianFrom {
      stream.fillNormal(
        UnsafeMutableBufferPointer(start: z, count: count), y, obsid, table: table)
      for x in 0..<count {
        let deviate = z[x]
        q[x] = q[x] + q[x].squareRoot() * deviate + (deviate * deviate - 1) * (1 / 6)
      }
    } else {
      mixed(q, count, stream: stream, y: y, obsid: obsid, table: table)
    }
  }

  private static func mixed(
    _ q: UnsafeMutablePointer<Float>, _ count: Int, stream: RandomStream, y: UInt32, obsid: UInt32,
    table: NormalTable
  ) {
    var words = SIMD4<UInt32>()
    var (mean, none) = (Float(-1), 0.0)
    for x in 0..<count {
      if x & 3 == 0 {
        words = stream.philox.words(at: SIMD4(UInt32(truncatingIfNeeded: x >> 2), y, obsid, 1))
      }
      let expected = q[x]
      guard expected > 0 else {
        q[x] = 0
        continue
      }
      if expected >= gaussianFrom {
        let deviate = table.deviate(words[x & 3])
        q[x] = expected + expected.squareRoot() * deviate + (deviate * deviate - 1) * (1 / 6)
      } else {
        if expected != mean { (mean, none) = (expected, exponential(-Double(expected))) }
        q[x] = Float(poisson(words[x & 3], mean: Double(expected), none: none))
      }
    }
  }

  /// The Poisson deviate of a random word.
  ///
  /// - Parameter none: `exp(-mean)`.
  @inline(__always)
  static func poisson(_ word: UInt32, mean: Double, none: Double) -> Int {
    let u = (Double(word) + 0.5) * 0x1p-32
    var (n, term, sum) = (0, none, none)
    // A mean below 50 has no more than 2^-32 beyond 120.
    while sum < u, n < 200 {
      n &+= 1
      term *= mean / Double(n)
      sum += term
    }
    return n
  }
}
