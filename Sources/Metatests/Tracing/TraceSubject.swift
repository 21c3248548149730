import Diagnostics
import DurableFiles
import FITSFiles
import Foundation
public import Warehouse

/// What is traced back: values, product files, or whole runs.
public struct TraceSubject: Sendable {
  /// The subject in words.
  public let title: String
  /// The values.
  public var values: [ResultRow] = []
  /// How many more values fit than are listed.
  public var moreValues = 0
  /// The products.
  public var products: [ProductOrigin] = []
  /// All runs that are traced, those of values and products among them.
  public var runs: [TestRunKey] = []
  /// What there is to know about how it was found.
  public var notes: [String] = []

  /// A subject with nothing in it yet.
  public init(title: String) { self.title = title }

  /// Values of some runs as a subject.
  public init(title: String, values: [ResultRow], more: Int = 0) {
    self.title = title
    self.values = values
    moreValues = more
    runs = Self.distinct(values.map(\.run.key))
  }

  /// The values that a filter means as a subject.
  ///
  /// - Parameters:
  ///   - limit: how many are kept; the runs of the others are not traced, only counted.
  ///   - check: throws where the user asked to end.
  public init(
    _ filter: ResultFilter, in warehouse: Warehouse, limit: Int, check: () throws -> Void = {}
  ) throws {
    var kept: [ResultRow] = []
    var more = 0
    try warehouse.forEachResult(matching: filter) { row in
      try check()
      if kept.count < limit { kept.append(row) } else { more += 1 }
    }
    self.init(
      title: "values of " + filter.quantities.joined(separator: ", "), values: kept, more: more)
  }

  /// Finds what a word of the command line means: a value's reference, a run's number, an analysis, a
  /// SHA-256 or its beginning (8 digits at least), or the path of a product or of a file of a report.
  ///
  /// - Throws: `MetatestError.Kind.noSuchSubject`, saying what was looked for.
  public static func find(_ word: String, in warehouse: Warehouse) throws -> TraceSubject {
    if let reference = ResultReference(word) {
      if let found = try value(reference, word, in: warehouse) { return found }
    }
    if let found = try run(word, in: warehouse) { return found }
    if let found = try product(digest: word.lowercased(), word, in: warehouse) { return found }
    if let found = try file(word, in: warehouse) { return found }
    let isInput =
      try !warehouse.inputUses(path: word).isEmpty
      || (word.utf8.count >= 8 && !warehouse.inputUses(sha256: word.lowercased()).isEmpty)
    throw MetatestError(
      .noSuchSubject, "nothing that was made is called '\(word.clipped(to: 120))'",
      place: warehouse.folder,
      remedy: isInput
        ? "it was only read: vis-meta trace --frame shows what used it"
        : "name a value (RUN/QUANTITY/CCD/QUADRANT/OBSID/ITEM), a run, a SHA-256, or a path below "
          + "products/ or reports/")
  }

  // MARK: - Steps

  private static func value(
    _ reference: ResultReference, _ word: String, in warehouse: Warehouse
  ) throws -> TraceSubject? {
    let runs = try warehouse.testRuns().filter { run in
      switch reference.run {
      case .number(let number): run.key.id == number
      case .named(let analysis, let block, let test, let session):
        run.analysis.name == analysis && run.block == block && run.test == test
          && run.session == session
      }
    }
    guard let run = runs.first else { return nil }
    var all: [ResultRow] = []
    let filter = ResultFilter(quantities: [reference.quantity], runs: [run.key])
    // A name with a star is a pattern to the filter, and here only itself.
    try warehouse.forEachResult(matching: filter) {
      if $0.quantity == reference.quantity { all.append($0) }
    }
    guard !all.isEmpty else { return nil }
    let place = reference.place
    // Parts that are left out mean "none" where such a value exists, else "any".
    let exact = all.filter { $0.place == place }
    let found =
      !exact.isEmpty
      ? exact
      : all.filter {
        (place.detector == nil || $0.place.detector == place.detector)
          && (place.amplifier == nil || $0.place.amplifier == place.amplifier)
          && (place.obsid == nil || $0.place.obsid == place.obsid)
          && (place.item == nil || $0.place.item == place.item)
      }
    guard !found.isEmpty else {
      throw MetatestError(
        .noSuchSubject,
        "run \(run.key.id) has \(all.count) values of \(reference.quantity.clipped(to: 60)), and "
          + "none at '\(word.clipped(to: 120))'",
        remedy: "list them with: vis-meta query --quantity \(reference.quantity.clipped(to: 60))")
    }
    return TraceSubject(title: "value \(word)", values: found)
  }

  private static func run(_ word: String, in warehouse: Warehouse) throws -> TraceSubject? {
    let runs = try warehouse.testRuns().filter {
      String($0.key.id) == word || $0.analysis.name == word
    }
    guard !runs.isEmpty else { return nil }
    var subject = TraceSubject(
      title: runs.count == 1 ? "run \(runs[0].key.id)" : "the runs of analysis \(word)")
    subject.runs = runs.map(\.key)
    return subject
  }

  private static func product(
    digest: String, _ word: String, in warehouse: Warehouse
  ) throws -> TraceSubject? {
    guard digest.utf8.count >= 8 else { return nil }
    let found = try warehouse.productOrigins(sha256: digest)
    guard let first = found.first else { return nil }
    var subject = TraceSubject(title: "product \(first.file.path)")
    subject.products = found
    subject.runs = distinct(found.map(\.run))
    if Set(found.map(\.file.sha256)).count > 1 {
      subject.notes.append("'\(word)' is the beginning of several checksums")
    } else if found.count > 1 {
      subject.notes.append("\(found.count) products have the same content")
    }
    return subject
  }

  /// A path below the warehouse, or of any copy of a product.
  private static func file(_ word: String, in warehouse: Warehouse) throws -> TraceSubject? {
    guard !word.utf8.contains(0) else { return nil }
    for path in candidates(word, warehouse) {
      if let origin = try warehouse.productOrigin(path: path) {
        var subject = TraceSubject(title: "product \(path)")
        subject.products = [origin]
        subject.runs = [origin.run]
        return subject
      }
      if let subject = try report(path, in: warehouse) { return subject }
    }
    // A copy elsewhere is known by its content.
    guard let digest = try? SHA256Digest(ofFile: word).hexadecimal,
      var subject = try product(digest: digest, word, in: warehouse)
    else { return nil }
    subject.notes.append("'\(word)' has the content of this product")
    return subject
  }

  /// What a path may be below the warehouse's folder.
  private static func candidates(_ word: String, _ warehouse: Warehouse) -> [String] {
    var result = [word]
    let folder = URL(filePath: warehouse.folder).standardizedFileURL.path
    let path = URL(filePath: word).standardizedFileURL.path
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    if path.hasPrefix(start) { result.append(String(path.dropFirst(start.count))) }
    for part in ["products/", "reports/"] {
      if let found = word.range(of: "/" + part, options: .backwards) {
        result.append(part + word[found.upperBound...])
      }
    }
    return result
  }

  /// A file of a test's report, or of a metatest.
  private static func report(_ path: String, in warehouse: Warehouse) throws -> TraceSubject? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count >= 3, parts[0] == "reports" else { return nil }
    if parts.count >= 5 {
      let run = try warehouse.testRuns().first {
        ReportFolder.parts(of: $0) == Array(parts[1...3])
      }
      if let run {
        var subject = TraceSubject(title: "report file \(path)")
        subject.runs = [run.key]
        subject.notes.append(
          "a report's files are made from the warehouse alone, and can be made again: "
            + "vis-meta report --analysis \(run.analysis.name)")
        return subject
      }
    }
    guard let metatest = MetatestCatalog.all.first(where: { $0.name == parts[1] }) else {
      return nil
    }
    let recorded = try MetatestRecord.read(metatest.name, in: warehouse)
    var subject = TraceSubject(title: "\(metatest.name): \(path)")
    subject.runs = recorded.runs
    subject.notes.append(recorded.note)
    return subject
  }

  static func distinct(_ runs: [TestRunKey]) -> [TestRunKey] {
    var seen: Set<TestRunKey> = []
    return runs.filter { seen.insert($0).inserted }
  }
}

/// Where a test's report lies below the warehouse.
enum ReportFolder {
  /// The folders below `reports/`.
  static func parts(of run: StoredTestRun) -> [String] {
    [run.block, "\(run.session)-\(run.test)", run.analysis.name].map(SafeName.component)
  }

  /// The path below the warehouse's folder.
  static func path(of run: StoredTestRun) -> String {
    "reports/" + parts(of: run).joined(separator: "/")
  }
}

/// The runs that a metatest's files were made from.
struct MetatestRecord {
  let runs: [TestRunKey]
  let note: String

  /// Reads the table `SELECTION` of the metatest's FITS file; runs are known by their analysis, block
  /// and test, since numbers change where warehouses are merged.
  ///
  /// - Throws: `MetatestError.Kind.noSuchSubject` where there is no such table.
  static func read(_ metatest: String, in warehouse: Warehouse) throws -> MetatestRecord {
    let path = "\(warehouse.folder)/reports/\(metatest)/\(metatest).fits"
    let table: FITSTable
    let rows: [(analysis: String, block: String, test: String, session: String)]
    do {
      table = try FITSFile(path: path).readTable(.named("SELECTION"))
      let (analyses, blocks) = (try table.texts("ANALYSIS"), try table.texts("BLOCK"))
      let (tests, sessions) = (try table.texts("TEST"), try table.texts("SESSION"))
      rows = analyses.indices.compactMap {
        analyses[$0].isEmpty
          ? nil
          : (
            analysis: analyses[$0], block: blocks[$0], test: tests[$0], session: sessions[$0]
          )
      }
    } catch {
      throw MetatestError(
        .noSuchSubject,
        "the runs that \(metatest) used are not on record: \(error.problem)", place: path,
        remedy: "make it again: vis-meta run \(metatest)")
    }
    let all = try warehouse.testRuns()
    let found = rows.map { row in
      all.first {
        $0.analysis.name == row.analysis && $0.block == row.block && $0.session == row.session
          && TestName.base($0.test) == TestName.base(row.test)
      }?.key
    }
    let unknown = found.count { $0 == nil }
    return MetatestRecord(
      runs: TraceSubject.distinct(found.compactMap(\.self)),
      note: "the runs are those that reports/\(metatest)/\(metatest).fits names (table SELECTION)"
        + (unknown > 0 ? "; \(unknown) of them are not in this warehouse" : ""))
  }
}
