import Detector
import FITSFiles
import Foundation
import Testing

@Suite struct RawFrameReaderTests {
  func frame(_ folder: Folder, _ name: String = "raw.fits", _ image: Image<UInt16> = ramp(101, 77))
    throws -> String
  {
    try RawFrameWriter.write(
      to: folder.file(name), primaryCards: [FITSCard("OBSID", 1234)], extensionName: "ROE1_CCD1",
      cards: [FITSCard("VSTART", 0)], image: image, durable: false)
    return folder.file(name)
  }

  @Test("A frame comes back whole and in bands, with its headers")
  func whole() throws {
    let folder = try Folder()
    let reader = try RawFrameReader(path: try frame(folder), expecting: (101, 77))
    #expect(reader.width == 101 && reader.height == 77)
    #expect(reader.primaryHeader.value(of: "OBSID") == 1234)
    #expect(reader.header.value(of: "BUNIT") == "ADU" && reader.hdu.name == "ROE1_CCD1")
    let truth = values(ramp(101, 77))
    #expect(try values(reader.read()) == truth)
    for rows in [0..<1, 3..<10, 76..<77, 5..<5] {
      var band = [UInt16](repeating: 0, count: rows.count * 101)
      try band.withUnsafeMutableBufferPointer { try reader.readRows(rows, into: $0) }
      #expect(band == Array(truth[rows.lowerBound * 101..<rows.upperBound * 101]))
    }
  }

  @Test("A frame of several conversion pieces comes back whole")
  func large() throws {
    let folder = try Folder()
    let truth = ramp(1001, 777)
    let reader = try RawFrameReader(path: try frame(folder, "large.fits", truth))
    #expect(try values(reader.read()) == values(truth))
  }

  @Test("Another size than the camera's is refused, with both sizes")
  func wrongSize() throws {
    let folder = try Folder()
    let path = try frame(folder)
    do {
      _ = try RawFrameReader(path: path, expecting: (101, 78))
      Issue.record("accepted")
    } catch {
      #expect(error.kind == .wrongSize)
      #expect(error.detail.contains("101 x 77") && error.detail.contains("101 x 78"))
    }
  }

  @Test("The HDU may be named, counted, or is the last image; a file without images has none")
  func selection() throws {
    let folder = try Folder()
    let path = try frame(folder)
    #expect(try RawFrameReader(path: path, hdu: .named("roe1_ccd1")).hdu.index == 1)
    #expect(try RawFrameReader(path: path, hdu: .index(1)).width == 101)
    #expect(kind { _ = try RawFrameReader(path: path, hdu: .index(0)) } == .noSuchHDU)
    #expect(kind { _ = try RawFrameReader(path: path, hdu: .index(-1)) } == .noSuchHDU)
    let empty = try folder.write("empty.fits", emptyPrimary)
    #expect(kind { _ = try RawFrameReader(path: empty) } == .noSuchHDU)
  }

  @Test("Other integers are accepted as long as every value fits")
  func otherPixels() throws {
    let folder = try Folder()
    func read(_ header: [UInt8], _ data: [UInt8]) -> Result<[UInt16], FITSError> {
      do {
        let path = try folder.write("x.fits", header + padded(data))
        return .success(values(try RawFrameReader(path: path).read()))
      } catch { return .failure((error as? FITSError) ?? FITSError(.library, "?", file: "")) }
    }
    func refusal(_ header: [UInt8], _ data: [UInt8]) -> FITSError.Kind? {
      if case .failure(let error) = read(header, data) { error.kind } else { nil }
    }
    #expect(try read(primary(bitpix: 8, [2, 1]), [1, 255]).get() == [1, 255])
    #expect(try read(primary(bitpix: 16, [2, 1]), [0x7F, 0xFF, 0, 1]).get() == [32767, 1])
    #expect(refusal(primary(bitpix: 16, [2, 1]), [0x80, 0, 0, 1]) == .unsupportedPixels)
    #expect(
      try read(primary(bitpix: 32, [2, 1]), [0, 0, 0xFF, 0xFF, 0, 0, 0, 2]).get() == [65535, 2])
    #expect(refusal(primary(bitpix: 32, [2, 1]), [0, 1, 0, 0, 0, 0, 0, 2]) == .unsupportedPixels)
    #expect(refusal(primary(bitpix: 32, [1, 1]), [0xFF, 0xFF, 0xFF, 0xFF]) == .unsupportedPixels)
    let shifted = primary(bitpix: 32, [1, 1], [card("BZERO", "1.0E0")])
    #expect(try read(shifted, [0xFF, 0xFF, 0xFF, 0xFF]).get() == [0])
    #expect(refusal(primary(bitpix: -32, [1, 1]), [0, 0, 0, 0]) == .unsupportedPixels)
    let scaled = primary(bitpix: 16, [1, 1], [card("BSCALE", "2.0")])
    #expect(refusal(scaled, [0, 0]) == .unsupportedPixels)
    #expect(
      refusal(primary(bitpix: 16, [1, 1], [card("BZERO", "5")]), [0, 0]) == .unsupportedPixels)
    let cube = primary(bitpix: 16, [1, 1, 2])
    #expect(refusal(cube, [0, 0, 0, 0]) == .noSuchHDU)
  }

  @Test("A file that shrinks while it is open gives an error, and no crash")
  func shrinks() throws {
    let folder = try Folder()
    let path = try frame(folder)
    let reader = try RawFrameReader(path: path)
    #expect(truncate(path, 9000) == 0)
    #expect(kind { _ = try reader.read() } == .changed)
  }

  @Test("Missing files, folders and pipes are refused at once")
  func noFiles() throws {
    let folder = try Folder()
    #expect(kind { _ = try RawFrameReader(path: folder.file("none")) } == .unreadable)
    #expect(kind { _ = try RawFrameReader(path: folder.path) } == .unreadable)
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(kind { _ = try RawFrameReader(path: folder.file("pipe")) } == .unreadable)
    #expect(kind { _ = try RawFrameReader(path: "/dev/null") } == .unreadable)
  }

  @Test("Names with brackets mean themselves, and no other file is made")
  func brackets() throws {
    let folder = try Folder()
    for name in ["a.fits(b.fits)", "x[1].fits", "-", "mem:"] {
      let path = try frame(folder, name)
      #expect(try values(RawFrameReader(path: path).read()) == values(ramp(101, 77)))
      #expect(try values(FITSFile(path: path).readFloat())[1] == 65535)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
  }

  @Test("Gzip is recognised by its content, with any number of members; damage is found")
  func gzip() throws {
    let folder = try Folder()
    let path = try frame(folder, "zipped.fits")
    let plain = try bytes(of: path)
    let first = try folder.write("1", Array(plain.prefix(7000)))
    let second = try folder.write("2", Array(plain.dropFirst(7000)))
    guard try run("/usr/bin/gzip", [path, first, second]) != nil else { return }
    let packed = try bytes(of: path + ".gz")
    let read = try RawFrameReader(path: path + ".gz").read()
    #expect(values(read) == values(ramp(101, 77)))
    let members = try folder.write("m.fits", bytes(of: first + ".gz") + bytes(of: second + ".gz"))
    #expect(try values(RawFrameReader(path: members).read()) == values(read))
    #expect(try values(FITSFile(path: members).readFloat())[1] == 65535)
    for cut in stride(from: 3, to: packed.count, by: 501) {
      let short = try folder.write("short.gz", Array(packed.prefix(cut)))
      #expect(kind { _ = try RawFrameReader(path: short) } == .truncated, "\(cut)")
    }
    var damaged = packed
    damaged[packed.count / 2] ^= 0x55
    let wrong = try folder.write("wrong.gz", damaged)
    #expect(kind { _ = try RawFrameReader(path: wrong).read() } != nil)
  }

  @Test("A gzip bomb stops at the limit")
  func bomb() throws {
    let folder = try Folder()
    let path = try folder.write(
      "bomb", primary(bitpix: 8, [50_000_000]) + .init(repeating: 0, count: 50_000_000))
    guard try run("/usr/bin/gzip", ["-1", path]) != nil else { return }
    #expect(
      kind { _ = try RawFrameReader(path: path + ".gz", unpackedLimit: 1 << 20) } == .tooLarge)
    #expect(
      kind { _ = try FITSGate.check(path: path + ".gz", unpackedLimit: 1 << 20) } == .tooLarge)
  }
}
