import Detector
import Diagnostics
import FITSFiles
import Foundation
import Testing

@Suite struct CardTests {
  /// The card as it is read.
  func parse(_ text: String) throws -> FITSCard {
    try #require(try FITSGate.check(primary(bitpix: 8, [], [text])).hdus[0].cards.last)
  }

  @Test(
    "Cards of every type are read",
    arguments: [
      ("A       = 'it''s  '           / note", FITSCard("A", "it's", "note")),
      ("A       =                  -12 / [s] time", FITSCard("A", -12, unit: "s", "time")),
      ("A       = 1.5D3", FITSCard("A", 1500.0)),
      ("A       = .5", FITSCard("A", 0.5)),
      ("A       =                    F / no", FITSCard("A", false, "no")),
      ("A       = (1, -2.5)", FITSCard("A", .complex(1, -2.5))),
      ("A       =                      / nothing", FITSCard("A", .undefined, "nothing")),
      ("A       = ''", FITSCard("A", "")),
      ("A       = 'a / b'", FITSCard("A", "a / b")),
      ("COMMENT = is no value", FITSCard.comment("= is no value")),
      ("A       = 99999999999999999999", FITSCard("A", 1e20)),
      ("HIERARCH ESO DET = 5 / c", FITSCard("HIERARCH ESO DET", 5, "c")),
    ])
  func reading(text: String, expected: FITSCard) throws {
    #expect(try parse(text) == expected)
  }

  @Test(
    "Values that break the grammar become undefined, with a warning",
    arguments: ["nan", "inf", "0x10", "1 2", "'open", "TRUE", "1..2"])
  func wrongValues(value: String) throws {
    let structure = try FITSGate.check(primary(bitpix: 8, [], ["A       = \(value)"]))
    #expect(structure.hdus[0].cards.last?.value == .undefined)
    #expect(structure.warnings.count == 1)
  }

  @Test("Illegal bytes in a keyword are refused; in a value they are shown as escapes")
  func bytes() throws {
    var file = primary(bitpix: 8, [], ["A       = 'xyz'"])
    file[240 + 12] = 7
    #expect(try FITSGate.check(file).hdus[0].cards.last?.value == "x\\u{7}z")
    file[240 + 3] = 7
    #expect(kind { _ = try FITSGate.check(file) } == .badHeader)
  }

  @Test(
    "Cards come back as they were written",
    arguments: [
      FITSCard("TEXT", "a'b''c"),
      FITSCard("LONG", .text(String(repeating: "x'y ", count: 60) + "z")),
      FITSCard("EMPTY", ""), FITSCard("NUMBER", 0.1, unit: "adu/s", "a rate"),
      FITSCard("SMALL", .real(.leastNonzeroMagnitude)), FITSCard("LARGE", -1.7976931348623157e308),
      FITSCard("ROUND", 1e22),
      FITSCard("ZERO", .real(-0.0)), FITSCard("INT", .integer(Int.min)), FITSCard("YES", true),
      FITSCard("NONE", .undefined, "nothing"), FITSCard("PAIR", .complex(1.5, -2)),
      FITSCard("QUOTES", .text(String(repeating: "'", count: 200))),
      FITSCard("AMPER", .text(String(repeating: "&", count: 67))),
    ])
  func roundTrip(card: FITSCard) throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    try FITSWriter.write(to: path, hdus: [.empty(cards: [card])])
    let read = try FITSFile(path: path).structure
    #expect(read.hdus[0].cards.card(card.keyword) == card)
    #expect(read.warnings.isEmpty)
  }

  @Test("Characters beyond ASCII are escaped, and long comments spread over cards")
  func escapes() throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    let history = String(repeating: "0123456789", count: 16)
    try FITSWriter.write(
      to: path,
      hdus: [.empty(cards: [FITSCard("OPERATOR", "Zoë\n"), .history(history)])])
    let cards = try FITSFile(path: path).structure.hdus[0].cards
    #expect(cards.value(of: "OPERATOR") == "Zo\\u{eb}\\u{a}")
    let pieces = cards.filter { $0.keyword == "HISTORY" }.compactMap { $0.value.text }
    #expect(pieces.joined() == history && pieces.count == 3)
  }

  @Test(
    "What no header can hold is refused",
    arguments: [
      FITSCard("TOOLONGKEY", 1), FITSCard("lower", 1), FITSCard("A B", 1),
      FITSCard("NAN", .real(.nan)),
      FITSCard("INF", .real(.infinity)), FITSCard("NAXIS1", 5), FITSCard("CHECKSUM", "x"),
      FITSCard("EXTNAME", "x"), FITSCard("END", 1), FITSCard("TFORM3", "1D"), FITSCard("Ä", 1),
    ])
  func refused(card: FITSCard) throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    #expect(kind { try FITSWriter.write(to: path, hdus: [.empty(cards: [card])]) } == .badContent)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("An error is one line with code, file and HDU, and hides no control characters")
  func message() {
    let error = FITSError(
      .library, "cannot read", file: "a\u{1b}[31m.fits", hdu: 2, status: 108,
      messages: ["one", "two"])
    #expect(
      error.description
        == "error[fits-library]: cannot read, CFITSIO status 108: one; two (a\\u{1b}[31m.fits, HDU 2)"
    )
    #expect(Set(FITSError.Kind.allCases.map(\.rawValue)).count == FITSError.Kind.allCases.count)
  }
}
