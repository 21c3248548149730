import Analysis
import Campaign
import Detector

/// Straight lines through the widths of all fluences: the width at half of full well, and the slope.
enum BrighterFatterTrend {
  private typealias Q = BrighterFatterQuantities

  static func run(_ context: TestContext) throws -> SubtaskResult {
    var result = SubtaskResult()
    let means = try byChannel(context, Q.columnMean)
    let widths = [try byChannel(context, Q.columnWidthX), try byChannel(context, Q.columnWidthY)]
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let key = "\(detector)/\(amplifier)"
        func measure(_ quantity: Quantity, _ value: Result<Estimate, NotMeasurable>) {
          result.measure(quantity, detector: detector, amplifier: amplifier, value)
        }
        let lines = widths.map { line(means[key] ?? [:], $0[key] ?? [:]) }
        let at = lines.map { $0.map { $0.value(at: BrighterFatterSettings.halfWell) } }
        for (index, quantities) in [(Q.widthX, Q.slopeX), (Q.widthY, Q.slopeY)].enumerated() {
          measure(quantities.0, at[index])
          measure(
            quantities.1,
            lines[index].map {
              Estimate(
                value: $0.slope.value * 1e4, uncertainty: $0.slope.uncertainty * 1e4,
                count: $0.slope.count)
            })
        }
        measure(
          Q.ellipticity,
          at[0].flatMap { x in
            at[1].map { y in
              let (a, b) = (x.value * x.value, y.value * y.value)
              let e = (a - b) / (a + b)
              // de/dx = 4 x y^2 / (x^2 + y^2)^2, and the same with the opposite sign for y.
              let slope = 4 * x.value * y.value / ((a + b) * (a + b))
              let error =
                slope * ((y.value * x.uncertainty) * (y.value * x.uncertainty)
                  + (x.value * y.uncertainty) * (x.value * y.uncertainty)).squareRoot()
              return Estimate(value: abs(e), uncertainty: error, count: min(x.count, y.count))
            }
          })
      }
    }
    return result
  }

  private static func byChannel(
    _ context: TestContext, _ quantity: Quantity
  ) throws -> [String: [String: EarlierMeasurement]] {
    var result: [String: [String: EarlierMeasurement]] = [:]
    for row in try context.earlier.measurements(quantity) {
      result["\(row.detector ?? "")/\(row.amplifier ?? "")", default: [:]][row.item ?? ""] = row
    }
    return result
  }

  private static func line(
    _ means: [String: EarlierMeasurement], _ widths: [String: EarlierMeasurement]
  ) -> Result<StraightLine, NotMeasurable> {
    Result { () throws(NotMeasurable) in
      var (x, y, errors): ([Double], [Double], [Double]) = ([], [], [])
      for (label, width) in widths.sorted(by: { $0.key < $1.key }) {
        guard let mean = means[label]?.value, let value = width.value,
          let error = width.uncertainty, error > 0
        else { continue }
        x.append(mean)
        y.append(value)
        errors.append(error)
      }
      guard x.count >= 2 else {
        throw NotMeasurable(
          widths.values.compactMap(\.reason).sorted().first ?? "fewer than two fluences")
      }
      return try StraightLine(x: x, y: y, errors: errors)
    }
  }
}
