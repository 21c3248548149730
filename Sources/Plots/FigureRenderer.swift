import CCairo
import DurableFiles

/// Draws figures into files. The same figure gives the same bytes.
public enum FigureRenderer {
  /// The kinds of file.
  public enum Format: Equatable, Sendable {
    /// Vector, with its creation date in ISO form, as 2019-03-21T10:00:00Z.
    case pdf(creationDate: String)
    /// Raster; dots per inch from 10 to 600.
    case png(dotsPerInch: Double)
    /// Vector, for web pages; texts are outlines.
    case svg
  }

  /// Draws `figure` and writes it to `path`, whole or not at all.
  ///
  /// - Throws: `PlotError`, or what `AtomicFile` throws.
  public static func write(_ figure: Figure, to path: String, format: Format) throws {
    let bytes: [UInt8]
    do {
      bytes = try data(figure, format: format)
    } catch {
      throw PlotError(error.kind, file: path)
    }
    try AtomicFile.write(bytes, to: path)
  }

  /// The content of the file.
  ///
  /// - Throws: `PlotError` for a page without area or too large, a bad date, and Cairo's failures.
  public static func data(_ figure: Figure, format: Format) throws(PlotError) -> [UInt8] {
    try check(figure)
    let (width, height) = (figure.width * 72, figure.height * 72)
    switch format {
    case .pdf(let date):
      guard isDate(date) else { throw PlotError(.creationDate(date)) }
      return try stream { sink in
        let surface = cairo_pdf_surface_create_for_stream(append, sink, width, height)
        // An unset date is the clock's, and the bytes would not repeat.
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date)
        cairo_pdf_surface_set_metadata(
          surface, CAIRO_PDF_METADATA_TITLE, Canvas.printable(figure.title))
        return surface
      } draw: {
        draw(figure, on: $0)
      }
    case .svg:
      let raw = try stream { sink in
        cairo_svg_surface_create_for_stream(append, sink, width, height)
      } draw: {
        draw(figure, on: $0)
      }
      return SVGText.withStableNames(raw)
    case .png(let resolution):
      guard resolution >= 10, resolution <= 600, figure.width * resolution <= 20000,
        figure.height * resolution <= 20000
      else { throw PlotError(.pageSize(width: figure.width, height: figure.height)) }
      let surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32((figure.width * resolution).rounded()),
        Int32((figure.height * resolution).rounded()))
      guard let surface else { throw PlotError(.drawing("no surface")) }
      let canvas = Canvas(surface: surface, scale: resolution / 72)
      draw(figure, on: canvas)
      if let failure = canvas.failure { throw PlotError(.drawing(failure)) }
      var bytes: [UInt8] = []
      let status = withUnsafeMutablePointer(to: &bytes) {
        cairo_surface_write_to_png_stream(surface, append, $0)
      }
      try check(status)
      return bytes
    }
  }

  /// The texts that are drawn, with their boxes in points, and the page's box.
  package static func layout(_ figure: Figure) throws(PlotError) -> [PlacedText] {
    try check(figure)
    guard
      let surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, nil)
    else { throw PlotError(.drawing("no surface")) }
    let canvas = Canvas(surface: surface)
    draw(figure, on: canvas)
    if let failure = canvas.failure { throw PlotError(.drawing(failure)) }
    return canvas.placed
  }

  // MARK: - Steps

  private static func draw(_ figure: Figure, on canvas: Canvas) {
    PageDrawing(canvas: canvas).draw(figure)
  }

  private static func check(_ figure: Figure) throws(PlotError) {
    for side in [figure.width, figure.height] where !(side >= 0.5 && side <= 60) {
      throw PlotError(.pageSize(width: figure.width, height: figure.height))
    }
  }

  private static func check(_ status: cairo_status_t) throws(PlotError) {
    guard status == CAIRO_STATUS_SUCCESS else {
      throw PlotError(.drawing(String(cString: cairo_status_to_string(status))))
    }
  }

  /// Draws onto a surface that appends to an array.
  private static func stream(
    make: (UnsafeMutableRawPointer) -> OpaquePointer?, draw: (Canvas) -> Void
  ) throws(PlotError) -> [UInt8] {
    let bytes = UnsafeMutablePointer<[UInt8]>.allocate(capacity: 1)
    bytes.initialize(to: [])
    defer {
      bytes.deinitialize(count: 1)
      bytes.deallocate()
    }
    guard let surface = make(UnsafeMutableRawPointer(bytes)) else {
      throw PlotError(.drawing("no surface"))
    }
    let canvas = Canvas(surface: surface)
    draw(canvas)
    canvas.showPage()
    let failure = canvas.failure
    cairo_surface_finish(surface)
    if let failure { throw PlotError(.drawing(failure)) }
    try check(cairo_surface_status(surface))
    return bytes.pointee
  }

  private static let append: cairo_write_func_t = { closure, data, length in
    guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
    closure.assumingMemoryBound(to: [UInt8].self).pointee
      .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
    return CAIRO_STATUS_SUCCESS
  }

  /// Whether a date has the form that Cairo reads; it silently uses the clock for others.
  static func isDate(_ text: String) -> Bool {
    let pattern = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
    let bytes = Array(text.utf8)
    guard bytes.count == pattern.count else { return false }
    let fits = zip(bytes, pattern).allSatisfy { byte, wanted in
      wanted == UInt8(ascii: "d")
        ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == wanted
    }
    func number(_ at: Int) -> Int { Int(bytes[at] - 48) * 10 + Int(bytes[at + 1] - 48) }
    return fits && (1...12).contains(number(5)) && (1...31).contains(number(8))
      && number(11) < 24 && number(14) < 60 && number(17) < 61
  }
}

/// Cairo names surfaces in SVG by a counter of the process; a second drawing would differ.
enum SVGText {
  static let prefixes = [
    "surface", "image", "mask", "clip", "source", "linear", "pattern", "symbol",
  ]

  /// Renumbers names such as `surface12` in the order in which they appear.
  static func withStableNames(_ bytes: [UInt8]) -> [UInt8] {
    let heads = prefixes.map { Array($0.utf8) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var numbers: [[UInt8]: Int] = [:]
    var index = 0
    while index < bytes.count {
      // Names follow `id="` or a `#`; other text, such as base64 data, stays as it is.
      let startsName = index > 0 && (bytes[index - 1] == 0x23 || bytes[index - 1] == 0x22)
      if startsName,
        let head = heads.first(where: { bytes[index...].starts(with: $0) })
      {
        var end = index + head.count
        while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
        if end > index + head.count {
          let name = Array(bytes[index..<end])
          let number = numbers[name] ?? numbers.count
          numbers[name] = number
          result += head + Array(String(number).utf8)
          index = end
          continue
        }
      }
      result.append(bytes[index])
      index += 1
    }
    return result
  }
}
