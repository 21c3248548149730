/// What a test chamber's light sources and mechanisms are like.
public struct ChamberProfile: Sendable, Hashable {
  /// A light source.
  public enum Light: String, Sendable, Hashable {
    /// The flat illumination.
    case flat
    /// The matrix of point sources.
    case point
  }

  /// One filter of the source's wheel.
  public struct Filter: Sendable, Hashable {
    /// The slot of the wheel, 1 to 6, as the script's `wave`; nil for a filter that is not mounted.
    public let slot: Int?
    /// The wavelength in nm; 0 stands for the neutral density filter, 2000 for the bright position.
    public let wavelength: Int
    /// Seconds until a point source's peak reaches full well.
    public let pointSeconds: Double
    /// Seconds until the flat source reaches full well.
    public let flatSeconds: Double
    /// The mirror's position of best focus in millimetres.
    public let focusMillimetres: Double?
    /// The expected width (FWHM) of a point source in pixels.
    public let fwhmPixels: Double

    /// Seconds until a source reaches full well.
    public func saturationSeconds(_ light: Light) -> Double {
      light == .flat ? flatSeconds : pointSeconds
    }
  }

  /// The nominal position of one point source.
  public struct Spot: Sendable, Hashable {
    /// The quadrant's letter, then A, B, C, D or E.
    public let name: String
    /// The column on the whole detector, in physical pixels.
    public let x: Double
    /// The row on the whole detector, in physical pixels.
    public let y: Double
  }

  /// A point of the shutter's calibration.
  public struct ShutterPoint: Sendable, Hashable {
    /// The commanded exposure time in seconds.
    public let commandedSeconds: Double
    /// The actual exposure time in seconds.
    public let actualSeconds: Double
  }

  /// The name, such as `B_EINSTEIN`.
  public let name: String
  /// The filters: those of the wheel by slot, then those that are not mounted.
  public let filters: [Filter]
  /// The point sources by detector; empty where no pattern is known.
  public let spots: [String: [Spot]]
  /// The shutter's calibration, by rising time; empty where none is known.
  public let shutter: [ShutterPoint]

  /// The filter in a slot of the wheel.
  public func filter(slot: Int) -> Filter? { filters.first { $0.slot == slot } }

  /// The mounted filter of a wavelength.
  ///
  /// - Throws: `CampaignError` of kind `badTestInput` that names the wavelengths of the wheel.
  public func filter(wavelength: Int) throws(CampaignError) -> Filter {
    if let filter = filters.first(where: { $0.wavelength == wavelength && $0.slot != nil }) {
      return filter
    }
    let mounted = filters.filter { $0.slot != nil }.map { "\($0.wavelength)" }
    throw CampaignError(
      .badTestInput, "chamber \(name) has no filter of wavelength \(wavelength)",
      remedy: "its wheel holds \(mounted.joined(separator: ", "))")
  }
}
