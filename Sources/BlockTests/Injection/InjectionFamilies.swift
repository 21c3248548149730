/// Charge injection, as far as it is analysed: the data check.
enum InjectionFamilies {
  static let all: [BlockTest] = [
    BlockTest(
      family: "CHINJ00",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "CHINJ01",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "CHINJ02",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all)
  ]
}
