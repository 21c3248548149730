import Foundation
import Ingest
import Testing

@Suite("ElvisDate")
struct ElvisDateTests {
  @Test("All spellings of a date read as the same time")
  func spellings() {
    let date = ElvisDate(year: 2019, month: 7, day: 30, hour: 12, minute: 16, second: 3)
    for text in [
      "300719D121603T", "300719D_121603T", "300719d121603T", "300719d_121603t", "300719D121603",
    ] {
      #expect(ElvisDate(log: text) == date, "\(text)")
    }
    #expect(ElvisDate(housekeeping: "30-07-19_12:16:03") == date)
    #expect(ElvisDate(iso: "2019-07-30T12:16:03Z") == date)
    #expect(ElvisDate(iso: "2019-07-30T12:16:03.999") == date)
    #expect(ElvisDate.timeOfDay("12:16:03") == 44163)
    #expect(date?.isoText == "2019-07-30T12:16:03Z")
    #expect(date?.folderName == "30_Jul_19")
    #expect(date?.dayText == "300719")
    #expect(date?.unixSeconds == 1_564_488_963)
  }

  @Test(
    "What is no date is refused",
    arguments: [
      "", "D", "300719", "300719D12160", "300719D1216033T", "310619D121603T", "290219D121603T",
      "300719D241603T", "300719D126003T", "300719_121603T", "300719D__121603T", "3007199D121603T",
      "30071D9121603T", "300719T121603D", "-10719D121603T", "３00719D121603T", "300719D121603TT",
      "300719D121603T ", "000719D121603T", "300019D121603T",
    ])
  func refusals(text: String) {
    #expect(ElvisDate(log: text) == nil)
    #expect(ElvisDate(housekeeping: text) == nil)
    #expect(ElvisDate(iso: text) == nil)
  }

  @Test("Leap days exist in leap years only")
  func leapDays() {
    #expect(ElvisDate(log: "290220D000000T")?.isoText == "2020-02-29T00:00:00Z")
    #expect(ElvisDate(log: "290200D000000T")?.isoText == "2000-02-29T00:00:00Z")
    #expect(ElvisDate(log: "290221D000000T") == nil)
    #expect(ElvisDate(year: 1900, month: 2, day: 29) == nil)
  }

  @Test("Two-digit years turn at 70")
  func pivot() {
    #expect(ElvisDate(log: "010169D000000T")?.parts.year == 2069)
    #expect(ElvisDate(log: "010170D000000T")?.unixSeconds == 0)
    #expect(ElvisDate(log: "010120D000000T")?.parts.year == 2020)
    #expect(ElvisDate(log: "311299D235959T")?.isoText == "1999-12-31T23:59:59Z")
  }

  @Test("Every day from 1970 to 2069 is the one that Foundation's calendar has, there and back")
  func calendar() throws {
    var gregorian = Calendar(identifier: .gregorian)
    gregorian.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    var day = 0
    while day < 36_525 {
      let date = ElvisDate(unixSeconds: day * 86_400 + 4_711)
      let parts = date.parts
      let known = gregorian.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(date.unixSeconds)))
      try #require(known.year == parts.year && known.month == parts.month && known.day == parts.day)
      try #require(ElvisDate(log: date.logText) == date)
      try #require(ElvisDate(housekeeping: date.housekeepingText) == date)
      try #require(ElvisDate(iso: date.isoText) == date)
      day += 13
    }
  }

  @Test("Arithmetic beyond the calendar stops at its ends")
  func ends() {
    let date = ElvisDate(unixSeconds: 0)
    #expect(date.advanced(bySeconds: .max).isoText == "9999-12-31T23:59:59Z")
    #expect(date.advanced(bySeconds: .min).parts.year == 0)
    #expect(ElvisDate(unixSeconds: -1).isoText == "1969-12-31T23:59:59Z")
    #expect(ElvisDate(unixSeconds: 5) < ElvisDate(unixSeconds: 6))
  }
}
