import Analysis
import Campaign
import Detector
import Warehouse

/// The solution of one amplifier.
struct BrighterFatterChannel {
  typealias Q = BrighterFatterQuantities

  let detector: String
  let amplifier: String
  let settings: BrighterFatterSettings
  /// Width of a pixel [um].
  let pitch: Double
  let gain: Result<Estimate, NotMeasurable>
  /// Whether the gain was measured on the same pairs.
  let sharesPairs: Bool
  var result = SubtaskResult()

  init(
    detector: String, amplifier: String, settings: BrighterFatterSettings, pitch: Double,
    gain: Result<Estimate, NotMeasurable>, sharesPairs: Bool
  ) {
    (self.detector, self.amplifier, self.settings) = (detector, amplifier, settings)
    (self.pitch, self.gain, self.sharesPairs) = (pitch, gain, sharesPairs)
  }

  /// A stored value as an estimate.
  static func estimate(_ value: MeasuredValue) -> Result<Estimate, NotMeasurable> {
    switch value {
    case .value(let number, let error, let count):
      .success(Estimate(value: number, uncertainty: error ?? 0, count: count ?? 0))
    case .missing(let reason): .failure(NotMeasurable(reason))
    }
  }

  mutating func measure(
    _ quantity: Quantity, item: String? = nil, _ value: Result<Estimate, NotMeasurable>
  ) {
    result.measure(quantity, detector: detector, amplifier: amplifier, item: item, value)
  }

  mutating func matrix(
    _ name: String, _ values: [Estimate], obsid: Int? = nil, _ unit: Unit
  ) {
    guard values.allSatisfy({ $0.value.isFinite && $0.uncertainty.isFinite }) else { return }
    result.curves.append(
      SubtaskResult.Curve(
        name: name, detector: detector, amplifier: amplifier, obsid: obsid,
        x: values.indices.map(Double.init), y: values.map(\.value),
        uncertainty: values.map(\.uncertainty), xUnit: .none, yUnit: unit))
  }

  // MARK: - All of it

  mutating func solve(
    _ stored: StoredPairs.Points, noise scatter: Estimate?, light: FlatRamp?,
    labels: [(obsid: Int, label: String)]
  ) {
    measure(Q.gain, gain)
    var points = stored
    let measured = Result { () throws(NotMeasurable) in
      if stored.points.isEmpty { throw NotMeasurable(stored.reasons.first ?? "no pair of flats") }
      var options = PhotonTransferOptions()
      options.lags = settings.pairs.pair.range
      return try PhotonTransferCurve(
        stored.points.map(\.point),
        noise: scatter.map(PhotonTransferSolve.variance(ofNoise:)), options: options)
    }
    // Covariances of the linear chain: a bend of the chain changes variances, which is no brighter-fatter.
    let ramp = light.flatMap { light in try? measured.flatMap { light.linearity(stored, $0) }.get() }
    let fit = measured.flatMap { measured in
      Result { () throws(NotMeasurable) in try Self.joint(measured, ramp) }
    }
    let linearity =
      (try? fit.get())?.linearity
      ?? ramp.flatMap { ramp in (try? measured.get()).flatMap { try? ramp.refined(by: $0) } }
    var curve = measured
    if let linearity {
      addLinearity(linearity)
      curve = measured.map { $0.linearised(by: linearity) }
      points.points = stored.points.map { ($0.obsid, $0.point.linearised(by: linearity)) }
    }
    addJoint(fit)
    let side = settings.side
    let joint = fit.flatMap { fit in
      Result { () throws(NotMeasurable) in
        guard let matrices = fit.matrices, matrices.side >= side else {
          throw NotMeasurable("fewer lags than the solution asks for")
        }
        return try GuyonnetSolution(
          side: side,
          areaChanges: (0..<side * side).map {
            matrices.a[($0 / side) * matrices.side + $0 % side]
          }, covariance: fit.covarianceOfA(side: side), centre: .measured)
      }
    }
    addShifts(joint)
    if case .failure(let reason) = joint {
      result.raise(.badFit, "\(detector) \(amplifier): no boundary shifts: \(reason.reason)")
    }
    var noise: [Double] = []
    if case .success(let fit) = fit, let matrices = fit.matrices {
      let g2 = fit.gain.value * fit.gain.value
      noise = matrices.noise.map { $0.value / g2 }
    }
    let used = (try? curve.get())?.used ?? []
    let columns = FluenceColumn.all(
      labels, points.points, side: settings.pairs.pair.range + 1,
      reason: points.points.isEmpty ? points.reasons.first : nil,
      isUsed: { point in used.contains { $0.mean == point.mean && $0.variance == point.variance } })
    let growth = joint.flatMap { joint in Self.growth(joint) }
    for column in columns { add(column, noise: noise, joint: joint, growth: growth) }
    addModel(fit, columns)
    addErrorsOfRestored(fit, columns)
  }

  /// What the errors of fit and gain do to the variances that the correction restores, which nothing but the fit knows.
  private mutating func addErrorsOfRestored(
    _ fit: Result<PhotonTransferFit, NotMeasurable>, _ columns: [FluenceColumn]
  ) {
    guard case .success(let fit) = fit, case .success(let gain) = gain else { return }
    // Means of the columns are those of the linear chain.
    let signals = columns.compactMap { try? $0.average.get().mean }.map { linear in
      var signal = linear
      for _ in 0..<20 { signal += linear - (fit.linearity?.linear(signal) ?? signal) }
      return signal
    }
    guard
      let errors = RestoredVariance(
        fit, side: settings.side, signals: signals, gain: gain, sharesPairs: sharesPairs)
    else { return }
    for (name, values) in [
      (Q.restoredCovariance, errors.corrected), (Q.rawCovariance, errors.raw),
    ] {
      result.curves.append(
        SubtaskResult.Curve(
          name: name, detector: detector, amplifier: amplifier, obsid: nil,
          x: values.indices.map(Double.init), y: values, uncertainty: [], xUnit: .none,
          yUnit: .none))
    }
  }

  // MARK: - The joint fit

  /// The fit of all covariances, with b_ij only where the data ask for them: n more parameters must lower chi^2 by more than
  /// n + 3 sqrt(2 n), three sigma beyond what they do by chance. Without need they make a_ij several times less certain.
  private static func joint(
    _ curve: PhotonTransferCurve, _ ramp: RampLinearity?
  ) throws(NotMeasurable) -> PhotonTransferFit {
    func fit(_ model: PhotonTransferModel) throws(NotMeasurable) -> PhotonTransferFit {
      guard let ramp else { return try PhotonTransferFit(model, to: curve) }
      return try PhotonTransferFit(model, to: curve, linearity: ramp)
    }
    let without = Result { () throws(NotMeasurable) in try fit(.fullCovarianceWithoutB) }
    guard let full = try? fit(.fullCovariance) else {
      return try without.get()
    }
    guard case .success(let plain) = without, let matrices = full.matrices else { return full }
    let more = Double(matrices.a.count)
    let gained = plain.fit.chiSquare - full.fit.chiSquare
    return gained > more + 3 * (2 * more).squareRoot() ? full : plain
  }

  private mutating func addJoint(_ fit: Result<PhotonTransferFit, NotMeasurable>) {
    measure(Q.jointGain, fit.map(\.gain))
    let names: [(item: String, i: Int, j: Int)] = [
      ("a00", 0, 0), ("a10", 1, 0), ("a01", 0, 1), ("a11", 1, 1), ("a20", 2, 0), ("a02", 0, 2),
    ]
    for name in names {
      measure(
        Q.a, item: name.item,
        fit.flatMap { fit in
          guard let matrices = fit.matrices, name.i < matrices.side, name.j < matrices.side else {
            return .failure(NotMeasurable("the lag is not measured"))
          }
          return .success(matrices.a[name.i * matrices.side + name.j])
        })
    }
    measure(
      Q.aSum,
      fit.flatMap { fit in
        fit.matrices.map { .success($0.sum) } ?? .failure(NotMeasurable("no matrix"))
      })
    guard case .success(let found) = fit else { return }
    if let reduced = found.fit.reducedChiSquare {
      result.count(Q.chiSquare, detector: detector, amplifier: amplifier, reduced)
    }
    result.count(Q.points, detector: detector, amplifier: amplifier, Double(found.points))
    if let matrices = found.matrices {
      matrix(Q.matrixA, matrices.a, .perElectron)
      matrix(Q.matrixNoise, matrices.noise, .electronSquared)
    }
  }

  private mutating func addShifts(_ joint: Result<GuyonnetSolution, NotMeasurable>) {
    measure(
      Q.amplitude,
      joint.map {
        Estimate(value: $0.model.amplitude, uncertainty: $0.model.amplitudeError, count: 0)
      })
    measure(
      Q.slope,
      joint.map { Estimate(value: $0.model.slope, uncertainty: $0.model.slopeError, count: 0) })
    measure(
      Q.closure,
      joint.flatMap { joint in
        Result { () throws(NotMeasurable) in
          guard let closure = joint.closure else { throw NotMeasurable("a_00 is zero") }
          return closure
        }
      })
    for (item, isSerial) in [("x", true), ("y", false)] {
      measure(
        Q.shift, item: item,
        joint.flatMap { joint in
          Result { () throws(NotMeasurable) in
            try joint.estimate { isSerial ? $0.h(0, 0) : $0.v(0, 0) }
          }
        })
    }
    guard case .success(let joint) = joint else { return }
    matrix(Q.vertical, joint.vertical, .pixelPerElectron)
    matrix(Q.horizontal, joint.horizontal, .pixelPerElectron)
    if !joint.kernel.isEmpty {
      result.curves.append(
        SubtaskResult.Curve(
          name: Q.kernel, detector: detector, amplifier: amplifier, obsid: nil,
          x: joint.kernel.indices.map(Double.init), y: joint.kernel, uncertainty: [], xUnit: .none,
          yUnit: .perElectron))
    }
  }

  /// The curve of the linear chain, which the correction of images needs before anything else.
  private mutating func addLinearity(_ linearity: RampLinearity) {
    let coefficients = linearity.coefficients
    guard linearity.covariance.allSatisfy(\.isFinite) else { return }
    matrix(Q.linearity, coefficients, .none)
    result.curves.append(
      SubtaskResult.Curve(
        name: Q.linearityCovariance, detector: detector, amplifier: amplifier, obsid: nil,
        x: linearity.covariance.indices.map(Double.init), y: linearity.covariance, uncertainty: [],
        xUnit: .none, yUnit: .none))
    result.count(Q.linearityTop, detector: detector, amplifier: amplifier, linearity.top)
  }

  /// What the model says of the nearest lags at the fluences, as the points of one fluence are plotted.
  private mutating func addModel(
    _ fit: Result<PhotonTransferFit, NotMeasurable>, _ columns: [FluenceColumn]
  ) {
    guard case .success(let fit) = fit, let matrices = fit.matrices, matrices.side > 1,
      let top = columns.compactMap({ try? $0.average.get().mean }).max()
    else { return }
    let g = fit.gain.value
    let means = (1...30).map { top * Double($0) / 30 }
    var values: [[Double]] = [[], [], []]
    for mean in means {
      guard let c = fit.covariances(mean) else { return }
      for (index, lag) in [0, matrices.side, 1].enumerated() {
        let noise = matrices.noise[lag].value / (g * g)
        values[index].append((c[lag] - noise - (lag == 0 ? mean / g : 0)) / (mean * mean))
      }
    }
    for (name, y) in zip([Q.model00, Q.model10, Q.model01], values)
    where y.allSatisfy(\.isFinite) {
      result.curves.append(
        SubtaskResult.Curve(
          name: name, detector: detector, amplifier: amplifier, obsid: nil, x: means, y: y,
          uncertainty: [], xUnit: .adu, yUnit: .perElectron))
    }
  }

  // MARK: - One fluence

  private mutating func add(
    _ column: FluenceColumn, noise: [Double], joint: Result<GuyonnetSolution, NotMeasurable>,
    growth: Result<(x: Estimate, y: Estimate), NotMeasurable>
  ) {
    let item = column.label
    let average = column.average
    let gain = try? gain.get()
    let range = settings.pairs.pair.range + 1
    measure(
      Q.columnMean, item: item,
      average.map {
        Estimate(
          value: $0.mean,
          uncertainty: (($0.covariances.first?.value ?? 0)
            / Double(max(1, 2 * ($0.covariances.first?.count ?? 1)))).squareRoot(), count: $0.pairs)
      })
    measure(Q.columnVariance, item: item, average.map { $0.covariances[0] })
    let a = average.map { $0.areaChanges(noise: noise, gain: gain) }
    for (correlation, coefficient, lag) in [
      (nil, Q.column00, 0), (Q.correlation10, Q.column10, range),
      (Q.correlation01, Q.column01, 1), (Q.correlation11, Q.column11, range + 1),
    ] as [(Quantity?, Quantity, Int)] {
      if let correlation {
        measure(
          correlation, item: item,
          average.map { Self.quotient($0.covariances[lag], $0.covariances[0]) })
      }
      measure(
        coefficient, item: item,
        a.flatMap { a in
          a[lag].map { .success($0) } ?? .failure(self.gain.reason ?? NotMeasurable("no gain"))
        })
    }
    addWidths(column, a, joint, growth)
    guard case .success(let found) = average, case .success(let values) = a else { return }
    matrix(
      Q.columnCorrelations,
      found.covariances.map { Self.quotient($0, found.covariances[0]) }, obsid: column.obsid, .none)
    if values.allSatisfy({ $0 != nil }) {
      matrix(Q.columnA, values.compactMap(\.self), obsid: column.obsid, .perElectron)
    }
  }

  private static func quotient(_ c: Estimate, _ v: Estimate) -> Estimate {
    Estimate(
      value: c.value / v.value,
      uncertainty: ((c.uncertainty / v.value) * (c.uncertainty / v.value)
        + (c.value * v.uncertainty / (v.value * v.value))
        * (c.value * v.uncertainty / (v.value * v.value))).squareRoot(), count: c.count)
  }
}

extension Result where Failure == NotMeasurable {
  /// Why there is no value; nil where there is one.
  fileprivate var reason: NotMeasurable? {
    if case .failure(let reason) = self { reason } else { nil }
  }
}
