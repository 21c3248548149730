import Foundation

/// A calendar date and time in UTC, of the proleptic Gregorian calendar.
struct CivilTime: Equatable {
  var year, month, day, hour, minute, second: Int

  /// From seconds since 1970-01-01T00:00:00Z, without leap seconds.
  init(secondsSince1970 seconds: Double) {
    let whole = Numeric.integer(seconds.rounded(.down))
    let days = Int((Double(whole) / 86400).rounded(.down))
    let rest = whole - days * 86400
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days from 1970-01-01 to the first of a month, which may lie outside 1...12.
  static func days(year: Int, month: Int) -> Int {
    let months = year * 12 + month - 1
    let y = Int((Double(months) / 12).rounded(.down))
    let m = months - y * 12 + 1
    let shiftedYear = m <= 2 ? y - 1 : y
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  var monthName: String { Self.months[min(max(month - 1, 0), 11)] }
  var clock: String { "\(Self.two(hour)):\(Self.two(minute))" }
  var clockWithSeconds: String { "\(clock):\(Self.two(second))" }
  var date: String { "\(day) \(monthName) \(year)" }

  private static func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
}

extension TickSet {
  private static let clockSteps: [Double] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
  ]
  private static let daySteps: [Double] = [1, 2, 5, 10, 20]
  private static let monthSteps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000]

  /// Ticks at whole seconds, minutes, hours, days, months or years, UTC.
  ///
  /// The first label, and each at which the day (or, for long steps, the year) changes, has a second
  /// line with it.
  static func time(_ low: Double, _ high: Double, maximum: Int) -> TickSet {
    let span = high - low
    guard span > 0, low.magnitude < 1e12, high.magnitude < 1e12 else {
      return linear(low, high, maximum: maximum)
    }
    let wanted = span / Double(max(maximum, 1))
    if let step = (clockSteps + daySteps.map { $0 * 86400 }).first(where: { $0 >= wanted }) {
      let first = (low / step).rounded(.up)
      let last = (high / step).rounded(.down)
      guard last >= first else { return TickSet(ticks: []) }
      let values = stride(from: first, through: last, by: 1).map { $0 * step }
      return labelled(values, step: step)
    }
    let months = monthSteps.first { Double($0) * 30.4 * 86400 >= wanted } ?? 12000
    let start = CivilTime(secondsSince1970: low)
    var index = (start.year * 12 + start.month - 1) / months * months
    var values: [Double] = []
    while values.count < 100 {
      let value = Double(CivilTime.days(year: 0, month: index + 1)) * 86400
      if value > high { break }
      if value >= low { values.append(value) }
      index += months
    }
    return labelled(values, step: Double(months) * 30 * 86400)
  }

  private static func labelled(_ values: [Double], step: Double) -> TickSet {
    var previous = ""
    return TickSet(
      ticks: values.map { value in
        let time = CivilTime(secondsSince1970: value)
        let main: String
        let context: String
        if step < 60 {
          (main, context) = (time.clockWithSeconds, time.date)
        } else if step < 86400 {
          (main, context) = (time.clock, time.date)
        } else if step < 360 * 86400 {
          main = step < 25 * 86400 ? "\(time.day) \(time.monthName)" : time.monthName
          context = String(time.year)
        } else {
          (main, context) = (String(time.year), previous)
        }
        defer { previous = context }
        return Tick(value, context == previous ? main : "\(main)\n\(context)")
      })
  }
}
