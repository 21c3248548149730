import Warehouse

/// Follows provenance from test runs to the runs whose products they read.
///
/// An input is tied to the run that made it by its SHA-256, so that a moved or copied product is
/// found, and one that was changed since is not. Each run is visited once: a cycle, which only a
/// merged or hand-made warehouse can hold, ends where it closes.
struct ChainWalker {
  let warehouse: Warehouse
  /// Whether the text of configurations is kept.
  let keepsConfigurations: Bool
  private let analyses: [AnalysisKey: AnalysisRecord]

  init(_ warehouse: Warehouse, keepsConfigurations: Bool) throws {
    self.warehouse = warehouse
    self.keepsConfigurations = keepsConfigurations
    analyses = Dictionary(
      try warehouse.analyses().map { ($0.key, $0.record) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What of a run was asked for: the places whose checks and inputs touch it; empty for all.
  typealias Scope = [ResultPlace]

  /// The runs and those before them, breadth first, each once.
  ///
  /// - Parameters:
  ///   - start: runs with the places that were asked for.
  ///   - check: throws where the user asked to end.
  func walk(
    _ start: [(run: TestRunKey, scope: Scope)], check: () throws -> Void = {}
  ) throws -> [TracedRun] {
    var queue = start.map { (run: $0.run, scope: $0.scope, depth: 0) }
    var seen = Set(start.map(\.run))
    var result: [TracedRun] = []
    var next = 0
    while next < queue.count {
      try check()
      let (run, scope, depth) = queue[next]
      next += 1
      let traced = try self.traced(run, scope, depth: depth)
      result.append(traced)
      for file in traced.inputs where file.isDirect {
        guard let origin = file.madeBy.map(TestRunKey.init(id:)),
          seen.insert(origin).inserted
        else { continue }
        let place = file.ccd.map { ResultPlace(detector: $0) }
        queue.append((run: origin, scope: place.map { [$0] } ?? [], depth: depth + 1))
      }
    }
    return result
  }

  /// Everything about one run.
  func traced(_ key: TestRunKey, _ scope: Scope, depth: Int) throws -> TracedRun {
    let run = try warehouse.testRun(key)
    let analysis = analyses[run.analysis]
    var traced = TracedRun(
      run: key.id, depth: depth, campaign: run.campaign, block: run.block, camera: run.camera,
      test: run.test, session: run.session, serials: run.serials, status: run.status.rawValue,
      started: run.started, analysis: run.analysis.name, ulid: analysis?.ulid ?? "",
      program: analysis?.programVersion ?? "", libraries: analysis?.libraries ?? [:],
      host: analysis?.host ?? "", operator: analysis?.operatorName ?? "",
      command: analysis?.commandLine ?? "",
      configurationSHA256: analysis?.configurationDigest ?? "",
      testConfigurationSHA256: run.configurationDigest, inputsSHA256: run.inputDigest,
      steps: try warehouse.subtasks(of: key).map {
        .init(name: $0.name, status: $0.status.rawValue, seconds: $0.seconds)
      },
      verdicts: try warehouse.verdicts(on: key).map {
        .init(state: $0.state.rawValue, reason: $0.reason, author: $0.author, time: $0.time)
      },
      flags: try warehouse.flags(of: key).map {
        .init(
          name: $0.flag.name, severity: $0.flag.severity.rawValue, cause: $0.flag.cause,
          step: $0.subtask)
      },
      checks: try warehouse.checks(of: key).filter { Self.touches($0.place, scope) }.map(check),
      inputs: try warehouse.inputs(of: key).map { try input($0, scope) },
      products: try warehouse.productOrigins(of: key).map { origin in
        var file = TracedFile(origin)
        file.isDirect = Self.belongs(file.ccd, scope)
        return file
      })
    traced.finished = run.finished
    if keepsConfigurations { traced.configuration = analysis?.configuration }
    return traced
  }

  private func input(_ record: InputFileRecord, _ scope: Scope) throws -> TracedFile {
    var file = TracedFile(record)
    file.isDirect = Self.belongs(record.detector, scope)
    switch record.role {
    case .product, .config:
      // The latest run that made this content; earlier ones made the same bytes.
      file.madeBy = try warehouse.productOrigins(sha256: record.sha256)
        .filter { $0.file.sha256 == record.sha256 }.map(\.run.id).max()
    case .raw, .hk, .explog: break
    }
    return file
  }

  private func check(_ check: StoredCheck) -> TracedRun.Check {
    TracedRun.Check(
      name: check.name, step: check.subtask, ccd: check.place.detector,
      quadrant: check.place.amplifier, obsid: check.place.obsid, item: check.place.item,
      value: check.value, lower: check.lower, upper: check.upper, passed: check.passed,
      text: check.text)
  }

  /// Whether a file of a detector, or of none, belongs to one of some places.
  static func belongs(_ detector: String?, _ scope: Scope) -> Bool {
    scope.isEmpty
      || scope.contains { $0.detector == nil || detector == nil || $0.detector == detector }
  }

  /// Whether a check of one place says something about another: neither names a part of the camera,
  /// or an exposure, that the other contradicts.
  static func touches(_ check: ResultPlace, _ scope: Scope) -> Bool {
    func agree<Part: Equatable>(_ a: Part?, _ b: Part?) -> Bool { a == nil || b == nil || a == b }
    return scope.isEmpty
      || scope.contains {
        agree($0.detector, check.detector) && agree($0.amplifier, check.amplifier)
          && agree($0.obsid, check.obsid)
      }
  }
}
