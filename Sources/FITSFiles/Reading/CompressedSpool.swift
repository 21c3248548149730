import CCFITSIO

/// Unpacks a tile-compressed frame once, in bands of rows, into a spool of UInt16.
enum CompressedSpool {
  /// Decodes an image.
  ///
  /// - Throws: `tooLarge` above the input's limit; `unsupportedPixels` where a value does not fit.
  static func decode(_ input: FITSInput, hdu: FITSStructure.HDU, size: (width: Int, height: Int))
    throws(FITSError) -> OpenFile
  {
    let (pixels, overflow) = size.width.multipliedReportingOverflow(by: size.height)
    guard !overflow, pixels <= input.unpackedLimit / 2 else {
      throw FITSError(
        .tooLarge, "the image unpacks to more than \(input.unpackedLimit) bytes",
        file: input.path, hdu: hdu.index)
    }
    var spool = try Spool(for: input.path)
    let handle = try CFITSIOHandle(input)
    // Whole rows, so that CFITSIO unpacks each tile only once; but never a row beyond measure.
    let most = 4 << 20
    let step = size.width > most ? most : most / size.width * size.width
    let band = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: min(step, pixels))
    defer { band.deallocate() }
    var done = 0
    while done < pixels {
      let count = min(step, pixels - done)
      let first = Int64(done + 1)
      try handle.with(hdu, doing: "unpack the image") { file, status in
        vison_fits_read_img(file, TUSHORT, first, Int64(count), nil, band.baseAddress, &status)
      }
      try spool.append(UnsafeRawBufferPointer(start: band.baseAddress, count: count * 2))
      done += count
    }
    return try spool.opened()
  }
}
