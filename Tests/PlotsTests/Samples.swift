import Plots

/// Numbers that repeat.
struct Sequence64 {
  var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// Evenly between 0 and 1.
  mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) / Double(1 << 53)
  }

  /// Nearly Gaussian, with unit width.
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + next() } }
}

/// One figure of each kind, as the reports use them, and spiteful ones.
enum Samples {
  static let footer =
    "vison 0.1 · warehouse revision 412 · FM20190323_193647_D22 · bias.ron [adu] · accepted runs"

  static let all: [(name: String, figure: Figure)] =
    [
      ("trend", trend), ("beam", beam), ("profiles", profiles), ("ptc", photonTransfer),
      ("map", map()), ("diverging", diverging), ("finding", findingChart),
      ("histogram", histogram), ("scatter", scatter), ("masterBias", masterBias),
      ("image", image), ("fpaCurves", focalPlaneCurves), ("mosaic", mosaic), ("empty", empty),
      ("long", longWords), ("extreme", extreme), ("one", onePoint), ("constantMap", constantMap),
    ]

  static var trend: Figure {
    var noise = Sequence64(1)
    let x = (0..<60).map { 1_553_300_000 + 400 * Double($0) }
    let y = x.indices.map { 2300 + 3 * Double($0) / 60 + 0.3 * noise.normal() }
    var gaps = y
    gaps[20] = .nan
    return Figure(
      width: 8, height: 6, title: "Offsets with time: µ ± σ, T = −120 °C, 10⁻³ m²", footer: footer,
      content: .panel(
        .axes(
          Axes(
            x: .time(), y: Axis("offset", unit: "adu"),
            marks: [
              .band(
                Band("± 1 σ", x: x, lower: y.map { $0 - 0.5 }, upper: y.map { $0 + 0.5 })),
              .series(Series("pre-scan", x: x, y: gaps, style: .linePoints())),
              .series(
                Series(
                  "over-scan", x: x, y: y.map { $0 - 4 }, errors: y.map { _ in 0.4 },
                  style: .points(.square), colour: Palette.colour(1))),
              .limit(LimitLine(.horizontal, at: 2307, label: "upper limit")),
            ]))))
  }

  static var beam: Figure {
    var noise = Sequence64(2)
    let grid = PanelGrid.beam { _, quadrant in
      if quadrant == "G" { return .missing("no accepted run") }
      let x: [Double] = (0..<30).map { 1_553_300_000 + 1200 * Double($0) }
      return .axes(
        Axes(
          x: .time(), y: Axis("read-out noise", unit: "adu", limits: .fixed(1, 1.8)),
          marks: ["pre-scan", "image", "over-scan"].enumerated().map { index, label in
            .series(
              Series(
                label, x: x, y: x.map { _ in 1.4 + 0.1 * Double(index) + 0.15 * noise.normal() },
                style: .points(Palette.marker(index), size: 3), colour: Palette.colour(index)))
          }))
    }
    return Figure(
      width: 15, height: 6, title: "BIAS01: read-out noise", footer: footer, content: .grid(grid))
  }

  static var profiles: Figure {
    var noise = Sequence64(3)
    let x = (0..<2066).map { Double($0) }
    let grid = PanelGrid.beam { detector, _ in
      .axes(
        Axes(
          x: Axis("row", unit: "pixel"), y: Axis("offset", unit: "adu"),
          marks: (0..<12).map { index in
            let level = 2300 + Double(detector) + Double(index) * 0.8
            let y: [Double] = x.map { level + $0 * 2e-3 + 0.2 * noise.normal() }
            return .series(
              Series(
                x: x, y: y,
                style: .line(width: 0.6), shade: 1_553_300_000 + 900 * Double(index)))
          }, shading: Shading(.time("start, UTC"))))
    }
    return Figure(
      width: 15, height: 6, title: "BIAS01: profiles along columns", footer: footer,
      content: .grid(grid))
  }

  static var photonTransfer: Figure {
    let x = (1...40).map { 10 * pow10(Double($0) / 11) }
    return Figure(
      width: 8, height: 7, title: "Photon transfer curve", footer: footer,
      content: .panel(
        .axes(
          Axes(
            x: Axis("signal", unit: "adu", scale: .logarithmic),
            y: Axis("variance", unit: "adu²", scale: .logarithmic),
            marks: [
              .series(
                Series("CCD1 E", x: x, y: x.map { $0 / 3.5 + 2 }, errors: x.map { $0 / 30 })),
              .series(
                Series(
                  "fit", x: x, y: x.map { $0 / 3.5 + 2 }, style: .line(), colour: .limit)),
            ]))))
  }

  static func pow10(_ x: Double) -> Double {
    var (result, whole) = (1.0, x)
    while whole >= 1 { (result, whole) = (result * 10, whole - 1) }
    return result * (1 + whole * (2.3 + whole * (2.65 + whole * 4.05)))
  }

  static func cells(_ make: (Int, Int, String) -> CellMap.Cell.Content, fails: Set<Int> = [])
    -> [CellMap.Cell]
  {
    (0..<144).map { index in
      let (column, row) = (index % 12, index / 12)
      let letters = column < 6 ? [["E", "F"], ["H", "G"]] : [["G", "H"], ["F", "E"]]
      let letter = letters[row % 2][column % 2]
      return CellMap.Cell(
        column: column, row: row, make(column, row, letter), label: letter,
        isFailed: fails.contains(index))
    }
  }

  static var outlines: [CellMap.Group] {
    (0..<36).map {
      CellMap.Group(column: $0 % 6 * 2, row: $0 / 6 * 2, columns: 2, rows: 2)
    }
  }

  static func map(
    _ cells: [CellMap.Cell]? = nil, scale: ValueScale = .robust, colours: ColourMap = .cividis
  )
    -> Figure
  {
    var noise = Sequence64(4)
    let made =
      cells
      ?? Self.cells(
        { column, row, _ in
          row / 2 == 4 && column < 6
            ? .missing("no accepted run")
            : .value(1.35 + 0.06 * noise.normal() + (column == 9 && row == 2 ? 1.2 : 0))
        }, fails: [33, 100])
    let blocks = ["NIELS", "MAX", "LISE", "PAULI", "CURIE", "GUYE"]
    return Figure(
      width: 8.6, height: 7.2,
      title: "BIAS02: read-out noise (over-scan), rows, median of 3 frames",
      footer: footer,
      content: .cells(
        CellMap(
          cells: made, groups: outlines, value: Axis("read-out noise", unit: "adu"), scale: scale,
          map: colours, bottomLabels: (1...6).map { Tick(Double($0) * 2 - 1, "C\($0)") },
          leftLabels: (1...6).map { Tick(Double($0) * 2 - 1, "B\($0)") },
          rightLabels: (0..<6).map { Tick(Double($0) * 2 + 1, "\(blocks[$0])\nFM\($0 + 1)") },
          failureMeaning: "above 2 adu",
          caption: "View towards the detectors; E F G H name the read-out quadrants")))
  }

  static var diverging: Figure {
    var noise = Sequence64(5)
    return map(
      cells({ _, _, _ in .value(1e-5 * noise.normal()) }), scale: .centred(0), colours: .coolWarm)
  }

  static var constantMap: Figure {
    map(cells({ column, _, _ in column == 0 ? .value(.nan) : .value(1234.5) }))
  }

  static var findingChart: Figure {
    var content = CellMap(
      cells: (0..<144).map {
        CellMap.Cell(column: $0 % 12, row: $0 / 12, .text("\($0 / 24 + 1)\($0 % 12 / 2 + 1)E"))
      }, groups: outlines, value: Axis())
    content.groups += (0..<12).map {
      CellMap.Group(
        column: $0 % 2 * 6, row: $0 / 2 * 2, columns: 6, rows: 2, label: "BLOCK/FM\($0)")
    }
    content.bottomLabels = ["CCD1", "CCD2", "CCD3", "CCD3", "CCD2", "CCD1"].enumerated()
      .map { Tick(Double($0.offset) * 2 + 1, $0.element) }
    return Figure(width: 8, height: 7, title: "Finding chart", content: .cells(content))
  }

  static var histogram: Figure {
    var noise = Sequence64(6)
    let flight = (0..<144).map { _ in 1.35 + 0.05 * noise.normal() }
    let spare = flight + (0..<24).map { _ in 1.5 + 0.05 * noise.normal() }
    return Figure.histogram(
      title: "Read-out noise", samples: [("with spare blocks", spare), ("flight blocks", flight)],
      axis: Axis("read-out noise", unit: "adu"),
      limits: [LimitLine(.vertical, at: 2, label: "requirement: < 2 adu")], footer: footer)
  }

  static var scatter: Figure {
    var noise = Sequence64(7)
    return Figure.scatter(
      title: "Read-out noise against temperature", x: Axis("CCD temperature", unit: "°C"),
      y: Axis("read-out noise", unit: "adu"),
      groups: (0..<12).map { block in
        let step = Double(block)
        let x: [Double] = (0..<12).map { _ in -120 + step * 0.3 + 0.2 * noise.normal() }
        let y: [Double] = (0..<12).map { _ in 1.3 + step * 0.02 + 0.03 * noise.normal() }
        return ("FM\(block + 1)", x, y)
      }, footer: footer)
  }

  static func frame(_ width: Int, _ height: Int, seed: UInt64, gap: Bool = false) -> PlotImage {
    var noise = Sequence64(seed)
    let values = (0..<width * height).map { index in
      let (x, y) = (index % max(width, 1), index / max(width, 1))
      return gap && x > width / 3 && x < width / 2 && y > height / 2
        ? Float.nan : Float(2300 + Double(x) * 0.02 + Double(y) * 0.01 + 2 * (noise.next() - 0.5))
    }
    guard let image = try? PlotImage(width: width, height: height, values: values) else {
      preconditionFailure("a sample has as many values as pixels")
    }
    return image
  }

  static var masterBias: Figure {
    let grid = PanelGrid.beam { detector, quadrant in
      .image(
        ImagePanel(
          frame(300, 300, seed: UInt64(detector * 7 + quadrant.utf8.count), gap: quadrant == "F"),
          value: Axis("offset", unit: "adu"), x: Axis("x", unit: "pixel", limits: .fixed(0, 2119)),
          y: Axis("y", unit: "pixel", limits: .fixed(0, 2066))))
    }
    return Figure(
      width: 15, height: 6, title: "BIAS01: master bias", footer: footer, content: .grid(grid))
  }

  static var image: Figure {
    Figure(
      width: 7, height: 7, title: "Quick look", footer: footer,
      content: .panel(
        .image(
          ImagePanel(
            frame(400, 300, seed: 9, gap: true), scale: .equalised, map: .viridis,
            value: Axis("signal", unit: "adu")))))
  }

  static func ramp(_ x: [Double], from level: Double, by slope: Double) -> [Double] {
    x.map { 2300 + level + $0 * 1e-3 * slope }
  }

  static var focalPlaneCurves: Figure {
    let x = (0..<100).map { Double($0) * 20 }
    let grid = PanelGrid.focalPlane { row, column in
      row == 5 && column < 4
        ? .missing("no accepted run")
        : .axes(
          Axes(
            x: Axis("column", unit: "pixel"), y: Axis("offset", unit: "adu"),
            marks: ["E", "F", "G", "H"].enumerated().map { index, letter in
              .series(
                Series(
                  letter, x: x, y: ramp(x, from: Double(row * index), by: Double(column)),
                  style: .line(), colour: Palette.colour(index)))
            }))
    }
    return Figure(
      width: 15, height: 15, title: "Offset profiles on the focal plane", footer: footer,
      content: .grid(grid))
  }

  static var mosaic: Figure {
    let grid = PanelGrid.focalPlane { row, column in
      .image(
        ImagePanel(
          frame(60, 60, seed: UInt64(row * 6 + column)), value: Axis("offset", unit: "adu")))
    }
    return Figure(
      width: 15, height: 15, title: "Mosaic", footer: footer, content: .grid(grid))
  }

  static var empty: Figure {
    Figure(
      width: 8, height: 6, title: "Nothing", footer: footer,
      content: .grid(
        PanelGrid(
          rows: [
            [
              .axes(Axes(x: Axis("x"), y: Axis("y"), marks: [])),
              .axes(
                Axes(
                  x: Axis("x"), y: Axis("y"),
                  marks: [.series(Series("NaN", x: [1, 2], y: [.nan, .infinity]))])),
            ],
            [.missing("no accepted run")],
          ])))
  }

  static var longWords: Figure {
    let long = String(repeating: "a very long label with <tags> & \"quotes\" ", count: 8)
    return Figure(
      width: 8, height: 6, title: long + long, footer: long + long + long,
      content: .panel(
        .axes(
          Axes(
            x: Axis(long, unit: "adu"), y: Axis(long, unit: "adu"),
            marks: (0..<144).map { index in
              .series(
                Series(
                  "\(index) " + long, x: [0, 1, 2], y: [0, Double(index), 3], style: .line(),
                  colour: Palette.colour(index)))
            }))))
  }

  static var extreme: Figure {
    Figure(
      width: 8, height: 6, title: "Extremes",
      content: .grid(
        PanelGrid(
          rows: [
            [
              .axes(
                Axes(
                  x: Axis("x"), y: Axis("y"),
                  marks: [
                    .series(Series(x: [-1e199, 0, 1e199, 1e308], y: [1e-300, 0, 1e-299, 1]))
                  ])),
              .axes(
                Axes(
                  x: Axis("x"), y: Axis("y", scale: .logarithmic),
                  marks: [.series(Series(x: [0, 1, 2], y: [-1, 1e-190, 1e190]))])),
            ],
            [
              .axes(
                Axes(
                  x: .time(), y: Axis("y", limits: .robust),
                  marks: [
                    .series(Series(x: [0, 1e300, -1e11, 1e11], y: [5, 5.1, 5.2, 5000]))
                  ])),
              .axes(
                Axes(
                  x: Axis("x", limits: .fixed(.nan, 1)), y: Axis("y", limits: .fixed(3, 3)),
                  marks: [
                    .series(
                      Series(x: [1e15, 1e15 + 1], y: [Double.leastNonzeroMagnitude * 1000, 0]))
                  ])),
            ],
          ], sharesAxes: false)))
  }

  static var onePoint: Figure {
    Figure.scatter(
      title: "One", x: .time(), y: Axis("y"), groups: [("one", [1_553_300_000], [2])])
  }
}
