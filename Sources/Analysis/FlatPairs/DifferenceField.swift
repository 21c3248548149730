import Detector

/// The difference of two flats over a region, with what is left out set to zero, in memory that is padded with zeros on
/// both sides of each row, so that products at any lag need no test of bounds.
final class DifferenceField {
  let width: Int
  let height: Int
  /// Zeros to the left and right of each row.
  let margin: Int
  let stride: Int
  private let storage: Image<Float>
  /// Whether a pixel is left out, row by row, without padding.
  private let excluded: Image<UInt8>

  /// A field of zeros.
  ///
  /// - Parameter range: the greatest lag that will be asked for.
  init(width: Int, height: Int, range: Int) {
    self.width = width
    self.height = height
    margin = range + LagProducts.lagsAtOnce + 8
    stride = width + 2 * margin
    storage = Image(width: stride, height: max(height, 1), filledWith: 0)
    excluded = Image(width: max(width, 1), height: max(height, 1), filledWith: 0)
  }

  /// Calls `body` with the first pixel of a row and its marks of exclusion.
  @inline(__always)
  func withRow<Result>(
    _ y: Int,
    _ body: (_ values: UnsafeMutablePointer<Float>, _ isExcluded: UnsafeMutablePointer<UInt8>) ->
      Result
  ) -> Result? {
    guard let values = storage.pixels.baseAddress, let marks = excluded.pixels.baseAddress else {
      return nil
    }
    return withExtendedLifetime(self) {
      body(values + (y * stride + margin), marks + y * width)
    }
  }
}
