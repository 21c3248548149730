import Foundation

extension Figure {
  /// Several samples as step histograms over the same bins, with N, median and sigma (1.4826 MAD)
  /// of each in the legend.
  ///
  /// - Parameters:
  ///   - samples: names and values; values that are not finite are left out.
  ///   - axis: the quantity; fixed limits are those of the bins.
  ///   - bins: the number of bins; nil for Rice's rule, 2 n^(1/3), between 5 and 60.
  ///   - limits: lines to draw.
  public static func histogram(
    title: String, samples: [(label: String, values: [Double])], axis: Axis, bins: Int? = nil,
    limits: [LimitLine] = [], footer: String = ""
  ) -> Figure {
    let all = samples.flatMap { $0.values }
    let edges = Binning.edges(all, bins: bins, limits: axis.limits)
    var x = axis
    if let low = edges.first, let high = edges.last {
      let reach = limits.filter { $0.direction == .vertical && Numeric.isDrawable($0.value) }
        .map(\.value)
      let (least, most) = (min(low, reach.min() ?? low), max(high, reach.max() ?? high))
      let margin = 0.03 * (most - least)
      if case .fixed = axis.limits {} else { x.limits = .fixed(least - margin, most + margin) }
    }
    var marks: [Axes.Mark] = []
    for (index, sample) in samples.enumerated() {
      guard let summary = Summary(sample.values) else { continue }
      let label =
        "\(sample.label)\nN = \(summary.count), median = \(Numeric.short(summary.median)), "
        + "σ = \(Numeric.short(summary.sigma, digits: 3))"
      marks.append(
        .steps(
          Steps(
            label, edges: edges, counts: Binning.counts(sample.values, edges: edges),
            colour: Palette.colour(index), isFilled: index == 0)))
    }
    // The axis starts at zero, and the highest bin does not touch the frame.
    let highest = marks.reduce(0.0) {
      if case .steps(let steps) = $1 { max($0, steps.counts.max() ?? 0) } else { $0 }
    }
    let y = Axis("number", limits: .fixed(0, highest > 0 ? highest * 1.08 : 1))
    return Figure(
      width: 8, height: 6, title: title, footer: footer,
      content: .panel(
        .axes(Axes(x: x, y: y, marks: marks + (marks.isEmpty ? [] : limits.map { .limit($0) })))))
  }

  /// Groups of points, such as one for each block, each with its own colour and marker.
  public static func scatter(
    title: String, x: Axis, y: Axis, groups: [(label: String, x: [Double], y: [Double])],
    limits: [LimitLine] = [], footer: String = ""
  ) -> Figure {
    let marks = groups.enumerated().map { index, group in
      Axes.Mark.series(
        Series(
          group.label, x: group.x, y: group.y, style: .points(Palette.marker(index), size: 5),
          colour: Palette.colour(index)))
    }
    return Figure(
      width: 8, height: 6, title: title, footer: footer,
      content: .panel(.axes(Axes(x: x, y: y, marks: marks + limits.map { .limit($0) }))))
  }
}

/// Bins of histograms.
enum Binning {
  /// Edges at round numbers that hold all values; the highest edge is beyond the highest value.
  static func edges(_ values: [Double], bins: Int?, limits: Axis.Limits) -> [Double] {
    let usable = values.filter { Numeric.isDrawable($0) }
    guard var low = usable.min(), var high = usable.max() else { return [] }
    if case .fixed(let a, let b) = limits, Numeric.isDrawable(a), Numeric.isDrawable(b), a < b {
      (low, high) = (a, b)
    }
    let rice = Numeric.integer((2 * Numeric.cubeRoot(Double(usable.count))).rounded(.up))
    let count = min(max(bins ?? min(max(rice, 5), 60), 1), 1000)
    if high - low <= max(low.magnitude, high.magnitude) * 1e-9 {
      let half = max(low.magnitude * 1e-3, 0.5)
      (low, high) = (low - half, high + half)
    }
    let step = (high - low) / Double(count)
    guard step > 0 else { return [] }
    return (0...count).map { low + Double($0) * step }
  }

  /// The number of values in each bin, the last one with its upper edge.
  static func counts(_ values: [Double], edges: [Double]) -> [Double] {
    guard let low = edges.first, let high = edges.last, edges.count > 1, high > low else {
      return []
    }
    var counts = [Double](repeating: 0, count: edges.count - 1)
    let scale = Double(counts.count) / (high - low)
    for value in values where value >= low && value <= high {
      counts[min(Numeric.integer((value - low) * scale), counts.count - 1)] += 1
    }
    return counts
  }
}
