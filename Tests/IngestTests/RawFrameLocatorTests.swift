import Ingest
import Testing

@Suite("RawFrameLocator")
struct RawFrameLocatorTests {
  let names = [
    "EUC_10_300719D121603T_ROE1_CCD1.fits", "EUC_10_300719D_121603T_ROE1_CCD2.fits",
    "EUC_10_300719d121603T_ROE1_CCD3.fits.fz", "EUC_11_300719D121603T_ROE1_CCD1.fits",
    "EUC_11_300719D_121603T_ROE1_CCD1.fits", "EUC_110_300719D121603T_ROE1_CCD1.fits",
    "EXP_LOG_300719.txt", "EUC_.fits", "EUC_1_x_ROE1_CCD1.fits", "lab frame.fits",
  ]

  func row(_ obsid: Int, _ detector: String, _ name: String) -> ExposureRow {
    ExposureRow(
      obsid: obsid, detector: detector, fileName: name, date: nil, test: "", values: [:],
      origin: .init(file: "x", line: 1, folder: "d"))
  }

  @Test("Frames are found in all spellings of their names, by listed name first")
  func spellings() throws {
    let locator = RawFrameLocator(folder: "d", names: names)
    #expect(
      try locator.path(of: row(10, "CCD1", "EUC_10_300719D121603T_ROE1_CCD1")) == "d/" + names[0])
    #expect(
      try locator.path(of: row(10, "CCD2", "EUC_10_300719D121603T_ROE1_CCD2")) == "d/" + names[1])
    #expect(try locator.path(obsid: 10, detector: "CCD3") == "d/" + names[2])
    // Two spellings of one frame are no matter while the log names one of them.
    #expect(
      try locator.path(of: row(11, "CCD1", "EUC_11_300719D_121603T_ROE1_CCD1")) == "d/" + names[4])
    #expect(try locator.path(of: row(99, "CCD1", "lab frame.fits")) == "d/lab frame.fits")
  }

  @Test("Missing and ambiguous frames are named; a listed name cannot leave the folder")
  func refusals() {
    let locator = RawFrameLocator(folder: "d", names: names)
    #expect { try locator.path(of: row(1, "CCD1", "EUC_1_300719D121603T_ROE1_CCD1")) } throws: {
      let error = $0 as? IngestError
      return error?.kind == .frameMissing && error?.problem.contains("ObsID 1 CCD1") == true
    }
    #expect { try locator.path(obsid: 11, detector: "CCD1") } throws: {
      let error = $0 as? IngestError
      return error?.kind == .frameAmbiguous && error?.problem.contains(names[4]) == true
    }
    for name in ["../secret", "/etc/passwd", "a/b"] {
      #expect(throws: IngestError.self) { try locator.path(of: row(1, "CCD1", name)) }
    }
  }

  @Test("A name tells ObsID, time and detector, and is written without underscore")
  func nameParts() throws {
    let date = try #require(ElvisDate(log: "300719D121603T"))
    let name = RawFrameLocator.fileName(obsid: 31074, date: date, detector: "CCD1")
    #expect(name == "EUC_31074_300719D121603T_ROE1_CCD1")
    let frame = try #require(RawFrameLocator.frame(ofFileName: name + ".fits"))
    #expect(frame.obsid == 31074 && frame.date == date && frame.detector == "CCD1")
    #expect(RawFrameLocator.frame(ofFileName: "EUC_-1_300719D121603T_ROE1_CCD1.fits") == nil)
  }
}
