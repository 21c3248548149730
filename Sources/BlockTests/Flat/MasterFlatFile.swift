import Analysis
import Campaign
import Detector
import Diagnostics
import DurableFiles
import FITSFiles

/// The master flat as a FITS product: metadata in the primary header, then FLAT, EFLAT, NFRAMES, MODEL, MASK.
enum MasterFlatFile {
  /// `EUC_FF_800nm_col001_ROE1_CCD1.fits`, with names from outside made harmless.
  static func name(_ label: String, _ detector: String, _ wavelength: Int?) -> String {
    let light = wavelength.map { $0 > 0 ? "\($0)nm" : "ND" } ?? "unknown"
    return
      "EUC_FF_\(light)_\(SafeName.component(label))_ROE1_\(SafeName.component(detector)).fits"
  }

  /// Bits of the mask that goes with a master; defects of the response are the business of the mask product.
  enum MaskBit {
    /// No frame has a valid value.
    static let empty: UInt8 = 1
    /// Less than half of the frames entered.
    static let few: UInt8 = 2
  }

  /// The cards that all products of a flat test share.
  static func identity(_ detector: String, _ context: TestContext, _ wavelength: Int?) -> [FITSCard]
  {
    [
      FITSCard("ID", .text(context.analysis), "Analysis"),
      FITSCard("BLOCKID", .text(context.block), "Block"),
      FITSCard("TEST", .text(context.definition.name), "Test"),
      FITSCard("CCD", .text(detector), "Detector"),
      FITSCard("CCD_SN", .text(context.serials[detector] ?? "unknown"), "Detector serial number"),
      FITSCard("INSTRUME", .text(context.camera.title), "Camera"),
      FITSCard("WAVEL", .integer(wavelength ?? 0), "Wavelength in nm, 0 without filter"),
    ]
  }

  static func origin(_ context: TestContext) -> [FITSCard] {
    [
      FITSCard("ORIGIN", .text("vison"), "Program suite"),
      FITSCard("CREATOR", .text("vison-run \(ProgramVersion.current)"), "Program and version"),
      FITSCard("DATE", .text(context.productDate), "Start of the analysis, UTC"),
    ]
  }

  static func geometry(_ camera: Camera) -> [FITSCard] {
    [
      FITSCard("DETSIZE", .text("[1:\(camera.width),1:\(camera.height)]"), "Detector size"),
      FITSCard("DETSEC", .text("[1:\(camera.width),1:\(camera.height)]"), "Section of the detector"),
      FITSCard("CCDSUM", .text("1 1"), "No binning"),
    ]
  }

  /// Writes the product.
  ///
  /// Images are stored as scaled 16-bit numbers where the step is below a twenty-fifth of their noise, which adds 0.01 % to
  /// its variance, as 32-bit floats otherwise.
  ///
  /// - Parameter fluences: by amplifier.
  static func write(
    _ master: MasterFlat, to path: String, detector: String, label: String, frames: [Int],
    _ settings: FlatSettings, fluences: [Estimate?], _ context: TestContext
  ) throws {
    let camera = context.camera
    let n = Double(max(1, frames.count))
    let noise = (master.temporal.compactMap(\.self).min() ?? 0) / n.squareRoot()
    let geometry = geometry(camera)
    var primary = identity(detector, context, settings.wavelength)
    primary += [
      FITSCard("FLUCOL", .text(label), "Script column: the fluence"),
      FITSCard("NCOMB", .integer(frames.count), "Number of frames combined"),
      FITSCard("COMBINE", .text("clipped mean"), "Of frames divided by their illumination"),
      FITSCard("CLIP", .real(settings.clip), "Clipping about the median, in sigma"),
      FITSCard("KNOTS", .integer(settings.distance), "Knots of the illumination, pixels"),
      FITSCard("OBSID0", .integer(frames.first ?? 0), "First ObsID"),
      FITSCard("OBSID1", .integer(frames.last ?? 0), "Last ObsID"),
    ]
    for (amplifier, fluence) in zip(camera.amplifiers, fluences) {
      guard let fluence, amplifier.name.utf8.count <= 4,
        amplifier.name.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) })
      else { continue }
      primary.append(
        FITSCard("FLU_\(amplifier.name)", .real(fluence.value), "Mean signal, ADU"))
    }
    primary += origin(context)
    let mask = mask(master, frames: frames.count, settings, camera)
    let level = fluences.compactMap { $0?.value }.min() ?? 0
    try FITSWriter.write(
      to: path,
      hdus: [
        .empty(cards: primary),
        .image(
          name: "FLAT", cards: geometry, pixels: FITSPixels.compact(master.flat, noise: 4 * noise)),
        .image(
          name: "EFLAT",
          cards: geometry + [.comment("EFLAT: standard error of FLAT, from the scatter of the frames")],
          pixels: FITSPixels.compact(master.error, noise: noise)),
        .image(
          name: "NFRAMES", cards: geometry + [.comment("NFRAMES: frames that entered a pixel")],
          pixels: counts(master.count, frames: frames.count)),
        .image(
          name: "MODEL",
          cards: [FITSCard("BUNIT", .text(Unit.adu.fits), "Pixel unit")] + geometry
            + [.comment("MODEL: mean illumination of the frames")],
          pixels: FITSPixels.compact(master.model, noise: 4 * noise * level)),
        .image(
          name: "MASK",
          cards: geometry + [
            .comment("MASK: 0 good; 1 no frame has a valid value; 2 less than half of the frames")
          ], pixels: .uint8(mask)),
      ])
  }

  /// Bytes, where they are enough.
  private static func counts(_ image: Image<UInt16>, frames: Int) -> FITSPixels {
    guard frames < 256 else { return .uint16(image) }
    let bytes = Image<UInt8>(width: image.width, height: image.height)
    for (index, count) in image.pixels.enumerated() {
      bytes.pixels[index] = UInt8(truncatingIfNeeded: count)
    }
    return .uint8(bytes)
  }

  private static func mask(
    _ master: MasterFlat, frames: Int, _ settings: FlatSettings, _ camera: Camera
  ) -> Image<UInt8> {
    let mask = Image<UInt8>(width: camera.width, height: camera.height, filledWith: 0)
    guard let image = settings.image else { return mask }
    for amplifier in camera.amplifiers {
      let area = amplifier.frameRegion(of: image)
      for y in area.rows {
        let bits = mask.row(y)
        let counts = master.count.row(y)
        for x in area.columns {
          if counts[x] == 0 {
            bits[x] |= MaskBit.empty
          } else if 2 * Int(counts[x]) < frames {
            bits[x] |= MaskBit.few
          }
        }
      }
    }
    return mask
  }
}
