/// Tests with flat light, as far as they are analysed: the data check.
enum FlatFamilies {
  static let all: [BlockTest] = [
    BlockTest(
      family: "MOT_FF",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.light)
  ]
}
