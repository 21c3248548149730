import Foundation
import Reporting

/// Numbers for terminals.
enum Figures {
  /// About four significant digits, with a plain minus sign, so that programs can read them too.
  static func short(_ value: Double) -> String {
    let size = value.magnitude
    if size == 0 { return "0" }
    guard size >= 1e-5, size < 1e7 else { return value.isFinite ? "\(Float(value))" : "-" }
    let digits = min(max(3 - Int(log10(size).rounded(.down)), 0), 8)
    return trimmed(NumberText.fixed(value, digits: digits))
  }

  /// A number to the second digit of its uncertainty; as `short` without one.
  static func fixed(_ value: Double, to uncertainty: Double?) -> String {
    guard let uncertainty, uncertainty > 0 else { return short(value) }
    if let small = small(value, to: uncertainty) { return small }
    return NumberText.fixed(value, digits: NumberText.digits(for: [uncertainty], atLeast: 0))
  }

  /// A number with an uncertainty far below one, as 1.78e-06; nil where six digits after the point hold it.
  static func small(_ value: Double, to uncertainty: Double) -> String? {
    guard uncertainty > 0, uncertainty < 1e-5, value.magnitude < 1e-2 else { return nil }
    let last = log10(uncertainty).rounded(.down) - 1
    let top = log10(max(value.magnitude, uncertainty)).rounded(.down)
    guard top > -300, last > -300 else { return nil }
    let mantissa = NumberText.fixed(
      value / pow(10, top), digits: min(max(Int(top - last), 0), 15))
    return "\(mantissa)e\(Int(top))"
  }

  /// Without zeros that only fill places: 5 in place of 5.000.
  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = Substring(text)
    while text.last == "0" { text.removeLast() }
    return String(text.last == "." ? text.dropLast() : text)
  }
}
