public import Detector
import Diagnostics
import Foundation
public import Warehouse

/// From an input to everything that used it: what becomes stale if it is withdrawn.
public struct ForwardTrace: Sendable, Encodable {
  /// What is followed.
  public enum Subject: Sendable, Hashable {
    /// A path as it was recorded, or a SHA-256 or its beginning (8 digits at least).
    case frame(String)
    /// All files of some exposures; ObsIDs may repeat from block to block.
    case exposures([ClosedRange<Int>])
  }

  /// A run that used the input, or a product of a run that did.
  public struct AffectedRun: Sendable, Hashable, Encodable {
    /// The run's number.
    public let run: Int64
    /// How many products lie between the input and this run; 0 for one that read it.
    public let depth: Int
    /// What was tested, and by which analysis.
    public let campaign, block, test, session, analysis: String
    /// How the run stands, and when it began.
    public let status, started: String
    /// The latest verdict.
    @OrNull public var verdict: String?
    /// Whether the run stands for its block and test now.
    public let standing: Bool
    /// The paths by which it used the input.
    public let reads: [String]
    /// How many values it has of each quantity: of the detectors that were read, and of none.
    public let measurements: [String: Int]
    /// Its products, those of the detectors that were read.
    public let products: [TracedFile]
    /// The files of its report that are there, below the warehouse's folder.
    public let reports: [String]
  }

  /// A metatest whose answer the input touches.
  public struct AffectedMetatest: Sendable, Hashable, Encodable {
    /// The metatest.
    public let name: String
    /// The affected runs that it used, by number.
    public let runs: [Int64]
    /// How that is known.
    public let basis: String
    /// Its files, below the warehouse's folder.
    public let files: [String]
  }

  /// How much becomes stale.
  public struct Stale: Sendable, Hashable, Encodable {
    /// Numbers of runs, of those that stand for their blocks, of values, products, report files and
    /// metatests.
    public let runs, standing, measurements, products, reports, metatests: Int
  }

  /// What was asked for.
  public let subject: String
  /// The input files, by path and content, each once.
  public let files: [TracedFile]
  /// The runs, breadth first.
  public let runs: [AffectedRun]
  /// The metatests.
  public let metatests: [AffectedMetatest]
  /// What becomes stale if the input is withdrawn.
  public let stale: Stale

  /// Follows an input.
  ///
  /// - Parameters:
  ///   - filter: which runs count as readers of the input; runs that read their products count all.
  ///   - design: says which run of each block metatests would use.
  ///   - check: throws where the user asked to end.
  /// - Throws: `MetatestError.Kind.noSuchSubject` where no run read such a file.
  public init(
    _ subject: Subject, among filter: ResultFilter, in warehouse: Warehouse,
    design: FocalPlane.Design,
    check: () throws -> Void = {}
  ) throws {
    let (title, uses) = try Self.uses(subject, filter, in: warehouse)
    self.subject = title
    var distinct: Set<InputFileRecord> = []
    files = uses.filter { distinct.insert($0.file).inserted }.map { TracedFile($0.file) }
    let standing = try StandingRuns(warehouse)
    runs = try Self.follow(uses, in: warehouse, standing, check)
    metatests = try Self.metatests(runs, in: warehouse, design)
    stale = Stale(
      runs: runs.count, standing: runs.count { $0.standing },
      measurements: runs.reduce(0) { $0 + $1.measurements.values.reduce(0, +) },
      products: runs.reduce(0) { $0 + $1.products.count },
      reports: runs.reduce(0) { $0 + $1.reports.count }, metatests: metatests.count)
  }

  // MARK: - Steps

  private static func uses(
    _ subject: Subject, _ filter: ResultFilter, in warehouse: Warehouse
  ) throws -> (title: String, uses: [InputUse]) {
    let runs = Set(try warehouse.testRunKeys(matching: filter))
    switch subject {
    case .frame(let word):
      var uses = try warehouse.inputUses(path: word)
      if uses.isEmpty, word.utf8.count >= 8 {
        uses = try warehouse.inputUses(sha256: word.lowercased())
      }
      uses = uses.filter { runs.contains($0.run) }
      guard !uses.isEmpty else {
        throw MetatestError(
          .noSuchSubject, "no run that fits read a file '\(word.clipped(to: 120))'",
          place: warehouse.folder,
          remedy: "give the path as it was recorded (vis-meta show RUN --inputs), or its SHA-256")
      }
      // A frame is its content: the same bytes read from another path are the same frame.
      let digests = Set(uses.map(\.file.sha256))
      for digest in digests.sorted() {
        for use in try warehouse.inputUses(sha256: digest)
        where use.file.sha256 == digest && runs.contains(use.run) && !uses.contains(use) {
          uses.append(use)
        }
      }
      return ("file \(word)", uses.sorted { $0.run < $1.run })
    case .exposures(let ranges):
      var seen: Set<InputUse> = []
      let uses = try ranges.flatMap { try warehouse.inputUses(obsids: $0) }
        .filter { runs.contains($0.run) && seen.insert($0).inserted }
      let names = ranges.map { range in
        range.lowerBound == range.upperBound
          ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
      }
      let title = (["ObsID " + names.joined(separator: ", ")] + filter.blocks)
        .joined(separator: " ")
      guard !uses.isEmpty else {
        throw MetatestError(
          .noSuchSubject, "no run that fits read a file of \(title.clipped(to: 120))",
          place: warehouse.folder, remedy: "list the ObsIDs of runs with: vis-meta runs")
      }
      return (title, uses)
    }
  }

  private static func follow(
    _ uses: [InputUse], in warehouse: Warehouse, _ standing: StandingRuns,
    _ check: () throws -> Void
  ) throws -> [AffectedRun] {
    var waiting: [(run: TestRunKey, files: [InputFileRecord], depth: Int)] = []
    func add(_ uses: [InputUse], depth: Int, _ seen: inout Set<TestRunKey>) {
      let byRun = Dictionary(grouping: uses, by: \.run)
      for run in byRun.keys.sorted() where seen.insert(run).inserted {
        waiting.append((run: run, files: byRun[run]?.map(\.file) ?? [], depth: depth))
      }
    }
    var seen: Set<TestRunKey> = []
    add(uses, depth: 0, &seen)
    var result: [AffectedRun] = []
    var next = 0
    while next < waiting.count {
      try check()
      let (key, files, depth) = waiting[next]
      next += 1
      let run = try warehouse.testRun(key)
      let detectors =
        files.contains { $0.detector == nil } ? nil : Set(files.compactMap(\.detector))
      let products = try warehouse.productOrigins(of: key).filter { origin in
        guard let detectors, let own = origin.file.detector else { return true }
        return detectors.contains(own)
      }
      result.append(
        AffectedRun(
          run: key.id, depth: depth, campaign: run.campaign, block: run.block, test: run.test,
          session: run.session, analysis: run.analysis.name, status: run.status.rawValue,
          started: run.started, verdict: run.verdict?.rawValue, standing: standing.contains(key),
          reads: files.map(\.path).sorted(),
          measurements: try counts(of: key, detectors, in: warehouse),
          products: products.map { TracedFile($0) },
          reports: ReportFiles.below(ReportFolder.path(of: run), of: warehouse.folder)))
      for product in products {
        let readers = try warehouse.inputUses(sha256: product.file.sha256)
          .filter { $0.file.sha256 == product.file.sha256 && $0.run != key }
        add(readers, depth: depth + 1, &seen)
      }
    }
    return result
  }

  private static func counts(
    of run: TestRunKey, _ detectors: Set<String>?, in warehouse: Warehouse
  ) throws -> [String: Int] {
    guard let detectors else { return try warehouse.measurementCounts(of: run) }
    var counts: [String: Int] = [:]
    let ofNone = try warehouse.measurementCounts(of: run, detector: "")
    for (quantity, count) in ofNone { counts[quantity] = count }
    for detector in detectors {
      for (quantity, count) in try warehouse.measurementCounts(of: run, detector: detector) {
        // Values of no detector are in each answer, and count once.
        counts[quantity, default: 0] += count - (ofNone[quantity] ?? 0)
      }
    }
    return counts
  }

  private static func metatests(
    _ runs: [AffectedRun], in warehouse: Warehouse, _ design: FocalPlane.Design
  ) throws -> [AffectedMetatest] {
    let affected = Set(runs.map(\.run))
    return try MetatestCatalog.all.compactMap { metatest in
      let basis: String
      let used: [Int64]
      if let record = try? MetatestRecord.read(metatest.name, in: warehouse) {
        used = record.runs.map(\.id)
        basis = "recorded in reports/\(metatest.name)/\(metatest.name).fits"
      } else {
        let selector = RunSelector(warehouse)
        used = try metatest.tests.flatMap {
          try selector.selections(test: $0, design: design).compactMap { $0.run?.key.id }
        }
        basis = "it would use the run now; no record of an earlier making"
      }
      let common = used.filter(affected.contains).sorted()
      guard !common.isEmpty else { return nil }
      return AffectedMetatest(
        name: metatest.name, runs: common, basis: basis,
        files: ReportFiles.below("reports/\(metatest.name)", of: warehouse.folder))
    }
  }
}

/// The runs that stand for their blocks and tests now.
struct StandingRuns {
  private let keys: Set<TestRunKey>

  init(_ warehouse: Warehouse) throws {
    var filter = ResultFilter()
    filter.selection = .standing
    keys = Set(try warehouse.testRunKeys(matching: filter))
  }

  func contains(_ run: TestRunKey) -> Bool { keys.contains(run) }
}

/// The files of a report's folder.
enum ReportFiles {
  /// Files below a folder, sorted, as paths below the warehouse; empty where there is none. Links are not
  /// followed.
  static func below(_ folder: String, of warehouse: String) -> [String] {
    guard let found = FileManager.default.enumerator(atPath: "\(warehouse)/\(folder)") else {
      return []
    }
    var files: [String] = []
    for case let path as String in found
    where found.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
      files.append("\(folder)/\(path)")
    }
    return files.sorted()
  }
}
