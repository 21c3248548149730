/// What a test can be marked with; a test's state is a set of flags.
///
/// Bits, names and meanings are those of the Euclid-VIS ground calibration, so that states compare.
public enum Flag: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case missingData = 0
  case poorQualityData = 1
  case badData = 2
  case wrongTest = 3
  case wrongElectronicsConfiguration = 4
  case sourceOn = 5
  case sourceOff = 6
  case wrongSource = 7
  case housekeepingOutOfLimits = 8
  case detectorTemperatureOutOfLimits = 9
  case underPerformance = 10
  case requirementNotMet = 11
  case badDataProduct = 12
  case deadDetector = 13
  case deadAmplifier = 14
  case lowMemory = 15
  case tooSlow = 16
  case unknown = 17
  case readNoiseOutOfLimits = 18
  case fluenceOutOfLimits = 19
  case fluenceGradientOutOfLimits = 20
  case focusOutOfLimits = 21
  case backgroundOutOfLimits = 22
  case detectorSaturated = 23
  case fluxOutOfLimits = 24
  case starsMissing = 25
  case subtaskCrash = 26
  case badFit = 27
  case saturation = 28
  case lostPixels = 29
  case nonSaturation = 30

  /// The customary name, such as `RON_OOL`.
  public var name: String { facts.name }
  /// What the flag says, as a sentence.
  public var meaning: String { facts.meaning }
  /// Whether anything raises the flag; the others are kept for compatibility of the bits.
  public var isRaised: Bool { facts.isRaised }
  /// The flag's value in a bit mask: 2 to the power of its number.
  public var bit: UInt32 { 1 << UInt32(rawValue) }
  public var description: String { name }

  /// The flag of that customary name.
  public init?(name: String) {
    guard let flag = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = flag
  }

  /// The flags of a bit mask, in the order of their bits; unknown bits are ignored.
  public static func flags(of mask: UInt32) -> [Flag] {
    allCases.filter { mask & $0.bit != 0 }
  }

  /// The bit mask of some flags.
  public static func mask(of flags: some Sequence<Flag>) -> UInt32 {
    flags.reduce(0) { $0 | $1.bit }
  }

  private var facts: (name: String, meaning: String, isRaised: Bool) {
    switch self {
    case .missingData:
      (
        "MISSDATA",
        "The acquisition differs from the test definition: frames missing or extra, or "
          + "any compared value, serials included.", true
      )
    case .poorQualityData:
      (
        "POORQUALDATA",
        "Some check of image quality failed; raised together with the specific flag "
          + "where there is one.", true
      )
    case .badData:
      ("BADDATA", "Data are bad.", false)
    case .wrongTest:
      ("WRONGTEST", "Data belong to another test.", false)
    case .wrongElectronicsConfiguration:
      ("WRONG_ROE_CONF", "ROE configuration is wrong.", false)
    case .sourceOn:
      ("SOURCEON", "Source on when it should be off.", false)
    case .sourceOff:
      ("SOURCEOFF", "Source off when it should be on.", false)
    case .wrongSource:
      ("WRONGSOURCE", "Wrong light source.", false)
    case .housekeepingOutOfLimits:
      (
        "HK_OOL",
        "A house-keeping key is outside its performance or safe limits, or could not be "
          + "read.", true
      )
    case .detectorTemperatureOutOfLimits:
      ("CCDTEMP_OOL", "CCD temperature out of limits.", false)
    case .underPerformance:
      ("UNDERPERFORM", "Under-performance.", false)
    case .requirementNotMet:
      ("REQNOTMET", "Requirement not met.", false)
    case .badDataProduct:
      ("BADDATAPROD", "Bad data product.", false)
    case .deadDetector:
      ("DEADCCD", "All quadrants of a CCD read one value, each its own, in some frame.", true)
    case .deadAmplifier:
      ("DEADQUAD", "All pixels of a quadrant read one value in some frame.", true)
    case .lowMemory:
      ("LOWMEMORY", "Low memory.", false)
    case .tooSlow:
      ("TOOSLOW", "Execution too slow.", false)
    case .unknown:
      ("UNKNOWN", "Unknown condition.", false)
    case .readNoiseOutOfLimits:
      (
        "RON_OOL",
        "The standard deviation in a scan or image region is outside the read-noise "
          + "limits.", true
      )
    case .fluenceOutOfLimits:
      (
        "FLUENCE_OOL",
        "A fluence (flat level, spot fluence or peak, injection level) is outside its "
          + "limits.", true
      )
    case .fluenceGradientOutOfLimits:
      ("FLUENCEGRAD_OOL", "Spread of the injected signal outside limits.", true)
    case .focusOutOfLimits:
      ("FOCUS_OOL", "Spot width outside limits.", true)
    case .backgroundOutOfLimits:
      ("BGD_OOL", "Background level outside limits.", true)
    case .detectorSaturated:
      ("CCDSATUR", "CCD saturated.", false)
    case .fluxOutOfLimits:
      ("FLUX_OOL", "Derived saturation time (flux) outside limits.", true)
    case .starsMissing:
      ("STARS_MISSING", "Point sources could not be located.", true)
    case .subtaskCrash:
      ("SUBTASKCRASH", "A sub-task ended with an exception.", true)
    case .badFit:
      ("BADFIT", "Bad fit.", false)
    case .saturation:
      ("SATURATION", "Fraction of saturated pixels above the limit.", true)
    case .lostPixels:
      ("LOSTPIXELS", "Some pixels read exactly zero inside the readout window.", true)
    case .nonSaturation:
      (
        "NONSATURATION",
        "Saturated fraction of the latent-inducing frame outside the wanted range.", true
      )
    }
  }
}
