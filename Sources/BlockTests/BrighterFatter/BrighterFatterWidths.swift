import Analysis
import Campaign
import Detector
import Warehouse

/// Boundary shifts of a single fluence, and the widths that they and those of the joint fit have.
extension BrighterFatterChannel {
  mutating func addWidths(
    _ column: FluenceColumn, _ a: Result<[Estimate?], NotMeasurable>,
    _ joint: Result<GuyonnetSolution, NotMeasurable>,
    _ growth: Result<(x: Estimate, y: Estimate), NotMeasurable>
  ) {
    let item = column.label
    let (side, range) = (settings.side, settings.pairs.pair.range + 1)
    let own = a.flatMap { a in
      Result { () throws(NotMeasurable) in
        // a_00 is not used: charge conservation says what it is.
        let none = Estimate(value: 0, uncertainty: 0, count: 0)
        return try GuyonnetSolution(
          side: side, areaChanges: (0..<side * side).map { a[($0 / side) * range + $0 % side] ?? none })
      }
    }
    if case .success(let own) = own {
      matrix(
        Q.columnSmoothing,
        [
          Estimate(value: own.model.amplitude, uncertainty: own.model.amplitudeError, count: 0),
          Estimate(value: own.model.slope, uncertainty: own.model.slopeError, count: 0),
        ], obsid: column.obsid, .none)
      matrix(Q.columnVertical, own.vertical, obsid: column.obsid, .pixelPerElectron)
      matrix(Q.columnHorizontal, own.horizontal, obsid: column.obsid, .pixelPerElectron)
    }
    for (solution, x, y, e) in [
      (own, Q.columnWidthX, Q.columnWidthY, Q.columnEllipticity),
      (joint, Q.jointWidthX, Q.jointWidthY, Q.jointEllipticity),
    ] {
      let pitch = pitch * KernelShape.fwhm
      measure(x, item: item, shape(column, solution) { pitch * $0.sigmaX })
      measure(y, item: item, shape(column, solution) { pitch * $0.sigmaY })
      measure(e, item: item, shape(column, solution) { $0.ellipticity })
    }
    let spot = column.average.flatMap { average in
      gain.flatMap { gain in
        growth.map { growth -> (x: Estimate, y: Estimate) in
          (Self.moment(growth.x, average.mean, gain), Self.moment(growth.y, average.mean, gain))
        }
      }
    }
    measure(Q.spotWidthX, item: item, spot.map { width($0.x) })
    measure(Q.spotWidthY, item: item, spot.map { width($0.y) })
    measure(
      Q.spotEllipticity, item: item,
      spot.map { spot in
        let (x, y) = (spot.x.value, spot.y.value)
        let square = (x + y) * (x + y)
        let (ofX, ofY) = (2 * y * spot.x.uncertainty / square, 2 * x * spot.y.uncertainty / square)
        return Estimate(
          value: (x - y) / (x + y), uncertainty: (ofX * ofX + ofY * ofY).squareRoot(),
          count: spot.x.count)
      })
  }

  /// A number of the kernel's shape at a column's signal, with the uncertainties of coefficients and gain.
  private func shape(
    _ column: FluenceColumn, _ solution: Result<GuyonnetSolution, NotMeasurable>,
    _ number: (KernelShape) -> Double
  ) -> Result<Estimate, NotMeasurable> {
    column.average.flatMap { average in
      gain.flatMap { gain in
        solution.flatMap { solution in
          Result { () throws(NotMeasurable) in
            let charge = average.mean * gain.value
            var value = try solution.estimate { shifts throws(NotMeasurable) in
              number(try shifts.kernelShape(charge: charge))
            }
            let more = charge * (1 + gain.uncertainty / gain.value)
            let step =
              (try? solution.shifts.kernelShape(charge: more)).map { number($0) - value.value } ?? 0
            value.uncertainty =
              (value.uncertainty * value.uncertainty + step * step).squareRoot()
            return value
          }
        }
      }
    }
  }

  /// The second moment of the spot at a signal [pixel^2].
  private static func moment(_ growth: Estimate, _ mean: Double, _ gain: Estimate) -> Estimate {
    let charge = mean * gain.value
    let (ofGrowth, ofGain) = (growth.uncertainty * charge, growth.value * mean * gain.uncertainty)
    let sigma = BrighterFatterSettings.spot
    return Estimate(
      value: sigma * sigma + growth.value * charge,
      uncertainty: (ofGrowth * ofGrowth + ofGain * ofGain).squareRoot(), count: growth.count)
  }

  private func width(_ moment: Estimate) -> Estimate {
    let sigma = max(moment.value, 0).squareRoot()
    return Estimate(
      value: KernelShape.fwhm * pitch * sigma,
      uncertainty: sigma > 0 ? KernelShape.fwhm * pitch * moment.uncertainty / (2 * sigma) : .nan,
      count: moment.count)
  }

  static func growth(
    _ joint: GuyonnetSolution
  ) -> Result<(x: Estimate, y: Estimate), NotMeasurable> {
    Result { () throws(NotMeasurable) in
      let sigma = BrighterFatterSettings.spot
      return (
        try joint.estimate { $0.spotGrowth(sigma: sigma).x },
        try joint.estimate { $0.spotGrowth(sigma: sigma).y }
      )
    }
  }
}

