import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

/// What an outside statement may do: read this one database.
@Suite struct ReadOnlySQLTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
    try fill(warehouse, 1)
  }

  /// Every way to write, to reach other files, or to run code, that we know of; `@` is a path.
  static let refused = [
    "INSERT INTO campaign (name) VALUES ('x')", "REPLACE INTO campaign (name) VALUES ('x')",
    "UPDATE measurement SET value = 0", "DELETE FROM measurement", "DROP TABLE measurement",
    "DROP VIEW results", "ALTER TABLE campaign ADD COLUMN x", "ALTER TABLE campaign RENAME TO c",
    "CREATE TABLE t (x)", "CREATE TEMP TABLE t (x)", "CREATE TABLE t AS SELECT 1",
    "CREATE INDEX i ON campaign (name)", "CREATE VIEW v AS SELECT 1",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE TRIGGER t AFTER INSERT ON campaign BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE t USING fts5(x)", "CREATE VIRTUAL TABLE t USING dbstat(main)",
    "WITH a AS (SELECT 1) INSERT INTO campaign (name) SELECT 'x' FROM a",
    "INSERT INTO campaign (name) VALUES ('x') RETURNING id", "DELETE FROM flag RETURNING *",
    "UPDATE campaign SET name = 'x' RETURNING name",
    "UPDATE sqlite_schema SET sql = ''", "REINDEX", "ANALYZE", "VACUUM", "VACUUM INTO '@'",
    "ATTACH '@' AS x", "ATTACH DATABASE 'file:@?mode=rwc' AS x", "DETACH main",
    "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT s", "RELEASE s",
    "PRAGMA user_version = 9", "PRAGMA user_version(9)", "PRAGMA application_id = 1",
    "PRAGMA query_only = OFF", "PRAGMA query_only(0)", "PRAGMA trusted_schema = ON",
    "PRAGMA writable_schema = ON", "PRAGMA writable_schema = RESET",
    "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode(memory)", "PRAGMA main.journal_mode = OFF",
    "PRAGMA synchronous = OFF", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA wal_checkpoint",
    "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_autocheckpoint = 0", "PRAGMA optimize",
    "PRAGMA incremental_vacuum", "PRAGMA auto_vacuum = 1", "PRAGMA page_size = 512",
    "PRAGMA temp_store_directory = '@'", "PRAGMA data_store_directory = '@'",
    "PRAGMA foreign_keys = OFF", "PRAGMA schema_version = 1", "PRAGMA encoding = 'UTF-16'",
    "PRAGMA hard_heap_limit = 1", "PRAGMA soft_heap_limit = 1", "PRAGMA mmap_size = 1000000000",
    "PRAGMA shrink_memory", "PRAGMA case_sensitive_like = ON", "PRAGMA busy_timeout = 0",
    "PRAGMA integrity_check", "SELECT * FROM pragma_integrity_check",
    "SELECT * FROM pragma_user_version(9)", "EXPLAIN DELETE FROM measurement",
    "EXPLAIN QUERY PLAN INSERT INTO campaign (name) VALUES ('x')",
    "SELECT load_extension('@')", "SELECT load_extension('@', 'entry')", "SELECT readfile('@')",
    "SELECT writefile('@', 'x')", "SELECT edit('x', 'touch @')", "SELECT * FROM fsdir('/')",
    "SELECT fts3_tokenizer('simple')", "SELECT fts3_tokenizer('simple', x'00')",
    ".shell touch @", ".read @", "SELECT 1; DELETE FROM measurement", "SELECT 1; SELECT 2",
    "SELECT 1;; ATTACH '@' AS x", "SELECT 1 /* */; -- \n VACUUM INTO '@'", "", " ; ", "--", "/*",
    "SELECT", "SELECT 1 FROM", "SELECT ?1 FROM nothing", "SELECT * FROM main.nothing",
    "SELECT 'open", "SELECT 1\0; DELETE FROM measurement", "\u{FEFF}\u{FEFF}",
    "SELECT \(String(repeating: "(", count: 2000))1\(String(repeating: ")", count: 2000))",
    "SELECT length(zeroblob(2000000000))",     "SELECT 'a' LIKE '\(String(repeating: "%a", count: 200))'",
  ]

  @Test("statements that write, reach elsewhere, or are none, are refused", arguments: refused)
  func refuses(sql: String) throws {
    let target = folder.path + "/elsewhere"
    let before = try folder.bytes()
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.readOnlySQL(sql.replacing("@", with: target))
    }
    #expect(error?.kind == .queryRefused, "\(String(describing: error))")
    #expect(!FileManager.default.fileExists(atPath: target))
    #expect(try folder.bytes() == before)
    #expect(try warehouse.verify(.quick).isEmpty)
  }

  @Test(
    "what only reads is answered",
    arguments: [
      "SELECT 1", " ;; SELECT 1", "/* a */ -- b\nSELECT 1 -- c", "SELECT 1;", "SELECT 1; -- d\n ; /* */",
      "VALUES (1)", "WITH a (x) AS (SELECT 1) SELECT x FROM a", "EXPLAIN QUERY PLAN SELECT 1",
      "SELECT * FROM sqlite_schema", "SELECT * FROM pragma_table_info('testRun')",
      "PRAGMA table_info(testRun)", "PRAGMA user_version", "SELECT count(*) FROM results",
      "SELECT json_extract('{\"a\":1}', '$.a')", "SELECT value FROM json_each('[1,2]')",
      "SELECT name, count(*) OVER () FROM quantity", "SELECT * FROM dbstat LIMIT 1",
    ])
  func answers(sql: String) throws {
    #expect(try !warehouse.readOnlySQL(sql).rows.isEmpty)
  }

  @Test(
    "an error says where",
    arguments: [
      ("SELECT valeu FROM results", "line 1, column 8: valeu FROM results"),
      ("SELECT 1,\n  größe,\n  nichts FROM results", "line 2, column 3: größe,"),
      ("SELEC 1", "line 1, column 1: SELEC 1"),
    ])
  func place(sql: String, place: String) throws {
    let error = #expect(throws: WarehouseError.self) { try warehouse.readOnlySQL(sql) }
    #expect(error?.place == place)
  }

  @Test("columns of one name all come, and every type keeps its value")
  func values() throws {
    let answer = try warehouse.readOnlySQL(
      """
      SELECT NULL AS a, 9223372036854775807 AS a, -9223372036854775808 AS a, 9e999 AS a,
        5e-324 AS a, x'' AS a, x'00ff' AS a, '' AS a, 'a' || char(0) || 'b' AS a,
        CAST(x'ff41' AS TEXT) AS a
      """)
    #expect(answer.columns == Array(repeating: "a", count: 10))
    #expect(
      answer.rows == [
        [
          .null, .integer(.max), .integer(.min), .real(.infinity), .real(.leastNonzeroMagnitude), .blob([]),
          .blob([0, 255]), .text(""), .text("a\0b"), .text("\u{FFFD}A"),
        ]
      ])
  }

  @Test("a schema that someone spoilt cannot make a query write or load")
  func hostileView() throws {
    try warehouse.pool.write {
      try $0.execute(sql: "CREATE VIEW evil AS SELECT load_extension('x') AS x")
    }
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.readOnlySQL("SELECT * FROM evil")
    }
    #expect(error?.kind == .queryRefused)
  }

  private struct Stop: Error {}

  @Test("a query ends when the caller says so, at a row or between")
  func stops() throws {
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
    #expect(throws: Stop.self) {
      try warehouse.readOnlySQL(
        endless + "count(*) FROM n", seconds: 60, check: { throw Stop() }, columns: { _ in }
      ) { _ in true }
    }
    var rows = 0
    try warehouse.readOnlySQL(endless + "i FROM n", seconds: 60, columns: { _ in }) { _ in
      rows += 1
      return rows < 10
    }
    #expect(rows == 10)
    for seconds in [0, -1, .nan, 0.05] as [Double] {
      let error = #expect(throws: WarehouseError.self) {
        try warehouse.readOnlySQL(endless + "count(*) FROM n", seconds: seconds)
      }
      #expect(error?.kind == .queryTooLong)
    }
  }
}
