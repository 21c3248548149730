/// NL01 and NL02 with its variants: non-linearity, saturation and charge-transfer efficiency from ladders of flats.
enum LinearityTest {
  static let nl01 = BlockTest(
    family: "NL01", subtasks: steps,
    quantities: CheckQuantities.all + LevelQuantities.light + LinearityQuantities.all)

  static let nl02 = BlockTest(
    family: "NL02",
    subtasks: steps + [
      Subtask("extract_PTC", title: "Variances of pairs of flats", needs: ["check"]) {
        try await LinearityPairs.run($0)
      }
    ],
    quantities: CheckQuantities.all + LevelQuantities.light + LinearityQuantities.all
      + LinearityPairs.quantities)

  private static let steps = [
    Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
    Subtask("prep", title: "Preparation of the images", needs: ["check"]) {
      try LinearityPreparation.run($0)
    },
    Subtask("extract", title: "Signals of tiles", needs: ["check"]) {
      try await LinearityExtraction.run($0)
    },
    Subtask("NL", title: "Non-linearity curves", needs: ["extract"]) {
      try await LinearitySolve.run($0)
    },
    Subtask("satCTE", title: "Charge-transfer efficiency against signal", needs: ["extract"]) {
      try TransferEfficiency.run($0)
    },
  ]
}
