/// PTC01, PTC02 and their variants: gain, brighter-fatter coefficients and full well from pairs of flats.
enum PhotonTransferTest {
  static let value = BlockTest(
    family: "PTC0X",
    subtasks: [
      Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      Subtask("prep", title: "Preparation of the images", needs: ["check"]) {
        try PhotonTransferPreparation.run($0)
      },
      Subtask("extract_PTC", title: "Covariances of pairs of flats", needs: ["check"]) {
        try await PhotonTransferExtraction.run($0)
      },
      Subtask("meta", title: "Photon transfer curves", needs: ["extract_PTC"]) {
        try await PhotonTransferSolve.run($0)
      },
      Subtask("extract_HER", title: "Hard-edge response", needs: ["check"]) {
        try await HardEdge.run($0)
      },
    ],
    quantities: CheckQuantities.all + LevelQuantities.light + PhotonTransferQuantities.all
      + [HardEdgeQuantities.response])
}
