import Campaign
import Detector

/// How the flats are prepared: where they are read; no prepared image is stored, and none is read here.
enum LinearityPreparation {
  static func run(_ context: TestContext) throws -> SubtaskResult {
    var result = try PhotonTransferPreparation.run(context)
    result.log.removeLast()
    let settings = LinearitySettings(context)
    let points = settings.shutter.count
    result.log += [
      "bias structure: mean of the exposures of 0 s, subtracted tile by tile; flat field: each tile has a flux of its own",
      points == 0
        ? "exposure times: as commanded"
        : "exposure times: calibration of the shutter of chamber \(context.definition.chamber ?? ""), \(points) points",
    ]
    return result
  }
}
