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
  /// `following` over the measured a_00; nil where that is zero.
  public let closure: Estimate?
  /// The coefficients that the shifts have: those measured, changed until charge is conserved where `Centre` says so.
  public let closed: [Double]
  /// The shifts with the coefficients changed by independent steps of one sigma.
  private let changed: [BoundaryShifts]

  /// What a_00 is used for.
  public enum Centre: Sendable, Hashable {
    /// Nothing: it follows from all others, with the errors of all of them, as in Guyonnet et al.
    case follows
    /// It is measured as well: all coefficients are changed until charge is conserved, a' = a - C m (m^T a) / (m^T C m) with
    /// C their covariance and m_ij the number of lags that an entry stands for (least squares under the sum rule). The outermost boundaries stay where they are then: what the tail
    /// of the smoothing model lets out there would be missing in a_00.
    case measured
  }

  /// Solves for the shifts.
  ///
  /// - Parameters:
  ///   - side: number of lags along each axis, at least 3.
  ///   - areaChanges: index i * side + j [1/e-].
  ///   - covariance: of the coefficients, row by row [1/e-**2]; without it, or where it is none, they are independent.
  /// - Throws: `NotMeasurable` where the smoothing model cannot be fitted.
  public init(
    side: Int, areaChanges: [Estimate], covariance: [Double]? = nil, centre: Centre = .follows
  ) throws(NotMeasurable) {
    self.side = side
    self.areaChanges = areaChanges
    let (plain, model) = try BoundaryShifts.guyonnet(side: side, areaChanges: areaChanges)
    self.model = model
    let errors = CoefficientErrors(side: side, areaChanges, covariance)
    let edge: Double = centre == .measured ? 0 : 1
    func closed(_ values: [Double]) -> [Double] {
      centre == .measured ? errors.closed(values) : values
    }
    let values = areaChanges.map(\.value)
    self.closed = closed(values)
    shifts = try BoundaryShifts.guyonnet(
      side: side, areaChanges: self.closed, model: model, edge: edge)
    kernel =
      (try? BoundaryShifts.scalar(
        side: side, areaChanges: self.closed, closes: true).kernel) ?? []
    var changed: [BoundaryShifts] = []
    var (ofFollowing, ofClosure) = (0.0, 0.0)
    let count = areaChanges.first?.count ?? 0
    let (follows, centreValue) = (plain.areaChange(0, 0), values.first ?? 0)
    for step in errors.steps {
      let others = -step.indices.dropFirst().reduce(0) { $0 + errors.copies[$1] * step[$1] }
      ofFollowing += others * others
      let quotient =
        others / centreValue - follows * (step.first ?? 0) / (centreValue * centreValue)
      ofClosure += quotient * quotient
      guard centre == .measured || step.dropFirst().contains(where: { $0 != 0 }) else { continue }
      changed.append(
        try BoundaryShifts.guyonnet(
          side: side, areaChanges: closed(zip(values, step).map { $0 + $1 }), model: model,
          edge: edge))
    }
    following = Estimate(value: follows, uncertainty: ofFollowing.squareRoot(), count: count)
    closure =
      centreValue == 0
      ? nil
      : Estimate(
        value: follows / centreValue, uncertainty: ofClosure.squareRoot(), count: count)
    self.changed = changed
  }

  /// A number that follows from the shifts, with the uncertainty of the coefficients (the smoothing model taken as
  /// known).
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

/// The errors of the coefficients a_ij.
struct CoefficientErrors {
  /// The number of lags that each entry stands for.
  let copies: [Double]
  /// Independent changes of one sigma each: the sum of their squares is the covariance.
  let steps: [[Double]]

  /// - Parameter covariance: row by row; without it, or where it is not positive definite, coefficients are independent.
  init(side: Int, _ coefficients: [Estimate], _ covariance: [Double]?) {
    let count = coefficients.count
    copies = coefficients.indices.map { Double(BoundaryShifts.copies($0, side)) }
    if let covariance, let factor = CholeskyFactor(covariance, side: count) {
      steps = (0..<count).map(factor.column)
    } else {
      steps = coefficients.indices.filter { coefficients[$0].uncertainty > 0 }.map { lag in
        coefficients.indices.map { $0 == lag ? coefficients[lag].uncertainty : 0 }
      }
    }
  }

  /// Least squares under the sum rule, a - C m (m^T a) / (m^T C m).
  func closed(_ values: [Double]) -> [Double] {
    func total(_ list: [Double]) -> Double { zip(list, copies).reduce(0) { $0 + $1.0 * $1.1 } }
    var weights = [Double](repeating: 0, count: values.count)
    for step in steps {
      let sum = total(step)
      for lag in weights.indices { weights[lag] += sum * step[lag] }
    }
    let whole = total(weights)
    guard whole > 0, whole.isFinite else { return values }
    let share = -total(values) / whole
    return zip(values, weights).map { $0 + share * $1 }
  }
}
