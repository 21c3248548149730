public import Warehouse

/// From values, products or reports to everything that made them.
public struct BackwardTrace: Sendable, Encodable {
  /// What was asked for.
  public let subject: String
  /// What there is to know about how it was found.
  public let notes: [String]
  /// The values; empty where products or runs were asked for.
  public let values: [TracedValue]
  /// How many more values fit.
  public let moreValues: Int
  /// The products that were asked for.
  public let products: [TracedFile]
  /// The runs that made them, then those whose products these read, and so on; each once.
  public var runs: [TracedRun]

  /// Follows a subject back.
  ///
  /// - Parameters:
  ///   - keepsConfigurations: whether the text of each configuration is part of the answer.
  ///   - check: throws where the user asked to end.
  /// - Throws: `WarehouseError`.
  public init(
    _ subject: TraceSubject, in warehouse: Warehouse, keepsConfigurations: Bool = false,
    check: () throws -> Void = {}
  ) throws {
    self.subject = subject.title
    notes = subject.notes
    moreValues = subject.moreValues
    let meanings = Dictionary(
      try warehouse.quantities().map { ($0.name, $0.meaning) },
      uniquingKeysWith: { first, _ in first })
    values = subject.values.map { TracedValue($0, meaning: meanings[$0.quantity] ?? "") }
    products = subject.products.map { TracedFile($0) }
    let start = subject.runs.map { run -> (run: TestRunKey, scope: ChainWalker.Scope) in
      let places = subject.values.filter { $0.run.key == run }.map(\.place)
      let made = subject.products.filter { $0.run == run }
        .compactMap { product in product.file.detector.map { ResultPlace(detector: $0) } }
      let isWhole =
        (subject.values.isEmpty && subject.products.isEmpty)
        || subject.products.contains { $0.run == run && $0.file.detector == nil }
      return (run: run, scope: isWhole ? [] : Array(Set(places + made)))
    }
    runs = try ChainWalker(warehouse, keepsConfigurations: keepsConfigurations)
      .walk(start, check: check)
  }

  /// Whether a file is not what was recorded; false where none was looked at.
  public var hasDepartures: Bool {
    (products + runs.flatMap { $0.inputs + $0.products })
      .contains { $0.state != nil && $0.state != .unchanged }
  }
}
