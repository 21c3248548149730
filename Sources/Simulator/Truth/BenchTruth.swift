/// What is true of the chamber's light, in one block's session.
public struct BenchTruth: Sendable, Hashable, Codable {
  /// One position of the filter wheel.
  public struct Filter: Sendable, Hashable, Codable {
    /// The wavelength, nm; where the position has none, that of the lamp's maximum.
    public var wavelength: Double
    /// Seconds in which the flat source fills 65536 ADU at unit gain error.
    public var flatSeconds: Double
    /// Seconds in which the peak of a point source reaches 55000 ADU, about.
    public var pointSeconds: Double
    /// The mirror's position of best focus, mm.
    public var bestFocus: Double
    /// Full width at half maximum of a point source in focus, pixels.
    public var fwhm: Double
  }

  /// The filters of the positions 1, 2, ... of the wheel.
  public var filters: [Filter] = []
  /// Light relative to what the chamber's profile promises.
  public var brightness = 1.0
  /// Seconds that the shutter is open longer than commanded, for exposures of a second and more.
  public var shutterOffset = 0.0
  /// Relative change of the light in an hour.
  public var driftPerHour = 0.0
  /// Amplitude of the light's relative oscillation.
  public var waveAmplitude = 0.0
  /// Period of the oscillation, seconds.
  public var wavePeriod = 3600.0
  /// Displacement of the mirror that widens a point source by the square root of two, mm.
  public var focusDepth = 0.8
  /// Share of a point source's light that lies in its wings.
  public var wingShare = 0.0
  /// Width of the wings relative to the core.
  public var wingWidth = 3.0
  /// Cosmic rays, per second and square centimetre.
  public var cosmicRate = 2.6
  /// Level of scattered light where the shutter is open, relative to the flat source.
  public var strayLight = 0.0

  /// Electrons that a point source gives in `pointSeconds`, for each electron per ADU.
  ///
  /// With a core of 1.68 pixels the peaks have 41 to 61 kADU, as the spot stands on its pixels: the
  /// campaign allows 55 kADU within 30 %. More would shorten the time that the check derives from
  /// peak and width: it is 0.86 of the profile's, and 0.8 is allowed.
  static let pointFluence = 2.39e5

  /// No light.
  public init() {}

  /// The filter at a position of the wheel; nil outside of it.
  public func filter(_ position: Int) -> Filter? {
    filters.indices.contains(position - 1) ? filters[position - 1] : nil
  }

  /// The light relative to the nominal, some seconds after the block's first exposure.
  public func light(after seconds: Double) -> Double {
    let wave = waveAmplitude * sine(2 * .pi * seconds / max(wavePeriod, 1))
    return brightness * (1 + driftPerHour * seconds / 3600 + wave)
  }

  /// Seconds that the shutter is open where so many are commanded.
  ///
  /// `t + offset (1 - exp(-t / 0.1 s))`: as the chambers' calibrations, the excess begins at zero.
  public func openSeconds(_ commanded: Double) -> Double {
    guard commanded > 0 else { return 0 }
    return max(0, commanded + shutterOffset * (1 - exponential(-commanded / 0.1)))
  }

  /// Electrons a second and pixel of the flat source.
  func flatRate(_ filter: Filter) -> Double {
    filter.flatSeconds > 0 ? 65536 * Self.referenceGain / filter.flatSeconds : 0
  }

  /// Electrons a second of a point source, all together.
  func pointRate(_ filter: Filter) -> Double {
    filter.pointSeconds > 0 ? Self.pointFluence * Self.referenceGain / filter.pointSeconds : 0
  }

  /// Electrons that fill one ADU in the chamber's saturation times.
  static let referenceGain = 3.42

  /// Whether an exposure's light may fill a pixel; a margin of a fifth is on the safe side.
  func mayFill(_ fullWell: Double, _ command: FrameCommand) -> Bool {
    guard let filter = filter(command.filter) else { return false }
    let seconds = openSeconds(command.seconds) * 1.2 * max(brightness, 0)
    switch command.light {
    case .none: return false
    case .flat: return seconds * flatRate(filter) > fullWell
    case .point:
      let sigma = fwhm(filter, mirror: command.mirror) / 2.3548
      let fluence = seconds * pointRate(filter)
      return min(fluence, fluence / (2 * .pi * sigma * sigma)) > fullWell
    }
  }

  /// A point source's width, pixels, with the mirror at a position.
  ///
  /// `fwhm sqrt(1 + ((m - m0) / depth)^2)`, the law of a beam about its waist.
  public func fwhm(_ filter: Filter, mirror: Double, focusOffset: Double = 0) -> Double {
    let defocus = (mirror - filter.bestFocus - focusOffset) / max(focusDepth, 1e-6)
    return filter.fwhm * (1 + defocus * defocus).squareRoot()
  }
}
