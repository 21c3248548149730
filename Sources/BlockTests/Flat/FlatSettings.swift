import Analysis
import Campaign
import Detector

/// The test's inputs, and how its frames are read.
struct FlatSettings: Sendable {
  /// The distance of the knots of the illumination, in pixels.
  var distance = IlluminationModel.usualDistance
  /// Frames beyond this many sigma from a pixel's median do not enter its mean.
  var clip = 5.0
  /// The limits of defects.
  var defects = ResponseDefects.Limits()
  /// The wavelength in nm; 0 or nil where the filter wheel's position has none.
  var wavelength: Int?
  /// The image pixels of an amplifier, canonical; nil where no image rows were read.
  var image: Region?
  /// Where the offsets come from.
  var offset: OffsetChoice?

  init(_ context: TestContext) {
    let inputs = context.definition.inputs
    if let distance = inputs["knots"]?.integer { self.distance = min(max(distance, 8), 4096) }
    if let clip = inputs["clipsigma"]?.number { self.clip = max(clip, 2) }
    if let low = inputs["lowest"]?.number { defects.lowest = low }
    if let high = inputs["highest"]?.number { defects.highest = high }
    if let widths = inputs["widths"]?.number { defects.widths = max(widths, 3) }
    wavelength = inputs["wavelength"]?.integer
    image = context.camera.region(.image, rows: context.window)
    offset = PhotonTransferPreparation.choice(context)
  }

  /// The offsets of canonical rows of a whole frame, or one for all [adu].
  func offsets(
    of frame: Image<UInt16>, amplifier: Amplifier, rows: Range<Int>, level: Double,
    _ context: TestContext
  ) -> [Float] {
    guard let offset, offset.method != .none else { return [] }
    guard offset.method == .row else { return [Float(level)] }
    return RowOffsets.means(
      frame: frame, amplifier: amplifier, region: offset.region, rows: rows,
      accept: context.camera.validValues, fallback: level)
  }

  /// The offset of one row of a frame, `row` being its pixels from column 0 on [adu].
  func offset(
    row: UnsafePointer<UInt16>, amplifier: Amplifier, level: Double, _ camera: Camera
  ) -> Float {
    guard let offset, offset.method != .none else { return 0 }
    guard offset.method == .row else { return Float(level) }
    let valid = camera.validValues
    var sum = 0
    var count = 0
    for x in amplifier.frameRegion(of: offset.region).columns where valid.contains(row[x]) {
      sum += Int(row[x])
      count += 1
    }
    return count > 0 ? Float(Double(sum) / Double(count)) : Float(level)
  }
}

extension TestContext {
  /// The script columns of the test, in order, those without exposures included.
  var labels: [String] {
    var labels = definition.columns.map(\.name)
    for label in exposures.map(\.label) where !labels.contains(label) { labels.append(label) }
    return labels
  }
}
