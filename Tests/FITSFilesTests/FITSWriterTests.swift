import Detector
import FITSFiles
import Foundation
import Testing

@Suite struct FITSWriterTests {
  let floats: [Float] = [
    0, -0.0, .nan, Float(bitPattern: 0x7FC1_2345), .infinity, -.infinity, .leastNonzeroMagnitude,
    .greatestFiniteMagnitude, 1.5, -3.25, 1e-20, 7,
  ]
  let doubles: [Double] = [
    0, -0.0, .nan, .infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, -1e300,
  ]

  /// One file with every kind of HDU.
  func hdus() -> [FITSHDU] {
    [
      .empty(cards: [FITSCard("ORIGIN", "test"), FITSCard("T_CCD", 153.2, unit: "K", "cold")]),
      .image(name: "F32", cards: [FITSCard("BUNIT", "adu")], pixels: .float32(image(4, 3, floats))),
      .image(name: "F64", pixels: .float64(image(2, 4, doubles))),
      .image(name: "U8", pixels: .uint8(image(3, 1, [0, 128, 255]))),
      .image(name: "U16", version: 2, pixels: .uint16(ramp(37, 11))),
      .image(name: "I32", pixels: .int32(image(2, 2, [Int32.min, -1, 0, Int32.max]))),
      .image(name: "I16", pixels: .scaledInt16(image(2, 2, [-1, 2.5, .nan, 1]), step: 0.001)),
      .table(
        name: "RON", cards: [FITSCard("TEST", "BIAS01")],
        columns: [
          FITSColumn("OBSID", comment: "exposure", values: .integers([1, nil, Int64.max])),
          FITSColumn(
            "RON", unit: "adu", displayFormat: "F8.3", values: .doubles([1.5, .nan, -0.0])),
          FITSColumn("GAIN", unit: "electron/adu", values: .floats([1, 2, 3.5])),
          FITSColumn("QUADRANT", values: .texts(["E", "", "long name"])),
          FITSColumn("OK", values: .logicals([true, false, nil])),
          FITSColumn("PROFILE", unit: "adu", values: .vectors([1, 2, 3, 4, 5, 6], width: 2)),
        ]),
      .table(name: "EMPTY", columns: [FITSColumn("A", values: .texts([]))]),
    ]
  }

  @Test("Pixels of every type come back bit for bit, NaN, -0 and denormal numbers included")
  func pixels() throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    try FITSWriter.write(to: path, hdus: hdus())
    let file = try FITSFile(path: path)
    #expect(try values(file.readFloat(.named("f32"))).map(\.bitPattern) == floats.map(\.bitPattern))
    #expect(
      try values(file.readDouble(.named("F64"))).map(\.bitPattern) == doubles.map(\.bitPattern))
    #expect(try values(file.readUInt8(.named("U8"))) == [0, 128, 255])
    #expect(try values(file.readInt32(.named("I32"))) == [Int32.min, -1, 0, Int32.max])
    #expect(
      try values(RawFrameReader(path: path, hdu: .named("U16")).read()) == values(ramp(37, 11)))
    #expect(try values(file.readFloat(.named("U16"))) == values(ramp(37, 11)).map { Float($0) })
    let scaled = try values(file.readFloat(.named("I16")))
    #expect(scaled[2].isNaN)
    for (value, truth) in zip(scaled, [-1, 2.5, .nan, 1] as [Float]) where !truth.isNaN {
      #expect(abs(value - truth) <= 0.00051)
    }
    #expect(try file.hdu(.named("U16")).version == 2)
    #expect(try file.hdu(.index(0)).cards.card("T_CCD")?.unit == "K")
  }

  @Test("A section is the rectangle that was asked for, and must be within the image")
  func sections() throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    try FITSWriter.write(to: path, hdus: hdus())
    let file = try FITSFile(path: path)
    let section = try file.readSection(.named("U16"), x: 30..<37, y: 9..<11)
    let whole = ramp(37, 11)
    for y in 0..<2 { for x in 0..<7 { #expect(section[x, y] == Double(whole[30 + x, 9 + y])) } }
    #expect(kind { _ = try file.readSection(.named("U16"), x: 30..<38, y: 0..<1) } == .wrongSize)
    #expect(kind { _ = try file.readSection(.named("U16"), x: -1..<3, y: 0..<1) } == .wrongSize)
    #expect(kind { _ = try file.readFloat(.named("RON")) } == .noSuchHDU)
    #expect(kind { _ = try file.readFloat(.named("NONE")) } == .noSuchHDU)
    #expect(kind { _ = try file.readFloat(.index(99)) } == .noSuchHDU)
    #expect(kind { _ = try file.readUInt8(.named("U16")) } == .unsupportedPixels)
  }

  @Test("Tables come back with names, units, formats and missing values")
  func tables() throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    try FITSWriter.write(to: path, hdus: hdus())
    let file = try FITSFile(path: path)
    let table = try file.readTable(.named("RON"))
    #expect(table.rows == 3 && table.columns.count == 6 && table.unreadColumns.isEmpty)
    #expect(try table.integers("OBSID") == [1, nil, Int64.max])
    #expect(
      try table.doubles("ron").map(\.bitPattern) == [1.5, Double.nan, -0.0].map(\.bitPattern))
    #expect(table.column("RON")?.unit == "adu" && table.column("RON")?.displayFormat == "F8.3")
    #expect(table.column("GAIN")?.values == .floats([1, 2, 3.5]))
    #expect(try table.texts("QUADRANT") == ["E", "", "long name"])
    #expect(try table.logicals("OK") == [true, false, nil])
    #expect(try table.vectors("PROFILE") == ([1, 2, 3, 4, 5, 6], 2))
    #expect(table.cards.value(of: "TEST") == "BIAS01")
    #expect(try file.readTable(.named("EMPTY")).rows == 0)
    #expect(kind { _ = try table.texts("RON") } == .noSuchColumn)
    #expect(kind { _ = try table.doubles("NONE") } == .noSuchColumn)
    #expect(kind { _ = try file.readTable(.named("F32")) } == .noSuchHDU)
  }

  @Test("The same content gives the same bytes, and every checksum is right")
  func repeatable() throws {
    let folder = try Folder()
    try FITSWriter.write(to: folder.file("a.fits"), hdus: hdus())
    try FITSStreamWriter.write(to: folder.file("b.fits")) { file in
      for hdu in hdus() { try file.append(hdu) }
    }
    #expect(try bytes(of: folder.file("a.fits")) == bytes(of: folder.file("b.fits")))
    #expect(try FITSFile.verifyChecksums(folder.file("a.fits")) == hdus().count)
    #expect(try bytes(of: folder.file("a.fits")).count % 2880 == 0)
  }

  @Test("fitsverify finds neither error nor warning")
  func fitsverify() throws {
    let folder = try Folder()
    let long = FITSCard("LONGTEXT", .text(String(repeating: "abc'def ", count: 20)))
    try FITSWriter.write(
      to: folder.file("a.fits"),
      hdus: hdus() + [.image(name: "LAST", cards: [long], pixels: .uint16(ramp(5, 5)))])
    try RawFrameWriter.write(
      to: folder.file("raw.fits"), extensionName: "ROE1_CCD1", image: ramp(50, 40), durable: false)
    for name in ["a.fits", "raw.fits"] {
      guard let result = try run("/usr/bin/fitsverify", ["-l", folder.file(name)]) else { return }
      #expect(result.output.contains("0 warning(s) and 0 error(s)"), "\(result.output)")
      #expect(
        !result.output.contains("*** Warning") && !result.output.contains("*** Error"),
        "\(result.output)")
    }
  }

  @Test("Astropy reads the same values and finds the checksums right")
  func astropy() throws {
    let folder = try Folder()
    try FITSWriter.write(to: folder.file("a.fits"), hdus: hdus())
    let script = """
      import sys, warnings
      warnings.simplefilter('error')
      try:
          from astropy.io import fits
      except ImportError:
          print('absent'); sys.exit()
      with fits.open(sys.argv[1], checksum=True, memmap=False) as f:
          print(f['U16', 2].data[0, 1], f['RON'].data['QUADRANT'][2], f['RON'].data['PROFILE'][2, 1])
      """
    guard let result = try run("/usr/bin/python3", ["-c", script, folder.file("a.fits")]),
      !result.output.contains("absent")
    else { return }
    #expect(result.output == "65535 long name 6.0\n")
  }

  @Test("Every flipped byte of a file is found")
  func flips() throws {
    let folder = try Folder()
    try FITSWriter.write(
      to: folder.file("a.fits"),
      hdus: [
        .empty(cards: []), .image(name: "X", pixels: .uint16(ramp(6, 5))),
        .table(name: "T", columns: [FITSColumn("A", values: .doubles([1, 2]))]),
      ])
    let good = try bytes(of: folder.file("a.fits"))
    try FITSFile.verifyChecksums(folder.file("a.fits"))
    var bad = good
    for index in good.indices {
      bad[index] ^= UInt8(1 << (index % 8))
      #expect(kind { _ = try FITSFile.verifyChecksums(bad) } != nil, "byte \(index)")
      bad[index] = good[index]
    }
    for cut in [1, 1440, 2880] {
      let path = try folder.write("c.fits", Array(good.dropLast(cut)))
      #expect(kind { _ = try FITSFile.verifyChecksums(path) } != nil)
    }
    let path = try folder.write("d.fits", good + [UInt8](repeating: 0, count: 2880))
    #expect(kind { _ = try FITSFile.verifyChecksums(path) } == .checksum)
  }

  @Test("Compact pixels: steps of at most a hundredth of the noise, else floating point")
  func compact() throws {
    let small = image(2, 2, [1000, 1001, 1002, 1003] as [Float])
    guard case .scaledInt16(_, let step) = FITSPixels.compact(small, noise: 1) else {
      Issue.record("floating point")
      return
    }
    #expect(step == 3.0 / 65_000)
    func isFloat(_ pixels: FITSPixels) -> Bool {
      if case .float32 = pixels { true } else { false }
    }
    #expect(isFloat(.compact(image(2, 1, [0, 651] as [Float]), noise: 1)))
    #expect(!isFloat(.compact(image(2, 1, [0, 649] as [Float]), noise: 1)))
    #expect(isFloat(.compact(image(2, 1, [0, .infinity] as [Float]), noise: 1)))
    #expect(isFloat(.compact(small, noise: .nan)) && isFloat(.compact(small, noise: 0)))
    #expect(!isFloat(.compact(image(2, 1, [.nan, .nan] as [Float]), noise: 1)))
    let folder = try Folder()
    for truth in [[5, 5, .nan], [.nan, .nan, .nan], [-3e4, 0, 3e4]] as [[Float]] {
      let path = folder.file("c.fits")
      let source = image(3, 1, truth)
      try FITSWriter.write(
        to: path, hdus: [.image(name: "", pixels: .compact(source, noise: 1e4))])
      let read = try values(FITSImageFile.readFloat(path: path))
      for index in 0..<3 {
        #expect(truth[index].isNaN ? read[index].isNaN : abs(read[index] - truth[index]) < 1)
      }
    }
  }

  @Test("Scaled values out of range, or with infinities, are refused")
  func outOfScale() throws {
    let folder = try Folder()
    func write(_ values: [Float], _ step: Double) -> FITSError.Kind? {
      kind {
        try FITSWriter.write(
          to: folder.file("a.fits"),
          hdus: [.image(name: "", pixels: .scaledInt16(image(values.count, 1, values), step: step))]
        )
      }
    }
    #expect(write([0, 65_534], 1) == nil)
    #expect(write([0, 65_536], 1) == .badContent)
    #expect(write([0, .infinity], 1) == .badContent)
    #expect(write([.infinity, .infinity], 1) == .badContent)
    for step in [0, -1, Double.nan, .infinity] { #expect(write([0, 1], step) == .badContent) }
  }

  @Test(
    "Wrong tables and names are refused, and leave no file",
    arguments: [
      [
        FITSHDU.table(
          name: "T",
          columns: [
            FITSColumn("A", values: .doubles([1])), FITSColumn("B", values: .doubles([])),
          ])
      ],
      [
        .table(
          name: "T",
          columns: [
            FITSColumn("A", values: .doubles([1])), FITSColumn("a", values: .doubles([1])),
          ])
      ],
      [.table(name: "T", columns: [FITSColumn("", values: .doubles([1]))])],
      [.table(name: "T", columns: [FITSColumn("A", displayFormat: "hm", values: .doubles([1]))])],
      [.table(name: "T", columns: [FITSColumn("A", values: .vectors([1, 2, 3], width: 2))])],
      [.table(name: "T", columns: [FITSColumn("A", values: .vectors([1], width: 0))])],
      [.table(name: "É", columns: [])],
      [.empty(cards: []), .table(name: "T", columns: []), .table(name: "t", columns: [])],
      [],
    ])
  func refused(hdus: [FITSHDU]) throws {
    let folder = try Folder()
    #expect(kind { try FITSWriter.write(to: folder.file("a.fits"), hdus: hdus) } == .badContent)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("A table as the first HDU gets a primary HDU before it")
  func tableFirst() throws {
    let folder = try Folder()
    let path = folder.file("a.fits")
    try FITSWriter.write(
      to: path, hdus: [.table(name: "T", columns: [FITSColumn("A", values: .texts(["Å", "b"]))])])
    #expect(try FITSFile(path: path).structure.hdus.map(\.kind) == [.image, .binaryTable])
    #expect(try FITSFile(path: path).readTable(.index(1)).texts("A") == ["\\u{c5}", "b"])
  }

  @Test("A missing folder is reported, and nothing is left")
  func missingFolder() throws {
    let folder = try Folder()
    for durable in [true, false] {
      #expect(throws: (any Error).self) {
        try RawFrameWriter.write(
          to: folder.file("none/a.fits"), extensionName: "X", image: ramp(4, 4), durable: durable)
      }
    }
  }
}
