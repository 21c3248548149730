import Analysis
import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// How steeply the chains of a block answer to light, as another test of the block found: NL02, else PTC01.
///
/// A chain whose signal F departs from a linear one by F = s exp u(F) scales small differences of the light by
/// d ln F / d ln s. A pixel that is brighter by a share p shows p times that, so PRNU is to be multiplied by
///
///     d ln s / d ln F = 1 - F u'(F),    u(F) = sum of c_k (F / 65536)^k + A exp(-F / w).
struct ChainSlope: Sendable {
  /// The curve of one amplifier.
  struct Curve: Sendable {
    /// c_1 ...
    var coefficients: [Double]
    /// A and w [adu]; nil without an exponential term.
    var lowSignal: (amplitude: Double, scale: Double)?
    /// Of c_1 ... and A, row by row.
    var covariance: [Double]
    /// The highest signal that was fitted [adu].
    var highest: Double
    /// The run that it is from.
    var source: String
  }

  /// A slope that is less sure than this says nothing of a chain that bends by a percent.
  static let leastSure = 0.01

  private var curves: [String: Curve] = [:]
  /// Where curves were looked for: a line for each test.
  let sources: [String]

  /// Reads what stands for the block.
  init(_ context: TestContext) throws {
    var sources: [String] = []
    for (test, step) in [("NL02", "NL"), ("PTC01", "meta")] {
      guard let run = try context.standing(test, step) else {
        sources.append("no finished \(test)")
        continue
      }
      sources.append(run.source)
      let found =
        test == "NL02" ? try Self.linearity(run) : try Self.photonTransfer(run)
      curves.merge(found) { first, _ in first }
    }
    self.sources = sources
  }

  /// Curves that are known otherwise.
  init(_ curves: [String: Curve]) {
    (self.curves, sources) = (curves, [])
  }

  /// The run that an amplifier's curve is from; nil where it has none.
  func source(_ detector: String, _ amplifier: String) -> String? {
    curves["\(detector)/\(amplifier)"]?.source
  }

  /// d ln s / d ln F at a signal, with its uncertainty.
  ///
  /// - Throws: `NotMeasurable` without a curve, beyond its signals, or where the slope is not sure to `leastSure`.
  func factor(
    _ detector: String, _ amplifier: String, at signal: Double
  ) throws(NotMeasurable) -> Estimate {
    guard let curve = curves["\(detector)/\(amplifier)"] else {
      throw NotMeasurable(
        "not corrected: no curve of the chain (\(sources.joined(separator: ", ")))")
    }
    guard signal > 0, signal <= 1.02 * curve.highest else {
      throw NotMeasurable(
        "not corrected: the chain is known up to \(fixed(curve.highest, digits: 0)) ADU only")
    }
    let x = signal / 65536
    var gradient = curve.coefficients.indices.map { -Double($0 + 1) * pow(x, Double($0 + 1)) }
    var parameters = curve.coefficients
    if let low = curve.lowSignal, low.scale > 0 {
      gradient.append(signal / low.scale * exp(-signal / low.scale))
      parameters.append(low.amplitude)
    }
    let value = 1 + zip(gradient, parameters).reduce(0) { $0 + $1.0 * $1.1 }
    guard curve.covariance.count == gradient.count * gradient.count else {
      throw NotMeasurable("not corrected: the curve of the chain has no covariance")
    }
    var variance = 0.0
    for i in gradient.indices {
      for j in gradient.indices {
        variance += gradient[i] * gradient[j] * curve.covariance[i * gradient.count + j]
      }
    }
    let error = max(variance, 0).squareRoot()
    guard value.isFinite, error.isFinite, value > 0.5, value < 2 else {
      throw NotMeasurable("not corrected: the curve of the chain is not that of a detector")
    }
    guard error < Self.leastSure else {
      throw NotMeasurable(
        "not corrected: the slope of the chain is known to \(fixed(100 * error, digits: 1)) % only")
    }
    return Estimate(value: value, uncertainty: error, count: 1)
  }

  // MARK: - Reading

  private static func linearity(_ run: OtherRun) throws -> [String: Curve] {
    typealias Q = LinearityQuantities
    let scales = try values(run, Q.scale, item: nil)
    return try curves(
      run, coefficients: Q.coefficient, covariance: Q.covariance,
      highest: try values(run, Q.range, item: "highest"), scales: scales)
  }

  private static func photonTransfer(_ run: OtherRun) throws -> [String: Curve] {
    typealias Q = PhotonTransferQuantities
    return try curves(
      run, coefficients: Q.linearityCoefficient, covariance: Q.linearityCovariance,
      highest: try values(run, Q.linearityRange, item: "highest"), scales: [:])
  }

  private static func curves(
    _ run: OtherRun, coefficients quantity: Quantity, covariance name: String,
    highest: [String: Double], scales: [String: Double]
  ) throws -> [String: Curve] {
    var items: [String: [String: Double]] = [:]
    for row in try run.results.measurements(quantity) {
      guard let value = row.value, let item = row.item else { continue }
      items[key(row.detector, row.amplifier), default: [:]][item] = value
    }
    var covariances: [String: [Double]] = [:]
    for curve in try run.results.curves(name) where curve.obsid == nil {
      covariances[key(curve.detector, curve.amplifier)] = curve.y
    }
    var result: [String: Curve] = [:]
    for (place, found) in items {
      guard let top = highest[place] else { continue }
      let list = (1...9).prefix { found["c\($0)"] != nil }.compactMap { found["c\($0)"] }
      guard !list.isEmpty else { continue }
      let low = found["A"].flatMap { amplitude in scales[place].map { (amplitude, $0) } }
      if found["A"] != nil, low == nil { continue }
      result[place] = Curve(
        coefficients: list, lowSignal: low, covariance: covariances[place] ?? [], highest: top,
        source: run.source)
    }
    return result
  }

  private static func values(
    _ run: OtherRun, _ quantity: Quantity, item: String?
  ) throws -> [String: Double] {
    var result: [String: Double] = [:]
    for row in try run.results.measurements(quantity) where row.item == item && row.obsid == nil {
      if let value = row.value { result[key(row.detector, row.amplifier)] = value }
    }
    return result
  }

  private static func key(_ detector: String?, _ amplifier: String?) -> String {
    "\(detector ?? "")/\(amplifier ?? "")"
  }
}
