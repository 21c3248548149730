/// A time in UTC as ELVIS writes it: whole seconds, without a time zone.
///
/// Two-digit years 00 ... 69 are 2000 ... 2069, and 70 ... 99 are 1970 ... 1999. (The original took
/// 20 ... 99 for the last century, which put all data since 2020 into the 1920s.)
public struct ElvisDate: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Seconds since 1970-01-01T00:00:00 UTC, leap seconds not counted.
  public let unixSeconds: Int

  /// A time from seconds since 1970, limited to the years 0 to 9999.
  public init(unixSeconds: Int) {
    self.unixSeconds = min(max(unixSeconds, -62_167_219_200), 253_402_300_799)
  }

  /// A time from its parts; nil where they are no date or no time of day.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (0...9999).contains(year), (1...12).contains(month),
      (1...Self.days(ofMonth: month, year: year)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    let days = Self.dayNumber(year: year, month: month, day: day)
    unixSeconds = days * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// Reads `ddmmyyDhhmmssT`, with or without `_` after the D, D and T in either case, T optional.
  public init?(log text: some StringProtocol) {
    var digits: [Int] = []
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(Int(byte) - 48)
      case UInt8(ascii: "D"), UInt8(ascii: "d"): if index != 6 { return nil }
      case UInt8(ascii: "_"): if index != 7 || digits.count != 6 { return nil }
      case UInt8(ascii: "T"), UInt8(ascii: "t"):
        if digits.count != 12 || index != text.utf8.count - 1 { return nil }
      default: return nil
      }
      if digits.count > 12 || (index == 6 && digits.count != 6) { return nil }
    }
    guard digits.count == 12 else { return nil }
    let pairs = stride(from: 0, to: 12, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
    self.init(
      year: Self.year(ofTwoDigits: pairs[2]), month: pairs[1], day: pairs[0], hour: pairs[3],
      minute: pairs[4], second: pairs[5])
  }

  /// Reads `dd-mm-yy_HH:MM:SS`, the time stamp of house-keeping files.
  public init?(housekeeping text: some StringProtocol) {
    let halves = Substring(text).split(separator: "_", omittingEmptySubsequences: false)
    guard halves.count == 2, let time = Self.timeOfDay(halves[1]) else { return nil }
    let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
    let parts = date.compactMap(Self.twoDigits)
    guard date.count == 3, parts.count == 3 else { return nil }
    self.init(
      year: Self.year(ofTwoDigits: parts[2]), month: parts[1], day: parts[0],
      hour: time / 3600, minute: time / 60 % 60, second: time % 60)
  }

  /// Reads an ISO 8601 date and time without a zone or with `Z`, fractions of seconds cut off.
  public init?(iso text: some StringProtocol) {
    var body = Substring(text)
    if body.last == "Z" { body = body.dropLast() }
    if let dot = body.firstIndex(of: ".") {
      guard body[body.index(after: dot)...].allSatisfy(\.isNumber) else { return nil }
      body = body[..<dot]
    }
    let halves = body.split(separator: "T", omittingEmptySubsequences: false)
    guard halves.count <= 2, let date = halves.first else { return nil }
    let parts = date.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4,
      let high = Self.twoDigits(parts[0].prefix(2)), let low = Self.twoDigits(parts[0].suffix(2)),
      let month = Self.twoDigits(parts[1]), let day = Self.twoDigits(parts[2])
    else { return nil }
    var seconds = 0
    if halves.count == 2 {
      guard let time = Self.timeOfDay(halves[1]) else { return nil }
      seconds = time
    }
    self.init(
      year: high * 100 + low, month: month, day: day, hour: seconds / 3600,
      minute: seconds / 60 % 60, second: seconds % 60)
  }

  /// Seconds since midnight of `HH:MM:SS`; nil for anything else.
  public static func timeOfDay(_ text: some StringProtocol) -> Int? {
    let parts = Substring(text).split(separator: ":", omittingEmptySubsequences: false)
    let values = parts.compactMap(twoDigits)
    guard parts.count == 3, values.count == 3, values[0] < 24, values[1] < 60, values[2] < 60
    else { return nil }
    return values[0] * 3600 + values[1] * 60 + values[2]
  }

  /// The century's choice: 00 ... 69 are 20yy, 70 ... 99 are 19yy.
  public static func year(ofTwoDigits year: Int) -> Int { year < 70 ? 2000 + year : 1900 + year }

  /// Year, month, day, hour, minute and second.
  public var parts: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    let days = (unixSeconds >= 0 ? unixSeconds : unixSeconds - 86_399) / 86_400
    let rest = unixSeconds - days * 86_400
    // Days are counted in eras of 400 years that begin on 1 March, so that leap days come last.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
  }

  /// `ddmmyyDhhmmssT`, as logs and file names have it.
  public var logText: String {
    let p = parts
    return Self.pad(p.day) + Self.pad(p.month) + Self.pad(p.year % 100) + "D" + Self.pad(p.hour)
      + Self.pad(p.minute) + Self.pad(p.second) + "T"
  }

  /// `dd-mm-yy_HH:MM:SS`, as house-keeping files have it.
  public var housekeepingText: String {
    let p = parts
    return "\(Self.pad(p.day))-\(Self.pad(p.month))-\(Self.pad(p.year % 100))_"
      + "\(Self.pad(p.hour)):\(Self.pad(p.minute)):\(Self.pad(p.second))"
  }

  /// `yyyy-mm-ddThh:mm:ssZ`.
  public var isoText: String {
    let p = parts
    return "\(Self.pad(p.year, 4))-\(Self.pad(p.month))-\(Self.pad(p.day))T"
      + "\(Self.pad(p.hour)):\(Self.pad(p.minute)):\(Self.pad(p.second))Z"
  }

  /// `ddmmyy`, as the names of exposure logs have it.
  public var dayText: String {
    let p = parts
    return Self.pad(p.day) + Self.pad(p.month) + Self.pad(p.year % 100)
  }

  /// `dd_Mmm_yy`, the name of a day folder.
  public var folderName: String {
    let p = parts
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    return "\(Self.pad(p.day))_\(months[p.month - 1])_\(Self.pad(p.year % 100))"
  }

  public var description: String { isoText }

  /// A time some seconds later.
  public func advanced(bySeconds seconds: Int) -> ElvisDate {
    let (sum, overflow) = unixSeconds.addingReportingOverflow(seconds)
    return ElvisDate(unixSeconds: overflow ? (seconds > 0 ? .max : .min) : sum)
  }

  public static func < (a: ElvisDate, b: ElvisDate) -> Bool { a.unixSeconds < b.unixSeconds }

  // MARK: - Calendar

  private static func days(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar.
  private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func twoDigits(_ text: Substring) -> Int? {
    guard text.utf8.count == 2, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }

  private static func pad(_ value: Int, _ width: Int = 2) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
