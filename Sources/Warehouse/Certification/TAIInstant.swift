import Diagnostics

/// An instant: nanoseconds of International Atomic Time (TAI) since 1970-01-01T00:00:00 TAI.
///
/// Texts are in UTC. From 1972 on TAI - UTC is a whole number of seconds, 10 at first and 37 since
/// 2017 (IERS Bulletin C); later leap seconds, if any, will need a later version. The least and the
/// greatest value stand for "open".
public struct TAIInstant: Sendable, Hashable, Comparable {
  /// The nanoseconds.
  public let nanoseconds: Int64

  /// An instant by its nanoseconds.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Before any instant.
  public static let openBegin = TAIInstant(nanoseconds: .min)
  /// After any instant.
  public static let openEnd = TAIInstant(nanoseconds: .max)

  public static func < (a: TAIInstant, b: TAIInstant) -> Bool { a.nanoseconds < b.nanoseconds }

  // MARK: - UTC

  /// An instant from a text in UTC: `2019-03-01`, `2019-03-01T12:00`, `2019-03-01T12:00:00.5Z`.
  ///
  /// Years 1972 to 2261; up to nine digits of a second; a second 60 only where there was one.
  ///
  /// - Throws: `WarehouseError.Kind.badTime`.
  public init(utc text: String) throws {
    guard let nanoseconds = TAIInstant.parse(text) else {
      throw WarehouseError(.badTime, "no time in UTC: '\(text.clipped(to: 60))'")
    }
    self.nanoseconds = nanoseconds
  }

  /// The instant in UTC, with the digits that it has, and "open" for an open end.
  public var utc: String {
    if self == .openBegin || self == .openEnd { return "open" }
    let billion: Int64 = 1_000_000_000
    let seconds = nanoseconds.quotientDown(billion)
    let fraction = (nanoseconds % billion + billion) % billion
    let (offset, isLeap) = TAIInstant.offset(atTAI: seconds)
    let utc = seconds - offset - (isLeap ? 1 : 0)
    let days = utc.quotientDown(86_400)
    let ofDay = utc - days * 86_400
    let (year, month, day) = TAIInstant.civil(days)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number.magnitude)
      return (number < 0 ? "-" : "")
        + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
    text += "\(padded(ofDay / 3600, 2)):\(padded(ofDay / 60 % 60, 2)):"
    text += padded(ofDay % 60 + (isLeap ? 1 : 0), 2)
    if fraction != 0 {
      var digits = padded(fraction, 9)
      while digits.last == "0" { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  // MARK: - Calendar

  /// The first days (since 1970) on which TAI - UTC has a value, and that value in seconds.
  private static let offsets: [(day: Int64, seconds: Int64)] = {
    let dates: [(Int64, Int64)] = [
      (1972, 7), (1973, 1), (1974, 1), (1975, 1), (1976, 1), (1977, 1), (1978, 1), (1979, 1),
      (1980, 1), (1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1), (1991, 1),
      (1992, 7), (1993, 7), (1994, 7), (1996, 1), (1997, 7), (1999, 1), (2006, 1), (2009, 1),
      (2012, 7), (2015, 7), (2017, 1),
    ]
    return dates.enumerated().map { (days($1.0, $1.1, 1), 11 + Int64($0)) }
  }()

  private static func offset(onDay day: Int64) -> Int64 {
    offsets.last { $0.day <= day }?.seconds ?? 10
  }

  /// TAI - UTC at a second of TAI, and whether that second is itself a leap second.
  private static func offset(atTAI seconds: Int64) -> (seconds: Int64, isLeap: Bool) {
    for entry in offsets.reversed() {
      let start = entry.day * 86_400 + entry.seconds
      if seconds >= start { return (entry.seconds, false) }
      if seconds == start - 1 { return (entry.seconds - 1, true) }
    }
    return (10, false)
  }

  /// Days since 1970-01-01 of a date of the Gregorian calendar (H. Hinnant, days_from_civil).
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.quotientDown(400)
    let ofEra = shifted - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  /// The date of a number of days since 1970-01-01 (H. Hinnant, civil_from_days).
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted.quotientDown(146_097)
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * ofYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      ofYear - (153 * monthIndex + 2) / 5 + 1
    )
  }

  private static func parse(_ text: String) -> Int64? {
    let form =
      /(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z?)?/
      .asciiOnlyDigits()
    guard text.utf8.count <= 40, let match = text.wholeMatch(of: form) else { return nil }
    func number(_ digits: Substring?) -> Int64 { digits.flatMap { Int64($0) } ?? 0 }
    let (year, month, day) = (number(match.1), number(match.2), number(match.3))
    let (hour, minute, second) = (number(match.4), number(match.5), number(match.6))
    guard (1972...2261).contains(year), (1...12).contains(month), (1...31).contains(day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let date = days(year, month, day)
    guard civil(date) == (year, month, day) else { return nil }
    let offset = offset(onDay: date)
    if second == 60 {
      guard hour == 23, minute == 59, self.offset(onDay: date + 1) == offset + 1 else { return nil }
    }
    let digits = match.7.map(String.init) ?? ""
    let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
    let seconds = date * 86_400 + hour * 3600 + minute * 60 + second + offset
    return seconds * 1_000_000_000 + fraction
  }
}

extension Int64 {
  /// The quotient, rounded down, for a positive divisor.
  fileprivate func quotientDown(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
