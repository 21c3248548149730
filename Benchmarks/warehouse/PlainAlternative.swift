import Detector
import Foundation
import GRDB
import Warehouse

/// What is usually done: one table, one row a value, names as text, an index for each question.
enum PlainAlternative {
  /// - Returns: the seconds that inserting took.
  static func fill(_ path: String, _ plan: GenerationPlan) throws -> Double {
    let queue = try DatabaseQueue(path: path)
    try queue.inDatabase {
      try $0.execute(
        sql: """
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = FULL;
          CREATE TABLE result (
            id INTEGER PRIMARY KEY, block TEXT, test TEXT, session TEXT, analysis TEXT,
            started TEXT, accepted INTEGER, ccd TEXT, quadrant TEXT, obsid INTEGER, quantity TEXT,
            unit TEXT, value REAL, uncertainty REAL, count INTEGER);
          CREATE INDEX resultByQuantity ON result (quantity, test);
          CREATE INDEX resultByAnalysis ON result (analysis, test);
          CREATE INDEX resultByBlock ON result (block, test);
          """)
    }
    let quantities = WarehouseGenerator.quantities(plan)
    var noise = Noise(state: 1)
    var records: [MeasurementRecord] = []
    var spent = 0.0
    for rerun in 0..<plan.reruns {
      for block in 0..<plan.blocks {
        for test in 0..<plan.tests {
          WarehouseGenerator.measurements(
            plan, quantities, block: block, test: test, noise: &noise, into: &records)
          spent += try seconds {
            try queue.write { database in
              let statement = try database.cachedStatement(
                sql: """
                  INSERT INTO result (block, test, session, analysis, started, accepted, ccd,
                    quadrant, obsid, quantity, unit, value, uncertainty, count)
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                  """)
              for record in records {
                guard case .value(let value, let uncertainty, let count) = record.value else {
                  continue
                }
                try statement.execute(
                  arguments: [
                    plan.block(block), plan.test(test), "D\(test / 9 + 1)1",
                    plan.analysis(block, rerun), plan.time(rerun, block, test), rerun % 5 == 2,
                    record.place.detector, record.place.amplifier, record.place.obsid,
                    record.quantity.name, record.quantity.unit.rawValue, value, uncertainty, count,
                  ])
              }
            }
          }
        }
      }
    }
    try queue.inDatabase { try $0.execute(sql: "PRAGMA wal_checkpoint (TRUNCATE); ANALYZE") }
    try queue.close()
    return spent
  }

  /// - Returns: milliseconds, by the names of `QuestionTimes`.
  static func ask(_ path: String, _ plan: GenerationPlan) throws -> [String: Double] {
    let queue = try DatabaseQueue(path: path)
    let test = plan.test(0)
    let family = String(test.dropLast()) + "*"
    func rows(_ sql: String, _ arguments: StatementArguments) throws -> Int {
      try queue.read { try Row.fetchAll($0, sql: sql, arguments: arguments).count }
    }
    func median(_ body: () throws -> Int) rethrows -> Double {
      try QuestionTimes.time("", repetitions: 5, body).milliseconds
    }
    let statistics = """
      SELECT block, ccd, quadrant, count(*), avg(value), min(value), max(value)
      FROM result WHERE quantity = ? AND test GLOB ? GROUP BY 1, 2, 3
      """
    let difference = """
      SELECT a.test, a.quantity, a.ccd, a.quadrant, a.obsid, a.value, b.value,
        sqrt(a.uncertainty * a.uncertainty + b.uncertainty * b.uncertainty)
      FROM result AS a JOIN result AS b ON b.analysis = ? AND b.test = a.test
        AND b.quantity = a.quantity AND b.ccd = a.ccd AND b.quadrant = a.quadrant
        AND b.obsid IS a.obsid
      WHERE a.analysis = ?
      """
    return [
      QuestionTimes.map: try median {
        try rows(
          """
          WITH latest AS (SELECT block AS b, max(started) AS s FROM result
            WHERE quantity = 'channel.q0' AND test = ?1 AND accepted = 1 GROUP BY block)
          SELECT block, ccd, quadrant, value, uncertainty FROM result
            JOIN latest ON block = b AND started = s
          WHERE quantity = 'channel.q0' AND test = ?1
          """, [test])
      },
      QuestionTimes.statistics: try median { try rows(statistics, ["channel.q0", family]) },
      QuestionTimes.frameStatistics: try median { try rows(statistics, ["frame.q0", family]) },
      QuestionTimes.diff: try median {
        try rows(difference, [plan.analysis(0, 1), plan.analysis(0, 0)])
      },
      QuestionTimes.history: try median {
        try rows(
          """
          SELECT started, value, uncertainty FROM result WHERE quantity = 'channel.q0'
            AND test GLOB ? AND ccd = 'CCD1' AND quadrant = 'E' ORDER BY started
          """, [family])
      },
    ]
  }
}
