/// One entry of a FITS header: keyword, value, unit and comment.
///
/// A long string that spans CONTINUE cards is one entry here.
public struct FITSCard: Sendable, Hashable {
  /// The keyword, without trailing blanks; "" for a blank keyword.
  public let keyword: String
  /// The value.
  public let value: FITSValue
  /// The unit, written as `[unit]` at the head of the comment (FITS 4.0, section 4.3).
  public let unit: String?
  /// The comment without the unit.
  public let comment: String

  /// A card with a value.
  public init(_ keyword: String, _ value: FITSValue, unit: String? = nil, _ comment: String = "") {
    self.keyword = keyword
    self.value = value
    self.unit = unit?.isEmpty == true ? nil : unit
    self.comment = comment
  }

  /// A COMMENT card; longer texts are spread over several cards when written.
  public static func comment(_ text: String) -> FITSCard { FITSCard("COMMENT", .commentary(text)) }

  /// A HISTORY card; longer texts are spread over several cards when written.
  public static func history(_ text: String) -> FITSCard { FITSCard("HISTORY", .commentary(text)) }
}

extension Sequence<FITSCard> {
  /// The value of the first card with this keyword.
  public func value(of keyword: String) -> FITSValue? {
    first { $0.keyword == keyword }?.value
  }

  /// The first card with this keyword.
  public func card(_ keyword: String) -> FITSCard? {
    first { $0.keyword == keyword }
  }
}
