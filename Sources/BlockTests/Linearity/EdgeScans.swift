import Analysis
import Detector

/// The edge between the image area and the over-scans of one amplifier in one frame.
struct EdgeScans {
  /// Along rows into the over-scan columns, or along columns into the over-scan rows.
  enum Direction: String, CaseIterable, Sendable {
    case serial, parallel
  }

  /// The number of over-scan pixels whose charge is added up.
  static let depth = 3

  let frame: Image<UInt16>
  let amplifier: Amplifier
  let camera: Camera
  let window: Range<Int>
  let mask: Image<UInt8>?

  /// The last pixels' signal and the charge in the first three over-scan pixels, both above the mean of the over-scan's
  /// last half: row by row for the serial direction, one level for the parallel one, after each row's own over-scan.
  ///
  /// - Throws: `NotMeasurable` where the over-scan was not read, or has no valid pixels.
  func charge(
    _ direction: Direction, _ meter: inout TileMeter
  ) throws(NotMeasurable) -> DeferredCharge {
    guard let image = camera.region(.image, rows: window), let scan = camera.region(.overscan)
    else { throw NotMeasurable("no over-scan was read") }
    let depth = Self.depth
    switch direction {
    case .serial:
      guard scan.columns.count >= 2 * depth else { throw NotMeasurable("the over-scan is too narrow") }
      let all = Region(
        columns: image.columns.lowerBound..<scan.columns.upperBound, rows: image.rows)
      let flat = try flat(all.rows)
      let edge = image.columns.upperBound
      let last = try mean(edge - 1..<edge, image.rows, flat, all, &meter)
      let first = try mean(
        scan.columns.lowerBound..<scan.columns.lowerBound + depth, image.rows, flat, all, &meter)
      return DeferredCharge(
        last: last, deferred: scaled(first, by: Double(depth), minus: nil),
        transfers: image.columns.upperBound)
    case .parallel:
      guard let over = camera.regions[.parallelOverscan]?.clamped(toRows: window),
        over.rows.count >= 2 * depth
      else { throw NotMeasurable("no parallel over-scan was read") }
      let all = Region(
        columns: image.columns.lowerBound..<scan.columns.upperBound,
        rows: image.rows.lowerBound..<over.rows.upperBound)
      let flat = try flat(all.rows)
      let edge = image.rows.upperBound
      let half = over.rows.upperBound - over.rows.count / 2..<over.rows.upperBound
      let base = try mean(image.columns, half, flat, all, &meter)
      let last = try mean(image.columns, edge - 1..<edge, flat, all, &meter)
      let first = try mean(
        image.columns, over.rows.lowerBound..<over.rows.lowerBound + depth, flat, all, &meter)
      return DeferredCharge(
        last: scaled(last, by: 1, minus: base),
        deferred: scaled(first, by: Double(depth), minus: base), transfers: edge)
    }
  }

  private func scaled(_ value: Estimate, by factor: Double, minus base: Estimate?) -> Estimate {
    let (a, b) = (value.uncertainty, base?.uncertainty ?? 0)
    return Estimate(
      value: factor * (value.value - (base?.value ?? 0)),
      uncertainty: factor * (a * a + b * b).squareRoot(), count: value.count)
  }

  private func mean(
    _ columns: Range<Int>, _ rows: Range<Int>, _ flat: FlatFrame, _ all: Region,
    _ meter: inout TileMeter
  ) throws(NotMeasurable) -> Estimate {
    try meter.measure(
      flat, region: amplifier.frameRegion(of: all),
      tile: amplifier.frameRegion(of: Region(columns: columns, rows: rows)), mask: mask
    ).mean
  }

  /// The frame with the mean of the over-scan's last half as the offset of each row.
  private func flat(_ rows: Range<Int>) throws(NotMeasurable) -> FlatFrame {
    guard let scan = camera.region(.overscan) else { throw NotMeasurable("no over-scan was read") }
    let columns = scan.columns.upperBound - scan.columns.count / 2..<scan.columns.upperBound
    let offsets = RowOffsets.means(
      frame: frame, amplifier: amplifier, region: Region(columns: columns, rows: rows), rows: rows,
      accept: camera.validValues, fallback: .nan)
    guard offsets.allSatisfy(\.isFinite) else {
      throw NotMeasurable("rows without valid over-scan pixels")
    }
    return FlatFrame(frame, rowOffsets: amplifier.flipY ? offsets.reversed() : offsets)
  }
}
