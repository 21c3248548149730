public import Campaign

/// Compares house-keeping with what was commanded and with what is safe.
public struct HousekeepingCheck: Sendable, Hashable {
  /// The two kinds of comparison.
  public enum Kind: String, Sendable, CaseIterable {
    /// Expected operation: relative to the command, and absolute where the limits say so.
    case performance
    /// Safety of the hardware: absolute.
    case safe
  }

  /// The outcome for one key.
  public struct Result: Sendable, Hashable {
    /// The key.
    public let key: String
    /// The comparison.
    public let kind: Kind
    /// Whether all exposures pass; nil where the key is not compared (no limits, or not commanded).
    public let passes: Bool?
    /// What failed, one line for each exposure, with its ObsID.
    public let failures: [String]
  }

  /// The outcomes by key, in the order of the table, performance before safe.
  public let results: [Result]

  /// The keys that fail a comparison, in the order of the table, each once.
  public func failingKeys(_ kind: Kind) -> [String] {
    results.filter { $0.kind == kind && $0.passes == false }.map(\.key)
  }

  /// Whether nothing fails; otherwise the flag `HK_OOL` is raised.
  public var passes: Bool { results.allSatisfy { $0.passes != false } }

  /// The house-keeping of one exposure.
  public struct Exposure: Sendable {
    /// The ObsID.
    public let obsid: Int
    /// The file's mean values by key; nil where the exposure has no readable file.
    public let means: [String: Double]?
    /// The keys of which at least one reading was no number.
    public let invalidKeys: Set<String>
    /// The commanded values by column of the log.
    public let commands: [String: Double]

    /// An exposure from its file and its row in the log.
    public init(obsid: Int, file: HousekeepingFile?, row: ExposureRow) {
      self.obsid = obsid
      means = file.map { $0.statistics.mapValues(\.mean) }
      invalidKeys = Set(file?.statistics.filter { $0.value.invalid > 0 }.keys ?? [:].keys)
      commands = row.values.compactMapValues(\.number)
    }
  }

  /// Checks the keys that are checked.
  ///
  /// A key that is missing, a reading that is no number, and a missing file fail. Limits are strict.
  /// The original let NaN pass, and never applied the absolute performance limits; whether they are
  /// applied here is `limits.appliesAbsolutePerformance`.
  public init(_ exposures: [Exposure], limits: Limits) {
    var results: [Result] = []
    for key in limits.housekeeping.checkedKeys {
      for kind in Kind.allCases {
        results.append(Self.result(key, kind, exposures, limits))
      }
    }
    self.results = results
  }

  private static func result(
    _ key: HousekeepingTable.Key, _ kind: Kind, _ exposures: [Exposure], _ limits: Limits
  ) -> Result {
    guard let limit = kind == .safe ? key.safe : key.performance else {
      return Result(key: key.name, kind: kind, passes: nil, failures: [])
    }
    if kind == .performance, key.command == nil, !limits.appliesAbsolutePerformance {
      return Result(key: key.name, kind: kind, passes: nil, failures: [])
    }
    var failures: [String] = []
    for exposure in exposures {
      if let failure = failure(key, limit, exposure) {
        failures.append("ObsID \(exposure.obsid): \(failure)")
      }
    }
    return Result(key: key.name, kind: kind, passes: failures.isEmpty, failures: failures)
  }

  private static func failure(
    _ key: HousekeepingTable.Key, _ limit: HousekeepingTable.Limit, _ exposure: Exposure
  ) -> String? {
    guard let means = exposure.means else { return "no house-keeping file" }
    guard let mean = means[key.name] else { return "the file lacks \(key.name)" }
    guard mean.isFinite, !exposure.invalidKeys.contains(key.name) else {
      return "\(key.name) has readings that are no numbers"
    }
    let command = key.command.flatMap { exposure.commands[$0] }
    if limit.admits(mean, command: command) { return nil }
    let unit = key.unit.map { " " + $0 } ?? ""
    let value = "\(key.name) = \(rounded(mean))\(unit)"
    switch limit {
    case .relative(let range):
      guard let command else {
        return "\(value), and its command \(key.command ?? "") is not logged"
      }
      return "\(value), commanded \(rounded(command)), allowed difference \(range)"
    case .absolute(let range): return "\(value), allowed \(range)"
    case .identity(let expected): return "\(value), must be \(rounded(expected))"
    }
  }

  private static func rounded(_ value: Double) -> String {
    ScriptValue.double((value * 1000).rounded() / 1000).description
  }
}
