import Analysis
import Warehouse

/// The relative errors that restored variances of different fluences share: those of gain, coefficients and linear chain,
/// as the solution has stored them.
struct SharedErrors {
  /// The covariance of two columns.
  typealias Covariance = (_ first: String, _ second: String) -> Double

  private var places: [String: [String: Int]] = [:]
  private var corrected: [String: [Double]] = [:]
  private var raw: [String: [Double]] = [:]

  /// - Parameter columns: `detector/amplifier/column` of the fluences that were measured.
  init(_ context: TestContext, columns: Set<String>) throws {
    typealias Q = BrighterFatterQuantities
    func curves(_ name: String) throws -> [String: [Double]] {
      Dictionary(
        try context.earlier.curves(name).map {
          ("\($0.detector ?? "")/\($0.amplifier ?? "")", $0.y)
        }, uniquingKeysWith: { first, _ in first })
    }
    (corrected, raw) = (try curves(Q.restoredCovariance), try curves(Q.rawCovariance))
    for key in corrected.keys {
      let mine = columns.filter { $0.hasPrefix(key + "/") }.sorted()
      places[key] = Dictionary(
        uniqueKeysWithValues: mine.enumerated().map {
          (String($0.element.dropFirst(key.count + 1)), $0.offset)
        })
    }
  }

  /// Of a channel and a kind of correction. Where the solution stored none, the gain's error is all that is known.
  ///
  /// - Parameter key: `detector/amplifier`.
  func covariance(
    _ key: String, _ kind: String, gain: Result<Estimate, NotMeasurable>
  ) -> Covariance {
    let relative = (try? gain.get()).map { $0.uncertainty / $0.value } ?? 0
    let places = places[key] ?? [:]
    guard let matrix = (kind == "raw" ? raw : corrected)[key],
      matrix.count == places.count * places.count
    else { return { _, _ in relative * relative } }
    return { first, second in
      guard let i = places[first], let j = places[second] else { return relative * relative }
      return matrix[i * places.count + j]
    }
  }
}
