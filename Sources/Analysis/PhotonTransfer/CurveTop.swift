/// Whether the highest signals of a photon transfer curve still belong to it.
///
/// Non-linearity of the chain bends a variance by per cents, so that growing upwards has to let as much pass. Where only a
/// corner of an amplifier blooms, its variance changes no more than that, while the charge that runs along the columns
/// leaves covariances of neighbours that are wrong by half. C_ij / F^2 is all but straight in F, whatever the chain: hence
/// at the lags (1, 0) and (0, 1) the pairs of the highest signal (within 3 % of it) are compared with a straight line through
/// those below. Where they are off by more than `cut` sigma, a twentieth of C_ij allowed for in each, all these pairs are left
/// out, and the next lower ones looked at, as long as five signals remain below.
struct CurveTop {
  private let points: [PhotonTransferPoint]
  private let cut: Double

  init(_ points: [PhotonTransferPoint], cut: Double) {
    (self.points, self.cut) = (points, cut)
  }

  /// The points that are left of those used.
  func trimmed(_ isUsed: [Bool]) -> [Bool] {
    var result = isUsed
    while let top = points.indices.last(where: { result[$0] }) {
      let used = points.indices.filter { result[$0] }
      let group = used.filter { points[$0].mean >= 0.97 * points[top].mean }
      let below = used.filter { points[$0].mean < 0.97 * points[top].mean }
      guard signals(below) >= 5, departs(group, below) else { break }
      for index in group { result[index] = false }
    }
    return result
  }

  private func departs(_ group: [Int], _ below: [Int]) -> Bool {
    for lag in [(1, 0), (0, 1)] {
      func slope(_ index: Int) -> (value: Double, error: Double)? {
        let point = points[index]
        guard let matrix = point.covariances, matrix.range >= 1 else { return nil }
        let square = point.mean * point.mean
        let at = lag.0 * (matrix.range + 1) + lag.1
        let error = matrix.uncertainties[at] / square
        guard matrix.values[at].isFinite, error > 0, error.isFinite else { return nil }
        return (matrix.values[at] / square, error)
      }
      if isOff(group, below, slope) { return true }
    }
    return false
  }

  /// The share of a value by which a line may be wrong.
  private static let allowed = 0.05

  /// Whether the weighted mean of a group departs from a straight line through the points below.
  private func isOff(
    _ group: [Int], _ below: [Int], _ measured: (Int) -> (value: Double, error: Double)?
  ) -> Bool {
    guard let last = group.last else { return false }
    let top = points[last].mean
    func powers(_ mean: Double) -> [Double] { [1, mean / top] }
    let data = below.compactMap { index in measured(index).map { (points[index].mean, $0) } }
    let own = group.compactMap { index in measured(index).map { (points[index].mean, $0) } }
    guard own.count == group.count, data.count > 2,
      let fit = try? LinearFit(
        rows: data.map { powers($0.0) }, data: data.map(\.1.value), errors: data.map(\.1.error))
    else { return false }
    var (weight, sum, mean) = (0.0, 0.0, 0.0)
    for (signal, value) in own {
      let w = 1 / (value.error * value.error)
      weight += w
      sum += w * value.value
      mean += w * signal
    }
    guard weight > 0, weight.isFinite else { return false }
    let at = powers(mean / weight)
    let expected = zip(at, fit.parameters).reduce(0) { $0 + $1.0 * $1.1 }
    var variance = 0.0
    for i in at.indices {
      for j in at.indices { variance += at[i] * fit.covariance[i * at.count + j] * at[j] }
    }
    let excess = max(1, fit.chiSquare / Double(data.count - 2))
    let floor = Self.allowed * abs(expected)
    let error = (1 / weight + max(variance, 0) * excess + floor * floor).squareRoot()
    return abs(sum / weight - expected) > cut * error
  }

  /// The number of different signals: steps of more than a twentieth.
  private func signals(_ indices: [Int]) -> Int {
    var (count, last) = (0, 0.0)
    for index in indices where count == 0 || points[index].mean > 1.05 * last {
      count += 1
      last = points[index].mean
    }
    return count
  }
}
