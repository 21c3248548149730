import Campaign
import Detector
import DurableFiles
import FITSFiles
import Ingest

#if canImport(Glibc)
  import Glibc
#endif

/// Makes one frame's file, with whatever is wrong with it.
struct FrameWriter {
  let plan: BlockPlan
  let camera: Camera
  let rows: LogRows

  /// What a dead amplifier reads.
  static let silentValue: UInt16 = 200

  /// The rows of each amplifier that an exposure reads.
  func rows(of exposure: BlockPlan.Exposure) -> Range<Int> {
    let first = max(0, exposure.column.values["vstart"]?.integer ?? 0)
    return first..<max(first, exposure.column.values["vend"]?.integer ?? camera.height)
  }

  /// Whether a fault leaves nothing of a frame's pixels.
  func isLost(_ exposure: BlockPlan.Exposure, _ detector: String) -> Bool {
    [.missingFrame, .zeroBytes, .notFITS].contains { plan.has($0, exposure, detector) }
  }

  /// Writes a frame.
  ///
  /// - Parameters:
  ///   - image: the frame; a fault may spoil its pixels.
  ///   - path: the file.
  func write(
    _ exposure: BlockPlan.Exposure, _ detector: String, image: Image<UInt16>, to path: String,
    dayFolder: String
  ) throws {
    func has(_ kind: Fault.Kind) -> Bool { plan.has(kind, exposure, detector) }
    if has(.missingFrame) { return }
    if has(.zeroBytes) { return try AtomicFile.write([], to: path) }
    if has(.notFITS) { return try AtomicFile.write("This is not a FITS file.\n", to: path) }
    if has(.saturated) { spoil(image, from: 0.2, to: 0.6, with: camera.saturatedValue) }
    if has(.lostPixels) { spoil(image, from: 0.9, to: 1, with: camera.lostValue ?? 0) }
    if has(.deadQuadrant) { silence(image) }
    let name = rows.fileName(exposure, detector)
    let cards = HeaderCards.cards(
      row: rows.values(exposure, detector), fullPath: "data/\(dayFolder)/\(name).fits")
    switch camera.layout {
    case .singleImage:
      try RawFrameWriter.write(
        to: path, extensionName: "ROE1_\(detector)", cards: cards,
        image: has(.wrongSize) ? cut(image) : image, durable: false)
    case .extensionPerAmplifier:
      // The primary HDU has no pixels, so no unit; it tells of the exposure.
      try RawFrameWriter.write(
        to: path, primaryCards: cards.filter { $0.keyword != "BUNIT" },
        amplifiers: has(.wrongSize) ? camera.amplifiers.map(cut) : camera.amplifiers,
        image: image, durable: false)
    }
    if has(.truncatedFile) { try truncate(path) }
  }

  // MARK: - Damage

  /// Sets a share of the first amplifier's image rows to one value.
  private func spoil(_ image: Image<UInt16>, from low: Double, to high: Double, with value: Int) {
    guard let amplifier = camera.amplifiers.first, let region = camera.regions[.image] else {
      return
    }
    let rows = Double(region.rows.count)
    let canonical = Region(
      columns: region.columns,
      rows: region.rows.lowerBound + Int(rows * low)..<region.rows.lowerBound + Int(rows * high))
    let place = amplifier.frameRegion(of: canonical)
    for y in place.rows {
      for x in place.columns { image[x, y] = UInt16(clamping: value) }
    }
  }

  /// Sets all pixels of the first amplifier to one value.
  private func silence(_ image: Image<UInt16>) {
    guard let amplifier = camera.amplifiers.first else { return }
    for y in amplifier.y0..<amplifier.y0 + amplifier.height {
      for x in amplifier.x0..<amplifier.x0 + amplifier.width { image[x, y] = Self.silentValue }
    }
  }

  private func cut(_ image: Image<UInt16>) -> Image<UInt16> {
    let smaller = Image<UInt16>(width: max(1, image.width - 10), height: max(1, image.height - 10))
    for y in 0..<smaller.height {
      for x in 0..<smaller.width { smaller[x, y] = image[x, y] }
    }
    return smaller
  }

  private func cut(_ amplifier: Amplifier) -> Amplifier {
    var smaller = amplifier
    smaller.width = max(1, amplifier.width - 10)
    smaller.height = max(1, amplifier.height - 10)
    return smaller
  }

  private func truncate(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0, Glibc.truncate(path, status.st_size * 6 / 10) == 0 else {
      throw FileError(action: "truncate", path: path, errno: errno)
    }
  }
}
