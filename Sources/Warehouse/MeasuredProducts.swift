extension MeasuredValue {
  /// Times a power of an independent factor, such as a gain, to first order:
  /// sigma^2 = (f^p sigma_x)^2 + (p x f^(p - 1) sigma_f)^2.
  ///
  /// - Returns: missing with the value's own reason, else that of the factor; missing where the product is not a finite
  ///   number. Without any uncertainty it has none. The number of samples is that of the value.
  public func times(_ factor: MeasuredValue, power: Int = 1) -> MeasuredValue {
    guard case .value(let number, let error, let count) = self else { return self }
    guard case .value(let f, let factorError, _) = factor else { return factor }
    var (scale, slope) = (1.0, 0.0)
    for _ in 0..<max(0, power) { (scale, slope) = (scale * f, slope * f + scale) }
    let own = (error ?? 0) * scale
    let other = number * slope * (factorError ?? 0)
    let total = (own * own + other * other).squareRoot()
    guard (number * scale).isFinite else {
      return .missing(reason: "not measurable: the product is not a finite number")
    }
    let isKnown = error != nil || factorError != nil
    return .value(
      number * scale, uncertainty: isKnown && total.isFinite ? total : nil, count: count)
  }
}
