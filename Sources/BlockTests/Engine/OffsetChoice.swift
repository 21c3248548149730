import Campaign
import Detector

/// Which pixels a frame's offset is taken from, and how it is subtracted.
struct OffsetChoice: Sendable {
  /// How it is subtracted.
  var method: BlockConfiguration.Preprocessing.Method
  /// The region's name.
  var name: RegionName
  /// The pixels, canonical.
  var region: Region

  /// What the configuration asks for, or the test's own way: one value for each amplifier and frame from
  /// the trimmed pre-scan (the over-scan where a camera has no pre-scan).
  ///
  /// - Returns: nil where no scan pixels were read.
  init?(
    _ preprocessing: BlockConfiguration.Preprocessing, camera: Camera, window: Range<Int>
  ) {
    let wanted = camera.regions[preprocessing.region] == nil ? nil : preprocessing.region
    guard let name = wanted ?? camera.offsetRegion, let whole = camera.regions[name],
      let image = camera.regions[.image]
    else { return nil }
    var region = whole.clamped(toRows: window)
    if preprocessing.skipsParallelOverscan { region = region.clamped(toRows: image.rows) }
    if let trim = preprocessing.trim ?? camera.checkTrims[name] { region = region.trimmed(trim) }
    guard !region.isEmpty else { return nil }
    method = preprocessing.method ?? .median
    self.name = name
    self.region = region
  }
}
