import Analysis
import Detector
import LatexReport
import Plots
import Warehouse

#if canImport(Glibc)
  import Glibc
#endif

/// Boundaries of pixels, widths, and what the correction restores.
extension BrighterFatterFigures {
  // MARK: - Boundaries

  private func shifts(_ detector: String, _ amplifier: String) -> BoundaryShifts? {
    guard let v = curve("bf.shifts.parallel", detector, amplifier),
      let h = curve("bf.shifts.serial", detector, amplifier), v.y.count == h.y.count,
      let side = (1...17).first(where: { $0 * $0 == v.y.count })
    else { return nil }
    return BoundaryShifts(side: side, vertical: v.y, horizontal: h.y)
  }

  /// How the shifts fall off with distance.
  func decay() -> [ReportPart] {
    [
      figure(
        "bf-shifts", "Shifts of boundaries",
        caption: [
          .text("Modulus of the "), .link("shift", to: DefinitionLabel.of("bf.shift")),
          .text(
            " of boundaries for each electron against their distance from it, straight along a row and along a column; dashed the smoothing model of Guyonnet et al. (2015)."
          ),
        ]
      ) { detector, amplifier in
        guard let shifts = shifts(detector, amplifier) else {
          return .missing(reason("bf.shift", detector, amplifier))
        }
        let x = (0..<shifts.side).map { Double($0) + 0.5 }
        var marks: [Axes.Mark] = []
        for (index, name) in ["bf.shifts.serial", "bf.shifts.parallel"].enumerated() {
          let step = index == 0 ? shifts.side : 1
          guard let line = curve(name, detector, amplifier) else { continue }
          let at = (0..<shifts.side).map { $0 * step }
          marks.append(
            .series(
              Series(
                index == 0 ? "serial" : "parallel", x: x, y: at.map { abs(line.y[$0]) * 1e7 },
                errors: [], style: .linePoints(Palette.marker(index)),
                colour: Palette.colour(index))))
        }
        if let p0 = data.value("bf.smoothing.amplitude", detector, amplifier)?.number,
          let p1 = data.value("bf.smoothing.slope", detector, amplifier)?.number
        {
          let model = GuyonnetSmoothing(amplitude: p0, slope: p1)
          marks.append(
            .series(
              Series(
                "model", x: x, y: x.map { abs(model.shift(atDistance: $0)) * 1e7 },
                style: .line(width: 0.8, dashed: true), colour: Palette.colour(2))))
        }
        return .axes(
          Axes(
            x: Axis("distance", unit: "pixel", ticks: [Tick(1, "1"), Tick(3, "3"), Tick(5, "5")]),
            y: Axis("|shift|", unit: "10⁻⁷ pixel/e⁻", scale: .logarithmic), marks: marks,
            legend: .right))
      }
    ]
  }

  /// The boundaries of 13 x 13 pixels about a spot of sigma 1.6 pixels and a peak of 32768 ADU, shifts ten times enlarged.
  func distortion() -> [ReportPart] {
    [
      figure(
        "bf-distortion", "Boundaries about a spot",
        caption:
          "Boundaries of 13 × 13 pixels about a Gaussian spot of σ = 1.6 pixels whose peak is 32768 ADU; their shifts, averaged over the exposure, are enlarged ten times."
      ) { detector, amplifier in
        guard let shifts = shifts(detector, amplifier) else {
          return .missing(reason("bf.shift", detector, amplifier))
        }
        guard let gain = data.value("bf.gain", detector, amplifier)?.number else {
          return .missing(reason("bf.gain", detector, amplifier))
        }
        let lines = Self.boundaries(shifts, peak: 32768 * gain)
        return .axes(
          Axes(
            x: Axis("serial", limits: .fixed(-7, 7), ticks: []),
            y: Axis("parallel", limits: .fixed(-7, 7), ticks: []),
            marks: [
              .series(Series(x: lines.x, y: lines.y, style: .line(width: 0.4)))
            ], legend: .none))
      }
    ]
  }

  private static func boundaries(
    _ shifts: BoundaryShifts, peak: Double
  ) -> (x: [Double], y: [Double]) {
    let reach = 6
    let spot = { (i: Int, j: Int) in peak * exp(-Double(i * i + j * j) / (2 * 1.6 * 1.6)) }
    func moved(_ i: Int, _ j: Int, _ shift: (Int, Int) -> Double) -> Double {
      var sum = 0.0
      for k in -9...9 {
        for l in -9...9 { sum += shift(i - k, j - l) * spot(k, l) }
      }
      // Half of it: charge grows during the exposure.
      return 10 * 0.5 * sum
    }
    var (x, y): ([Double], [Double]) = ([], [])
    for i in -reach...reach {
      for j in -reach - 1...reach {
        let up = Double(j) + 0.5 + moved(i, j, shifts.v)
        x += [Double(i) - 0.5, Double(i) + 0.5, .nan]
        y += [up, up, .nan]
        let right = Double(j) + 0.5 + moved(j, i, shifts.h)
        x += [right, right, .nan]
        y += [Double(i) - 0.5, Double(i) + 0.5, .nan]
      }
    }
    return (x, y)
  }

  // MARK: - Widths

  func widths() -> [ReportPart] {
    ["x", "y"].map { axis in
      figure(
        "bf-fwhm-\(axis)", "FWHM along \(axis == "x" ? "rows" : "columns") against fluence",
        caption: [
          .text("FWHM of what one bright pixel becomes, along \(axis == "x" ? "rows" : "columns"): "),
          .link("own", to: DefinitionLabel.of("bf.column.fwhm.\(axis)")),
          .text(" with the coefficients of each fluence, dashed the line through them, and "),
          .link("joint", to: DefinitionLabel.of("bf.column.joint.fwhm.\(axis)")),
          .text(" with those of all fluences."),
        ], isKey: true
      ) { detector, amplifier in
        var marks = [
          series("own", "bf.column.fwhm.\(axis)", detector, amplifier, index: 0),
          series(
            "joint", "bf.column.joint.fwhm.\(axis)", detector, amplifier, index: 1,
            style: .line(width: 1), errors: false),
        ].compactMap(\.self)
        if let at = data.value("bf.fwhm.\(axis)", detector, amplifier)?.number,
          let slope = data.value("bf.fwhm.\(axis).slope", detector, amplifier)?.number
        {
          let ends = points("bf.column.fwhm.\(axis)", detector, amplifier).x
          let x = [ends.min() ?? 0, ends.max() ?? 60]
          marks.append(
            .series(
              Series(
                "line", x: x, y: x.map { at + slope * ($0 - 32.768) / 10 },
                style: .line(width: 0.8, dashed: true), colour: Palette.colour(0))))
        }
        guard !marks.isEmpty else {
          return .missing(reason("bf.column.fwhm.\(axis)", detector, amplifier))
        }
        return .axes(
          Axes(x: signal, y: Axis("FWHM \(axis)", unit: "µm"), marks: marks, legend: .right))
      }
    }
  }

  func ellipticity() -> [ReportPart] {
    [
      figure(
        "bf-ellipticity", "Ellipticity against fluence",
        caption: [
          .link("Ellipticity", to: DefinitionLabel.of("bf.column.ellipticity")),
          .text(
            " of what one bright pixel becomes, with the coefficients of each fluence, and (line) of all fluences; negative where it is wider along columns."
          ),
        ]
      ) { detector, amplifier in
        let marks = [
          series("own", "bf.column.ellipticity", detector, amplifier, index: 0),
          series(
            "joint", "bf.column.joint.ellipticity", detector, amplifier, index: 1,
            style: .line(width: 1), errors: false),
        ].compactMap(\.self)
        guard !marks.isEmpty else {
          return .missing(reason("bf.column.ellipticity", detector, amplifier))
        }
        return .axes(
          Axes(
            x: signal, y: Axis("ellipticity"),
            marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
      }
    ]
  }

  func spots() -> [ReportPart] {
    [
      figure(
        "bf-spots", "Width of a spot against its peak",
        caption: [
          .text("FWHM, from second moments, of a round Gaussian spot of σ = 1.6 pixels along "),
          .link("rows", to: DefinitionLabel.of("bf.column.spot.fwhm.x")), .text(" and "),
          .link("columns", to: DefinitionLabel.of("bf.column.spot.fwhm.y")),
          .text(" against the signal in its brightest pixel."),
        ]
      ) { detector, amplifier in
        let marks = [
          series("x", "bf.column.spot.fwhm.x", detector, amplifier, index: 0),
          series("y", "bf.column.spot.fwhm.y", detector, amplifier, index: 1),
        ].compactMap(\.self)
        guard !marks.isEmpty else {
          return .missing(reason("bf.column.spot.fwhm.x", detector, amplifier))
        }
        return .axes(
          Axes(x: signal, y: Axis("FWHM", unit: "µm"), marks: marks, legend: .right))
      }
    ]
  }

  // MARK: - The correction

  func restored() -> [ReportPart] {
    [
      figure(
        "bf-restored", "Variance before and after correction",
        caption: [
          .text("Variance, without read noise, over that of the photons: "),
          .link("as it is", to: DefinitionLabel.of("bf.column.poisson.raw")), .text(", corrected with "),
          .link("Guyonnet's shifts", to: DefinitionLabel.of("bf.column.poisson.guyonnet")),
          .text(" and with the "),
          .link("scalar kernel", to: DefinitionLabel.of("bf.column.poisson.scalar")), .text("."),
        ], isKey: true
      ) { detector, amplifier in
        let marks = [
          series("as it is", "bf.column.poisson.raw", detector, amplifier, index: 0),
          series("Guyonnet", "bf.column.poisson.guyonnet", detector, amplifier, index: 1),
          series("scalar", "bf.column.poisson.scalar", detector, amplifier, index: 2),
        ].compactMap(\.self)
        guard !marks.isEmpty else {
          return .missing(reason("bf.column.poisson.raw", detector, amplifier))
        }
        return .axes(
          Axes(
            x: signal, y: Axis("variance / photons"),
            marks: marks + [.limit(LimitLine(.horizontal, at: 1))], legend: .right))
      }
    ]
  }
}
