import DurableFiles
import Foundation
import Plots
import Testing

@Suite("FigureRenderer")
struct FigureRendererTests {
  static let date = "2019-03-21T10:00:00Z"

  @Test(
    "every sample draws in each format, twice with the same bytes", arguments: Samples.all.indices)
  func repeats(index: Int) throws {
    let (name, figure) = Samples.all[index]
    for format in [
      FigureRenderer.Format.pdf(creationDate: Self.date), .png(dotsPerInch: 100), .svg,
    ] {
      let first = try FigureRenderer.data(figure, format: format)
      #expect(try FigureRenderer.data(figure, format: format) == first, "\(name)")
      #expect(first.count > 500)
      if case .pdf = format { #expect(first.count < 1_000_000, "\(name)") }
      // Set a folder to look at the figures.
      if let folder = ProcessInfo.processInfo.environment["PLOT_SAMPLES"] {
        let suffix = if case .pdf = format { "pdf" } else if format == .svg { "svg" } else { "png" }
        try AtomicFile.write(first, to: "\(folder)/\(name).\(suffix)")
      }
    }
  }

  @Test("no text overlaps another or leaves the page", arguments: Samples.all.indices)
  func layout(index: Int) throws {
    let (name, figure) = Samples.all[index]
    let placed = try FigureRenderer.layout(figure)
    #expect(!placed.isEmpty)
    for (index, text) in placed.enumerated() {
      let box = text.box
      #expect(
        box.x >= 0 && box.y >= 0 && box.right <= figure.width * 72
          && box.bottom <= figure.height * 72, "\(name): \(text.text)")
      for other in placed[(index + 1)...] where box.overlaps(other.box, by: 1) {
        Issue.record("\(name): \"\(text.text)\" overlaps \"\(other.text)\"")
      }
    }
  }

  @Test("the PDF holds the given date and nothing of the clock")
  func creationDate() throws {
    let bytes = try FigureRenderer.data(Samples.onePoint, format: .pdf(creationDate: Self.date))
    #expect(bytes.starts(with: Array("%PDF".utf8)))
    for bad in ["", "yesterday", "2019-13-21T10:00:00Z", "2019-03-21 10:00:00"] {
      #expect(throws: PlotError(.creationDate(bad))) {
        try FigureRenderer.data(Samples.onePoint, format: .pdf(creationDate: bad))
      }
    }
  }

  @Test(
    "a page without area or far too large is refused", arguments: [0, -1, .nan, .infinity, 1e9])
  func pageSize(side: Double) {
    var figure = Samples.onePoint
    figure.width = side
    for format in [FigureRenderer.Format.svg, .png(dotsPerInch: 100)] {
      #expect(throws: PlotError.self) { try FigureRenderer.data(figure, format: format) }
    }
    #expect(throws: PlotError.self) {
      try FigureRenderer.data(Samples.onePoint, format: .png(dotsPerInch: side))
    }
  }

  @Test("words from outside cannot become SVG markup")
  func escaping() throws {
    var figure = Samples.onePoint
    figure.title = "<script>alert(1)</script>&\u{0}\u{1B}[31m"
    let text = String(decoding: try FigureRenderer.data(figure, format: .svg), as: UTF8.self)
    #expect(!text.contains("script"))
    #expect(!text.unicodeScalars.contains { $0.value == 0 || $0.value == 27 })
    #expect(text.hasSuffix("</svg>\n"))
  }

  @Test("a small page with everything is drawn without a crash", arguments: Samples.all.indices)
  func smallPage(index: Int) throws {
    var figure = Samples.all[index].figure
    (figure.width, figure.height) = (0.6, 0.6)
    _ = try FigureRenderer.data(figure, format: .svg)
    (figure.width, figure.height) = (2, 1.2)
    _ = try FigureRenderer.data(figure, format: .png(dotsPerInch: 72))
  }

  @Test("a file is written whole, and a folder that is missing is an error with the path")
  func files() throws {
    let folder = NSTemporaryDirectory() + "plots-\(UUID().uuidString)"
    try AtomicFile.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FigureRenderer.write(
      Samples.onePoint, to: folder + "/a.png", format: .png(dotsPerInch: 72))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
    #expect(throws: FileError.self) {
      try FigureRenderer.write(Samples.onePoint, to: folder + "/no/a.svg", format: .svg)
    }
    let error = #expect(throws: PlotError.self) {
      try FigureRenderer.write(
        Samples.onePoint, to: folder + "/a.pdf", format: .pdf(creationDate: "?"))
    }
    #expect(error?.file == folder + "/a.pdf")
    #expect(error?.code == "plot-creation-date")
  }

  @Test("missing, clipped and failed are said in words")
  func words() throws {
    func texts(_ figure: Figure) throws -> Set<String> {
      Set(try FigureRenderer.layout(figure).map(\.text))
    }
    let map = try texts(Samples.map())
    #expect(map.contains("no accepted run: 12"))
    #expect(map.contains("above 2 adu: 2"))
    #expect(map.contains("✗"))
    #expect(map.contains { $0.hasPrefix("N = 132") && $0.contains("above the colour scale") })
    #expect(try texts(Samples.empty).contains("no data"))
    #expect(try texts(Samples.empty).contains("no accepted run"))
    #expect(try texts(Samples.extreme).contains("1 outside"))
    #expect(try texts(Samples.trend).contains(Samples.footer))
  }
}
