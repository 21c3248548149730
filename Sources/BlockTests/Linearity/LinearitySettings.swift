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
  func openSeconds(_ commanded: Double) -> Double {
    ShutterTime(shutter, readsPoints: readsPoints).openSeconds(commanded)
  }
}
