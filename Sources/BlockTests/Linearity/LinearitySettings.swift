import Analysis
import Campaign
import Detector

/// The test's inputs as far as the analysis goes.
struct LinearitySettings: Sendable {
  /// Whether the results are those of the curve with an exponential term.
  var isExponential = false
  /// The fit.
  var options = LinearityOptions()
  /// Tiles along each axis of an amplifier's image area.
  var tiles = 6
  /// Clipping of a tile's pixels in sigma.
  var clip = 4.0
  /// The highest degree of the source's drift.
  var drift = 20
  /// The shutter's calibration; empty where times are as commanded.
  var shutter: [ChamberProfile.ShutterPoint] = []
  /// Whether the calibration is read point by point.
  var readsPoints = false

  /// The usual settings, times as commanded.
  init() {}

  init(_ context: TestContext) {
    let inputs = context.definition.inputs
    isExponential = inputs["model"] == .string("EXPONENTIAL")
    if let degree = inputs["degree"]?.integer { options.degree = min(max(degree, 1), 8) }
    if let pivot = inputs["pivot"]?.number { options.pivot = 65536 * min(max(pivot, 0.05), 0.9) }
    let low = max(inputs["lowest"]?.number ?? options.range.lowerBound, 1)
    let high = inputs["highest"]?.number ?? options.range.upperBound
    options.range = low...max(low, high)
    if let drift = inputs["drift"]?.integer { self.drift = min(max(drift, 0), 30) }
    if let tiles = inputs["tiles"]?.integer { self.tiles = min(max(tiles, 1), 50) }
    if let clip = inputs["clipsigma"]?.number { self.clip = max(clip, 2) }
    readsPoints = inputs["shutter"] == .string("points")
    if inputs["shutter"] != .string("commanded"), let name = context.definition.chamber,
      let profile = try? ChamberCatalog.profile(name)
    {
      shutter = profile.shutter
    }
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
    let points = shutter.filter { $0.commandedSeconds > 0 }
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
