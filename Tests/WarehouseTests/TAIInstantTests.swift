import Diagnostics
import Testing

@testable import Warehouse

@Suite struct TAIInstantTests {
  // Seconds from IERS: TAI - UTC was 10 s in 1972, 34 s in 2009, 36 s from 2015-07, 37 s from 2017.
  // UTC, the seconds of it that POSIX counts, and TAI - UTC.
  static let known: [(String, Int64, Int64)] = [
    ("1972-01-01T00:00:00Z", 63_072_000, 10),
    ("1972-06-30T23:59:59Z", 78_796_799, 10),
    ("1972-06-30T23:59:60Z", 78_796_800, 10),
    ("1972-07-01T00:00:00Z", 78_796_800, 11),
    ("2009-01-01T00:00:00Z", 1_230_768_000, 34),
    ("2015-06-30T23:59:60Z", 1_435_708_800, 35),
    ("2016-12-31T23:59:59Z", 1_483_228_799, 36),
    ("2016-12-31T23:59:60Z", 1_483_228_800, 36),
    ("2017-01-01T00:00:00Z", 1_483_228_800, 37),
    ("2019-03-23T19:36:47Z", 1_553_369_807, 37),
    ("2000-02-29T00:00:00Z", 951_782_400, 32),
    ("2261-12-31T23:59:59Z", 9_214_646_399, 37),
  ]

  @Test("UTC is TAI less the leap seconds", arguments: 0..<12)
  func seconds(index: Int) throws {
    let (text, posix, offset) = Self.known[index]
    let instant = try TAIInstant(utc: text)
    #expect(instant.nanoseconds == (posix + offset) * 1_000_000_000)
    #expect(instant.utc == text)
  }

  @Test("short forms and fractions")
  func forms() throws {
    let day = try TAIInstant(utc: "2019-03-23")
    for text in ["2019-03-23T00:00", "2019-03-23T00:00Z", "2019-03-23T00:00:00.000000000Z"] {
      #expect(try TAIInstant(utc: text) == day)
    }
    let nano = try TAIInstant(utc: "2019-03-23T00:00:00.000000001Z")
    #expect(nano.nanoseconds == day.nanoseconds + 1 && nano.utc == "2019-03-23T00:00:00.000000001Z")
    #expect(try TAIInstant(utc: "2016-12-31T23:59:60.5Z").utc == "2016-12-31T23:59:60.5Z")
  }

  @Test(
    "what is no time is refused",
    arguments: [
      "", "open", "2019", "2019-02-29", "2019-13-01", "2019-00-10", "2019-03-00",
      "2019-03-23T24:00",
      "2019-03-23T12:60", "2019-03-23T12:00:60Z", "2018-12-31T23:59:60Z", "1971-12-31",
      "2262-01-01",
      "2019-03-23T12:00:00+01:00", "2019-03-23 12:00", "２０１９-03-23", "2019-03-23Z",
      "2019-03-23T12:00:00.0000000001Z", " 2019-03-23", "2019-03-23T12:00:00ZZ",
    ])
  func refused(_ text: String) {
    let error = #expect(throws: WarehouseError.self) { try TAIInstant(utc: text) }
    #expect(error?.kind == .badTime && error?.exitCode == .wrongUse)
  }

  @Test("every stored number has a text")
  func extremes() {
    #expect(TAIInstant.openBegin.utc == "open" && TAIInstant.openEnd.utc == "open")
    #expect(TAIInstant(nanoseconds: .min + 1).utc.hasPrefix("1677-09-21T"))
    #expect(TAIInstant(nanoseconds: .max - 1).utc.hasPrefix("2262-04-11T"))
    #expect(TAIInstant(nanoseconds: 0).utc == "1969-12-31T23:59:50Z")
    #expect(TAIInstant(nanoseconds: -1).utc == "1969-12-31T23:59:49.999999999Z")
  }

  @Test("ranges are not empty, and are cut by what they overlap")
  func ranges() throws {
    #expect(throws: WarehouseError.self) {
      try ValidityRange(begin: "2019-03-01", end: "2019-03-01")
    }
    #expect(throws: WarehouseError.self) {
      try ValidityRange(begin: "2019-03-02", end: "2019-03-01")
    }
    #expect(throws: WarehouseError.self) { try ValidityRange(begin: "", end: "open") }
    #expect(try ValidityRange(begin: "open", end: "open") == .always)
    #expect(
      try ValidityRange(begin: "2019-03-01", end: "open").text == "[2019-03-01T00:00:00Z, open)")
    #expect(ValidityRange.always.contains(.openBegin) && !ValidityRange.always.contains(.openEnd))
  }
}
