import Diagnostics
import DurableFiles
import GRDB

/// What a merge would do.
struct MergePlan {
  /// An analysis of which test runs are to be added.
  struct Addition {
    /// Its number in the shard.
    var analysis: Int64
    /// Its number here; nil where it is new.
    var target: Int64?
    /// The name that it gets here; nil where it is here already.
    var name: String?
    /// The numbers, in the shard, of the test runs to add.
    var runs: [Int64]
  }

  /// A test run of the shard.
  private struct Run {
    let id: Int64
    let key: [DatabaseValue]
    let name: String
    let status: RunStatus
    let lease: ProcessIdentity?
  }

  private(set) var report = MergeReport()
  private(set) var additions: [Addition] = []
  /// Analyses that are in both, by their numbers.
  private(set) var shared: [(source: Int64, target: Int64)] = []
  private(set) var products: [ArtifactRecord] = []
  private(set) var certifications = CertificationMerge()

  /// - Parameter comparing: false where products, and the content of runs that are in both, were
  ///   looked at already: neither changes.
  init(
    _ source: Database, _ target: Database, shard: String, target warehouse: Warehouse,
    comparing: Bool = true
  ) throws {
    let rows = try Row.fetchAll(
      source, sql: "SELECT id, name, ulid, status FROM analysis ORDER BY id")
    for row in rows {
      let id = row[0] as Int64
      let name = StoredText.decoded(row[1])
      let runs = try MergePlan.runs(of: id, source)
      let whole = runs.filter { $0.status == .finished || $0.status == .failed }
      leave(runs.filter { $0.status == .running || $0.status == .interrupted }, of: name)
      let mine = try Int64.fetchOne(
        target, sql: "SELECT id FROM analysis WHERE ulid = ?", arguments: [row[2] as String])
      if let mine {
        try compare(whole, of: id, name, with: mine, source, target, comparing)
        continue
      }
      let isRunning = try stored(row[3], as: RunStatus.self) == .running
      if whole.isEmpty, isRunning || !runs.isEmpty {
        if runs.isEmpty {
          report.left.append(MergeReport.Left(analysis: name, run: nil, reason: .begun))
        }
        continue
      }
      let new = try MergePlan.freeName(like: name, source, target)
      additions.append(Addition(analysis: id, target: nil, name: new, runs: whole.map(\.id)))
      report.added.append(new)
      if new != name { report.renamed.append(.init(analysis: name, name: new)) }
    }
    try addProducts(source, target, shard: comparing ? shard : nil, warehouse)
    if !additions.isEmpty { try compareUnits(source, target) }
    certifications = try CertificationMerge(source, target, bringing: products)
    report.certifications = certifications.count
    for text in certifications.conflicts { conflict(.certification, "", text) }
  }

  private mutating func conflict(_ kind: MergeConflict.Kind, _ analysis: String, _ text: String) {
    report.conflicts.append(MergeConflict(kind: kind, analysis: analysis, text: text))
  }

  private mutating func leave(_ runs: [Run], of analysis: String) {
    report.left += runs.map { run in
      let reason: MergeReport.Left.Reason =
        run.status == .interrupted
        ? .interrupted : run.lease.map(\.isDead) == true ? .killed : .running
      return MergeReport.Left(analysis: analysis, run: run.name, reason: reason)
    }
  }

  // MARK: - Analyses in both

  private mutating func compare(
    _ runs: [Run], of analysis: Int64, _ name: String, with mine: Int64, _ source: Database,
    _ target: Database, _ comparing: Bool
  ) throws {
    shared.append((analysis, mine))
    let (theirHead, myHead) = (
      try MergePlan.head(source, analysis), try MergePlan.head(target, mine)
    )
    if theirHead != myHead {
      conflict(.changed, name, "here \(myHead), there \(theirHead)")
      return
    }
    var new: [Int64] = []
    var differs = false
    for run in runs {
      let here = try Int64.fetchOne(
        target,
        sql: """
          SELECT testRun.id FROM testRun JOIN block ON block.id = testRun.block
            JOIN campaign ON campaign.id = block.campaign
          WHERE analysis = ? AND campaign.name = ? AND block.name = ? AND test = ? AND session = ?
          """, arguments: StatementArguments([mine.databaseValue] + run.key))
      guard let here else {
        new.append(run.id)
        continue
      }
      guard comparing else { continue }
      let (theirs, ours) = (
        try MergePlan.content(source, run.id), try MergePlan.content(target, here)
      )
      if theirs.digest != ours.digest {
        differs = true
        conflict(.changed, name, "\(run.name): here \(ours.text), there \(theirs.text)")
      }
    }
    if !new.isEmpty {
      additions.append(Addition(analysis: analysis, target: mine, name: nil, runs: new))
      report.extended.append(name)
    } else if !differs {
      report.present.append(name)
    }
  }

  // MARK: - Products and units

  private mutating func addProducts(
    _ source: Database, _ target: Database, shard: String?, _ warehouse: Warehouse
  ) throws {
    for addition in additions {
      for run in addition.runs {
        let artifacts = try ArtifactRecord.fetch(
          source, condition: "WHERE testRun = ?", arguments: [run])
        for artifact in artifacts {
          if let text = try warehouse.objection(to: artifact, in: shard, target) {
            let name = try String.fetchOne(
              source, sql: "SELECT name FROM analysis WHERE id = ?",
              arguments: [addition.analysis])
            conflict(
              .product, StoredText.decoded(name ?? ""),
              "\(artifact.path.clipped(to: 200)): \(text)")
          }
        }
        products += artifacts
      }
    }
    report.products = products.count
  }

  private mutating func compareUnits(_ source: Database, _ target: Database) throws {
    for row in try Row.fetchAll(source, sql: "SELECT name, unit FROM quantity ORDER BY name") {
      let unit = try String.fetchOne(
        target, sql: "SELECT unit FROM quantity WHERE name = ?", arguments: [row[0] as String])
      if let unit, unit != row[1] as String {
        conflict(
          .unit, (report.added + report.extended).first ?? "",
          "\(StoredText.decoded(row[0]).clipped(to: 100)) is in '\(unit)' here, "
            + "in '\(row[1] as String)' there")
      }
    }
  }

  // MARK: - What is stored

  private static func runs(of analysis: Int64, _ database: Database) throws -> [Run] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT testRun.id, campaign.name, block.name, test, session, status, leaseHost, leaseBoot,
          leaseProcess, leaseStart
        FROM testRun JOIN block ON block.id = testRun.block
          JOIN campaign ON campaign.id = block.campaign
        WHERE analysis = ? ORDER BY testRun.id
        """, arguments: [analysis]
    ).map { row in
      let words = (2..<5).map { StoredText.decoded(row[$0]).clipped(to: 80) }
      return Run(
        id: row[0], key: (1..<5).map { row[$0] as DatabaseValue },
        name: "\(words[0]) \(words[1]) \(words[2])",
        status: try stored(row[5], as: RunStatus.self), lease: ProcessIdentity.lease(row, from: 6))
    }
  }

  /// A name that no analysis has here: its own, or that with a number, as an analysis gets it that
  /// begins where its name is taken.
  ///
  /// Names tell the second at which an analysis began, so two machines give the same one now and
  /// then; what an analysis is, its ULID tells.
  private static func freeName(
    like name: String, _ source: Database, _ target: Database
  ) throws -> String {
    func isTaken(_ name: String, in database: Database) throws -> Bool {
      try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT 1 FROM analysis WHERE name = ?)",
        arguments: [StoredText.encoded(name)]) ?? false
    }
    var free = name
    var number = 0
    while try isTaken(free, in: target) || free != name && isTaken(free, in: source) {
      number += 1
      free = "\(name)-\(number)"
    }
    return free
  }

  /// What two copies of an analysis share, however far they got, and whatever name it got here.
  private static func head(_ database: Database, _ analysis: Int64) throws -> String {
    let row = try Row.fetchOne(
      database, sql: "SELECT started, configurationSHA256 FROM analysis WHERE id = ?",
      arguments: [analysis])
    guard let row else { return "" }
    return "begun \(row[0] as String), configuration \((row[1] as String).prefix(12))"
  }

  /// What tells whether two copies of a test run are the same, and a few words of it for people.
  private static func content(
    _ database: Database, _ run: Int64
  ) throws -> (digest: String, text: String) {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT started, finished, status, inputSHA256,
          (SELECT group_concat(name || '/' || status, '|')
            FROM (SELECT name, status FROM subtask WHERE testRun = testRun.id ORDER BY ordinal, id)),
          (SELECT group_concat(sha256, '|')
            FROM (SELECT sha256 FROM artifact WHERE testRun = testRun.id ORDER BY path)),
          (SELECT count(*) FROM subtask WHERE subtask.testRun = testRun.id)
        FROM testRun WHERE id = ?
        """, arguments: [run])
    guard let row else { return ("", "") }
    let values = try MergePlan.values(database, run)
    let fields = (0..<7).map { (row[$0] as DatabaseValue).description } + [values.digest]
    return (
      fields.joined(separator: "\u{1F}"),
      "\(row[2] as String) with \(row[6] as Int) steps and \(values.count) values "
        + "(SHA-256 \(values.digest.prefix(12)))"
    )
  }

  /// The number of a run's measurements, and a digest of them that does not depend on numbers that
  /// a warehouse gives to names.
  private static func values(
    _ database: Database, _ run: Int64
  ) throws -> (count: Int, digest: String) {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT quantity.name, detector.name, amplifier.name, place.obsid, item.name,
          measurement.value, measurement.uncertainty, measurement.count, reason.text
        FROM series JOIN quantity ON quantity.id = series.quantity
          CROSS JOIN measurement
            ON measurement.id BETWEEN series.id << 28 AND series.id << 28 | 268435455
          CROSS JOIN place ON place.id = measurement.id & 268435455
          CROSS JOIN detector ON detector.id = place.detector
          CROSS JOIN amplifier ON amplifier.id = place.amplifier
          CROSS JOIN item ON item.id = place.item
          LEFT JOIN reason ON reason.id = measurement.reason
        WHERE series.testRun = ? ORDER BY 1, 2, 3, 4, 5
        """, arguments: [run])
    var text = ""
    var digest = ""
    var count = 0
    while let row = try rows.next() {
      text += (0..<9).map { index -> String in
        let value = row[index] as DatabaseValue
        // The bits, so that nothing is rounded away.
        if case .double(let number) = value.storage { return String(number.bitPattern) }
        return value.description
      }.joined(separator: "\u{1F}")
      text += "\n"
      count += 1
      if text.utf8.count > 1 << 20 {
        digest = SHA256Digest(of: digest + text).hexadecimal
        text = ""
      }
    }
    return (count, SHA256Digest(of: digest + text).hexadecimal)
  }
}

extension Warehouse {
  /// What stands against taking a product; nil for nothing.
  ///
  /// - Parameter shard: nil where the files themselves were looked at already.
  fileprivate func objection(
    to artifact: ArtifactRecord, in shard: String?, _ target: Database
  ) throws -> String? {
    let registered = try Bool.fetchOne(
      target, sql: "SELECT EXISTS (SELECT 1 FROM artifact WHERE path = ?)",
      arguments: [StoredText.encoded(artifact.path)])
    if registered == true { return "a product of another result is here under that path" }
    guard let shard else { return nil }
    do {
      try Warehouse.verify(artifact, in: shard)
    } catch let error as WarehouseError {
      return "there, \(error.problem)"
    } catch let error as FileError {
      return "there, \(error.problem)"
    }
    let path = absolutePath(artifact.path)
    if FileSystem.size(of: path) != nil,
      try SHA256Digest(ofFile: path).hexadecimal != artifact.sha256
    {
      return "another file is here under that path"
    }
    return nil
  }
}
