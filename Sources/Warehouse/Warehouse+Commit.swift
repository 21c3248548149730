import Detector
import Diagnostics
import DurableFiles
import GRDB

// MARK: - Committing subtasks

extension Warehouse {
  /// Stores all results of a subtask in one transaction.
  ///
  /// The files of its artifacts must be in place already (`AtomicFile`); their sizes and digests
  /// are verified before anything is stored. After a return, the results survive a power cut;
  /// after an error, or a kill, nothing of the subtask is stored.
  ///
  /// - Throws: `WarehouseError` of kind `.notFinite` for NaN and infinities, `.duplicate` for a
  ///   subtask or place that is stored already, `.artifact`, `.busy`, `.full`, ...
  public func commit(_ subtask: SubtaskCommit, to run: TestRunKey) throws {
    try subtask.validate()
    for artifact in subtask.artifacts { try verify(artifact) }
    try writing { database in
      let status = try String.fetchOne(
        database, sql: "SELECT status FROM testRun WHERE id = ?", arguments: [run.id])
      guard let status else {
        throw WarehouseError(.noSuchRecord, "there is no test run \(run.id)")
      }
      guard status == RunStatus.running.rawValue else {
        throw WarehouseError(.invalidRecord, "the test run \(run.id) is \(status), not running")
      }
      try SubtaskWriter(database, run: run).write(subtask)
    }
  }

  /// Checks that a product is below the warehouse and is what its record says.
  func verify(_ artifact: ArtifactRecord) throws { try Warehouse.verify(artifact, in: folder) }

  /// The same for a warehouse in any folder.
  ///
  /// - Parameter readingIt: whether its SHA-256 is computed; else only its place and size count.
  static func verify(
    _ artifact: ArtifactRecord, in folder: String, readingIt: Bool = true
  ) throws {
    func fail(_ problem: String) -> WarehouseError {
      WarehouseError(.artifact, problem, place: artifact.path)
    }
    guard SafeName.staysBelow(artifact.path), artifact.path.hasPrefix("products/") else {
      throw fail("the product is not below products/")
    }
    let path = folder + "/" + artifact.path
    guard let size = FileSystem.size(of: path) else { throw fail("the product is missing") }
    guard let root = FileSystem.resolved(folder), let real = FileSystem.resolved(path),
      real.hasPrefix(root + "/")
    else { throw fail("the product lies outside the warehouse") }
    guard size == artifact.size else {
      throw fail("the product has \(size) bytes instead of \(artifact.size)")
    }
    guard readingIt else { return }
    guard try SHA256Digest(ofFile: path).hexadecimal == artifact.sha256 else {
      throw fail("the product has another SHA-256 than was recorded")
    }
  }

  /// The path of a file of the warehouse.
  ///
  /// - Parameter relative: relative to the warehouse's folder.
  public func absolutePath(_ relative: String) -> String { folder + "/" + relative }

  /// Makes the folder for a test run's products.
  ///
  /// - Returns: its path relative to the warehouse's folder, made safe from any name:
  ///   `products/<block>/<test>/<analysis>`.
  public func makeProductFolder(block: String, test: String, analysis: String) throws -> String {
    let relative = Warehouse.productFolder(block: block, test: test, analysis: analysis)
    try AtomicFile.makeFolder(absolutePath(relative))
    return relative
  }

  static func productFolder(block: String, test: String, analysis: String) -> String {
    (["products"] + [block, test, analysis].map(SafeName.component)).joined(separator: "/")
  }
}

// MARK: - The door

extension SubtaskCommit {
  /// Refuses what must never be stored, before the transaction begins.
  func validate() throws {
    try requireFinite(seconds, "duration of subtask \(name)")
    for measurement in measurements {
      try SubtaskCommit.validate(
        measurement.value, of: measurement.quantity.name, at: measurement.place)
      try measurement.place.validate()
    }
    for curve in curves {
      try curve.place.validate()
      guard curve.x.count == curve.y.count,
        curve.uncertainty.map({ $0.count == curve.x.count }) ?? true
      else {
        throw WarehouseError(
          .invalidRecord, "the arrays of the curve \(curve.name) differ in length",
          place: curve.place.text)
      }
      guard (curve.x + curve.y + (curve.uncertainty ?? [])).allSatisfy(\.isFinite) else {
        throw WarehouseError(
          .notFinite, "the curve \(curve.name) has a value that is not finite",
          place: curve.place.text)
      }
    }
    for check in checks {
      try check.place.validate()
      for number in [check.value, check.lower, check.upper] {
        try requireFinite(number, "check \(check.name)")
      }
    }
  }
}

extension SubtaskCommit {
  /// Refuses a value that must not be stored.
  ///
  /// - Parameter quantity: its name, for the message.
  static func validate(
    _ value: MeasuredValue, of quantity: @autoclosure () -> String?, at place: ResultPlace
  ) throws {
    guard case .value(let value, let uncertainty, let count) = value else { return }
    func fail(_ kind: WarehouseError.Kind, _ what: String, _ problem: String) -> WarehouseError {
      let name = quantity() ?? "a foreign quantity"
      return WarehouseError(kind, "the \(what) of \(name) is \(problem)", place: place.text)
    }
    if !value.isFinite || uncertainty?.isFinite == false {
      throw fail(.notFinite, "value or uncertainty", "not finite")
    }
    if let uncertainty, uncertainty < 0 {
      throw fail(.invalidRecord, "uncertainty", "negative")
    }
    if let count, count < 0 { throw fail(.invalidRecord, "count", "negative") }
  }
}

extension ResultPlace {
  func validate() throws {
    if let obsid, obsid < 0 {
      throw WarehouseError(.invalidRecord, "the ObsID \(obsid) is negative")
    }
  }

  /// The place in words, for messages.
  var text: String {
    [detector, amplifier, obsid.map { "ObsID \($0)" }, item].compactMap { $0 }
      .joined(separator: " ").clipped(to: 200)
  }
}

/// Refuses NaN and infinities.
func requireFinite(_ value: Double?, _ what: String) throws {
  guard value?.isFinite ?? true else {
    throw WarehouseError(.notFinite, "not finite: \(what.clipped(to: 200))")
  }
}
