extension Document {
  /// A run of text, numbers, marks and links; a string literal is one.
  public struct Text: Sendable, Hashable {
    /// The pieces, in order.
    public var pieces: [Inline]

    /// Makes a text of pieces.
    public init(_ pieces: [Inline]) { self.pieces = pieces }

    /// Makes a plain text.
    public init(_ plain: String) { pieces = plain.isEmpty ? [] : [.text(plain)] }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { pieces.isEmpty }

    /// One text after the other.
    public static func + (first: Text, second: Text) -> Text {
      Text(first.pieces + second.pieces)
    }

    /// Puts a text at the end.
    public static func += (first: inout Text, second: Text) { first.pieces += second.pieces }
  }

  /// A piece of a text.
  public enum Inline: Sendable, Hashable {
    /// Words.
    case text(String)
    /// Words that stand out.
    case bold(String)
    /// Words in slanted type.
    case emphasis(String)
    /// A name, path, hash or command in a fixed-width font, broken where it is too long.
    case code(String)
    /// A mark, in colour and with a sign, and words in that colour.
    case status(Status, String = "")
    /// A number with its uncertainty and unit.
    case number(Number)
    /// Words that lead to the node with that label; plain words where there is none.
    case link(String, to: String)
    /// The number of the section, figure or table with that label, as a link.
    case reference(to: String)
    /// A note at the foot of the page.
    case footnote(Text)
    /// The next line begins here.
    case lineBreak
  }

  /// How something came out; shown by colour and by sign, never by colour alone.
  public enum Status: String, Sendable, Hashable, CaseIterable {
    /// Within its limits, or accepted: ✓.
    case pass
    /// Out of its limits, or rejected: ✗.
    case fail
    /// Worth a look: an exclamation mark.
    case warning
    /// Not there, or could not be measured: an empty circle.
    case missing
  }

  /// A number as it is shown: value, uncertainty, unit, and the digits after the decimal point.
  public struct Number: Sendable, Hashable {
    /// The value; where it is not finite, a dash is shown.
    public var value: Double
    /// One standard deviation; nil or not finite for none.
    public var uncertainty: Double?
    /// The unit as plain text, such as "ADU" or "e⁻/ADU"; "" for none.
    public var unit: String
    /// Digits after the decimal point, 0...12; numbers too small or too large for that are shown in
    /// scientific notation.
    public var digits: Int

    /// Makes a number.
    public init(
      _ value: Double, uncertainty: Double? = nil, unit: String = "", digits: Int = 3
    ) {
      self.value = value
      self.uncertainty = uncertainty
      self.unit = unit
      self.digits = digits
    }
  }
}

extension Document.Text: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral {
  public init(stringLiteral value: String) { self.init(value) }
  public init(arrayLiteral elements: Document.Inline...) { self.init(elements) }
}

extension Document.Inline: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self = .text(value) }
}
