/// Persistence, warm readiness, cosmetics and stray light, as far as they are analysed: the data check.
enum OtherFamilies {
  static let all: [BlockTest] = [
    BlockTest(
      family: "PERSIST01",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "MOT_WARM",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "COSMETICS00",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all),
    BlockTest(
      family: "STRAY00",
      subtasks: [Subtask("check", title: "Data validation") { try await DataValidation.run($0) }],
      quantities: CheckQuantities.all + LevelQuantities.all)
  ]
}
