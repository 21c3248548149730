import Analysis
public import Detector

/// What the data check measures of one raw frame.
struct FrameStatistics: Sendable {
  /// The numbers of one region of one amplifier.
  struct RegionNumbers: Sendable {
    var region: RegionName
    /// Location and width of the pixel values; a reason where there is none.
    var core: Result<GaussianCore, NotMeasurable>
    /// The ordinary median of the raw integers [adu], as older analyses report it.
    var integerMedian: Result<Double, NotMeasurable>
    /// The median with grouped data [adu], saturated pixels included: a lower bound where those are more
    /// than half.
    var median: Result<Double, NotMeasurable>
    /// The share of saturated pixels.
    var saturatedShare: Double
  }

  /// The numbers of one amplifier.
  struct AmplifierNumbers: Sendable {
    var amplifier: String
    var regions: [RegionNumbers]
    /// Number of pixels in the row window that hold the camera's value for lost pixels.
    var lost: Int
    /// Number of saturated pixels in the row window.
    var saturated: Int
    /// Number of pixels in the row window.
    var pixels: Int
    /// What all pixels in the row window read where that is one value: the amplifier is dead.
    var onlyValue: Int?

    func core(_ region: RegionName) throws(NotMeasurable) -> GaussianCore {
      guard let numbers = regions.first(where: { $0.region == region }) else {
        throw NotMeasurable("the camera has no region \(region.rawValue)")
      }
      return try numbers.core.get()
    }
  }

  var amplifiers: [AmplifierNumbers]
}

extension FrameStatistics {
  /// Measures the trimmed regions of every amplifier within the row window.
  ///
  /// Saturated and lost pixels take no part in location and width; they are counted.
  init(of frame: Image<UInt16>, camera: Camera, window: Range<Int>, regions: [RegionName]) {
    amplifiers = camera.amplifiers.map { amplifier in
      let numbers = regions.compactMap { name -> RegionNumbers? in
        guard camera.regions[name] != nil else { return nil }
        guard let region = camera.checkRegion(name, rows: window) else {
          let none = NotMeasurable("no pixels of this region in the rows read")
          return RegionNumbers(
            region: name, core: .failure(none), integerMedian: .failure(none),
            median: .failure(none), saturatedShare: 0)
        }
        var histogram = RawHistogram(of: amplifier.frameRegion(of: region), in: frame)
        if let lost = camera.lostValue { histogram.remove(value: lost) }
        let all = histogram
        histogram.remove(value: camera.saturatedValue)
        let valid = histogram
        let share = Double(all[camera.saturatedValue]) / Double(max(1, all.total))
        return RegionNumbers(
          region: name,
          core: Result { () throws(NotMeasurable) in try valid.core() },
          integerMedian: Result { () throws(NotMeasurable) in try valid.integerMedian() },
          median: Result { () throws(NotMeasurable) in try all.quantile(0.5) },
          saturatedShare: share)
      }
      let area = amplifier.frameRegion(
        of: Region(
          columns: 0..<amplifier.width, rows: window.clamped(to: 0..<amplifier.height)))
      let counts = Self.count(
        in: area, of: frame, lost: camera.lostValue, saturated: camera.saturatedValue)
      return AmplifierNumbers(
        amplifier: amplifier.name, regions: numbers, lost: counts.lost,
        saturated: counts.saturated, pixels: area.count, onlyValue: counts.only)
    }
  }

  private static func count(in area: Region, of frame: Image<UInt16>, lost: Int?, saturated: Int)
    -> (lost: Int, saturated: Int, only: Int?)
  {
    guard area.columns.upperBound <= frame.width, area.rows.upperBound <= frame.height else {
      return (0, 0, nil)
    }
    let lostValue = lost.flatMap { UInt16(exactly: $0) }
    let saturatedValue = UInt16(exactly: saturated)
    var lostCount = 0
    var saturatedCount = 0
    var (lowest, highest) = (UInt16.max, UInt16.min)
    for y in area.rows {
      let row = UnsafeBufferPointer(frame.row(y))
      var low: Int32 = 0
      var high: Int32 = 0
      for x in area.columns {
        low &+= row[x] == lostValue ? 1 : 0
        high &+= row[x] == saturatedValue ? 1 : 0
        lowest = min(lowest, row[x])
        highest = max(highest, row[x])
      }
      lostCount += Int(low)
      saturatedCount += Int(high)
    }
    return (lostCount, saturatedCount, lowest == highest && area.count > 1 ? Int(lowest) : nil)
  }
}

extension Camera {
  /// The raw values that carry no information: saturated, and lost where the camera reserves one.
  public var invalidValues: [UInt16] {
    [lostValue, saturatedValue].compactMap { $0.flatMap { UInt16(exactly: $0) } }
  }

  /// The raw values that carry information, as a range.
  var validValues: ClosedRange<UInt16> {
    let low: UInt16 = lostValue == 0 ? 1 : 0
    let high = UInt16(exactly: saturatedValue - 1) ?? .max
    return low...max(low, high)
  }

  /// The scan region that offsets are taken from: the pre-scan where there is one.
  var offsetRegion: RegionName? {
    [RegionName.prescan, .overscan].first { regions[$0] != nil }
  }
}
