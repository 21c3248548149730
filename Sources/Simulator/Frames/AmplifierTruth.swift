/// What is true of one amplifier of a simulated detector. ADU, and canonical columns and rows.
public struct AmplifierTruth: Sendable, Hashable, Codable {
  /// A pixel that reads too much in every frame.
  public struct HotPixel: Sendable, Hashable, Codable {
    /// The canonical column.
    public var column: Int
    /// The canonical row.
    public var row: Int
    /// The excess.
    public var excess: Double
  }

  /// The level of the pre-scan in the first frame, at the middle row.
  public var offset = 0.0
  /// Change of the level from frame to frame: the linear part.
  public var driftPerFrame = 0.0
  /// Standard deviation of the level's random walk, per frame.
  public var walkPerFrame = 0.0
  /// Change per column, from the end of the pre-scan on.
  public var gradientPerColumn = 0.0
  /// Change per row, zero at the middle row.
  public var gradientPerRow = 0.0
  /// Excess of the first column read, before the chain has settled.
  public var settlingAmplitude = 0.0
  /// Number of columns in which that excess falls to 1/e.
  public var settlingColumns = 1.0
  /// Level of the serial over-scan relative to the image columns.
  public var overscanStep = 0.0
  /// Level of the parallel over-scan rows relative to the image rows.
  public var parallelOverscanStep = 0.0
  /// Standard deviation of the pattern that is the same in all frames, image columns only.
  public var fixedPattern = 0.0
  /// Standard deviation of the read-out noise, before rounding to whole ADU (which adds 1/12 to the
  /// variance).
  public var readNoise = 0.0
  /// Pixels that read too much.
  public var hotPixels: [HotPixel] = []

  /// An amplifier without noise and structure.
  public init() {}
}

/// What is true of one simulated detector.
public struct DetectorTruth: Sendable, Hashable, Codable {
  /// The serial number.
  public var serial: String
  /// Standard deviation of the noise that all amplifiers share, one value per row, ADU.
  public var commonModeRowNoise: Double
  /// The CCD's temperature at the upper and the lower sensor, deg C.
  public var temperatures: [Double]
  /// The amplifiers by name.
  public var amplifiers: [String: AmplifierTruth]
  /// The charge that each amplifier reads, by its name; nil for a detector without charge.
  public var charge: [String: ChargeTruth]?
  /// The flat source's relative illumination: the coefficients of u, v, u^2, v^2, where u and v go from
  /// -1 to 1 over the silicon's columns and rows.
  public var illumination: [Double]?

  /// A detector's truth.
  public init(
    serial: String, commonModeRowNoise: Double, temperatures: [Double],
    amplifiers: [String: AmplifierTruth]
  ) {
    self.serial = serial
    self.commonModeRowNoise = commonModeRowNoise
    self.temperatures = temperatures
    self.amplifiers = amplifiers
  }
}
