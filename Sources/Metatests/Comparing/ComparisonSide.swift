import Diagnostics
import Reporting
public import Warehouse

/// One side of a comparison: a set of test runs, named by what they have in common.
public struct ComparisonSide: Sendable, Equatable {
  /// What a side is named by.
  public enum Kind: String, Sendable, CaseIterable {
    case analysis, run, test, campaign, session, block, at
  }

  /// What the side is named by.
  public let kind: Kind
  /// The name, number or time.
  public let name: String
  /// The instant as of which runs were chosen; nil for now.
  public let asOf: String?
  /// The runs, oldest first.
  public let runs: [StoredTestRun]

  /// The side as it can be given again, such as `test:BIAS01@2026-01-01T00:00:00Z`.
  public var text: String {
    kind == .at ? "at:\(name)" : "\(kind.rawValue):\(name)" + (asOf.map { "@\($0)" } ?? "")
  }

  /// Finds what a text means: `KIND:NAME`, or a bare name that means one thing only. `@TIME` behind
  /// a test, campaign, session or block takes the runs that stood for their blocks at that instant.
  ///
  /// An analysis stands for its finished runs, a run for itself, whatever its state, and all others
  /// for the runs that metatests would use: of each block and test the latest accepted, else the
  /// latest finished. Behind `KIND:`, a name may hold `*` and `?`.
  ///
  /// - Throws: `MetatestError.Kind.unknownSide` or `.ambiguousSide`, `WarehouseError`.
  public static func named(_ text: String, in warehouse: Warehouse) throws -> ComparisonSide {
    let all = try warehouse.testRuns()
    if let colon = text.firstIndex(of: ":"), let kind = Kind(rawValue: String(text[..<colon])) {
      return try side(kind, String(text[text.index(after: colon)...]), all, warehouse)
    }
    if TimeText.seconds(text) != nil { return try side(.at, text, all, warehouse) }
    let bare = split(text).name
    let kinds = Kind.allCases.filter { kind in
      kind != .at && all.contains { names(of: $0, kind).contains(bare) }
    }
    if kinds.count == 1 { return try side(kinds[0], text, all, warehouse) }
    guard kinds.isEmpty else {
      throw MetatestError(
        .ambiguousSide, "'\(text.clipped(to: 60))' means more than one thing",
        remedy: "say which: " + kinds.map { "\($0.rawValue):\(text)" }.joined(separator: ", "))
    }
    let known = Kind.allCases.flatMap { kind in all.flatMap { names(of: $0, kind) } }
    let nearest = nearestName(to: bare, among: Set(known)).map { "did you mean \($0)? " } ?? ""
    throw MetatestError(
      .unknownSide, "nothing in the warehouse is called '\(text.clipped(to: 60))'",
      remedy: nearest + "give an analysis, a run's number, a test, campaign, session, block or time")
  }

  // MARK: - Steps

  private static func names(of run: StoredTestRun, _ kind: Kind) -> [String] {
    switch kind {
    case .analysis: [run.analysis.name]
    case .run: [String(run.key.id)]
    case .test: [run.test, TestName.base(run.test)]
    case .campaign: [run.campaign]
    case .session: [run.session]
    case .block: [run.block]
    case .at: []
    }
  }

  private static func split(_ text: String) -> (name: String, time: String?) {
    guard let at = text.lastIndex(of: "@") else { return (text, nil) }
    return (String(text[..<at]), String(text[text.index(after: at)...]))
  }

  private static func side(
    _ kind: Kind, _ text: String, _ all: [StoredTestRun], _ warehouse: Warehouse
  ) throws -> ComparisonSide {
    var (name, time) = kind == .at ? (text, text) : split(text)
    // A name may hold an @ of its own.
    if kind != .at, all.contains(where: { names(of: $0, kind).contains(text) }) {
      (name, time) = (text, nil)
    }
    if let time, TimeText.seconds(time) == nil {
      throw MetatestError(
        .unknownSide, "'\(time.clipped(to: 40))' is no time",
        remedy: "give it as 2026-01-01T00:00:00Z, in UTC")
    }
    let named = kind == .at ? all : all.filter { run in
      names(of: run, kind).contains { NamePattern.matches($0, name) }
    }
    guard !named.isEmpty else { throw unknown(kind, name, all) }
    var chosen: [StoredTestRun]
    switch kind {
    case .run: chosen = named
    case .analysis: chosen = named.filter { $0.status == .finished }
    case .test, .campaign, .session, .block, .at:
      chosen = try standing(kind, name, asOf: time, warehouse)
    }
    if let time, kind == .analysis || kind == .run {
      throw MetatestError(
        .unknownSide, "\(kind.rawValue):\(name) is the same at any time, also at \(time)",
        remedy: "leave @\(time) out")
    }
    chosen.sort { ($0.started, $0.key) < ($1.started, $1.key) }
    guard !chosen.isEmpty else {
      let states = Set(named.map { $0.verdict?.rawValue ?? $0.status.rawValue }).sorted()
      throw MetatestError(
        .unknownSide, "\(kind.rawValue):\(name) has no run that can be compared",
        place: time.map { "as of \($0)" },
        remedy: "its \(named.count) runs are \(states.joined(separator: ", ")); name one as run:N")
    }
    return ComparisonSide(kind: kind, name: name, asOf: time, runs: chosen)
  }

  private static func unknown(_ kind: Kind, _ name: String, _ all: [StoredTestRun]) -> MetatestError
  {
    let known = Set(all.flatMap { names(of: $0, kind) })
    let nearest = nearestName(to: name, among: known).map { "did you mean \($0)? " } ?? ""
    let listed = known.sorted().prefix(12).joined(separator: ", ")
    return MetatestError(
      .unknownSide, "there is no \(kind.rawValue) '\(name.clipped(to: 60))'",
      remedy: nearest
        + (known.isEmpty
          ? "the warehouse holds no run" : "known are \(listed)\(known.count > 12 ? ", ..." : "")"))
  }

  /// The runs that stand for their blocks and tests.
  private static func standing(
    _ kind: Kind, _ name: String, asOf: String?, _ warehouse: Warehouse
  ) throws -> [StoredTestRun] {
    var filter = ResultFilter()
    filter.selection = .standing
    filter.asOf = asOf
    switch kind {
    case .test: filter.tests = [name]
    case .campaign: filter.campaigns = [name]
    case .session: filter.sessions = [name]
    case .block: filter.blocks = [name]
    case .at, .analysis, .run: break
    }
    return try warehouse.testRunKeys(matching: filter).map { try warehouse.testRun($0) }
  }
}
