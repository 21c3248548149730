#if canImport(Glibc)
  import Glibc
#endif

/// Numbers as decimal texts, without any locale.
enum NumberFormat {
  /// A number's parts as they are printed.
  struct Parts: Equatable {
    /// The value, times 10 to `-exponent`.
    var value: String
    /// The uncertainty on the same scale; nil for none.
    var uncertainty: String?
    /// The power of ten; nil in plain notation.
    var exponent: Int?
  }

  /// How a number is shown; nil where its value is not finite.
  ///
  /// Plain notation with `digits` after the point; scientific where the value is 10 million or more,
  /// or so small that it would lose all but its last digit, and no uncertainty gives it a scale.
  static func parts(of number: Document.Number) -> Parts? {
    guard number.value.isFinite else { return nil }
    let digits = min(max(number.digits, 0), 12)
    let uncertainty = number.uncertainty.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    let magnitude = max(abs(number.value), uncertainty ?? 0)
    let smallest = pow(10, -Double(digits))
    guard magnitude >= 1e7 || (magnitude != 0 && magnitude < smallest) else {
      return Parts(
        value: withoutNegativeZero(fixed(number.value, digits: digits)),
        uncertainty: uncertainty.map { fixed($0, digits: digits) }, exponent: nil)
    }
    let exponent = Int(log10(magnitude).rounded(.down))
    // Divided in two steps, as 10^-323 is not a normal number.
    let scale: (Double) -> Double = {
      $0 / pow(10, Double(exponent / 2))
        / pow(10, Double(exponent - exponent / 2))
    }
    return Parts(
      value: withoutNegativeZero(fixed(scale(number.value), digits: 2)),
      uncertainty: uncertainty.map { fixed(scale($0), digits: 2) }, exponent: exponent)
  }

  /// `value` with `digits` after the decimal point, as C's `%.*f`.
  static func fixed(_ value: Double, digits: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let length = withVaList([Int32(truncatingIfNeeded: min(max(digits, 0), 17)), value]) {
      vsnprintf(&buffer, buffer.count, "%.*f", $0)
    }
    let count = min(max(Int(length), 0), buffer.count - 1)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func withoutNegativeZero(_ text: String) -> String {
    text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) })
      ? String(text.dropFirst()) : text
  }
}
