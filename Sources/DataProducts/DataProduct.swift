/// A calibration data product as plain values: what it is, its tables, and what it was made from.
///
/// The writers of this module turn one into XLSX, FITS, JSON, CSV and ECSV. None looks at a clock:
/// the same product gives the same bytes.
public struct DataProduct: Sendable, Hashable {
  /// One line of the header or of the meta data.
  public struct Entry: Sendable, Hashable {
    /// What the line is about; see `FITSKeywords` for those that FITS headers know.
    public var key: String
    /// What it says.
    public var value: Value
    /// An explanation; may be empty.
    public var comment: String

    /// Makes a line.
    public init(_ key: String, _ value: Value, _ comment: String = "") {
      self.key = key
      self.value = value
      self.comment = comment
    }
  }

  /// A single value.
  public enum Value: Sendable, Hashable {
    case text(String)
    case integer(Int64)
    /// A number that is not finite is written as missing.
    case number(Double)
    case logical(Bool)
    case missing
  }

  /// Something that the product was made from.
  public struct Source: Sendable, Hashable {
    /// What it served as: "raw frame", "configuration", "analysis", ...
    public var role: String
    /// Its name: a path, an analysis id, a version.
    public var name: String
    /// Its SHA-256 in hexadecimal; "" where it has none.
    public var checksum: String
    /// Anything else worth knowing; may be empty.
    public var note: String

    /// Describes a source.
    public init(role: String, name: String, checksum: String = "", note: String = "") {
      self.role = role
      self.name = name
      self.checksum = checksum
      self.note = note
    }
  }

  /// What the product is, as one line.
  public var title: String
  /// Identification: test, block, analysis, version, date, ...
  public var header: [Entry]
  /// How it was made: parameters, limits, counts.
  public var meta: [Entry]
  /// The data.
  public var tables: [DataTable]
  /// What it was made from.
  public var provenance: [Source]

  /// Makes a product.
  public init(
    title: String, header: [Entry] = [], meta: [Entry] = [], tables: [DataTable] = [],
    provenance: [Source] = []
  ) {
    self.title = title
    self.header = header
    self.meta = meta
    self.tables = tables
    self.provenance = provenance
  }
}

extension DataProduct.Value: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .logical(value) }
}

extension DataProduct.Value {
  /// The value as text, numbers with all their digits; nil where it is missing.
  var plain: String? {
    switch self {
    case .text(let text): text
    case .integer(let value): String(value)
    case .number(let value): value.isFinite ? value.description : nil
    case .logical(let value): value ? "true" : "false"
    case .missing: nil
    }
  }
}
