/// What is true of the charge that one amplifier reads: electrons; canonical columns and rows.
public struct ChargeTruth: Sendable, Hashable, Codable {
  /// A pixel, or the pixels of a column from a row on, with more dark current than others.
  public struct DarkDefect: Sendable, Hashable, Codable {
    /// The canonical column.
    public var column: Int
    /// The canonical row; of a hot column the first one.
    public var row: Int
    /// The excess at the reference temperature, electrons a second.
    public var rate: Double
  }

  /// A trap that pumping shows as a dipole.
  public struct Trap: Sendable, Hashable, Codable {
    /// The canonical column of the dipole's first pixel.
    public var column: Int
    /// The canonical row of the dipole's first pixel; 0 in the serial register.
    public var row: Int
    /// The pumping mode that shows it: 123, 234, 341, 412, or 23, 31 in the serial register.
    public var mode: Int
    /// Time constant of release, microseconds.
    public var tau: Double
    /// Probability of a capture in one cycle.
    public var capture: Double
    /// Whether the first pixel (nearer the node) is the bright one.
    public var isFirstBright: Bool
  }

  /// Conversion gain, electrons per ADU, in the limit of no signal.
  public var gain = 3.45
  /// The signal is `s (1 + sum over k of c_k (s / 65536)^k)` ADU with s = charge / gain; c_1 first.
  public var nonLinearity: [Double] = []
  /// Charge that a pixel holds.
  public var fullWell = 200_000.0
  /// Pixels that hold more; nil for none.
  public var deepWells: DeepWells?
  /// Standard deviation of the pixels' relative response at 800 nm.
  public var photoResponse = 0.0
  /// The response's standard deviation goes with this power of the wavelength over 800 nm.
  public var photoResponseExponent = 0.0
  /// Strength of the brighter-fatter flow along rows and along columns, per electron.
  public var brighterFatter: [Double] = [0, 0]
  /// a_ij: relative change of a pixel's area for each electron i columns and j rows away, per electron.
  public var areaCoefficients: [[Double]] = []
  /// Dark current at 153.15 K, electrons a second and pixel.
  public var darkRate = 0.0
  /// Pixels with more dark current.
  public var hotPixels: [DarkDefect] = []
  /// Columns with more dark current, from a row on.
  public var hotColumns: [DarkDefect] = []
  /// Charge injection.
  public var injection = InjectionTruth()
  /// Traps under the vertical clock phases.
  public var verticalTraps: [Trap] = []
  /// Traps in the serial register: each acts on all rows.
  public var serialTraps: [Trap] = []
  /// Share of a full well that saturated pixels keep and release later.
  public var persistence = 0.0
  /// Time constant of that release, seconds.
  public var persistenceSeconds = 400.0
  /// Share of the charge that a column's traps hold back, and rows in which they release it.
  public var parallelDeferred = Deferred()
  /// The same of the serial register, in columns.
  public var serialDeferred = Deferred()
  /// The point sources.
  public var spots: [Spot] = []

  /// The pixels, evenly scattered, whose full well is deeper than that of the others.
  public struct DeepWells: Sendable, Hashable, Codable {
    /// Their share of all pixels; counted in steps of 1/65536.
    public var share: Double
    /// What they hold beyond a full well, relative to it.
    public var excess: Double

    /// A share of the pixels with some excess.
    public init(share: Double, excess: Double) {
      (self.share, self.excess) = (share, excess)
    }
  }

  /// Charge held back from a pixel and released into those that follow.
  public struct Deferred: Sendable, Hashable, Codable {
    /// The share of the charge.
    public var fraction = 0.0
    /// Number of pixels in which it falls to 1/e.
    public var pixels = 4.0
    /// Nothing held back.
    public init() {}
  }

  /// One point source.
  public struct Spot: Sendable, Hashable, Codable {
    /// ALPHA, BRAVO, CHARLIE, DELTA or ECHO.
    public var name: String
    /// The canonical column, pixel centres being whole numbers, before any dither.
    public var x: Double
    /// The canonical row.
    public var y: Double
    /// Its brightness relative to the others.
    public var brightness: Double
    /// Its best focus relative to that of the bench, mm.
    public var focusOffset: Double
  }

  /// An ideal detector without light response.
  public init() {}
}

/// How much charge is injected: the reference's model of the level as a function of the voltages.
///
///     level = (notch + slope max(0, IG2 + notchOffset - IG1))
///             / (1 + exp(-steepness (IG1 + thresholdOffset - IDL)))
public struct InjectionTruth: Sendable, Hashable, Codable {
  /// Charge of the notch, electrons.
  public var notch = 2100.0
  /// Charge for each volt of IG2 over IG1, electrons.
  public var slope = 20_700.0
  /// Excess over IG2 of the IG1 at which only the notch is injected, volts.
  public var notchOffset = 0.0
  /// Excess over IG1 of the IDL at which injection begins, volts.
  public var thresholdOffset = 7.5
  /// Steepness of that beginning, per volt.
  public var steepness = 15.0
  /// Standard deviation of the columns' relative level.
  public var columnPattern = 0.04
  /// Relative change of the level over all columns, linear.
  public var columnGradient = 0.0
  /// Relative excess of the first injected line; it falls to 1/e in three lines.
  public var firstLine = -0.03
  /// Variance over level: 1 for Poisson noise.
  public var fanoFactor = 0.1

  /// The usual values.
  public init() {}

  /// The mean level, electrons, at some voltages.
  public func level(idl: Double, ig1: Double, ig2: Double) -> Double {
    let excess = max(0, ig2 + notchOffset - ig1)
    let exponent = steepness * (ig1 + thresholdOffset - idl)
    return (notch + slope * excess) / (1 + exponential(-min(max(exponent, -60), 60)))
  }
}
