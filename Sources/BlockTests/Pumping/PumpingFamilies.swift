/// Trap pumping, as far as it is analysed: the data check.
enum PumpingFamilies {
  static let all: [BlockTest] = [
    BlockTest(
      family: "TP00",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "TP01",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "TP02",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all)
  ]
}
