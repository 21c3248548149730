import Campaign

/// BF01 and its variants: brighter-fatter from the flats of a photon-transfer test.
enum BrighterFatterTest {
  static let value = BlockTest(
    family: "BF01",
    subtasks: [
      Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      Subtask("prep", title: "Preparation of the images", needs: ["check"]) {
        try PhotonTransferPreparation.run($0)
      },
      Subtask("extract_COV", title: "Covariances of pairs of flats", needs: ["check"]) {
        // On the frames of a photon-transfer test, which may have been analysed already.
        try await PhotonTransferExtraction.run(
          $0, BrighterFatterSettings($0).pairs,
          takingOverFrom: ($0.definition.label, "extract_PTC"))
      },
      Subtask("extract_BF", title: "Coefficients and boundary shifts", needs: ["extract_COV"]) {
        try await BrighterFatterSolve.run($0)
      },
      Subtask(
        "correct_BFE_G15", title: "Correction of a pair of each fluence",
        needs: ["extract_COV", "extract_BF"]
      ) { try await BrighterFatterTrial.run($0) },
      Subtask(
        "extract_PTCs", title: "Variance and covariances before and after correction",
        needs: ["extract_BF", "correct_BFE_G15"]
      ) { try BrighterFatterOutcome.run($0) },
      Subtask("meta", title: "Trend of the widths with fluence", needs: ["extract_BF"]) {
        try BrighterFatterTrend.run($0)
      },
    ],
    quantities: CheckQuantities.all + LevelQuantities.light + BrighterFatterQuantities.all)
}
