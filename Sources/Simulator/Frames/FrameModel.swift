public import Detector

/// A kind of frame: how the pixels of one detector come about in one exposure.
///
/// Bias frames are the first kind; others (dark, flat, injection, ...) are further types that conform.
public protocol FrameModel: Sendable {
  /// Computes a frame.
  ///
  /// - Parameters:
  ///   - image: gets all pixels; has the camera's size.
  ///   - exposure: which one. Equal exposures give equal pixels, on any thread and in any order.
  ///   - rows: of each amplifier in canonical order that are read; the others are set to 0.
  func render(_ exposure: FrameExposure, rows: Range<Int>, into image: Image<UInt16>)
}

/// What a frame's pixels depend on besides the truth of its detector.
public struct FrameExposure: Sendable, Hashable {
  /// The exposure's number.
  public var obsid: Int
  /// The level of each amplifier relative to its truth's offset, ADU, by name: drift and random walk.
  public var levels: [String: Double]

  /// An exposure.
  public init(obsid: Int, levels: [String: Double] = [:]) {
    self.obsid = obsid
    self.levels = levels
  }
}
