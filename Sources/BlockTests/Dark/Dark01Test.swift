/// DARK01: long exposures in darkness, as far as they are analysed: the data check.
enum Dark01Test {
  static let value = BlockTest(
    family: "DARK01",
    subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
    quantities: CheckQuantities.all + [LevelQuantities.background])
}
