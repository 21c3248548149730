/// Tests with flat light, as far as they are analysed: the data check.
enum FlatFamilies {
  static let all: [BlockTest] = [
    BlockTest(
      family: "NL01",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.light),
    BlockTest(
      family: "NL02",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.light),
    BlockTest(
      family: "MOT_FF",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.light)
  ]
}
