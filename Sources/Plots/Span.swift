import Foundation

/// The values between which an axis runs, and where a value stands between them.
struct Span: Equatable {
  var low, high: Double
  var scale: Axis.Scale

  /// Where the axis ends for these data; `steady` values, such as limits, count for `data` only.
  init(_ axis: Axis, values: [Double], margin: Double = 0.05) {
    scale = axis.scale
    let isLogarithmic = axis.scale == .logarithmic
    let usable = values.filter { Numeric.isDrawable($0) && (!isLogarithmic || $0 > 0) }
    var ends = (
      low: usable.min() ?? (isLogarithmic ? 1 : 0), high: usable.max() ?? (isLogarithmic ? 10 : 1)
    )
    var extra = margin
    switch axis.limits {
    case .data: break
    case .robust:
      ends = ResolvedScale.robust(usable.sorted(), width: 8)
      if usable.isEmpty { ends = isLogarithmic ? (1, 10) : (0, 1) }
    case .fixed(let a, let b):
      let isUsable = Numeric.isDrawable(a) && Numeric.isDrawable(b) && a != b
      if isUsable, !isLogarithmic || min(a, b) > 0 {
        (ends, extra) = ((min(a, b), max(a, b)), 0)
      }
    }
    if isLogarithmic {
      var (a, b) = (Foundation.log10(ends.low), Foundation.log10(ends.high))
      if b - a < 1e-6 { (a, b) = (a - 0.5, b + 0.5) }
      let more = (b - a) * extra
      (low, high) = (Foundation.pow(10, a - more), Foundation.pow(10, b + more))
    } else {
      let size = max(ends.low.magnitude, ends.high.magnitude)
      if ends.high - ends.low <= size * 1e-9 {
        let half = axis.scale == .time ? 30 : size == 0 ? 0.5 : size * 0.01
        ends = (ends.low - half, ends.high + half)
      }
      let more = (ends.high - ends.low) * extra
      (low, high) = (ends.low - more, ends.high + more)
    }
  }

  /// 0 at the lower and 1 at the upper end; nil for what cannot be shown.
  func fraction(_ value: Double) -> Double? {
    guard Numeric.isDrawable(value) else { return nil }
    if scale == .logarithmic {
      guard value > 0 else { return nil }
      let (a, b) = (Foundation.log10(low), Foundation.log10(high))
      return (Foundation.log10(value) - a) / (b - a)
    }
    return (value - low) / (high - low)
  }

  func contains(_ value: Double) -> Bool {
    fraction(value).map { (-1e-9...1 + 1e-9).contains($0) } ?? false
  }

  /// As many ticks as `maximum` allows.
  func ticks(_ axis: Axis, maximum: Int) -> TickSet {
    if let given = axis.ticks { return TickSet(ticks: given.filter { contains($0.value) }) }
    return switch scale {
    case .linear: TickSet.linear(low, high, maximum: maximum)
    case .logarithmic: TickSet.logarithmic(low, high, maximum: maximum)
    case .time: TickSet.time(low, high, maximum: maximum)
    }
  }
}

extension Axes {
  /// All abscissae and ordinates that the limits of the axes follow from.
  var extent: (x: [Double], y: [Double]) {
    var (x, y): ([Double], [Double]) = ([], [])
    for mark in marks {
      switch mark {
      case .series(let series):
        for index in 0..<series.count
        where Numeric.isDrawable(series.x[index]) && Numeric.isDrawable(series.y[index]) {
          x.append(series.x[index])
          y.append(series.y[index])
          if let errors = series.errors, index < errors.count, Numeric.isDrawable(errors[index]) {
            y += [series.y[index] - errors[index], series.y[index] + errors[index]]
          }
        }
      case .steps(let steps):
        x += steps.edges
        y += steps.counts + [0]
      case .band(let band):
        x += band.x
        y += band.lower + band.upper
      case .limit(let limit):
        if limit.direction == .horizontal { y.append(limit.value) } else { x.append(limit.value) }
      }
    }
    return (x, y)
  }

  /// Whether there is a finite value to show.
  var hasData: Bool {
    marks.contains {
      switch $0 {
      case .series(let s):
        (0..<s.count).contains { Numeric.isDrawable(s.x[$0]) && Numeric.isDrawable(s.y[$0]) }
      case .steps(let steps): steps.edges.count > 1 && !steps.counts.isEmpty
      case .band(let band): !band.x.isEmpty
      case .limit: false
      }
    }
  }
}
