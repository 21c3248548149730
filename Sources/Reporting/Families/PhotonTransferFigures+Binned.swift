import Analysis
import Detector
import LatexReport
import Plots
import Warehouse

/// Variances of binned images beside those that the covariances foretell.
extension PhotonTransferFigures {
  func binned() -> [ReportPart] {
    let curves = grouped("ptc.binned")
    guard !curves.isEmpty else { return [] }
    let covariances = grouped("ptc.covariances")
    let sides = Set((data.curves["ptc.binned"] ?? []).flatMap(\.x)).compactMap { Int(exactly: $0) }
      .sorted()
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Variance over mean of binned images", data),
      footer: footer
    ) { detector, amplifier in
      let key = "\(detector)/\(amplifier)"
      let end = data.value("ptc.turnoff", detector, amplifier)?.number ?? .infinity
      func mean(_ curve: CurveRecord) -> Double? {
        curve.place.obsid.flatMap {
          data.value("ptc.pair.mean", detector, amplifier, obsid: $0)?.number
        }.flatMap { $0 > 0 && $0 <= end ? $0 : nil }
      }
      var marks: [Axes.Mark] = []
      for (index, side) in ([1] + sides).enumerated() {
        let expected = (covariances[key] ?? []).compactMap { curve -> Point? in
          guard let mean = mean(curve), let value = Self.matrix(curve)?.binned(side) else {
            return nil
          }
          return Point(mean: mean, value: value.value, error: value.uncertainty)
        }
        let measured =
          side == 1
          ? expected
          : (curves[key] ?? []).compactMap { curve -> Point? in
            guard let mean = mean(curve), let at = curve.x.firstIndex(of: Double(side)),
              curve.y.indices.contains(at)
            else { return nil }
            let errors = curve.uncertainty ?? []
            return Point(
              mean: mean, value: curve.y[at], error: errors.indices.contains(at) ? errors[at] : 0)
          }
        guard !measured.isEmpty else { continue }
        let shown = Self.merged(measured)
        let line = Self.merged(expected)
        let colour = Palette.colour(index)
        marks.append(
          .series(
            Series(
              "\(side) × \(side)", x: shown.map { $0.mean / 1000 },
              y: shown.map { $0.value / $0.mean }, errors: shown.map { $0.error / $0.mean },
              style: .points(Palette.marker(index), size: 3), colour: colour)))
        guard side > 1, line.count > 1 else { continue }
        marks.append(
          .series(
            Series(
              x: line.map { $0.mean / 1000 }, y: line.map { $0.value / $0.mean },
              style: .line(width: 0.8), colour: colour)))
      }
      guard !marks.isEmpty else { return .missing("no binned variance") }
      return .axes(
        Axes(
          x: Axis("mean", unit: "kADU", ticks: meanTicks),
          y: Axis("variance / mean", unit: "ADU"), marks: marks, legend: .right))
    }
    return [
      .figure(
        ReportFigure(
          "ptc-binned", figure,
          caption:
            "Variance of binned images, per pixel, over the mean signal: points are measured, pairs of one signal averaged; lines are what the covariances of the same pairs add up to, so far as their lags reach over a block.",
          width: BlockLayout.share(data.camera)))
    ]
  }

  private struct Point {
    var mean, value, error: Double
  }

  private func grouped(_ name: String) -> [String: [CurveRecord]] {
    Dictionary(grouping: data.curves[name] ?? []) {
      "\($0.place.detector ?? "")/\($0.place.amplifier ?? "")"
    }
  }

  private static func matrix(_ curve: CurveRecord) -> CovarianceMatrix? {
    guard let side = (1...17).first(where: { $0 * $0 == curve.y.count }),
      let errors = curve.uncertainty, errors.count == curve.y.count
    else { return nil }
    return CovarianceMatrix(
      range: side - 1, values: curve.y, uncertainties: errors,
      pairs: [Int](repeating: 0, count: curve.y.count))
  }

  /// The weighted means of points of one signal, within a twentieth, by rising signal.
  private static func merged(_ points: [Point]) -> [Point] {
    var groups: [[Point]] = []
    for point in points.sorted(by: { $0.mean < $1.mean }) {
      if let first = groups.last?.first, point.mean <= 1.05 * first.mean {
        groups[groups.count - 1].append(point)
      } else {
        groups.append([point])
      }
    }
    return groups.map { group in
      // Variances rise with the signal: what is averaged is their quotient.
      let weights = group.map { $0.error > 0 ? $0.mean * $0.mean / ($0.error * $0.error) : 0 }
      let total = weights.reduce(0, +)
      let mean = group.reduce(0) { $0 + $1.mean } / Double(group.count)
      guard total > 0 else { return Point(mean: mean, value: group[0].value, error: 0) }
      let quotient = zip(group, weights).reduce(0) { $0 + $1.1 * $1.0.value / $1.0.mean } / total
      return Point(mean: mean, value: quotient * mean, error: mean / total.squareRoot())
    }
  }
}
