import CCairo

/// A rectangle in points; y grows downwards.
package struct Box: Equatable, Sendable {
  package var x, y, width, height: Double

  init(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, max(0, width), max(0, height))
  }

  package var right: Double { x + width }
  package var bottom: Double { y + height }
  var midX: Double { x + width / 2 }
  var midY: Double { y + height / 2 }

  func inset(left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0) -> Box {
    Box(x + left, y + top, width - left - right, height - top - bottom)
  }

  /// Whether the boxes share more than a hairline.
  package func overlaps(_ other: Box, by tolerance: Double = 0.5) -> Bool {
    min(right, other.right) - max(x, other.x) > tolerance
      && min(bottom, other.bottom) - max(y, other.y) > tolerance
  }
}

/// A text that was drawn, and where: what layout tests compare.
package struct PlacedText: Equatable, Sendable {
  package var text: String
  package var box: Box
}

/// An owning wrapper of a Cairo context; all lengths are points (1/72 in).
final class Canvas {
  private let surface: OpaquePointer
  private let context: OpaquePointer
  private(set) var placed: [PlacedText] = []

  /// Takes over the surface.
  init(surface: OpaquePointer, scale: Double = 1) {
    self.surface = surface
    context = cairo_create(surface)
    cairo_scale(context, scale, scale)
    // One typeface by name: "sans" is a different one on each machine.
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    let options = cairo_font_options_create()
    // Metrics without hints are the same at every resolution, and so is the layout.
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// The last failure of the context, in Cairo's words.
  var failure: String? {
    let status = cairo_status(context)
    let other = cairo_surface_status(surface)
    let worst = status != CAIRO_STATUS_SUCCESS ? status : other
    return worst == CAIRO_STATUS_SUCCESS ? nil : String(cString: cairo_status_to_string(worst))
  }

  func showPage() { cairo_show_page(context) }

  // MARK: - Text

  enum Anchor { case start, middle, end }

  /// Text without characters that have no shape.
  static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 32 || (127..<160).contains($0.value) })
    else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 32 || (127..<160).contains($0.value) ? " " : $0 }))
  }

  /// The advance of one line of text.
  func width(_ text: String, size: Double) -> Double {
    cairo_set_font_size(context, size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, Self.printable(text), &extents)
    return extents.x_advance
  }

  /// The text, cut with an ellipsis to fit into `available` points.
  func fitted(_ text: String, size: Double, into available: Double) -> String {
    guard width(text, size: size) > available else { return text }
    let characters = Array(text.prefix(1000))
    var (fits, fails) = (0, characters.count)
    while fails - fits > 1 {
      let middle = (fits + fails) / 2
      if width(String(characters[..<middle]) + "…", size: size) <= available {
        fits = middle
      } else {
        fails = middle
      }
    }
    return fits == 0 ? "" : String(characters[..<fits]) + "…"
  }

  /// The text in at most `lines` lines of `available` points, broken at spaces.
  func wrapped(_ text: String, size: Double, into available: Double, lines: Int) -> [String] {
    var result: [String] = []
    for paragraph in text.prefix(4000).split(separator: "\n") {
      var line = ""
      for word in paragraph.split(separator: " ") {
        let longer = line.isEmpty ? String(word) : line + " " + word
        if line.isEmpty || width(longer, size: size) <= available {
          line = longer
        } else {
          result.append(line)
          line = String(word)
        }
      }
      result.append(line)
    }
    if result.count > lines, lines > 0 {
      result[lines - 1] += " …"
      result.removeLast(result.count - lines)
    }
    return result.map { fitted($0, size: size, into: available) }
  }

  /// Draws one line; `y` is its baseline. `turned` writes upwards.
  func text(
    _ text: String, x: Double, y: Double, size: Double, anchor: Anchor = .start,
    colour: Colour = .black, turned: Bool = false, isRecorded: Bool = true
  ) {
    guard !text.isEmpty else { return }
    let length = width(text, size: size)
    let shift = anchor == .start ? 0 : anchor == .middle ? -length / 2 : -length
    set(colour)
    cairo_save(context)
    cairo_move_to(context, turned ? x : x + shift, turned ? y - shift : y)
    if turned { cairo_rotate(context, -Double.pi / 2) }
    cairo_show_text(context, Self.printable(text))
    cairo_restore(context)
    cairo_new_path(context)
    guard isRecorded else { return }
    let box =
      turned
      ? Box(x - 0.76 * size, y - shift - length, size, length)
      : Box(x + shift, y - 0.76 * size, length, size)
    placed.append(PlacedText(text: text, box: box))
  }

  // MARK: - Shapes

  func set(_ colour: Colour) {
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.opacity)
  }

  func clipped(to box: Box, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  func fill(_ box: Box, _ colour: Colour) {
    set(colour)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_fill(context)
  }

  func stroke(_ box: Box, _ colour: Colour, width: Double = 0.8) {
    set(colour)
    cairo_set_line_width(context, width)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_stroke(context)
  }

  func line(
    _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ colour: Colour,
    width: Double = 0.8, dashed: Bool = false
  ) {
    polyline([(x0, y0), (x1, y1)], colour, width: width, dashed: dashed)
  }

  func polyline(
    _ points: [(x: Double, y: Double)], _ colour: Colour, width: Double, dashed: Bool = false
  ) {
    guard let first = points.first else { return }
    set(colour)
    cairo_set_line_width(context, width)
    if dashed { cairo_set_dash(context, [5.0, 3.0], 2, 0) }
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
    if dashed { cairo_set_dash(context, nil, 0, 0) }
  }

  func polygon(_ points: [(x: Double, y: Double)], _ colour: Colour) {
    guard points.count > 2 else { return }
    set(colour)
    cairo_move_to(context, points[0].x, points[0].y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_close_path(context)
    cairo_fill(context)
  }

  /// Grey with diagonal lines: no value.
  func hatch(_ box: Box) {
    fill(box, .grey(0.88))
    clipped(to: box) {
      set(.grey(0.62))
      cairo_set_line_width(context, 0.7)
      let gap = 5.0
      let start = (box.x + box.y) / gap
      let end = (box.right + box.bottom) / gap
      for index in stride(from: start.rounded(.up), through: end, by: 1) {
        // Lines of constant x + y, so that neighbouring boxes join.
        let sum = index * gap
        cairo_move_to(context, sum - box.bottom, box.bottom)
        cairo_line_to(context, sum - box.y, box.y)
      }
      cairo_stroke(context)
    }
  }

  func marker(_ marker: Marker, x: Double, y: Double, size: Double, _ colour: Colour) {
    let r = size / 2
    set(colour)
    cairo_new_path(context)
    switch marker {
    case .circle, .openCircle: cairo_arc(context, x, y, r, 0, 2 * Double.pi)
    case .square, .openSquare: cairo_rectangle(context, x - r, y - r, size, size)
    case .triangle: corners([(x, y - 1.2 * r), (x + 1.1 * r, y + r), (x - 1.1 * r, y + r)])
    case .inverseTriangle: corners([(x, y + 1.2 * r), (x + 1.1 * r, y - r), (x - 1.1 * r, y - r)])
    case .diamond:
      corners([(x, y - 1.35 * r), (x + 1.35 * r, y), (x, y + 1.35 * r), (x - 1.35 * r, y)])
    case .cross:
      corners([(x - r, y - r), (x + r, y + r)], closed: false)
      corners([(x - r, y + r), (x + r, y - r)], closed: false)
    case .plus:
      corners([(x - r, y), (x + r, y)], closed: false)
      corners([(x, y - r), (x, y + r)], closed: false)
    }
    switch marker {
    case .openCircle, .openSquare, .cross, .plus:
      cairo_set_line_width(context, 1)
      cairo_stroke(context)
    default: cairo_fill(context)
    }
  }

  private func corners(_ points: [(Double, Double)], closed: Bool = true) {
    cairo_move_to(context, points[0].0, points[0].1)
    for point in points.dropFirst() { cairo_line_to(context, point.0, point.1) }
    if closed { cairo_close_path(context) }
  }

  /// Draws a raster of 0xAARRGGBB pixels, the top row first, over `box`, without smoothing.
  func raster(_ pixels: [UInt32], width: Int, height: Int, in box: Box) {
    guard width > 0, height > 0, width <= 16384, height <= 16384, pixels.count == width * height,
      box.width > 0, box.height > 0
    else { return }
    let image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { cairo_surface_destroy(image) }
    cairo_surface_flush(image)
    guard let data = cairo_image_surface_get_data(image) else { return }
    let stride = Int(cairo_image_surface_get_stride(image))
    pixels.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      for row in 0..<height {
        UnsafeMutableRawPointer(data + row * stride)
          .copyMemory(from: base + row * width * 4, byteCount: width * 4)
      }
    }
    cairo_surface_mark_dirty(image)
    cairo_save(context)
    cairo_translate(context, box.x, box.y)
    cairo_scale(context, box.width / Double(width), box.height / Double(height))
    cairo_set_source_surface(context, image, 0, 0)
    let pattern = cairo_get_source(context)
    cairo_pattern_set_filter(pattern, CAIRO_FILTER_NEAREST)
    cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD)
    cairo_rectangle(context, 0, 0, Double(width), Double(height))
    cairo_fill(context)
    cairo_restore(context)
  }
}
