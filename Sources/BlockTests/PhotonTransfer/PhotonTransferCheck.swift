import Detector

/// The data check of the photon-transfer tests: house-keeping, lost and saturated pixels, offsets.
enum PhotonTransferCheck {
  static func run(_ context: TestContext) async throws -> SubtaskResult {
    var result = SubtaskResult()
    HousekeepingChecks.add(to: &result, context)
    let frames = try await BiasCheck.measureFrames(context)
    BiasCheck.add(frames, to: &result)
    PixelChecks.add(frames, to: &result, context)
    // The image area holds light: its level and scatter are no offset and no read-out noise.
    OffsetChecks.add(frames, regions: [.prescan, .overscan], to: &result, context)
    return result
  }
}
