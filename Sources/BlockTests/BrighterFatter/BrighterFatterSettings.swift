import Analysis
import Campaign
import Detector

/// The test's inputs as far as the analysis goes.
struct BrighterFatterSettings: Sendable {
  /// How pairs are measured.
  var pairs: PhotonTransferSettings
  /// Lags along each axis of the electrostatic solution.
  var side: Int
  /// Pixels along each side of the part of an amplifier on which the correction is tested: the variance of one pair to 0.2 %.
  static let testSide = 768
  /// Signal [adu] at which widths are quoted.
  static let halfWell = 32768.0
  /// Sigma of the spot [pixel].
  static let spot = 1.6

  init(_ context: TestContext) {
    let inputs = context.definition.inputs
    pairs = PhotonTransferSettings(context)
    pairs.tiles = 0
    pairs.pair.binnings = []
    let pixels = min(max(inputs["Npix"]?.integer ?? 5, 3), 17)
    // The joint fit has as many lags as the solution at least.
    pairs.pair.range = min(max(inputs["lags"]?.integer ?? 8, pixels - 1), 16)
    side = pixels
  }
}
