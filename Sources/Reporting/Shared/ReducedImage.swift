public import Detector
import FITSFiles
public import Plots

/// Pictures of images in FITS products, averaged over boxes.
public enum ReducedImage {
  /// An image extension of a FITS file, reduced so that neither side exceeds `limit`.
  ///
  /// The file is read in bands, so that memory does not grow with the image. A pixel of the result
  /// is the mean of the finite pixels of its box.
  ///
  /// - Parameters:
  ///   - path: the FITS file.
  ///   - name: the extension's name, such as `STACK`.
  ///   - region: the pixels to show, in the coordinates of the image; nil for all.
  ///   - limit: the greatest side of the result.
  /// - Throws: `ReportingError` where the file has no such image, `FITSError` where it is damaged.
  public static func read(
    path: String, extension name: String, region: Region? = nil, limit: Int = 300
  ) throws -> PlotImage {
    let file = try FITSFile(path: path)
    return try read(file, path: path, extension: name, region: region, limit: limit)
  }

  /// The images of all amplifiers of a detector, each as it lies in the frame.
  public static func readAmplifiers(
    path: String, extension name: String, camera: Camera, limit: Int = 220
  ) throws -> [String: PlotImage] {
    let file = try FITSFile(path: path)
    var images: [String: PlotImage] = [:]
    for amplifier in camera.amplifiers {
      let region = Region(
        columns: amplifier.x0..<amplifier.x0 + amplifier.width,
        rows: amplifier.y0..<amplifier.y0 + amplifier.height)
      images[amplifier.name] = try read(
        file, path: path, extension: name, region: region, limit: limit)
    }
    return images
  }

  private static func read(
    _ file: FITSFile, path: String, extension name: String, region: Region?, limit: Int
  ) throws -> PlotImage {
    let hdu = try file.hdu(.named(name))
    guard hdu.axes.count == 2, hdu.axes[0] > 0, hdu.axes[1] > 0 else {
      throw ReportingError(.unreadableProduct, "\(name) is no image of two axes", place: path)
    }
    let whole = Region(columns: 0..<hdu.axes[0], rows: 0..<hdu.axes[1])
    let area = region ?? whole
    guard !area.isEmpty, area.columns.upperBound <= whole.columns.upperBound,
      area.rows.upperBound <= whole.rows.upperBound
    else {
      throw ReportingError(
        .unreadableProduct,
        "\(name) has \(hdu.axes[0]) x \(hdu.axes[1]) pixels, too few for the camera", place: path)
    }
    let width = min(area.columns.count, max(1, limit))
    let height = min(area.rows.count, max(1, limit))
    var values: [Float] = []
    values.reserveCapacity(width * height)
    // A band holds whole boxes: as many result rows as fit into about two million pixels.
    let boxRows = (area.rows.count + height - 1) / height
    let step = max(1, 2_000_000 / max(1, area.columns.count * boxRows))
    for first in stride(from: 0, to: height, by: step) {
      let last = min(first + step, height)
      let rows =
        area.rows.lowerBound + first * area.rows.count / height..<area.rows.lowerBound + last
        * area.rows.count / height
      let band = try file.readSection(.named(name), x: area.columns, y: rows)
      for row in first..<last {
        let top = area.rows.lowerBound + (row + 1) * area.rows.count / height - rows.lowerBound
        let bottom = area.rows.lowerBound + row * area.rows.count / height - rows.lowerBound
        for column in 0..<width {
          let left = column * area.columns.count / width
          let right = (column + 1) * area.columns.count / width
          values.append(mean(band, columns: left..<right, rows: bottom..<top))
        }
      }
    }
    return try PlotImage(width: width, height: height, values: values)
  }

  private static func mean(_ image: Image<Double>, columns: Range<Int>, rows: Range<Int>) -> Float {
    var sum = 0.0
    var count = 0
    for y in rows where y < image.height {
      let line = image.row(y)
      for x in columns where line[x].isFinite {
        sum += line[x]
        count += 1
      }
    }
    return count > 0 ? Float(sum / Double(count)) : .nan
  }
}
