import Analysis
import Detector

/// A part of an amplifier on which the correction is tried.
struct TrialPart {
  /// The pixels that are measured, and those about them whose charge acts on them; canonical.
  private let inner, outer: Region

  private init(_ inner: Region, _ image: Region, side: Int) {
    // The correction is carried out twice in a row, and reaches as far as the shifts each time.
    func grown(_ range: Range<Int>, _ limit: Range<Int>) -> Range<Int> {
      (range.lowerBound - 2 * side..<range.upperBound + 2 * side).clamped(to: limit)
    }
    self.inner = inner
    outer = Region(
      columns: grown(inner.columns, image.columns), rows: grown(inner.rows, image.rows))
  }

  /// The middle of an image area, away from its borders where there is room.
  init(middleOf image: Region, side: Int) {
    func middle(_ range: Range<Int>) -> Range<Int> {
      let most = max(range.count - 4 * side, range.count / 2)
      let count = min(BrighterFatterSettings.testSide, most)
      let start = range.lowerBound + (range.count - count) / 2
      return start..<start + count
    }
    self.init(
      Region(columns: middle(image.columns), rows: middle(image.rows)), image, side: side)
  }

  /// The first columns and the first rows, beyond which there is no other pixel of the detector; where amplifiers meet is no
  /// border. Rows count only where they were read.
  ///
  /// - Parameter whole: the image area that a full frame has.
  static func borders(of image: Region, whole: Region, side: Int) -> [TrialPart] {
    guard image.columns.count > 4 * side, image.rows.count > 4 * side else { return [] }
    let (x, y) = (image.columns.lowerBound, image.rows.lowerBound)
    var result = [TrialPart(Region(columns: x..<x + side, rows: image.rows), image, side: side)]
    if y == whole.rows.lowerBound {
      result.append(
        TrialPart(
          Region(columns: x + side..<image.columns.upperBound, rows: y..<y + side), image,
          side: side))
    }
    return result
  }

  /// What is added to the signals, which are rounded to whole numbers for the measurement.
  private static let pedestal: Float = 300

  /// The pair's signals, of the linear chain where it is known; what one flat does not say is left out of both.
  func signals(
    _ flats: [FlatFrame], _ amplifier: Amplifier, _ image: Region, _ mask: Image<UInt8>?,
    invalid: [UInt16], _ chain: LinearSignals?
  ) -> [FlatSignal] {
    flats.map {
      let signal = FlatSignal(
        $0, area: amplifier.frameRegion(of: outer), whole: amplifier.frameRegion(of: image),
        mask: mask, invalid: invalid)
      chain?.linearise(signal.image.pixels)
      return signal
    }
  }

  /// Measures the pair, corrected where shifts are given.
  func pair(
    _ signals: [FlatSignal], _ amplifier: Amplifier, _ shifts: BoundaryShifts?,
    _ options: FlatPairOptions
  ) throws(NotMeasurable) -> FlatPair {
    guard signals.count == 2 else { throw NotMeasurable("no pair of flats") }
    let (area, test) = (amplifier.frameRegion(of: outer), amplifier.frameRegion(of: inner))
    let treated = signals.map { signal -> FlatFrame in
      var signal = signal
      if let shifts {
        signal.image = BrighterFatterCorrection(shifts).removed(from: signal.image, order: 2)
      }
      return signal.flat(pedestal: Self.pedestal)
    }
    var options = options
    options.range = 1
    options.edge = 0
    // A border has few pixels, and a small camera fewer.
    options.leastPixels = min(options.leastPixels, max(50, test.count / 4))
    return try FlatPair(
      treated[0], treated[1],
      region: Region(
        columns: test.columns.lowerBound - area.columns.lowerBound..<test.columns.upperBound
          - area.columns.lowerBound,
        rows: test.rows.lowerBound - area.rows.lowerBound..<test.rows.upperBound
          - area.rows.lowerBound), mask: FlatSignal.hidden(signals), options: options)
  }
}
