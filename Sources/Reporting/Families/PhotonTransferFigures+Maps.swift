import Detector
import LatexReport
import Plots
import Warehouse

/// Covariances, their coefficients, and blooming limits of tiles.
extension PhotonTransferFigures {
  /// The lags whose covariances are drawn: serial, parallel, diagonal.
  private static let lags = [(1, 0, "C₁₀, serial"), (0, 1, "C₀₁, parallel"), (1, 1, "C₁₁")]

  func covariances() -> [ReportPart] {
    let all = Dictionary(grouping: data.curves["ptc.covariances"] ?? []) {
      "\($0.place.detector ?? "")/\($0.place.amplifier ?? "")"
    }
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Covariances over mean", data), footer: footer
    ) { detector, amplifier in
      let end = data.value("ptc.turnoff", detector, amplifier)?.number ?? .infinity
      let marks = Self.lags.enumerated().compactMap { index, lag -> Axes.Mark? in
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        for curve in all["\(detector)/\(amplifier)"] ?? [] {
          guard let obsid = curve.place.obsid, let side = Self.side(curve.y.count),
            max(lag.0, lag.1) < side,
            let mean = data.value("ptc.pair.mean", detector, amplifier, obsid: obsid)?.number,
            mean > 0, mean <= end
          else { continue }
          let at = lag.0 * side + lag.1
          points.x.append(mean / 1000)
          points.y.append(1000 * curve.y[at] / mean)
          points.errors.append(1000 * ((curve.uncertainty ?? [])[checked: at] ?? 0) / mean)
        }
        guard !points.x.isEmpty else { return nil }
        return .series(
          Series(
            lag.2, x: points.x, y: points.y, errors: points.errors,
            style: .points(Palette.marker(index), size: 3), colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing("no covariance") }
      return .axes(
        Axes(
          x: Axis("mean", unit: "kADU", ticks: meanTicks), y: Axis("C / mean", unit: "10⁻³ ADU"),
          marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
    }
    return [
      .figure(
        ReportFigure(
          "ptc-covariances", figure,
          caption:
            "Covariances of the nearest neighbours over the mean signal: they rise in proportion to the signal, with the slope a, where brighter-fatter moves charge.",
          width: BlockLayout.share(data.camera)))
    ]
  }

  var meanTicks: [Tick]? {
    let top = (data.curves["ptc.curve"] ?? []).compactMap { $0.x.last }.max() ?? 0
    return BlockLayout.pixelTicks(max(2, top / 1000))
  }

  private static func side(_ count: Int) -> Int? { (1...17).first { $0 * $0 == count } }

  /// The coefficients of a joint fit as images.
  func matrices(_ curve: String = "ptc.a", name: String = "ptc-a-matrix") -> [ReportPart] {
    guard let curves = data.curves[curve], !curves.isEmpty else {
      return [
        .paragraph([.status(.missing, "No matrix of coefficients: no fit of all covariances.")])
      ]
    }
    // The centre is ten times its neighbours: the scale is that of the neighbours.
    let neighbours = curves.flatMap { curve -> [Double] in
      guard let side = Self.side(curve.y.count), side > 1 else { return [] }
      return [abs(curve.y[1]), abs(curve.y[side])]
    }.sorted()
    let reach = max(1e-9, neighbours[checked: neighbours.count / 2] ?? 0) * 1e7
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Coefficients a", data), footer: footer
    ) { detector, amplifier in
      guard
        let curve = curves.first(where: {
          $0.place.detector == detector && $0.place.amplifier == amplifier
        }), let side = Self.side(curve.y.count),
        // Serial lags to the right, parallel ones upwards.
        let image = try? PlotImage(
          width: side, height: side,
          values: (0..<side * side).map { Float(curve.y[($0 % side) * side + $0 / side] * 1e7) })
      else { return .missing("no fit") }
      return .image(
        ImagePanel(
          image, scale: .fixed(-1.2 * reach, 1.2 * reach), map: .coolWarm,
          value: Axis("a", unit: "10⁻⁷/e⁻"), x: Axis("serial lag", ticks: []),
          y: Axis("parallel lag", ticks: [])))
    }
    return [
      .figure(
        ReportFigure(
          name, figure,
          caption:
            "Coefficients a of the full covariances: serial lags to the right, parallel lags upwards, lag (0, 0) at the lower left. The colours are those of the neighbours; the centre, ten times as large, is beyond them.",
          width: BlockLayout.share(data.camera)))
    ]
  }

  func bloomMap() -> [ReportPart] {
    let rows = data.measurements(of: "ptc.bloom")
    guard !rows.isEmpty else {
      return [.paragraph([.status(.missing, "No tile was measured.")])]
    }
    let reached = rows.filter { $0.value.number != nil }.count
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Blooming limits of tiles", data), footer: footer
    ) { detector, amplifier in
      let mine = rows.filter {
        $0.place.detector == detector && $0.place.amplifier == amplifier
      }.sorted { ($0.place.item ?? "") < ($1.place.item ?? "") }
      let side = Int(Double(mine.count).squareRoot().rounded())
      guard side > 0, side * side == mine.count, mine.contains(where: { $0.value.number != nil }),
        let layout = data.camera.amplifier(named: amplifier)
      else { return .missing("not reached") }
      var values = [Float](repeating: .nan, count: mine.count)
      for (index, row) in mine.enumerated() {
        guard let value = row.value.number else { continue }
        // As the tiles lie on the detector, not in the order of read-out.
        let x = layout.flipX ? side - 1 - index % side : index % side
        let y = layout.flipY ? side - 1 - index / side : index / side
        values[y * side + x] = Float(value / 1000)
      }
      guard let image = try? PlotImage(width: side, height: side, values: values) else {
        return .missing("no tile")
      }
      return .image(
        ImagePanel(
          image, scale: .full, map: .viridis, value: Axis("limit", unit: "kADU"),
          x: Axis(ticks: []), y: Axis(ticks: [])))
    }
    let caption = DefinitionLabel.link("Turn-off of each tile", "ptc.bloom")
      + Document.Text(
        " as they lie on the detector; \(reached) of \(rows.count) tiles reach it, the others hold at the highest signal of the test or have too few pairs."
      )
    guard reached > 0 else {
      return [
        .paragraph(
          Document.Text(
            "None of \(rows.count) tiles reaches a blooming limit within the test's signals."))
      ]
    }
    return [
      .figure(
        ReportFigure("ptc-bloom", figure, caption: caption, width: BlockLayout.share(data.camera)))
    ]
  }
}

extension Array {
  /// The element at an index; nil outside of the array.
  fileprivate subscript(checked index: Int) -> Element? {
    indices.contains(index) ? self[index] : nil
  }
}
