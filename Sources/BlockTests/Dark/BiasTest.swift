/// BIAS01 and BIAS02: offsets, read-out noise and the structure of the bias.
enum BiasTest {
  static let value = BlockTest(
    family: "BIAS0X",
    subtasks: [
      Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      Subtask("prep", title: "Preparation of the images") { try await BiasPreparation.run($0) },
      Subtask("basic", title: "Noise and structure of each frame") { try await BiasBasic.run($0) },
      Subtask(
        "meta", title: "Master bias and best estimates", needs: ["check", "prep", "basic"]
      ) { try await BiasMeta.run($0) },
    ],
    quantities: CheckQuantities.all + [LevelQuantities.background] + BiasQuantities.all)
}
