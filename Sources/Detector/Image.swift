#if canImport(Glibc)
  import Glibc
#endif

/// A rectangular array of pixels in memory, in the order of a FITS image: row by row from the
/// bottom, `pixels[y * width + x]`.
///
/// The storage is aligned to 64 bytes and, where it is large, asks for huge pages: touching a fresh
/// frame of 35 MB costs five times as much in small pages as reading it. An image is not protected
/// against being changed by two tasks at once: fill it in one task, then only read it.
public final class Image<Pixel: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels; valid as long as the image lives.
  ///
  /// The buffer does not keep the image alive: hold the image in a variable and, where only the buffer is
  /// used afterwards, end with `withExtendedLifetime(image) {}`.
  public let pixels: UnsafeMutableBufferPointer<Pixel>

  /// An image of the given size whose pixels are not yet set.
  ///
  /// - Precondition: `width` and `height` are not negative, and their product was checked by the
  ///   caller against what its source of pixels holds.
  public init(width: Int, height: Int) {
    precondition(width >= 0 && height >= 0)
    self.width = width
    self.height = height
    let bytes = max(64, width * height * MemoryLayout<Pixel>.stride)
    let large = bytes >= 4 << 20
    var address: UnsafeMutableRawPointer?
    let status = posix_memalign(&address, large ? 2 << 20 : 64, bytes)
    precondition(status == 0 && address != nil, "out of memory for an image of \(bytes) bytes")
    if large { madvise(address, bytes, MADV_HUGEPAGE) }
    let typed = address.unsafelyUnwrapped.bindMemory(to: Pixel.self, capacity: width * height)
    pixels = UnsafeMutableBufferPointer(start: typed, count: width * height)
  }

  /// An image filled with one value.
  public convenience init(width: Int, height: Int, filledWith value: Pixel) {
    self.init(width: width, height: height)
    pixels.initialize(repeating: value)
  }

  deinit { free(pixels.baseAddress) }

  /// The pixel in column `x` of row `y`, both counted from 0.
  public subscript(x: Int, y: Int) -> Pixel {
    get {
      precondition(x >= 0 && x < width && y >= 0 && y < height)
      return pixels[y * width + x]
    }
    set {
      precondition(x >= 0 && x < width && y >= 0 && y < height)
      pixels[y * width + x] = newValue
    }
  }

  /// The pixels of one row.
  public func row(_ y: Int) -> UnsafeMutableBufferPointer<Pixel> {
    precondition(y >= 0 && y < height)
    return UnsafeMutableBufferPointer(rebasing: pixels[y * width..<(y + 1) * width])
  }
}
