import Analysis
import Campaign

/// The time that a chamber's shutter is open, from its calibration.
struct ShutterTime: Sendable {
  /// The calibration; empty where times are as commanded.
  let points: [ChamberProfile.ShutterPoint]
  /// Whether the excess is interpolated between the points.
  let readsPoints: Bool

  init(_ points: [ChamberProfile.ShutterPoint], readsPoints: Bool = false) {
    self.points = points.filter { $0.commandedSeconds > 0 }
    self.readsPoints = readsPoints
  }

  /// The time that the shutter was open [s].
  ///
  /// The calibrations' excess of actual over commanded times is a constant, the delay between opening and closing, that
  /// sets in within a tenth of a second; their points scatter about it by 2 to 4 ms, which is the measurement's and not
  /// the shutter's: taken as it stands it would put errors of 0.2 % on exposures of a second and a half, ten times what
  /// flats of neighbouring times show. The excess is therefore the median of all points, from the first one on, and rises
  /// in proportion to the time before it; what is left of a constant error the fit finds. With `readsPoints` the excess
  /// is interpolated between the points instead; cubic interpolation of the times themselves, as the original had it,
  /// overshoots between the first points.
  func openSeconds(_ commanded: Double) -> Double {
    guard commanded > 0 else { return commanded }
    guard let first = points.first, let last = points.last else { return commanded }
    func excess(_ point: ChamberProfile.ShutterPoint) -> Double {
      point.actualSeconds - point.commandedSeconds
    }
    guard readsPoints else {
      let constant = (try? median(points.map(excess))) ?? 0
      return commanded + constant * min(1, commanded / first.commandedSeconds)
    }
    guard let above = points.firstIndex(where: { $0.commandedSeconds >= commanded }) else {
      return commanded + excess(last)
    }
    guard above > 0 else { return commanded * (1 + excess(first) / first.commandedSeconds) }
    let (a, b) = (points[above - 1], points[above])
    let share =
      (commanded - a.commandedSeconds) / max(b.commandedSeconds - a.commandedSeconds, 1e-9)
    return commanded + excess(a) + share * (excess(b) - excess(a))
  }
}
