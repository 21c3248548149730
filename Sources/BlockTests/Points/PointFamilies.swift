/// Point sources, as far as they are analysed: the lock on their pattern, and the data check.
enum PointFamilies {
  static let all: [BlockTest] = [
    BlockTest(
      family: "PSF0X",
      subtasks: [
        Subtask("lock", title: "Pattern of the point sources") { try await LockStep.run($0) },
        Subtask(RelockStep.name, title: "Stored pattern of the point sources") {
          try RelockStep.run($0)
        },
        Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      ], quantities: CheckQuantities.all + LevelQuantities.light + SpotQuantities.all),
    BlockTest(
      family: "FOCUS00",
      subtasks: [
        Subtask("lock", title: "Pattern of the point sources") { try await LockStep.run($0) },
        Subtask(RelockStep.name, title: "Stored pattern of the point sources") {
          try RelockStep.run($0)
        },
        Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      ], quantities: CheckQuantities.all + LevelQuantities.light + SpotQuantities.all)
  ]
}
