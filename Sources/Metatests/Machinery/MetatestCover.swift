import Detector
import Diagnostics
import LatexReport
import Reporting

/// What the cover of a metatest's report says, the same for all.
enum MetatestCover {
  /// The fields of a cover.
  ///
  /// - Parameters:
  ///   - name: the metatest.
  ///   - date: when the latest analysis began, ISO 8601.
  ///   - tests: each test with the flight blocks that have a usable run of it.
  static func fields(
    _ name: String, _ input: MetatestInput, camera: Camera, date: String,
    tests: [(test: String, flight: Set<String>)]
  ) -> [Document.Field] {
    let flight = input.design.flight
    return [
      .init("Metatest", .init(name)),
      .init("Tests", .init(tests.map(\.test).joined(separator: ", "))),
      .init("Camera", .init(camera.title)),
      .init("Focal plane", .init("\(input.plane.name), design \(input.design.name)")),
    ]
      + tests.map { test in
        let missing = flight.filter { !test.flight.contains($0) }
        return Document.Field(
          "\(test.test): blocks",
          missing.isEmpty
            ? [.status(.pass, "all \(flight.count) flight blocks")]
            : [
              .status(
                .missing,
                "\(test.flight.count) of \(flight.count); missing: "
                  + missing.joined(separator: ", "))
            ])
      } + [
        .init("Date of the data", .init(TimeText.forPeople(date) + " UTC (latest analysis)")),
        .init("Program", .init("vison \(ProgramVersion.current)")),
      ]
  }
}
