import Detector
import Diagnostics
import Dispatch
import FITSFiles
import Plots
import Synchronization
import Warehouse

/// A focal-plane image in the LE1 layout: an empty primary HDU and one image for each amplifier, as
/// it lies on the plane.
///
/// Slices from 1, columns from 1, and within a detector counter-clockwise from the lower left; for
/// the Euclid plane 144 images of 2128 x 2086 pixels. An over-scan of fewer than 29 columns is
/// filled up on its far side. HDUs are written one by one, so that memory holds two detectors.
struct FocalPlaneImage: Sendable {
  /// The image of one detector.
  struct Source: Sendable {
    /// The file.
    let path: String
    /// The noise of its pixels, by amplifier; decides how pixels are stored.
    let noise: [String: Double]
  }

  /// Columns of serial over-scan in flight.
  static let overscanColumns = 29

  let layout: PlaneLayout
  /// The images by slot; a slot without one is filled.
  let sources: [String: Source]
  /// The name of the image in each source.
  let layer: String
  /// The value of pixels that were not read, and of detectors without an image.
  let fill: Float
  /// The unit of the pixels.
  var unit = Unit.adu
  /// Cards of the primary header.
  let cards: [FITSCard]

  /// Columns of an amplifier on the plane.
  var width: Int { (layout.camera.amplifiers.first?.width ?? 0) + padding }
  /// Rows of an amplifier on the plane.
  var height: Int { layout.camera.amplifiers.first?.height ?? 0 }
  /// Columns that are filled.
  var padding: Int {
    let read = layout.camera.regions[.overscan]?.columns.count ?? Self.overscanColumns
    return max(0, Self.overscanColumns - read)
  }

  /// Writes the file.
  ///
  /// - Parameter reduced: gets a small image of each detector as it lies on the plane.
  /// - Throws: `MetatestError` where a source has not the camera's size, `FITSError`, `FileError`.
  func write(to path: String, reduced: @Sendable (_ slot: String, PlotImage) -> Void) throws {
    let slots = layout.slots.filter { !layout.channels(in: $0).isEmpty }
    try FITSStreamWriter.write(to: path) { file in
      try file.append(.empty(cards: cards))
      var next = slots.first.map(load)
      for (index, slot) in slots.enumerated() {
        let loaded = try next?.value()
        // The next detector is read while this one is written.
        next = slots.indices.contains(index + 1) ? load(slots[index + 1]) : nil
        if let image = loaded { reduced(slot.name, try thumbnail(image, slot)) }
        for channel in layout.channels(in: slot) {
          try file.append(hdu(channel, loaded))
        }
      }
    }
  }

  // MARK: - HDUs

  private func hdu(_ channel: PlaneLayout.Channel, _ source: Image<Float>?) -> FITSHDU {
    let slot = channel.slot
    var cards = [
      FITSCard("CCDID", .text("\(slot.slice)-\(slot.column)"), "Position: slice-column"),
      FITSCard("QUADID", .text(channel.amplifier.name), "Quadrant"),
      FITSCard("BLOCKID", .text(slot.block), "Block"),
      FITSCard("CCD", .text(slot.detector), "Detector of the block"),
      FITSCard("CCD_SN", .text(slot.serial), "Detector serial number"),
      FITSCard("EXPTIME", .real(0), unit: "s", "Exposure time"),
      FITSCard(
        "PRESCANX", .integer(layout.camera.regions[.prescan]?.columns.count ?? 0),
        "Columns of pre-scan"),
      FITSCard("OVRSCANX", .integer(overscan), "Columns of serial over-scan"),
      FITSCard("FILLCOLS", .integer(padding), "Of these, columns that were not read"),
      FITSCard("FILLVAL", .real(Double(fill)), "Value of pixels without data"),
      FITSCard("HASDATA", .logical(source != nil), "F: no result of this detector, all is fill"),
      FITSCard("INSTRUME", .text(instrument), "Instrument"),
    ]
    if unit != .none { cards.append(FITSCard("BUNIT", .text(unit.fits), "Pixel unit")) }
    let pixels: FITSPixels
    if let source {
      let image = oriented(channel, source)
      let noise = sources[slot.name]?.noise[channel.amplifier.name] ?? 0
      // Steps up to a tenth of the noise add 0.08 % to its variance and halve the file.
      pixels = .compact(image, noise: 10 * noise)
      if case .scaledInt16(_, let step) = pixels {
        cards.append(FITSCard("QUANTSTP", .real(step), unit: unit.fits, "Step of the pixels"))
      }
    } else {
      pixels = .uint8(Image(width: width, height: height, filledWith: UInt8(max(0, min(1, fill)))))
    }
    return .image(
      name: "\(slot.slice)-\(slot.column).\(channel.amplifier.name)", cards: cards, pixels: pixels)
  }

  private var overscan: Int {
    (layout.camera.regions[.overscan]?.columns.count ?? 0) + padding
  }

  private var instrument: String {
    layout.camera.name == "euclid-vis" ? "EUCLID-VIS" : layout.camera.title
  }

  /// An amplifier's pixels as they lie on the plane, the filled columns beyond the over-scan.
  func oriented(_ channel: PlaneLayout.Channel, _ source: Image<Float>) -> Image<Float> {
    let amplifier = channel.amplifier
    let target = Image<Float>(width: width, height: height, filledWith: fill)
    // Columns and rows of the source run along the frame; what matters is whether the plane turns
    // them once more.
    let turnsX = amplifier.flipX != channel.flipX
    let turnsY = amplifier.flipY != channel.flipY
    let start = channel.flipX ? padding : 0
    for y in 0..<amplifier.height {
      let row = amplifier.y0 + (turnsY ? amplifier.height - 1 - y : y)
      let from = source.row(row)
      let to = target.row(y)
      for x in 0..<amplifier.width {
        to[start + x] = from[amplifier.x0 + (turnsX ? amplifier.width - 1 - x : x)]
      }
    }
    return target
  }

  /// A detector as it lies on the plane, small.
  private func thumbnail(_ image: Image<Float>, _ slot: FocalPlane.Slot) throws -> PlotImage {
    let small = try PlotImage(width: image.width, height: image.height, values: Array(image.pixels))
      .reduced(toWidth: 170, height: 168)
    var values = [Float](repeating: .nan, count: small.values.count)
    for y in 0..<small.height {
      for x in 0..<small.width {
        let fromX = slot.flipColumns ? small.width - 1 - x : x
        let fromY = slot.flipRows ? small.height - 1 - y : y
        values[y * small.width + x] = small.values[fromY * small.width + fromX]
      }
    }
    return try PlotImage(width: small.width, height: small.height, values: values)
  }

  // MARK: - Reading ahead

  /// An image that is being read on another thread.
  private final class Pending: Sendable {
    private let group = DispatchGroup()
    private let result = Mutex<Result<Image<Float>?, any Error>>(.success(nil))

    init(_ body: @escaping @Sendable () throws -> Image<Float>?) {
      DispatchQueue.global().async(group: group) {
        let made = Result { try body() }
        self.result.withLock { $0 = made }
      }
    }

    func value() throws -> Image<Float>? {
      group.wait()
      return try result.withLock { $0 }.get()
    }
  }

  private func load(_ slot: FocalPlane.Slot) -> Pending {
    let (source, camera, layer) = (sources[slot.name], layout.camera, layer)
    return Pending {
      guard let source else { return nil }
      let image = try FITSFile(path: source.path).readFloat(.named(layer))
      guard image.width == camera.width, image.height == camera.height else {
        throw MetatestError(
          .badProduct,
          "\(layer) has \(image.width) x \(image.height) pixels, the camera "
            + "\(camera.width) x \(camera.height)", place: source.path)
      }
      return image
    }
  }
}
