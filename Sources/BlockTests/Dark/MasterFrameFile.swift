import Analysis
import Campaign
import Detector
import Diagnostics
import DurableFiles
import FITSFiles

/// The master bias as a FITS product: metadata in the primary header, then STACK, STD, MASK.
enum MasterFrameFile {
  /// `EUC_MASTERBIAS_CCD1_SN_<serial>_<BLOCK>.fits`, with names from outside made harmless.
  static func name(detector: String, _ context: TestContext) -> String {
    let serial = SafeName.component(context.serials[detector] ?? "unknown")
    return
      "EUC_MASTERBIAS_\(SafeName.component(detector))_SN_\(serial)_\(SafeName.component(context.block)).fits"
  }

  /// Writes the product.
  ///
  /// STACK and STD are stored as scaled 16-bit numbers where the step is below a hundredth of the
  /// stack's noise, which halves the file and loses nothing; as 32-bit floats otherwise.
  static func write(
    _ master: MasterFrame, to path: String, detector: String, frames: [Int], temporal: [Double],
    _ context: TestContext
  ) throws {
    let camera = context.camera
    let noise = temporal.min() ?? 0
    let n = Double(max(1, frames.count))
    let errorFactor = (MedianStack.varianceFactor(count: frames.count)).squareRoot()
    let geometry = [
      FITSCard("DETSIZE", .text("[1:\(camera.width),1:\(camera.height)]"), "Detector size"),
      FITSCard("DETSEC", .text("[1:\(camera.width),1:\(camera.height)]"), "Section of the detector"),
      FITSCard("CCDSUM", .text("1 1"), "No binning"),
    ]
    let unit = [FITSCard("BUNIT", .text(Unit.adu.fits), "Pixel unit")]
    let primary = [
      FITSCard("ID", .text(context.analysis), "Analysis"),
      FITSCard("BLOCKID", .text(context.block), "Block"),
      FITSCard("TEST", .text(context.definition.name), "Test"),
      FITSCard("CCD", .text(detector), "Detector"),
      FITSCard("CCD_SN", .text(context.serials[detector] ?? "unknown"), "Detector serial number"),
      FITSCard("INSTRUME", .text(camera.title), "Camera"),
      FITSCard("NCOMB", .integer(frames.count), "Number of frames combined"),
      FITSCard("COMBINE", .text("median"), "Combination of offset-subtracted frames"),
      FITSCard("OBSID0", .integer(frames.first ?? 0), "First ObsID"),
      FITSCard("OBSID1", .integer(frames.last ?? 0), "Last ObsID"),
      FITSCard(
        "ERRFACT", .real(errorFactor), "Error of STACK = ERRFACT * STD (normal noise)"),
      FITSCard("ORIGIN", .text("vison"), "Program suite"),
      FITSCard("CREATOR", .text("vison-run \(ProgramVersion.current)"), "Program and version"),
      FITSCard("DATE", .text(context.productDate), "Start of the analysis, UTC"),
    ]
    let maskCards = [
      FITSCard.comment("MASK: 0 good; 1 no frame has a valid value; 2 departs by more than 10 widths")
    ]
    try FITSWriter.write(
      to: path,
      hdus: [
        .empty(cards: primary),
        .image(
          name: "STACK", cards: unit + geometry,
          pixels: FITSPixels.compact(master.stack, noise: noise * errorFactor)),
        .image(
          name: "STD", cards: unit + geometry,
          pixels: FITSPixels.compact(master.scatter, noise: noise / n.squareRoot())),
        .image(name: "MASK", cards: geometry + maskCards, pixels: .uint8(master.mask)),
      ])
  }
}
