/// An image of numbers, the lowest row first. NaN stands for missing pixels.
public struct PlotImage: Sendable, Equatable {
  /// Columns and rows.
  public let width, height: Int
  /// width × height values, row by row from the bottom.
  public let values: [Float]

  /// An image from its values.
  ///
  /// - Throws: `PlotError` where the number of values is not width times height.
  public init(width: Int, height: Int, values: [Float]) throws(PlotError) {
    let product = width.multipliedReportingOverflow(by: height)
    guard width >= 0, height >= 0, !product.overflow, product.partialValue == values.count else {
      throw PlotError(.imageShape(width: width, height: height, count: values.count))
    }
    (self.width, self.height, self.values) = (width, height, values)
  }

  private init(uncheckedWidth width: Int, height: Int, values: [Float]) {
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// Two images are equal when their bit patterns are, so that missing pixels compare equal.
  public static func == (a: PlotImage, b: PlotImage) -> Bool {
    a.width == b.width && a.height == b.height
      && a.values.elementsEqual(b.values) { $0.bitPattern == $1.bitPattern }
  }

  /// The image averaged over boxes so that no side exceeds the given ones; never enlarged.
  ///
  /// Each pixel of the result is the mean of the finite pixels that fall into its box; NaN where
  /// there are none. Boxes differ by at most one pixel in size. Reduce full frames (512 is plenty)
  /// before putting them into a figure, which otherwise holds them whole.
  public func reduced(toWidth maximumWidth: Int, height maximumHeight: Int) -> PlotImage {
    let columns = min(width, max(1, maximumWidth))
    let rows = min(height, max(1, maximumHeight))
    guard columns < width || rows < height, columns > 0, rows > 0 else { return self }
    var result = [Float](repeating: .nan, count: columns * rows)
    var sums = [Double](repeating: 0, count: columns)
    var counts = [Int32](repeating: 0, count: columns)
    let starts = (0...columns).map { $0 * width / columns }
    values.withUnsafeBufferPointer { source in
      for row in 0..<rows {
        for column in 0..<columns { (sums[column], counts[column]) = (0, 0) }
        for y in row * height / rows..<(row + 1) * height / rows {
          let line = y * width
          for column in 0..<columns {
            var sum = 0.0
            var count: Int32 = 0
            for x in starts[column]..<starts[column + 1] {
              let value = source[line + x]
              if value.isFinite {
                sum += Double(value)
                count += 1
              }
            }
            sums[column] += sum
            counts[column] += count
          }
        }
        for column in 0..<columns where counts[column] > 0 {
          result[row * columns + column] = Float(sums[column] / Double(counts[column]))
        }
      }
    }
    return PlotImage(uncheckedWidth: columns, height: rows, values: result)
  }
}

/// How values of an image or a map become colours.
public enum ValueScale: Equatable, Sendable {
  /// From the least to the greatest value.
  case full
  /// Between fixed values.
  case fixed(Double, Double)
  /// Between two percentiles, such as 1 and 99.
  case percentiles(Double, Double)
  /// The median ± 4 sigma-MAD, clipped to the data.
  case robust
  /// IRAF's zscale with contrast 0.25.
  case zscale
  /// By rank: each colour has as many pixels.
  case equalised
  /// Symmetric about a value: reaching as far as `robust` does on the wider side.
  case centred(Double)
}

/// A panel with an image.
public struct ImagePanel: Equatable, Sendable {
  /// The pixels.
  public var image: PlotImage
  /// How they become colours.
  public var scale: ValueScale
  /// The colours.
  public var map: ColourMap
  /// The label and unit of the colour bar; nil for no bar.
  public var value: Axis?
  /// The axes, from 0 to the width and height unless limits are fixed; their `limits` say which
  /// coordinates the image's edges have.
  public var x, y: Axis
  /// A short text in a corner, such as the quadrant, and that corner.
  public var note: String
  /// The corner of `note`.
  public var noteCorner: Corner

  /// A panel with an image.
  public init(
    _ image: PlotImage, scale: ValueScale = .percentiles(1, 99), map: ColourMap = .grey,
    value: Axis? = Axis("value"), x: Axis = Axis("x", unit: "pixel"),
    y: Axis = Axis("y", unit: "pixel"), note: String = "", noteCorner: Corner = .topLeft
  ) {
    (self.image, self.scale, self.map, self.value) = (image, scale, map, value)
    (self.x, self.y, self.note, self.noteCorner) = (x, y, note, noteCorner)
  }
}
