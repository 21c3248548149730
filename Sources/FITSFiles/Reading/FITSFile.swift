import CCFITSIO
public import Detector

/// A FITS file opened for reading, behind the gate.
///
/// Images, also compressed ones, are read by CFITSIO, which applies BSCALE, BZERO and BLANK; tables
/// and headers in Swift. One file is used by one task at a time. The name is taken literally.
public final class FITSFile {
  /// What the file holds.
  public let structure: FITSStructure
  private let input: FITSInput
  private var handle: CFITSIOHandle?

  /// Opens a file; gzip is recognised by its content.
  ///
  /// - Parameter unpackedLimit: how many bytes gzip, or a compressed image, may unpack to.
  /// - Throws: `FITSError`, anything from the gate.
  public init(path: String, unpackedLimit: Int = 1 << 30) throws(FITSError) {
    input = try FITSInput(path: path, unpackedLimit: unpackedLimit)
    structure = input.structure
  }

  /// Finds an HDU.
  ///
  /// - Throws: `noSuchHDU`.
  public func hdu(_ selection: FITSSelection) throws(FITSError) -> FITSStructure.HDU {
    try structure.hdu(selection, file: input.path)
  }

  // MARK: - Images

  /// Reads an image as physical values; BLANK becomes NaN.
  ///
  /// Values of BITPIX -32 come out bit for bit where there is no scaling.
  public func readFloat(_ selection: FITSSelection = .lastImage) throws(FITSError) -> Image<Float> {
    let hdu = try hdu(selection)
    let image = try newImage(hdu, Float.self)
    try read(hdu, TFLOAT, Float.nan, into: image)
    return image
  }

  /// Reads an image as physical values; BLANK becomes NaN.
  public func readDouble(_ selection: FITSSelection = .lastImage) throws(FITSError)
    -> Image<Double>
  {
    let hdu = try hdu(selection)
    let image = try newImage(hdu, Double.self)
    try read(hdu, TDOUBLE, Double.nan, into: image)
    return image
  }

  /// Reads an image as signed integers.
  ///
  /// - Throws: `unsupportedPixels` where a value does not fit.
  public func readInt32(_ selection: FITSSelection = .lastImage) throws(FITSError)
    -> Image<Int32>
  {
    let hdu = try hdu(selection)
    let image = try newImage(hdu, Int32.self)
    try read(hdu, TINT, nil, into: image)
    return image
  }

  /// Reads an image of bytes.
  ///
  /// - Throws: `unsupportedPixels` where a value does not fit.
  public func readUInt8(_ selection: FITSSelection = .lastImage) throws(FITSError)
    -> Image<UInt8>
  {
    let hdu = try hdu(selection)
    let image = try newImage(hdu, UInt8.self)
    try read(hdu, TBYTE, nil, into: image)
    return image
  }

  /// Reads a rectangle of an image as physical values; columns and rows count from 0.
  ///
  /// - Throws: `wrongSize` where the rectangle is not within the image.
  public func readSection(_ selection: FITSSelection = .lastImage, x: Range<Int>, y: Range<Int>)
    throws(FITSError) -> Image<Double>
  {
    let hdu = try hdu(selection)
    let size = try size(of: hdu)
    guard x.lowerBound >= 0, y.lowerBound >= 0, x.upperBound <= size.width,
      y.upperBound <= size.height, !x.isEmpty, !y.isEmpty
    else {
      throw FITSError(
        .wrongSize, "columns \(x) and rows \(y) are not within \(size.width) x \(size.height)",
        file: input.path, hdu: hdu.index)
    }
    let image = try newImage(hdu, Double.self, size: (x.count, y.count))
    var null = Double.nan
    try opened().with(hdu, doing: "read a section") { file, status in
      withUnsafeMutablePointer(to: &null) { null in
        _ = vison_fits_read_section(
          file, TDOUBLE, x.lowerBound + 1, y.lowerBound + 1, x.upperBound, y.upperBound,
          hdu.bitpix < 0 ? nil : null, image.pixels.baseAddress, &status)
      }
    }
    return image
  }

  private func size(of hdu: FITSStructure.HDU) throws(FITSError) -> (width: Int, height: Int) {
    guard let size = hdu.imageSize else {
      throw FITSError(
        .noSuchHDU, "this is no image with two axes", file: input.path, hdu: hdu.index)
    }
    return size
  }

  private func newImage<Pixel>(
    _ hdu: FITSStructure.HDU, _ type: Pixel.Type, size part: (width: Int, height: Int)? = nil
  ) throws(FITSError) -> Image<Pixel> {
    var size = try size(of: hdu)
    if let part { size = part }
    // Plain pixels are in the file, as the gate made sure; compressed ones are only announced.
    if case .compressedImage = hdu.kind {
      let (pixels, overflow) = size.width.multipliedReportingOverflow(by: size.height)
      guard !overflow, pixels <= input.unpackedLimit / MemoryLayout<Pixel>.size else {
        throw FITSError(
          .tooLarge, "the image unpacks to more than \(input.unpackedLimit) bytes",
          file: input.path, hdu: hdu.index)
      }
    }
    return Image<Pixel>(width: size.width, height: size.height)
  }

  /// - Parameter null: what BLANK becomes. Floating-point pixels are read without one: CFITSIO
  ///   would then rewrite NaN and set denormal numbers to zero.
  private func read<Pixel>(
    _ hdu: FITSStructure.HDU, _ type: Int32, _ null: Pixel?, into image: Image<Pixel>
  ) throws(FITSError) {
    let null = hdu.bitpix < 0 ? nil : null
    let count = Int64(image.pixels.count)
    try opened().with(hdu, doing: "read the image") { file, status in
      if var null {
        vison_fits_read_img(file, type, 1, count, &null, image.pixels.baseAddress, &status)
      } else {
        vison_fits_read_img(file, type, 1, count, nil, image.pixels.baseAddress, &status)
      }
    }
  }

  private func opened() throws(FITSError) -> CFITSIOHandle {
    if let handle { return handle }
    let new = try CFITSIOHandle(input)
    handle = new
    return new
  }

  // MARK: - Tables

  /// Reads a binary table.
  ///
  /// - Throws: `noSuchHDU` where this is no binary table, `unsupported` for values out of range.
  public func readTable(_ selection: FITSSelection) throws(FITSError) -> FITSTable {
    let hdu = try hdu(selection)
    guard hdu.kind == .binaryTable else {
      throw FITSError(.noSuchHDU, "this is no binary table", file: input.path, hdu: hdu.index)
    }
    return try TableDecoder(hdu, input.file).table()
  }
}

/// Reading of a single image without keeping the file open.
public enum FITSImageFile {
  /// Reads an image as physical values; BLANK becomes NaN.
  public static func readFloat(path: String, hdu: FITSSelection = .lastImage) throws(FITSError)
    -> Image<Float>
  {
    try FITSFile(path: path).readFloat(hdu)
  }

  /// Reads an image as physical values; BLANK becomes NaN.
  public static func readDouble(path: String, hdu: FITSSelection = .lastImage) throws(FITSError)
    -> Image<Double>
  {
    try FITSFile(path: path).readDouble(hdu)
  }
}
