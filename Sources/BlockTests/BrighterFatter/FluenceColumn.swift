import Analysis

/// The pairs of one script column of one amplifier, averaged.
struct FluenceColumn: Sendable {
  /// The script column.
  let label: String
  /// The first exposure of its first pair; nil where there is none.
  let obsid: Int?
  /// The average; or why there is none.
  let average: Result<Average, NotMeasurable>

  /// What the pairs of a fluence say together.
  struct Average: Sendable {
    /// Mean signal [adu].
    let mean: Double
    /// The number of pairs.
    let pairs: Int
    /// C_ij with uncertainties [adu**2], index i * side + j.
    let covariances: [Estimate]
  }

  /// All columns with flats, in the order of the script.
  ///
  /// - Parameters:
  ///   - labels: of each exposure.
  ///   - points: of the amplifier, by exposure.
  ///   - isUsed: whether a pair belongs to the curve.
  ///   - reason: why a column without points has none, where that is known.
  static func all(
    _ labels: [(obsid: Int, label: String)], _ points: [(obsid: Int, point: PhotonTransferPoint)],
    side: Int, reason: String?, isUsed: (PhotonTransferPoint) -> Bool
  ) -> [FluenceColumn] {
    var names: [String] = []
    var label: [Int: String] = [:]
    for entry in labels {
      if !names.contains(entry.label) { names.append(entry.label) }
      label[entry.obsid] = entry.label
    }
    return names.sorted().map { name in
      let mine = points.filter { label[$0.obsid] == name }.sorted { $0.obsid < $1.obsid }
      return FluenceColumn(
        label: name, obsid: mine.first?.obsid,
        average: Result { () throws(NotMeasurable) in
          guard !mine.isEmpty else { throw NotMeasurable(reason ?? "no pair of flats") }
          return try average(mine.map(\.point).filter(isUsed), side: side)
        })
    }
  }

  /// Weighted means; weights are 1 / sigma^2 of the covariance at lag 0, which all lags share but for a constant.
  private static func average(
    _ points: [PhotonTransferPoint], side: Int
  ) throws(NotMeasurable) -> Average {
    let usable = points.compactMap { point -> (PhotonTransferPoint, CovarianceMatrix)? in
      guard let matrix = point.covariances, matrix.range + 1 >= side,
        point.variance.uncertainty > 0
      else { return nil }
      return (point, matrix)
    }
    guard !usable.isEmpty else {
      throw NotMeasurable("no pair on the photon transfer curve: above the turn-off, or outliers")
    }
    let weights = usable.map { 1 / ($0.0.variance.uncertainty * $0.0.variance.uncertainty) }
    let sum = weights.reduce(0, +)
    let mean = zip(usable, weights).reduce(0) { $0 + $1.0.0.mean * $1.1 } / sum
    var covariances: [Estimate] = []
    for i in 0..<side {
      for j in 0..<side {
        var (value, variance, count) = (0.0, 0.0, 0)
        for ((_, matrix), weight) in zip(usable, weights) {
          let at = i * (matrix.range + 1) + j
          value += weight / sum * matrix.values[at]
          let error = weight / sum * matrix.uncertainties[at]
          variance += error * error
          count += matrix.pairs[at]
        }
        covariances.append(
          Estimate(value: value, uncertainty: variance.squareRoot(), count: count))
      }
    }
    return Average(mean: mean, pairs: usable.count, covariances: covariances)
  }
}

extension FluenceColumn.Average {
  /// (C_ij - n_ij / g^2) / mu^2, which is a_ij to first order [1/e-]; of lag 0 (C_00 - n_00 / g^2 - mu / g) / mu^2, nil
  /// without a gain.
  ///
  /// - Parameters:
  ///   - noise: n_ij / g^2 [adu**2], same index; shorter where unknown.
  ///   - gain: [e-/adu].
  func areaChanges(noise: [Double], gain: Estimate?) -> [Estimate?] {
    covariances.enumerated().map { index, covariance in
      let square = mean * mean
      let n = noise.indices.contains(index) ? noise[index] : 0
      if index > 0 {
        return Estimate(
          value: (covariance.value - n) / square, uncertainty: covariance.uncertainty / square,
          count: covariance.count)
      }
      guard let gain else { return nil }
      let ofGain = mean * gain.uncertainty / (gain.value * gain.value)
      return Estimate(
        value: (covariance.value - n - mean / gain.value) / square,
        uncertainty: (covariance.uncertainty * covariance.uncertainty + ofGain * ofGain)
          .squareRoot() / square, count: covariance.count)
    }
  }
}
