import Foundation
import Warehouse

/// One question and how long its answer took.
struct QuestionTime {
  let what: String
  let milliseconds: Double
  let first: Double
  let mark: Double?
  let note: String

  var text: String {
    line(what, milliseconds, "ms") + String(format: "  (first %.1f)", first)
      + (mark.map { String(format: "  mark %.0f, ratio %.2f", $0, milliseconds / $0) } ?? "")
      + "  " + note
  }
}

/// The main questions, asked of a warehouse.
enum QuestionTimes {
  static let map = "focal-plane map, latest accepted"
  static let statistics = "statistics, a family's history, channels"
  static let frameStatistics = "statistics, a family's history, frames"
  static let diff = "difference of two analyses"
  static let testDiff = "difference of two test runs"
  static let history = "history of a quantity, one channel"

  static func bytes(_ path: String) -> Double {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return Double((attributes?[.size] as? Int) ?? 0)
  }

  /// The median of `repetitions` runs after a first one.
  static func time(
    _ what: String, mark: Double? = nil, repetitions: Int = 9, _ body: () throws -> Int
  ) rethrows -> QuestionTime {
    var answer = 0
    let first = try seconds { answer = try body() }
    let times = try (0..<repetitions).map { _ in try seconds { _ = try body() } }.sorted()
    return QuestionTime(
      what: what, milliseconds: 1000 * times[repetitions / 2], first: 1000 * first, mark: mark,
      note: "\(grouped(answer)) rows")
  }

  /// Prints what the file is made of.
  static func sizes(_ path: String, total: Int) throws {
    let all = bytes(path + "/warehouse.sqlite") / Double(total)
    print(line("file, all that is in it", all, "bytes a measurement"))
    let warehouse = try Warehouse.open(at: path, mode: .reading)
    let answer = try warehouse.readOnlySQL(
      """
      SELECT schema.tbl_name, sum(stat.pageno) * (SELECT page_size FROM pragma_page_size)
        FROM dbstat AS stat
        JOIN sqlite_schema AS schema ON schema.name = stat.name
        WHERE stat.aggregate = 1 GROUP BY 1 ORDER BY 2 DESC
      """, seconds: 600)
    var values = 0.0
    for row in answer.rows {
      guard case .text(let name) = row[0], case .integer(let size) = row[1] else { continue }
      let each = Double(size) / Double(total)
      if ["measurement", "series", "place"].contains(name) { values += each }
      if each > 0.01 { print(line("  \(name)", each, "bytes a measurement")) }
    }
    if values > 0 {
      print(
        line("measurements, indexes included", values, "bytes a measurement")
          + String(format: "  mark 40, ratio %.2f", values / 40))
    }
  }

  static func ask(_ path: String, _ plan: GenerationPlan) throws -> [QuestionTime] {
    var result: [QuestionTime] = []
    result.append(
      try time("opening, and the first question", mark: 20) {
        let warehouse = try Warehouse.open(at: path, mode: .reading)
        defer { try? warehouse.close() }
        return try warehouse.quantities().count
      })
    let warehouse = try Warehouse.open(at: path, mode: .reading)
    result.append(
      try time(map, mark: 10, repetitions: 21) {
        let runs = try warehouse.selectedTestRuns(test: plan.test(0))
        return try warehouse.map144(of: "channel.q0", in: runs.map(\.run.key)).count
      })
    let family = String(plan.test(0).dropLast()) + "*"
    for (what, quantity) in [(statistics, "channel.q0"), (frameStatistics, "frame.q0")] {
      result.append(
        try time(what, mark: 200) {
          try warehouse.statistics(
            matching: ResultFilter(quantities: [quantity], tests: [family]),
            by: [.block, .detector, .amplifier]
          ).reduce(0) { $0 + $1.count }
        })
    }
    result.append(
      try time(history) {
        var filter = ResultFilter(tests: [family])
        filter.detectors = ["CCD1"]
        filter.amplifiers = ["E"]
        return try warehouse.history(of: "channel.q0", matching: filter).count
      })
    let analyses = try [0, 1].map { rerun in
      try warehouse.testRuns(analysis: plan.analysis(0, rerun)).map(\.key)
    }
    result.append(
      try time(testDiff, mark: 300) {
        try warehouse.diff([analyses[0][0]], [analyses[1][0]]).differences.count
      })
    result.append(
      try time(diff, mark: 300, repetitions: 5) {
        try warehouse.diff(analyses[0], analyses[1]).differences.count
      })
    return result
  }
}
