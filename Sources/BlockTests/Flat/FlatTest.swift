/// FLAT01, FLAT02 and FLAT_STB: master flats, PRNU, defects of the response, stability of the light.
enum FlatTest {
  static let value = BlockTest(
    family: "FLAT0X",
    subtasks: [
      Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      Subtask("prep", title: "Preparation of the images", needs: ["check"]) {
        try FlatPreparation.run($0)
      },
      Subtask("indivflats", title: "Illumination of each flat", needs: ["check"]) {
        try await FlatIndividual.run($0)
      },
      Subtask("masterflat", title: "Master flats and PRNU", needs: ["indivflats"]) {
        try await FlatMaster.run($0)
      },
      Subtask("prmask", title: "Defects of the photo-response", needs: ["masterflat"]) {
        try await FlatDefects.run($0)
      },
      Subtask("stability", title: "Stability of the light", needs: ["indivflats"]) {
        try FlatStability.run($0)
      },
    ],
    quantities: CheckQuantities.all + LevelQuantities.light + FlatQuantities.all)
}
