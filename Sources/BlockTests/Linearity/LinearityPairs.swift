import Campaign
import Detector

/// The variances of pairs of flats in a ladder of two filters, as the photon-transfer tests measure them.
enum LinearityPairs {
  /// What is stored.
  static let quantities: [Quantity] = [
    PhotonTransferQuantities.partner, PhotonTransferQuantities.pairMean,
    PhotonTransferQuantities.pairVariance, PhotonTransferQuantities.pairRatio,
    PhotonTransferQuantities.pairImbalance, PhotonTransferQuantities.pairPixels,
    PhotonTransferQuantities.pairRejected, PhotonTransferQuantities.pairNoise,
  ]

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    // Pairs of a ladder share column, filter and time; what is alone by design (stability frames) raises nothing.
    var lit = context
    let stability = Set(
      context.definition.columns.filter { column in
        column.values["comments"] == .string("STAB") || column.values["exptime"]?.number == 0
      }.map(\.name))
    lit.exposures = context.exposures.filter {
      !stability.contains($0.label) && ($0.exposureSeconds ?? 0) > 0
    }
    return try await PhotonTransferExtraction.run(lit)
  }
}
