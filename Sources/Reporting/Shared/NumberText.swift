import Detector
import Foundation
public import LatexReport
public import Warehouse

/// Units as people see them.
public enum UnitText {
  /// The display form of a stored unit; the stored text itself where the program knows it not.
  public static func display(_ stored: String) -> String {
    Detector.Unit(rawValue: stored)?.display ?? stored
  }
}

/// Numbers as reports show them.
public enum NumberText {
  /// Digits after the decimal point that show the uncertainties with two significant digits.
  ///
  /// - Parameters:
  ///   - uncertainties: of all values of a column, which share the number of digits.
  ///   - least: the number of digits where no uncertainty is known, and at least.
  /// - Returns: 0...6.
  public static func digits(for uncertainties: [Double?], atLeast least: Int) -> Int {
    let known = uncertainties.compactMap { $0 }.filter { $0 > 0 && $0.isFinite }.sorted()
    guard !known.isEmpty else { return min(max(least, 0), 6) }
    let typical = known[known.count / 2]
    let place = log10(typical).rounded(.down)
    return min(max(least, 1 - Int(max(-20, min(20, place)))), 6)
  }

  /// A cell with a value, or with the reason why there is none.
  ///
  /// - Parameter value: nil where nothing was stored at all.
  public static func cell(
    _ value: MeasuredValue?, digits: Int, nothing: String = "not measured"
  ) -> Document.Table.Cell {
    switch value {
    case .value(let number, let uncertainty, _)?:
      .value(number, uncertainty: uncertainty, digits: digits, reason: "not a number")
    case .missing(let reason)?: .empty(reason: reason.isEmpty ? nothing : reason)
    case nil: .empty(reason: nothing)
    }
  }

  /// A number with a fixed number of digits and no dependence on the locale.
  public static func fixed(_ x: Double, digits: Int) -> String {
    guard x.isFinite else { return "–" }
    return String(format: "%.\(min(max(digits, 0), 12))f", x)
  }

  /// 10 to the power of a small number.
  static func power(_ exponent: Int) -> Double {
    (0..<min(max(exponent, 0), 15)).reduce(1.0) { value, _ in value * 10 }
  }

  /// A size in bytes for people: 35.4 MB.
  public static func size(_ bytes: Int) -> String {
    switch bytes {
    case ..<10_000: "\(bytes) B"
    case ..<1_000_000: "\(fixed(Double(bytes) / 1e3, digits: 1)) kB"
    case ..<1_000_000_000: "\(fixed(Double(bytes) / 1e6, digits: 1)) MB"
    default: "\(fixed(Double(bytes) / 1e9, digits: 2)) GB"
    }
  }
}

/// Labels by which numbers lead to the definitions of their quantities.
public enum DefinitionLabel {
  /// The label of a quantity's definition; all house-keeping keys share one.
  public static func of(_ quantity: String) -> String {
    quantity.hasPrefix("hk.") ? "definition:hk" : "definition:\(quantity)"
  }

  /// Words that lead to the definition of a quantity.
  public static func link(_ words: String, _ quantity: String) -> Document.Text {
    [.link(words, to: of(quantity))]
  }
}
