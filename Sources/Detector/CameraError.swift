public import Diagnostics

/// A camera description that contradicts itself.
public struct CameraError: DiagnosedError, Equatable {
  /// What is wrong.
  public let problem: String
  /// The camera concerned.
  public let camera: String

  public var code: String { "bad-camera" }
  public var place: String? { "camera \(camera)" }
  public var remedy: String? { "correct the camera's description; see docs/cameras.md" }
  public var exitCode: ExitCode { .wrongUse }
}

extension Camera {
  /// Checks that sizes are sensible, amplifiers lie within the frame without overlapping, and regions
  /// lie within the amplifiers.
  ///
  /// - Throws: `CameraError` naming the first contradiction.
  public func validate() throws(CameraError) {
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws(CameraError) {
      if !condition { throw CameraError(problem: problem(), camera: name) }
    }
    try require((1...65536).contains(width) && (1...65536).contains(height), "frame size \(width) x \(height) is not sensible")
    try require(!detectors.isEmpty, "no detectors")
    try require(Set(detectors).count == detectors.count, "a detector's name is used twice")
    try require(!amplifiers.isEmpty, "no amplifiers")
    try require(
      Set(amplifiers.map(\.name)).count == amplifiers.count, "an amplifier's name is used twice")
    try require(regions[.image] != nil, "no region 'image'")
    try require(
      pixelPitchMicrometres > 0 && pixelPitchMicrometres.isFinite, "the pixel pitch is not positive")
    for (index, amplifier) in amplifiers.enumerated() {
      try require(
        amplifier.width > 0 && amplifier.height > 0 && amplifier.x0 >= 0 && amplifier.y0 >= 0
          && amplifier.width <= width && amplifier.height <= height
          && amplifier.x0 <= width - amplifier.width && amplifier.y0 <= height - amplifier.height,
        "amplifier \(amplifier.name) does not lie within the frame")
      if layout == .extensionPerAmplifier {
        try require(
          amplifier.extensionName != nil, "amplifier \(amplifier.name) has no extensionName")
      }
      for other in amplifiers[..<index] {
        let apart =
          amplifier.x0 >= other.x0 + other.width || other.x0 >= amplifier.x0 + amplifier.width
          || amplifier.y0 >= other.y0 + other.height || other.y0 >= amplifier.y0 + amplifier.height
        try require(apart, "amplifiers \(other.name) and \(amplifier.name) overlap")
      }
      for (region, area) in regions {
        try require(
          area.columns.upperBound <= amplifier.width && area.rows.upperBound <= amplifier.height,
          "region '\(region.rawValue)' does not fit into amplifier \(amplifier.name)")
      }
    }
    for row in display {
      for amplifier in row {
        try require(
          self.amplifier(named: amplifier) != nil, "display names an unknown amplifier \(amplifier)")
      }
    }
  }
}
