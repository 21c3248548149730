/// What the frames of all detectors of one exposure depend on besides the truth.
public struct BlockExposure: Sendable, Hashable {
  /// An earlier exposure that may have left an image behind.
  public struct Earlier: Sendable, Hashable {
    /// What was commanded.
    public var command: FrameCommand
    /// Its begin, seconds after the block's first exposure.
    public var seconds: Double
    /// Where the point source stood, pixels of the detector.
    public var dither: SIMD2<Double>
  }

  /// The exposure's number.
  public var obsid: Int
  /// The level of each amplifier relative to its truth's offset, ADU, by detector and amplifier.
  public var levels: [String: [String: Double]]
  /// What is commanded.
  public var command: FrameCommand
  /// Its begin, seconds after the block's first exposure.
  public var seconds: Double
  /// Temperature of the detectors, kelvin.
  public var kelvin: Double
  /// The point source's displacement from its nominal position, pixels of the detector: to the right, up.
  public var dither: SIMD2<Double>
  /// Exposures that saturated pixels not long ago, the oldest first.
  public var earlier: [Earlier]

  /// An exposure.
  public init(
    obsid: Int, levels: [String: [String: Double]] = [:], command: FrameCommand = FrameCommand(),
    seconds: Double = 0, kelvin: Double = 153.15, dither: SIMD2<Double> = .zero,
    earlier: [Earlier] = []
  ) {
    self.obsid = obsid
    self.levels = levels
    self.command = command
    self.seconds = seconds
    self.kelvin = kelvin
    self.dither = dither
    self.earlier = earlier
  }

  func ofDetector(_ detector: String) -> FrameExposure {
    FrameExposure(obsid: obsid, levels: levels[detector] ?? [:])
  }
}
