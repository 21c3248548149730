import Analysis
import Detector
import Foundation
import Plots
import Testing
import Warehouse

@testable import Metatests

@Suite("Trend")
struct TrendTests {
  let fixture: HistoryFixture

  init() throws { fixture = try HistoryFixture() }

  private func trend(
    _ quantity: String = "test.level", _ change: (inout TrendQuestion) -> Void = { _ in }
  ) throws -> Trend {
    var question = TrendQuestion(quantity)
    change(&question)
    return try Trend(question, in: fixture.warehouse)
  }

  /// A level that rises by 0.5 a day from 10, with one wild value.
  private func fill(_ runs: Int, wild: Int? = nil) throws {
    for run in 0..<runs {
      var making = HistoryFixture.Making()
      making.day = run
      making.first = 1000 + 10 * run
      let quiet = [0.001, -0.002, 0.0015, 0, -0.0005][run % 5]
      try fixture.add(
        making,
        HistoryFixture.values(HistoryFixture.level) { ccd, amplifier in
          if run == wild, ccd == 1, amplifier == 2 { return 500 }
          return 10 + 0.5 * Double(run) + Double(ccd) + quiet
        })
    }
  }

  @Test("a drift, its slope per day, and control limits about the median")
  func drift() throws {
    try fill(11)
    let found = try trend()
    #expect(found.series.count == 12 && found.runs.count == 11)
    #expect(found.dimensions == [.block, .detector, .amplifier])
    #expect(found.slopeUnit == "adu/d" && found.series[0].name == "BORN CCD1 E")
    let line = try #require(found.series[0].line.value)
    #expect(abs(line.slope.value - 0.5) < 1e-3 && line.correlation.tau == 1)
    #expect(abs(line.intercept - 10) < 0.01, "at the first abscissa")
    #expect(line.interval?.contains(0.5) == true)
    let limits = try #require(found.series[0].controlLimits)
    let scale = try #require(found.series[0].scale.value)
    #expect(abs(scale.median - 12.5) < 1e-2)
    #expect(abs(limits.upperBound - scale.median - 3 * scale.sigma) < 1e-12)
    #expect(found.outliers.isEmpty)
    #expect(found.series[0].change.value?.before == 5)
  }

  @Test("in electrons: values times the gain, its run named, limits in ADU left out")
  func electrons() throws {
    try fill(6)
    var making = HistoryFixture.Making()
    making.test = "PTC01"
    let gain = Quantity("ptc.gain", unit: .electronPerADU, per: [.detector, .amplifier], "Gain.")
    let run = try fixture.add(
      making,
      HistoryFixture.values(gain) { ccd, amplifier in ccd == 2 && amplifier == 3 ? nil : 2 })
    let plain = try trend()
    let found = try trend { $0.gains = try? fixture.warehouse.gains() }
    #expect(found.unit == "electron" && found.slopeUnit == "electron/d")
    #expect(found.gainSources.count == 1)
    #expect(found.gainSources[0].contains("PTC01 run \(run.id)"))
    #expect(found.series[0].points.map(\.y) == plain.series[0].points.map { 2 * $0.y })
    let last = try #require(found.series.last)
    #expect(last.points.isEmpty && last.missing.values.reduce(0, +) == 6)
    #expect(last.missing.keys.allSatisfy { $0.hasPrefix("not measurable: no gain") })
    // A requirement in ADU does not judge electrons.
    try fixture.add(
      HistoryFixture.Making(), HistoryFixture.values(HistoryFixture.noise, item: "ove") { _, _ in 1 })
    let noise = try trend("bias.ron") { $0.gains = try? fixture.warehouse.gains() }
    #expect(noise.series.allSatisfy { $0.requirements.isEmpty })
    #expect(try trend("bias.ron").series.contains { !$0.requirements.isEmpty })
  }

  @Test("an outlier is named with its run, exposure and score")
  func outlier() throws {
    try fill(11, wild: 4)
    let found = try trend()
    #expect(found.outliers.count == 1)
    let outlier = try #require(found.outliers.first)
    #expect(found.series[outlier.series].name == "BORN CCD2 G")
    #expect(outlier.point.run.key == TestRunKey(id: 5) && outlier.point.y == 500)
    #expect((outlier.point.score ?? 0) > 100)
    #expect(try trend { $0.outliers = 1e6 }.outliers.isEmpty)
    let answer = TrendAnswer(found, allPoints: true)
    #expect(answer.allPoints.count == 132 && answer.allPoints.count(where: \.outlier) == 1)
  }

  @Test("none, one, two and equal values: no number is made up", arguments: [1, 2, 3, 6])
  func few(_ runs: Int) throws {
    for run in 0..<runs {
      var making = HistoryFixture.Making()
      making.day = run
      try fixture.add(
        making,
        HistoryFixture.values(HistoryFixture.level) { ccd, amplifier in
          ccd == 0 && amplifier == 0 ? nil : 7
        })
    }
    let found = try trend()
    #expect(found.series[0].points.isEmpty)
    #expect(found.series[0].missing == ["only one usable frame": runs])
    #expect(found.series[0].scale.reason == "no values")
    let one = found.series[1]
    #expect(one.points.count == runs && one.scale.value?.sigma == 0)
    #expect(one.line.reason == (runs < 3 ? "fewer than three points" : "all values are equal"))
    #expect(one.controlLimits == nil && one.outliers(5).isEmpty)
    let json = String(
      decoding: try JSONEncoder().encode(TrendAnswer(found, allPoints: true)), as: UTF8.self)
    #expect(json.contains(#""slope":null"#))
    #expect(try !FigureRenderer.data(TrendFigure(found).figure, format: .svg).isEmpty)
  }

  @Test("against another quantity: matched by run, detector and amplifier, items apart")
  func quantity() throws {
    for run in 0..<6 {
      var values = HistoryFixture.values(HistoryFixture.level) { ccd, amplifier in
        Double(run) + 10 * Double(ccd) + 100 * Double(amplifier)
      }
      values += ["ove", "img"].flatMap { item in
        HistoryFixture.values(HistoryFixture.noise, item: item) { ccd, amplifier in
          2 * Double(run) + (item == "ove" ? 0 : 1000)
        }
      }
      var making = HistoryFixture.Making()
      making.day = run
      try fixture.add(making, values)
    }
    let found = try trend("bias.ron") {
      $0.against = .quantity("test.level", item: nil)
      $0.filter.items = ["ove"]
    }
    #expect(found.abscissaUnit == "adu" && found.series.count == 12)
    let last = try #require(found.series.last)
    #expect(last.name == "BORN CCD3 H" && last.points.map(\.x) == (0..<6).map { 320 + Double($0) })
    #expect(last.line.value?.slope.value == 2)
    #expect(throws: MetatestError.self) {
      try trend { $0.against = TrendQuestion.Abscissa("bias.ron") }
    }
    let picked = try trend { $0.against = TrendQuestion.Abscissa("bias.ron[img]") }
    #expect(picked.series[0].points.first?.x == 1000)
    let both = try trend("bias.ron")
    #expect(both.dimensions.contains(.item) && both.series.count == 24)
  }

  @Test("against time, run, ObsID and temperature of each exposure")
  func abscissae() throws {
    var values: [MeasurementRecord] = []
    for frame in 0..<3 {
      var level = HistoryFixture.values(HistoryFixture.frame) { _, _ in Double(frame) }
      for index in level.indices { level[index].place.obsid = 1000 + frame }
      values += level
      for (end, key) in ["T", "B"].enumerated() {
        values.append(
          MeasurementRecord(
            quantity: Quantity(
              "hk.CCD2_TEMP_\(key)", unit: .degreeCelsius, per: [.exposure], "Temperature."),
            obsid: 1000 + frame, value: .value(-120 + Double(frame) + Double(end), count: 1)))
      }
    }
    try fixture.add(values)
    let time = try trend("test.frame")
    let first = try #require(time.series.first)
    #expect(first.points.map { $0.x - first.points[0].x } == [0, 1, 2])
    #expect(StartTime.text(first.points[0].x) == "2019-03-02T00:00:10Z")
    #expect(try trend("test.frame") { $0.against = .obsid }.series[0].points[2].x == 1002)
    #expect(try trend("test.frame") { $0.against = .run }.series[0].points[2].x == 1)
    let started = try trend("test.frame") { $0.against = .started }
    #expect(started.series[0].line.reason == "all abscissae are equal")
    let warm = try trend("test.frame") { $0.against = .temperature }
    #expect(warm.abscissaUnit == "deg_C")
    let second = try #require(warm.series.first { $0.detector == "CCD2" })
    #expect(second.points.map(\.x) == [-119.5, -118.5, -117.5])
    #expect(warm.series[0].points.isEmpty && warm.series[0].unplaced == 3)
    #expect(throws: MetatestError.self) {
      try trend("hk.CCD2_TEMP_T") { $0.against = .temperature }
    }
  }

  @Test("series by other dimensions, requirements, refusals")
  func dimensions() throws {
    var values = HistoryFixture.values(HistoryFixture.noise, item: "ove") { _, _ in 1.1 }
    values[5].value = .value(1.6, uncertainty: 0.01)
    try fixture.add(values)
    let found = try trend("bias.ron") { $0.dimensions = [.slot, .amplifier] }
    #expect(found.series.map(\.name).first == "- E" && found.series.last?.name == "C_11 H")
    #expect(found.series.first?.requirements.map(\.id) == ["RON-OVE"])
    #expect(found.failing == 1)
    #expect(throws: MetatestError.self) { try trend("no.such") }
    #expect(throws: MetatestError.self) { try trend("bias.ron") { $0.filter.blocks = ["X"] } }
    try fixture.add(HistoryFixture.values(HistoryFixture.level) { _, _ in 1 })
    #expect(throws: MetatestError.self) { try trend("*") }
  }

  @Test("a channel that stands out from the others")
  func population() throws {
    try fixture.add(
      HistoryFixture.values(HistoryFixture.level) { ccd, amplifier in
        ccd == 2 && amplifier == 3 ? 50 : 10 + 0.01 * Double(ccd) + 0.003 * Double(amplifier)
      })
    let found = try trend()
    #expect(found.outlyingSeries.map(\.name) == ["BORN CCD3 H"])
  }
}

@Suite("TrendFigure")
struct TrendFigureTests {
  /// Blocks x 12 channels x runs, with drifts, outliers and blocks without results.
  static func campaign(
    _ fixture: HistoryFixture, blocks: [String], runs: Int, seed: UInt64 = 1
  ) throws {
    var noise = Deviates(state: seed)
    for run in 0..<runs {
      for (index, block) in blocks.enumerated() {
        var making = HistoryFixture.Making()
        (making.block, making.day) = (block, 3 * run)
        making.first = 1000 + 100 * index + 10 * run
        let isMissing = index == 3 && runs > 1
        try fixture.add(
          making,
          HistoryFixture.values(HistoryFixture.noise, item: "ove", uncertainty: 0.004) {
            ccd, amplifier in
            let channel = Double((index * 12 + ccd * 4 + amplifier) * 7919 % 97) / 97
            let drift = index == 1 ? 0.006 * Double(run) : 0
            let wild = index == 2 && ccd == 1 && amplifier == 1 && run == runs / 2 ? 0.12 : 0
            let value = 1.0 + 0.12 * channel + drift + wild + 0.004 * noise.normal()
            return isMissing ? nil : value
          })
      }
    }
  }

  private func panels(_ figure: Figure) -> Int {
    switch figure.content {
    case .panel: 1
    case .grid(let grid): grid.rows.reduce(0) { $0 + $1.count }
    case .cells, .beside: 0
    }
  }

  @Test("the layout follows from the number of series")
  func layout() throws {
    let fixture = try HistoryFixture()
    try Self.campaign(fixture, blocks: ["BORN", "CURIE", "DIRAC", "ERWIN"], runs: 6)
    var question = TrendQuestion("bias.ron")
    let grid = TrendFigure(try Trend(question, in: fixture.warehouse)).figure
    #expect(panels(grid) == 12)
    guard case .grid(let content) = grid.content else { return }
    guard case .missing(let reason) = content.rows[3][0] else {
      Issue.record("a block without values is hatched")
      return
    }
    #expect(reason == "only one usable frame")
    question.filter.blocks = ["BORN"]
    question.filter.detectors = ["CCD1"]
    #expect(panels(TrendFigure(try Trend(question, in: fixture.warehouse)).figure) == 1)
    question.filter = ResultFilter()
    let trend = try Trend(question, in: fixture.warehouse)
    let band = TrendFigure(trend, style: .band).figure
    guard case .panel(.axes(let axes)) = band.content else {
      Issue.record("a band is one panel")
      return
    }
    let names = axes.marks.compactMap { mark -> String? in
      if case .series(let series) = mark { series.label } else { nil }
    }
    #expect(names.contains { $0.hasPrefix("DIRAC CCD2 F (") }, "\(names)")
    let texts = try FigureRenderer.layout(band)
    for (index, a) in texts.enumerated() {
      for b in texts[(index + 1)...] {
        let apart =
          a.box.x + a.box.width <= b.box.x + 0.5 || b.box.x + b.box.width <= a.box.x + 0.5
          || a.box.y + a.box.height <= b.box.y + 0.5 || b.box.y + b.box.height <= a.box.y + 0.5
        #expect(apart, "\(a.text) over \(b.text)")
      }
    }
  }

  @Test("several values at one abscissa are joined by their medians, whole numbers marked")
  func reruns() throws {
    let fixture = try HistoryFixture()
    for (day, value) in [(1, 1.0), (1, 5.0), (1, 2.0), (4, 3.0)] {
      var making = HistoryFixture.Making()
      making.day = day
      try fixture.add(
        making,
        HistoryFixture.values(HistoryFixture.noise, item: "ove") { ccd, amplifier in
          ccd == 0 && amplifier == 0 ? value : nil
        })
    }
    var question = TrendQuestion("bias.ron")
    question.filter.selection = .all
    question.filter.detectors = ["CCD1"]
    question.filter.amplifiers = ["E"]
    func series(_ trend: Trend) -> [Series] {
      guard case .panel(.axes(let axes)) = TrendFigure(trend).figure.content else { return [] }
      return axes.marks.compactMap { if case .series(let one) = $0 { one } else { nil } }
    }
    question.against = .started
    let trend = try Trend(question, in: fixture.warehouse)
    #expect(TrendFigure(trend).figure.title.hasPrefix("bias.ron [ove] against"))
    let line = try #require(series(trend).first { $0.label.isEmpty })
    #expect(line.y == [2, 3] && line.style == .line())
    let points = try #require(series(trend).first { $0.label.hasPrefix("BORN") })
    #expect(points.y.count == 4)
    guard case .points = points.style else {
      Issue.record("points are not joined themselves")
      return
    }
    #expect(trend.series.map(\.repeated) == [2])
    question.against = .run
    let byRun = try Trend(question, in: fixture.warehouse)
    #expect(series(byRun).allSatisfy { !$0.label.isEmpty })
    guard case .panel(.axes(let axes)) = TrendFigure(byRun).figure.content else { return }
    #expect(axes.x.ticks?.map(\.label) == ["1", "2", "3", "4"])
    #expect(TrendFigure.medians([(2, 1), (1, 4), (2, 3)]).map(\.1) == [4, 2])
  }

  @Test("long names stay different in the legend")
  func longNames() throws {
    let fixture = try HistoryFixture()
    var making = HistoryFixture.Making()
    making.block = "A_block_with_a_very_long_name_indeed_0001"
    try fixture.add(
      making, HistoryFixture.values(HistoryFixture.noise, item: "ove") { ccd, _ in Double(ccd) })
    let trend = try Trend(TrendQuestion("bias.ron"), in: fixture.warehouse)
    guard case .panel(.axes(let axes)) = TrendFigure(trend, style: .lines).figure.content else {
      Issue.record("lines are one panel")
      return
    }
    let labels = axes.marks.compactMap { mark -> String? in
      if case .series(let one) = mark { one.label } else { nil }
    }
    #expect(labels.count == 12 && Set(labels).count == 12)
    #expect(labels.allSatisfy { $0.hasPrefix("A_block_") && $0.count <= 34 })
  }

  @Test("one value alone has no width")
  func alone() throws {
    let fixture = try HistoryFixture()
    try fixture.add(HistoryFixture.values(HistoryFixture.noise, item: "ove") { _, _ in 1 })
    let trend = try Trend(TrendQuestion("bias.ron"), in: fixture.warehouse)
    let answer = TrendAnswer(trend, allPoints: false)
    #expect(!answer.series.isEmpty && answer.series.allSatisfy { $0.sigma.value == nil })
    #expect(answer.series.allSatisfy { $0.median.value == 1 })
  }

  @Test("percentiles of bins")
  func bins() {
    let few = TrendFigure.bins([(1, 0), (1, 10), (2, 5)])
    #expect(few.x == [1, 2] && few.middle == [5, 5] && few.low[0] == 0.5)
    let many = TrendFigure.bins((0..<1000).map { (Double($0), Double($0)) })
    #expect(many.x.count == 40 && TrendFigure.bins([]).x.isEmpty)
  }

  /// Makes a campaign to look at, in the folder that the environment names.
  @Test("a campaign to look at", .enabled(if: Self.folder != nil))
  func samples() throws {
    let folder = try #require(Self.folder)
    let fixture = try HistoryFixture(in: folder)
    let blocks = [
      "BORN", "CURIE", "DIRAC", "ERWIN", "FOWLER", "GUYE", "JULES2", "KRAMERS", "LORENTZ", "NIELS",
      "OWEN", "EINSTEIN",
    ]
    try Self.campaign(fixture, blocks: blocks, runs: 20)
  }

  static var folder: String? { ProcessInfo.processInfo.environment["TREND_SAMPLES"] }
}
