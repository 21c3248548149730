import Testing

@testable import Plots

@Suite("Ticks, scales, bins and images")
struct NumbersTests {
  @Test("linear ticks are round, inside, and not more than asked for")
  func linear() {
    #expect(
      TickSet.linear(0, 10, maximum: 5).ticks.map(\.label) == ["0", "2", "4", "6", "8", "10"])
    #expect(
      TickSet.linear(2299.99, 2300.02, maximum: 3).ticks.map(\.label) == [
        "2299.99", "2300.00", "2300.01", "2300.02",
      ])
    let small = TickSet.linear(-1.2e-5, 2.1e-5, maximum: 4)
    #expect(small.multiplier == "×10⁻⁵")
    #expect(small.ticks.map(\.label) == ["−1", "0", "1", "2"])
    var noise = Sequence64(11)
    for _ in 0..<500 {
      let low = (noise.next() - 0.5) * 1e4
      let high = low + noise.next() * 1e3 + 1e-3
      let set = TickSet.linear(low, high, maximum: 6)
      #expect((2...8).contains(set.ticks.count), "\(low) \(high)")
      #expect(Set(set.ticks.map(\.label)).count == set.ticks.count)
      #expect(set.ticks.allSatisfy { $0.value >= low - 1e-3 && $0.value <= high + 1e-3 })
    }
  }

  @Test(
    "ranges that make no sense have no ticks",
    arguments: [(1.0, 1.0), (2, 1), (.nan, 1), (0, .infinity), (-1e308, 1e308), (1e15, 1e15 + 0.2)])
  func senseless(low: Double, high: Double) {
    #expect(TickSet.linear(low, high, maximum: 5).ticks.isEmpty)
  }

  @Test("logarithmic ticks are powers of ten")
  func logarithmic() {
    #expect(
      TickSet.logarithmic(0.5, 2000, maximum: 6).ticks.map(\.label) == ["10⁰", "10¹", "10²", "10³"])
    #expect(TickSet.logarithmic(1e-190, 1e190, maximum: 5).ticks.count <= 6)
    #expect(TickSet.logarithmic(-1, 10, maximum: 5).ticks.isEmpty)
  }

  @Test("time ticks stand at round times and say the date once")
  func time() {
    let start = 1_553_300_000.0  // 2019-03-23T00:13:20Z
    #expect(
      TickSet.time(start, start + 4 * 3600, maximum: 4).ticks.map(\.label) == [
        "01:00\n23 Mar 2019", "02:00", "03:00", "04:00",
      ])
    #expect(
      TickSet.time(start, start + 90 * 86400, maximum: 4).ticks.map(\.label) == [
        "Apr\n2019", "May", "Jun",
      ])
    let civil = CivilTime(secondsSince1970: 951_782_400)
    #expect((civil.year, civil.month, civil.day) == (2000, 2, 29))
    #expect(CivilTime(secondsSince1970: -1).year == 1969)
    #expect(CivilTime.days(year: 2019, month: 3) == 17956)
  }

  @Test("numbers are short, and never a negative zero")
  func numbers() {
    #expect(Numeric.fixed(-0.001, decimals: 2) == "0.00")
    #expect(Numeric.short(1.2e-7, digits: 2) == "1.2×10⁻⁷")
    #expect(Numeric.short(.nan) == "–")
    #expect(Numeric.integer(.infinity) == 1_000_000_000_000_000)
  }

  @Test("summary ignores what is not finite")
  func summary() throws {
    let summary = try #require(Summary([1, 2, 3, 4, .nan, 100, .infinity]))
    #expect(summary.count == 5)
    #expect(summary.median == 3)
    #expect(summary.medianDeviation == 1)
    #expect(Summary([.nan]) == nil)
  }

  @Test("scales: robust clips outliers, centred is symmetric, ranks are even")
  func scales() {
    let values = (0..<101).map { Double($0) / 100 } + [50]
    let robust = ResolvedScale(.robust, values: values)
    #expect(robust.low == 0 && robust.high < 3 && robust.above == 1 && robust.clipsHigh)
    let centred = ResolvedScale(.centred(0.2), values: values)
    #expect(abs(centred.fraction(0.2) - 0.5) < 1e-12)
    let ranks = ResolvedScale(.equalised, values: values)
    #expect(abs(ranks.fraction(0.5) - 0.5) < 0.02)
    for scale in [
      ValueScale.full, .robust, .zscale, .equalised, .percentiles(1, 99), .centred(.nan),
      .fixed(.nan, 1),
    ] {
      for sample in [[], [5], [5, 5, 5], [.nan], [-1e199, 1e199]] as [[Double]] {
        let made = ResolvedScale(scale, values: sample)
        #expect(made.low < made.high)
        #expect(made.fraction(5).isFinite)
      }
    }
  }

  @Test("zscale spans a ramp and shrugs off a star")
  func zscale() {
    let noise = (0..<2000).map { 100 + Double($0 % 40) / 10 } + [60000]
    let (low, high) = ResolvedScale.zscale(noise.sorted())
    #expect(low == 100 && high < 200)
  }

  @Test("bins hold every value once")
  func bins() {
    let values = [1, 2, 3, 4, 5, .nan, .infinity]
    let edges = Binning.edges(values, bins: 4, limits: .data)
    #expect(edges == [1, 2, 3, 4, 5])
    #expect(Binning.counts(values, edges: edges) == [1, 1, 1, 2])
    #expect(Binning.edges([], bins: nil, limits: .data).isEmpty)
    #expect(Binning.edges([7], bins: nil, limits: .data).count > 2)
  }

  @Test("box means keep the mean and leave holes where all is missing")
  func reduction() throws {
    let image = try PlotImage(width: 4, height: 2, values: [1, 3, .nan, .nan, 5, 7, .nan, 8])
    let small = image.reduced(toWidth: 2, height: 1)
    #expect(small.values == [4, 8])
    let hole = try PlotImage(width: 2, height: 1, values: [.nan, .nan]).reduced(
      toWidth: 1, height: 1)
    #expect(hole.values[0].isNaN)
    #expect(throws: PlotError(.imageShape(width: 2, height: 2, count: 3))) {
      try PlotImage(width: 2, height: 2, values: [1, 2, 3])
    }
    #expect(throws: PlotError.self) { try PlotImage(width: .max, height: 2, values: []) }
  }

  @Test("images of no size and of missing pixels are said to be empty", arguments: [0, 3])
  func emptyImage(side: Int) throws {
    let image = try PlotImage(
      width: side, height: side, values: [Float](repeating: .nan, count: side * side))
    let figure = Figure(
      width: 4, height: 4, title: "", content: .panel(.image(ImagePanel(image))))
    #expect(try FigureRenderer.layout(figure).contains { $0.text == "no data" })
  }

  @Test("the block layout has the order of the camera and says its letters")
  func beam() {
    let grid = PanelGrid.beam { detector, quadrant in
      .axes(Axes(x: Axis("\(detector)\(quadrant)"), y: Axis(), marks: []))
    }
    let order = grid.rows.map { row in
      row.map { panel in if case .axes(let axes) = panel { axes.x.label + axes.note } else { "" } }
    }
    #expect(
      order == [
        ["0EE", "0FF", "1EE", "1FF", "2EE", "2FF"], ["0HH", "0GG", "1HH", "1GG", "2HH", "2GG"],
      ])
    let plane = PanelGrid.focalPlane { row, column in .missing("\(row)\(column)") }
    #expect(plane.rows[5][0] == .missing("C_11: 11"))
  }

  @Test("equal figures are equal values")
  func values() { #expect(Samples.map() == Samples.map()) }
}
