public import Warehouse

/// How the making of two sets of results differs: program, libraries, host, configuration, inputs.
public struct ProvenanceDifference: Sendable, Equatable {
  /// A setting that differs.
  public struct Change: Sendable, Hashable {
    /// What differs, such as `program`, `library GSL` or a configuration's key.
    public let what: String
    /// The setting on either side; nil where there is none.
    public let left, right: String?
    /// In how many pairs of runs.
    public let pairs: Int
  }

  /// Program version, libraries, host, operator.
  public let program: [Change]
  /// Keys of the configuration.
  public let configuration: [Change]
  /// The number of pairs of runs.
  public let pairs: Int
  /// Of those, the number whose input data are the same, by their digests.
  public let sameInputs: Int
  /// Of the others, the number that have raw files in common, and the number of those files.
  public let overlapping, commonFiles: Int
  /// The number of pairs whose configurations have different digests.
  public let differentConfigurations: Int

  /// Compares what was recorded of each pair.
  ///
  /// - Throws: `WarehouseError`.
  public init(_ pairs: [RunPair], in warehouse: Warehouse) throws {
    let analyses = Dictionary(
      try warehouse.analyses().map { ($0.key.id, $0.record) }, uniquingKeysWith: { a, _ in a })
    var program = ChangeCounter()
    var configuration = ChangeCounter()
    var flattened: [String: [String: String]?] = [:]
    var (same, overlapping, files, differing) = (0, 0, 0, 0)
    for pair in pairs {
      let (left, right) = (try warehouse.testRun(pair.left), try warehouse.testRun(pair.right))
      if left.inputDigest == right.inputDigest {
        same += 1
      } else {
        let common = try Self.commonFiles(left.key, right.key, warehouse)
        files += common
        overlapping += common > 0 ? 1 : 0
      }
      if left.configurationDigest != right.configurationDigest { differing += 1 }
      guard let a = analyses[left.analysis.id], let b = analyses[right.analysis.id] else {
        continue
      }
      program.add("program", a.programVersion, b.programVersion)
      program.add("host", a.host, b.host)
      program.add("operator", a.operatorName, b.operatorName)
      program.add("camera", left.camera, right.camera)
      for name in Set(a.libraries.keys).union(b.libraries.keys).sorted() {
        program.add("library \(name)", a.libraries[name], b.libraries[name])
      }
      for detector in Set(left.serials.keys).union(right.serials.keys).sorted() {
        program.add("serial \(detector)", left.serials[detector], right.serials[detector])
      }
      guard a.configuration != b.configuration else { continue }
      func keys(_ record: AnalysisRecord) -> [String: String]? {
        if let known = flattened[record.configuration] { return known }
        let keys = ConfigurationKeys.flattened(record.configuration)
        flattened[record.configuration] = .some(keys)
        return keys
      }
      guard let mine = keys(a), let other = keys(b) else {
        configuration.add(
          "(the whole text, which is no YAML)", String(a.configurationDigest.prefix(12)),
          String(b.configurationDigest.prefix(12)))
        continue
      }
      for key in Set(mine.keys).union(other.keys) { configuration.add(key, mine[key], other[key]) }
    }
    self.program = program.changes
    self.configuration = configuration.changes
    self.pairs = pairs.count
    (sameInputs, self.overlapping, commonFiles) = (same, overlapping, files)
    differentConfigurations = differing
  }

  private static func commonFiles(
    _ left: TestRunKey, _ right: TestRunKey, _ warehouse: Warehouse
  ) throws -> Int {
    func raw(_ run: TestRunKey) throws -> Set<String> {
      Set(try warehouse.inputs(of: run).filter { $0.role == .raw }.map(\.sha256))
    }
    return try raw(left).intersection(try raw(right)).count
  }

  /// What a reader must know of the errors: sigma takes both sides as independent.
  public var independence: String {
    if sameInputs > 0, sameInputs == pairs {
      return "both sides are of the same input data: their errors are common, not independent, so "
        + "that sigma is too large and every significance a lower bound"
    }
    if sameInputs > 0 {
      return "\(sameInputs) of \(pairs) pairs of runs are of the same input data: there errors are "
        + "common, not independent, sigma is too large and significances are lower bounds"
    }
    if overlapping > 0 {
      return "\(overlapping) of \(pairs) pairs of runs have \(commonFiles) raw files in common: "
        + "there errors are partly common, and significances are lower bounds"
    }
    return "sigma takes the errors of both sides as independent"
  }
}

/// Counts equal changes over pairs of runs.
private struct ChangeCounter {
  private struct Key: Hashable {
    let what: String
    let left, right: String?
  }

  private var counts: [Key: Int] = [:]

  mutating func add(_ what: String, _ left: String?, _ right: String?) {
    if left != right { counts[Key(what: what, left: left, right: right), default: 0] += 1 }
  }

  var changes: [ProvenanceDifference.Change] {
    counts.map {
      ProvenanceDifference.Change(
        what: $0.key.what, left: $0.key.left, right: $0.key.right, pairs: $0.value)
    }.sorted {
      ($0.what, $0.left ?? "", $0.right ?? "") < ($1.what, $1.left ?? "", $1.right ?? "")
    }
  }
}
