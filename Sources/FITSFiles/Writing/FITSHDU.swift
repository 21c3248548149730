public import Detector

/// A header-and-data unit to be written.
///
/// The structural keywords (SIMPLE ... TFORMn, EXTNAME, EXTVER, BSCALE, BZERO, BLANK, DATASUM,
/// CHECKSUM) are made by the writer and are refused among `cards`. BUNIT is given as a card. The
/// first HDU of a file becomes its primary HDU; where that is a table, an empty one goes before it.
public enum FITSHDU: Sendable {
  /// A header without data.
  case empty(cards: [FITSCard])
  /// An image; `name` may be empty.
  case image(name: String, version: Int = 1, cards: [FITSCard] = [], pixels: FITSPixels)
  /// A binary table; all columns must have the same number of rows.
  case table(name: String, version: Int = 1, cards: [FITSCard] = [], columns: [FITSColumn])
}

/// The pixels of an image to be written, and with that their type in the file.
public enum FITSPixels: Sendable {
  /// BITPIX -32; NaN stays NaN, bit for bit.
  case float32(Image<Float>)
  /// BITPIX -64; NaN stays NaN, bit for bit.
  case float64(Image<Double>)
  /// BITPIX 8.
  case uint8(Image<UInt8>)
  /// BITPIX 16 with BZERO 32768.
  case uint16(Image<UInt16>)
  /// BITPIX 32.
  case int32(Image<Int32>)
  /// BITPIX 16 with BSCALE `step`, BZERO in the middle of the range, and BLANK -32768 for NaN.
  ///
  /// Values are rounded to the nearest step; what is out of the 16-bit range is an error.
  case scaledInt16(Image<Float>, step: Double)
}

/// A column of a binary table to be written.
public struct FITSColumn: Sendable {
  /// The values of a column, one for each row, and with that its type in the file.
  public enum Values: Sendable, Hashable {
    /// TFORM K; nil is written as TNULL, -2^63.
    case integers([Int64?])
    /// TFORM D; a missing value is NaN.
    case doubles([Double])
    /// TFORM E; a missing value is NaN.
    case floats([Float])
    /// TFORM nA, with n the longest text's length in bytes.
    case texts([String])
    /// TFORM L; nil is written as a zero byte.
    case logicals([Bool?])
    /// TFORM nD: vectors of `width` numbers, one after the other.
    case vectors([Double], width: Int)
  }

  /// TTYPE: letters, digits and underscores are recommended.
  public let name: String
  /// TUNIT, in the FITS standard's spelling; "" for none.
  public let unit: String
  /// The comment of the TTYPE card.
  public let comment: String
  /// TDISP, such as `F8.3`; nil for none.
  public let displayFormat: String?
  /// The values.
  public let values: Values

  /// Describes a column.
  public init(
    _ name: String, unit: String = "", comment: String = "", displayFormat: String? = nil,
    values: Values
  ) {
    self.name = name
    self.unit = unit
    self.comment = comment
    self.displayFormat = displayFormat
    self.values = values
  }
}
