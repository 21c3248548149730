import CCFITSIO
import Detector
import FITSFiles
import Foundation
import Testing

@Suite struct CompressedImageTests {
  /// Compresses a frame as fpack does.
  func compress(_ frame: Image<UInt16>, codec: Int32, to path: String) {
    var file: UnsafeMutablePointer<fitsfile>?
    var status: Int32 = 0
    ffdkinit(&file, path, &status)
    fits_set_compression_type(file, codec, &status)
    var axes = [frame.width, frame.height]
    ffcrim(file, USHORT_IMG, 2, &axes, &status)
    ffppr(file, TUSHORT, 1, Int64(frame.pixels.count), frame.pixels.baseAddress, &status)
    ffclos(file, &status)
    #expect(status == 0)
  }

  @Test("Tile-compressed frames are read", arguments: [RICE_1, GZIP_1, GZIP_2])
  func compressed(codec: Int32) throws {
    let folder = try Folder()
    let path = folder.file("a.fits.fz")
    compress(ramp(101, 77), codec: codec, to: path)
    let reader = try RawFrameReader(path: path, expecting: (101, 77))
    #expect(try values(reader.read()) == values(ramp(101, 77)))
    var band = [UInt16](repeating: 0, count: 202)
    try band.withUnsafeMutableBufferPointer { try reader.readRows(40..<42, into: $0) }
    #expect(band == Array(values(ramp(101, 77))[40 * 101..<42 * 101]))
    #expect(try values(FITSFile(path: path).readFloat())[1] == 65535)
    let section = try FITSFile(path: path).readSection(x: 5..<7, y: 8..<9)
    #expect(section[1, 0] == Double(ramp(101, 77)[6, 8]))
    #expect(kind { _ = try RawFrameReader(path: path, expecting: (77, 101)) } == .wrongSize)
  }

  @Test("HCOMPRESS is refused, and so is more than the limit")
  func refused() throws {
    let folder = try Folder()
    compress(ramp(101, 77), codec: HCOMPRESS_1, to: folder.file("h.fz"))
    #expect(kind { _ = try RawFrameReader(path: folder.file("h.fz")) } == .unsupported)
    #expect(kind { _ = try FITSFile(path: folder.file("h.fz")) } == .unsupported)
    let rice = folder.file("r.fz")
    compress(ramp(101, 77), codec: RICE_1, to: rice)
    #expect(kind { _ = try RawFrameReader(path: rice, unpackedLimit: 1000) } == .tooLarge)
    #expect(kind { _ = try FITSFile(path: rice, unpackedLimit: 16_000).readFloat() } == .tooLarge)
    #expect(
      kind {
        _ = try FITSFile(path: rice, unpackedLimit: 16_000).readSection(
          x: 0..<101, y: 0..<77)
      } == .tooLarge)
  }

  @Test(
    "Damaged tiles give an error or other numbers, and neither crash nor hang",
    arguments: [RICE_1, GZIP_1, GZIP_2])
  func damaged(codec: Int32) throws {
    let folder = try Folder()
    let path = folder.file("a.fz")
    compress(ramp(64, 64), codec: codec, to: path)
    let good = try bytes(of: path)
    let data = try #require(try FITSFile(path: path).structure.hdus.last).dataOffset
    var generator = RepeatableGenerator(state: 11)
    for _ in 0..<300 {
      var bad = good
      for _ in 0..<3 {
        bad[Int.random(in: data..<bad.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      let damaged = try folder.write("b.fz", bad)
      _ = try? RawFrameReader(path: damaged).read()
    }
  }

  @Test("A table written by CFITSIO is read, with its scaled and unsigned columns")
  func foreignTable() throws {
    let folder = try Folder()
    let path = folder.file("t.fits")
    var file: UnsafeMutablePointer<fitsfile>?
    var status: Int32 = 0
    ffdkinit(&file, path, &status)
    func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
      texts.map { text in strdup(text) }
    }
    var names = copies(["U", "B", "J", "V", "X"])
    var forms = copies(["1U", "1B", "1J", "3I", "1PE"])
    defer { for text in names + forms { free(text) } }
    ffcrtb(file, BINARY_TBL, 0, 5, &names, &forms, nil, "FOREIGN", &status)
    var unsigned: [Int32] = [0, 40000, 65535]
    ffpcl(file, TINT, 1, 1, 1, 3, &unsigned, &status)
    var small: [Int32] = [0, 7, 255]
    ffpcl(file, TINT, 2, 1, 1, 3, &small, &status)
    ffpcl(file, TINT, 3, 1, 1, 3, &small, &status)
    var vector: [Int32] = [1, -2, 3, 4, 5, 6, 7, 8, 9]
    ffpcl(file, TINT, 4, 1, 1, 9, &vector, &status)
    ffclos(file, &status)
    #expect(status == 0)
    let table = try FITSFile(path: path).readTable(.named("FOREIGN"))
    #expect(try table.integers("U") == [0, 40000, 65535])
    #expect(try table.doubles("B") == [0, 7, 255])
    #expect(try table.integers("J") == [0, 7, 255])
    #expect(try table.vectors("V").values == [1, -2, 3, 4, 5, 6, 7, 8, 9])
    #expect(table.unreadColumns == ["X"])
  }
}
