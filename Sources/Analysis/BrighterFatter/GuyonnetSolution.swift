/// Boundary shifts from measured coefficients after Guyonnet et al. 2015, and the uncertainty of what is computed from them.
public struct GuyonnetSolution: Sendable {
  /// Number of lags along each axis.
  public let side: Int
  /// a_ij, index i * side + j [1/e-].
  public let areaChanges: [Estimate]
  /// The smoothing model of the outer lags.
  public let model: GuyonnetSmoothing
  /// The shifts.
  public let shifts: BoundaryShifts
  /// The a_00 that follows from the other coefficients as they were measured, by charge conservation.
  public let following: Estimate
  /// The scalar kernel K (`BoundaryShifts.scalar`) of the same coefficients [1/e-]; empty where there is none.
  public let kernel: [Double]
  /// The shifts with one coefficient each changed by its uncertainty, by lag.
  private let changed: [BoundaryShifts]

  /// What a_00 is used for.
  public enum Centre: Sendable, Hashable {
    /// Nothing: it follows from all others, with the errors of all of them, as in Guyonnet et al.
    case follows
    /// It is measured as well: all coefficients are changed in proportion to
    /// their variances until charge is conserved, a'_ij = a_ij + lambda m_ij sigma_ij^2 with m_ij the number of lags that an
    /// entry stands for (least squares under the sum rule). The outermost boundaries stay where they are then: what the tail
    /// of the smoothing model lets out there would be missing in a_00.
    case measured
  }

  /// Solves for the shifts.
  ///
  /// - Parameters:
  ///   - side: number of lags along each axis, at least 3.
  ///   - areaChanges: index i * side + j [1/e-].
  /// - Throws: `NotMeasurable` where the smoothing model cannot be fitted.
  public init(
    side: Int, areaChanges: [Estimate], centre: Centre = .follows
  ) throws(NotMeasurable) {
    self.side = side
    self.areaChanges = areaChanges
    let (plain, model) = try BoundaryShifts.guyonnet(side: side, areaChanges: areaChanges)
    self.model = model
    let weights = areaChanges.indices.map {
      Double(BoundaryShifts.copies($0, side)) * areaChanges[$0].uncertainty
        * areaChanges[$0].uncertainty
    }
    let edge: Double = centre == .measured ? 0 : 1
    func closed(_ values: [Double]) -> [Double] {
      let copies = values.indices.map { Double(BoundaryShifts.copies($0, side)) }
      let sum = zip(values, copies).reduce(0) { $0 + $1.0 * $1.1 }
      let total = zip(weights, copies).reduce(0) { $0 + $1.0 * $1.1 }
      guard centre == .measured, total > 0, total.isFinite else { return values }
      let step = -sum / total
      return zip(values, weights).map { $0 + step * $1 }
    }
    let values = areaChanges.map(\.value)
    shifts = try BoundaryShifts.guyonnet(
      side: side, areaChanges: closed(values), model: model, edge: edge)
    kernel =
      (try? BoundaryShifts.scalar(
        side: side, areaChanges: closed(values), closes: true).kernel) ?? []
    var changed: [BoundaryShifts] = []
    var variance = 0.0
    for lag in areaChanges.indices {
      var values = values
      values[lag] += areaChanges[lag].uncertainty
      if lag > 0 {
        let step = Double(BoundaryShifts.copies(lag, side)) * areaChanges[lag].uncertainty
        variance += step * step
      }
      guard lag > 0 || centre == .measured else { continue }
      changed.append(
        try BoundaryShifts.guyonnet(
          side: side, areaChanges: closed(values), model: model, edge: edge))
    }
    following = Estimate(
      value: plain.areaChange(0, 0), uncertainty: variance.squareRoot(),
      count: areaChanges.first?.count ?? 0)
    self.changed = changed
  }

  /// A number that follows from the shifts, with the uncertainty of the coefficients (taken as independent, the smoothing
  /// model as known).
  ///
  /// - Throws: `NotMeasurable` where `number` throws for the shifts themselves.
  public func estimate(
    _ number: (BoundaryShifts) throws(NotMeasurable) -> Double
  ) throws(NotMeasurable) -> Estimate {
    let value = try number(shifts)
    var variance = 0.0
    for other in changed {
      // Where a coefficient within its error makes the number impossible, the number is uncertain by itself.
      let step = (try? number(other)).map { $0 - value } ?? value
      variance += step * step
    }
    guard value.isFinite, variance.isFinite else { throw NotMeasurable("not a finite number") }
    return Estimate(
      value: value, uncertainty: variance.squareRoot(), count: areaChanges.first?.count ?? 0)
  }

  /// V, index i * side + j, with uncertainties [pixel / e-].
  public var vertical: [Estimate] { estimates(\.vertical) }
  /// H, index i * side + j, with uncertainties [pixel / e-].
  public var horizontal: [Estimate] { estimates(\.horizontal) }

  private func estimates(_ path: KeyPath<BoundaryShifts, [Double]>) -> [Estimate] {
    let values = shifts[keyPath: path]
    return values.indices.map { index in
      let variance = changed.reduce(0.0) { sum, other in
        let step = other[keyPath: path][index] - values[index]
        return sum + step * step
      }
      return Estimate(value: values[index], uncertainty: variance.squareRoot(), count: 0)
    }
  }
}
