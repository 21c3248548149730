import Analysis
import Campaign
import Detector

/// The test's inputs as far as the analysis goes.
struct PhotonTransferSettings: Sendable {
  /// The model of `ptc.gain`; nil for the one that the data carry.
  var model: PhotonTransferModel?
  /// How a pair is measured.
  var pair = FlatPairOptions()
  /// Tiles along each axis of an amplifier's image area.
  var tiles = 6
  /// What flats of a pair have in common.
  var pairing = FlatPairing.Rule.time
  /// How the gain of a single pair is corrected for read noise.
  var pairGain = PairGain.unbiased
  /// Whether an exposure time with one flat ends the test.
  var isStrict = false
  /// Whether the curve is made that of a linear chain by the exposure times.
  var isLinearised = true

  init(_ context: TestContext) {
    let inputs = context.definition.inputs
    if case .string(let name)? = inputs["model"], let model = PhotonTransferModel(name) {
      self.model = model
    }
    if let lags = inputs["lags"]?.integer { pair.range = min(max(lags, 1), 16) }
    if let clip = inputs["clipsigma"]?.number { pair.clip = max(clip, 2) }
    if let edge = inputs["edge"]?.integer { pair.edge = max(edge, 0) }
    if let tiles = inputs["tiles"]?.integer { self.tiles = min(max(tiles, 1), 50) }
    let sides = (inputs["binnings"]?.numbers ?? [2, 4, 8]).compactMap { Int(exactly: $0) }
    pair.binnings = Array(Set(sides.filter { (2...16).contains($0) })).sorted()
    if let lags = inputs["tilelags"]?.integer { pair.tileRange = min(max(lags, 0), 16) }
    switch inputs["pairing"] {
    case .string("obsid")?: pairing = .order
    case .string("flux")?:
      if case .string(let column)? = inputs["fluxkey"] { pairing = .flux(column: column) }
    default: break
    }
    if case .string(let name)? = inputs["pairgain"] {
      pairGain = PairGain(rawValue: name.lowercased()) ?? .unbiased
    }
    isStrict = inputs["lonely"] == .string("error")
    isLinearised = inputs["linearity"] != .string("none")
    pair.invalid = context.camera.invalidValues
    let pixels = context.camera.region(.image, rows: context.window)?.count ?? 0
    // A window of some tens of rows is measured as well, with the errors that it has.
    pair.leastPixels = min(pair.leastPixels, max(100, pixels / 4))
  }

  /// The tiles of an amplifier, canonical, row by row.
  func tiling(of image: Region) -> [Region] { TileGrid.tiles(of: image, tiles) }

  /// The models that are solved: the chosen one, and the others for comparison.
  var models: [PhotonTransferModel] {
    let usual: [PhotonTransferModel] = [
      .fullCovariance, .fullCovarianceWithoutB, .exponential, .quadratic,
    ]
    guard let model, !usual.contains(model) else { return usual }
    return usual + [model]
  }

  /// The greatest relative error of the full model's gain with which it is taken.
  ///
  /// The noise of its many coefficients enters as squares: on small images, with errors of 0.8 %, its gains are
  /// 0.8 % too high; as that goes with the square of the error, it is 0.08 %, a third of the error, at this limit.
  static let sharpestNeeded = 0.0025

  /// The model of `ptc.gain`, where the full one gives some gain.
  func model(withFull fit: Result<PhotonTransferFit, NotMeasurable>?) -> PhotonTransferModel {
    if let model { return model }
    guard case .success(let fit)? = fit, fit.gain.value > 0,
      fit.gain.uncertainty <= Self.sharpestNeeded * fit.gain.value
    else { return .fullCovarianceWithoutB }
    return .fullCovariance
  }
}
