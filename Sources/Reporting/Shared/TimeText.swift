public import Plots
import Warehouse

/// Dates as the warehouse stores them, and axes of time.
public enum TimeText {
  /// Seconds since 1970-01-01 UTC of an ISO 8601 date; nil where the text is none.
  ///
  /// Read are `2019-03-21`, `2019-03-21T10:00:00` with a blank in place of the `T`, with fractions
  /// of a second, and with a `Z`. A date without zone is taken as UTC.
  public static func seconds(_ text: String) -> Double? {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int? {
      guard from + count <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[from..<from + count] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var seconds = 0.0
    if bytes.count > 10 {
      guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
        let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
        bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
        hour < 24, minute < 60, second < 61
      else { return nil }
      seconds = Double(hour * 3600 + minute * 60 + second)
      var rest = bytes[19...]
      if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        var weight = 0.1
        while let digit = rest.first, (48...57).contains(digit) {
          seconds += weight * Double(digit - 48)
          weight /= 10
          rest = rest.dropFirst()
        }
      }
      guard rest.isEmpty || (rest.count == 1 && rest.first == UInt8(ascii: "Z")) else { return nil }
    }
    return Double(days(year: year, month: month, day: day)) * 86400 + seconds
  }

  /// Days since 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date
  /// algorithms").
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = y >= 0 ? y / 400 : (y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The date that all files of a report carry, in the two forms that they need.
  ///
  /// - Throws: `ReportingError` where the text is no date.
  static func fixedDate(_ text: String) throws -> (seconds: Int64, iso: String) {
    guard let seconds = seconds(text), text.utf8.count >= 10 else {
      throw ReportingError(.badDate, "the analysis's date is no date: \(text.prefix(40))")
    }
    let day = text.prefix(10)
    let clock = text.utf8.count >= 19 ? text.dropFirst(11).prefix(8) : "00:00:00"
    return (Int64(seconds), "\(day)T\(clock)Z")
  }

  /// A date without its `T` and `Z`, for people.
  public static func forPeople(_ text: String) -> String {
    guard seconds(text) != nil, text.utf8.count >= 19 else { return text }
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  /// The same axis for a panel that is too narrow for dates: two times of day, and the date of the
  /// first exposure in the label.
  static func narrowAxis(_ data: TestRunData) -> Axis {
    let times = data.obsids.map(data.abscissa)
    guard data.hasTimes, let first = times.min(), let last = times.max(), last - first >= 300,
      last - first < 86_400, first >= 0, last < 1e11,
      let text = data.exposures.first?.time.prefix(10)
    else { return axis(data) }
    var axis = Axis.time("UTC, \(text)")
    axis.ticks = [0.2, 0.8].map { share in
      let minutes = ((first + share * (last - first)) / 60).rounded()
      let ofDay = Int(minutes) % 1440
      let (hour, minute) = (ofDay / 60, ofDay % 60)
      return Tick(
        minutes * 60, "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)")
    }
    return axis
  }

  /// The axis of a run's exposures: of time, or of ObsIDs where dates are missing.
  public static func axis(_ data: TestRunData) -> Axis {
    data.hasTimes ? .time("UTC") : Axis("ObsID")
  }
}
