/// A registered kind of measurement: its name, unit, meaning and the dimensions it has.
///
/// A quantity is declared once, in code, beside what measures it:
/// `static let readNoise = Quantity("bias.ron", unit: .adu, per: [.detector, .amplifier], "...")`.
public struct Quantity: Sendable, Hashable {
  /// What one value of a quantity belongs to, beside its test run.
  public enum Dimension: String, Sendable, Codable, CaseIterable {
    case detector, amplifier, exposure, item
  }

  /// The unique dotted name, such as `bias.ron`.
  public let name: String
  /// The unit of the values and of their uncertainties.
  public let unit: Unit
  /// The dimensions of the values.
  public let dimensions: Set<Dimension>
  /// The number of digits after the decimal point in tables for people.
  public let digits: Int
  /// What the quantity means, how it is estimated, and why anyone should care; shown in reports.
  public let meaning: String

  /// Declares a quantity.
  ///
  /// - Parameters:
  ///   - name: lower-case words separated by dots; unique in the program.
  ///   - unit: of values and uncertainties.
  ///   - dimensions: what one value belongs to.
  ///   - digits: shown after the decimal point.
  ///   - meaning: one or two sentences for a reader of the report.
  public init(
    _ name: String, unit: Unit, per dimensions: Set<Dimension>, digits: Int = 3, _ meaning: String
  ) {
    self.name = name
    self.unit = unit
    self.dimensions = dimensions
    self.digits = digits
    self.meaning = meaning
  }
}
