/// A data check of a test: what is measured, what it may be, and which flags a failure raises.
public struct DataCheck: Sendable, Hashable {
  /// What a measured value may be.
  public enum Limits: Sendable, Hashable {
    /// Limits that the configuration gives, in words.
    case configured(String)
    /// The same limits everywhere.
    case range(LimitRange)
    /// Limits by script column.
    case byColumn([String: LimitRange])
    /// Limits by script column for the bottom (E, F) and the top half (G, H).
    case byHalf(bottom: [String: LimitRange], top: [String: LimitRange])
  }

  /// The name, such as `image_fluence`.
  public let name: String
  /// What is measured.
  public let metric: String
  /// What it may be.
  public let limits: Limits
  /// The flags that a failure raises.
  public let flags: [Flag]
  /// The script columns whose frames are meant; nil for all of them.
  public var columns: [String]?
}

extension DataCheck {
  /// The checks of every test.
  static let housekeepingAndPixels: [DataCheck] = [
    .init(
      name: "hk_performance", metric: "mean of each house-keeping key minus the commanded value",
      limits: .configured("limits.housekeeping, performance"), flags: [.housekeepingOutOfLimits]),
    .init(
      name: "hk_safe", metric: "mean of each house-keeping key",
      limits: .configured("limits.housekeeping, safe"), flags: [.housekeepingOutOfLimits]),
    .init(
      name: "lost_pixels", metric: "pixels equal to 0 in a frame", limits: .range(LimitRange(0, 0)),
      flags: [.lostPixels]),
  ]

  /// The fraction of saturated pixels, for tests that must not saturate much.
  static let saturation = DataCheck(
    name: "saturation", metric: "fraction of pixels equal to 65535",
    limits: .configured("limits.saturated_fraction"), flags: [.poorQualityData, .saturation])

  /// Offsets, their differences and read-out noise of some regions.
  ///
  /// - Parameters:
  ///   - offsetFrames, noiseFrames: the frames that are meant, in words, where it is not all of them.
  ///   - offsetColumns, noiseColumns: the script columns of those frames.
  static func levels(
    offsets: [String], noise: [String], offsetFrames: String = "", noiseFrames: String = "",
    offsetColumns: [String]? = nil, noiseColumns: [String]? = nil
  ) -> [DataCheck] {
    offsets.map {
      DataCheck(
        name: "offset_\($0)", metric: "offset of region \($0)\(offsetFrames)",
        limits: .configured("limits.expected_offsets and offset_margin"), flags: [.poorQualityData],
        columns: offsetColumns)
    }
      + offsets.filter { $0 != "pre" }.map {
        DataCheck(
          name: "offset_gradient_\($0)", metric: "offset(\($0)) - offset(pre)\(offsetFrames)",
          limits: .configured("limits.offset_gradients"), flags: [.poorQualityData],
          columns: offsetColumns)
      }
      + noise.map {
        DataCheck(
          name: "ron_\($0)", metric: "standard deviation of region \($0)\(noiseFrames)",
          limits: .configured("limits.read_noise"),
          flags: [.poorQualityData, .readNoiseOutOfLimits], columns: noiseColumns)
      }
  }

  /// What tests with light, injection or pumping share.
  static let common = housekeepingAndPixels + [saturation]
    + levels(offsets: ["pre", "ove"], noise: ["pre", "ove"])
}
