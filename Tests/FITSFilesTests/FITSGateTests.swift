import Detector
import FITSFiles
import Foundation
import Testing

@Suite struct FITSGateTests {
  func gate(_ bytes: [UInt8]) -> FITSError.Kind? {
    kind { _ = try FITSGate.check(bytes) }
  }

  @Test("What is no FITS file is called so")
  func notFITS() {
    #expect(gate([]) == .notFITS)
    #expect(gate(Array("SIMPLE".utf8)) == .notFITS)
    #expect(gate(Array("hello world, this is some text\n".utf8)) == .notFITS)
    #expect(gate([UInt8](repeating: 0, count: 2880)) == .notFITS)
  }

  @Test("A header that ends early is truncated, at every length")
  func truncatedHeader() {
    for count in stride(from: 10, to: 2880, by: 97) {
      #expect(gate(Array(emptyPrimary.prefix(count))) == .truncated)
    }
    let noEnd = Array(emptyPrimary.prefix(320)) + [UInt8](repeating: 0x20, count: 2560)
    #expect(gate(noEnd) == .truncated)
    #expect(gate(noEnd + [UInt8](repeating: 0x20, count: 2880)) == .truncated)
  }

  @Test("Data that end early are truncated, and the message has both sizes")
  func truncatedData() throws {
    let file = primary(bitpix: 16, [100, 100]) + [UInt8](repeating: 0, count: 19_999)
    do {
      _ = try FITSGate.check(file)
      Issue.record("accepted")
    } catch {
      #expect(error.kind == .truncated)
      #expect(error.detail.contains("20000") && error.detail.contains("19999"))
      #expect(error.hdu == 0)
    }
    let whole = try FITSGate.check(file + [0])
    #expect(whole.warnings.count == 1, "only the padding is missing")
    #expect(whole.hdus[0].dataBytes == 20_000)
  }

  @Test("Axes: too many, enormous, negative, or no numbers at all")
  func axes() {
    #expect(gate(primary(bitpix: 8, Array(repeating: 1, count: 8)) + padded([1])) == nil)
    #expect(gate(primary(bitpix: 8, Array(repeating: 1, count: 9)) + padded([1])) == .unsupported)
    let many = header([card("SIMPLE", "T"), card("BITPIX", "8"), card("NAXIS", "999")])
    #expect(gate(many) == .unsupported)
    #expect(
      gate(primary(bitpix: 16, [2_147_483_647, 2_147_483_647])) == .tooLarge
        || gate(primary(bitpix: 16, [2_147_483_647, 2_147_483_647])) == .truncated)
    #expect(gate(primary(bitpix: 64, [Int.max, Int.max])) == .tooLarge)
    #expect(gate(primary(bitpix: 64, [Int.max])) == .tooLarge)
    #expect(gate(primary(bitpix: 8, [Int.max])) == .tooLarge)
    #expect(gate(primary(bitpix: 16, [-5, 10])) == .badHeader)
    #expect(gate(primary(bitpix: 17, [5, 10])) == .badHeader)
    for wrong in ["12x", "1.5", "'7'", "", "99999999999999999999999", "T", "0x10", "nan"] {
      let file = header([
        card("SIMPLE", "T"), card("BITPIX", "16"), card("NAXIS", "1"), card("NAXIS1", wrong),
      ])
      #expect(gate(file) == .badHeader, "NAXIS1 = \(wrong)")
    }
  }

  @Test("Mandatory keywords must come in their order, and structural ones only once")
  func order() {
    #expect(
      gate(header([card("SIMPLE", "F"), card("BITPIX", "8"), card("NAXIS", "0")])) == .badHeader)
    #expect(
      gate(header([card("SIMPLE", "T"), card("NAXIS", "0"), card("BITPIX", "8")])) == .badHeader)
    #expect(
      gate(header([card("SIMPLE", "T"), card("BITPIX", "8"), card("NAXIS", "1")])) == .badHeader)
    #expect(gate(primary(bitpix: 8, [1], [card("NAXIS1", "1")]) + padded([1])) == .badHeader)
    #expect(gate(primary(bitpix: 8, [1], [card("NAXIS01", "9")]) + padded([1])) == .badHeader)
    #expect(gate(primary(bitpix: 8, [1], [card("naxis1", "9")]) + padded([1])) == .badHeader)
    #expect(gate(primary(bitpix: 8, [0, 4], [card("GROUPS", "T")])) == .unsupported)
  }

  @Test("What follows an HDU is an extension or padding, nothing else")
  func trailing() throws {
    #expect(
      try FITSGate.check(emptyPrimary + [UInt8](repeating: 0, count: 500)).warnings.count == 1)
    #expect(gate(emptyPrimary + Array("XTENSIOM".utf8)) == .badHeader)
    #expect(gate(emptyPrimary + Array("XTENSION= 'IMAGE   '".utf8)) == .truncated)
  }

  @Test("Too many cards and too many HDUs are refused")
  func counts() {
    let cards = (0..<10_001).map { _ in "COMMENT x" }
    #expect(gate(primary(bitpix: 8, [], cards)) == .tooLarge)
    let empty = header([
      card("XTENSION", "'IMAGE   '"), card("BITPIX", "8"), card("NAXIS", "0"),
      card("PCOUNT", "0"), card("GCOUNT", "1"),
    ])
    let many = emptyPrimary + (0..<1000).flatMap { _ in empty }
    #expect(gate(many) == .tooLarge)
  }

  func table(_ forms: [String], rowBytes: Int, rows: Int = 1, heap: Int = 0, more: [String] = [])
    -> [UInt8]
  {
    emptyPrimary
      + header(
        [
          card("XTENSION", "'BINTABLE'"), card("BITPIX", "8"), card("NAXIS", "2"),
          card("NAXIS1", "\(rowBytes)"), card("NAXIS2", "\(rows)"), card("PCOUNT", "\(heap)"),
          card("GCOUNT", "1"), card("TFIELDS", "\(forms.count)"),
        ] + forms.enumerated().map { card("TFORM\($0.offset + 1)", "'\($0.element)'") } + more)
      + padded([UInt8](repeating: 0, count: max(0, min(10_000, rowBytes * rows + heap))))
  }

  @Test("The columns of a table must fill its rows")
  func tables() {
    #expect(gate(table(["1J", "D", "12A"], rowBytes: 24)) == nil)
    #expect(gate(table(["1J", "D", "12A"], rowBytes: 23)) == .badHeader)
    #expect(gate(table(["1Y"], rowBytes: 1)) == .badHeader)
    #expect(gate(table(["9223372036854775807D"], rowBytes: 8)) == .tooLarge)
    #expect(gate(table(["99999999999999999999D"], rowBytes: 8)) == .badHeader)
    #expect(gate(table(["3PB(5)"], rowBytes: 24)) == .badHeader)
    #expect(gate(table(["1J"], rowBytes: 4, more: [card("TFORM2", "'1J'")])) == .badHeader)
    #expect(gate(table(["1J"], rowBytes: 4, more: [card("THEAP", "3")])) == .badHeader)
    #expect(gate(table(["1J"], rowBytes: 4, more: [card("THEAP", "5")])) == .badHeader)
  }

  func compressed(_ codec: String, tiles: Int = 10, width: Int = 10, height: Int = 10) -> [UInt8] {
    table(
      ["1PB(9)"], rowBytes: 8, rows: tiles, heap: 90,
      more: [
        card("TTYPE1", "'COMPRESSED_DATA'"), card("ZIMAGE", "T"), card("ZBITPIX", "16"),
        card("ZNAXIS", "2"), card("ZNAXIS1", "\(width)"), card("ZNAXIS2", "\(height)"),
        card("ZCMPTYPE", "'\(codec)'"),
      ])
  }

  @Test(
    "Of the compressions, HCOMPRESS is refused",
    arguments: ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1"])
  func compressions(codec: String) throws {
    let structure = try FITSGate.check(compressed(codec))
    #expect(structure.hdus[1].kind == .compressedImage(codec: codec))
    #expect(structure.hdus[1].axes == [10, 10] && structure.hdus[1].bitpix == 16)
    #expect(gate(compressed("HCOMPRESS_1")) == .unsupported)
    #expect(gate(compressed("MAGIC")) == .unsupported)
    #expect(gate(compressed(codec, tiles: 9)) == .badHeader)
    #expect(gate(compressed(codec, width: 2_147_483_647)) == .tooLarge)
  }

  @Test("Mutated files never crash the gate, and sizes that pass are backed by the file")
  func mutations() throws {
    let seeds = [
      primary(bitpix: 16, [30, 20], [card("BZERO", "32768")])
        + padded(.init(repeating: 7, count: 1200)),
      table(["1J", "D", "12A"], rowBytes: 24, rows: 5), compressed("RICE_1"),
    ]
    var generator = RepeatableGenerator(state: 20_261_121)
    let alphabet = Array("0123456789-+.'/=()ABDEFKJPQTXZ \u{0}\u{7f}".utf8) + [0xFF]
    var passed = 0
    for round in 0..<2000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<min(bytes.count, 6500), using: &generator)
        bytes[place] = alphabet.randomElement(using: &generator) ?? 0
      }
      if round % 7 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator)) }
      guard let structure = try? FITSGate.check(bytes) else { continue }
      passed += 1
      for hdu in structure.hdus {
        #expect(hdu.dataOffset + hdu.dataBytes <= bytes.count)
        #expect(hdu.axes.count <= 8)
        if hdu.kind == .image {
          #expect(
            hdu.axes.reduce(hdu.axes.isEmpty ? 0 : 1, *) * abs(hdu.bitpix) / 8 == hdu.dataBytes)
        }
      }
    }
    #expect(passed > 200, "the mutations must not all be refused")
  }

  @Test("Mutated files that pass the gate are read, or refused, by CFITSIO without a crash")
  func mutationsInCFITSIO() throws {
    let folder = try Folder()
    var generator = RepeatableGenerator(state: 5)
    let good =
      primary(bitpix: 16, [30, 20], [card("BZERO", "32768")])
      + padded(.init(repeating: 7, count: 1200))
    for round in 0..<200 {
      var bytes = good
      for _ in 0..<2 {
        bytes[Int.random(in: 0..<480, using: &generator)] = UInt8.random(
          in: 32...126, using: &generator)
      }
      let path = try folder.write("m\(round).fits", bytes)
      _ = try? FITSFile(path: path).readDouble()
      _ = try? RawFrameReader(path: path).read()
    }
  }
}
