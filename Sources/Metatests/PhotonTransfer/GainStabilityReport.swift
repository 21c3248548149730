import DataProducts
import LatexReport
import Plots
import Reporting
import Warehouse

/// The stability of gains as a figure, as tables of the report, and as tables of the products.
struct GainStabilityReport: Sendable {
  static let figureName = "GAIN_vs_Time"
  let stability: GainStability

  // MARK: - Figure

  /// What gains depart from the mean of their channel by, against time; nil where nothing was measured twice.
  var figure: Figure? {
    guard let group = stability.groups.first else { return nil }
    let departures = group.channels.flatMap(\.departures)
    let tests = group.ratios.keys.filter { test in departures.contains { $0.record.test == test } }
      .sorted()
    var marks: [Axes.Mark] = []
    for (index, test) in tests.enumerated() {
      let mine = departures.filter { $0.record.test == test }
      let colour = Palette.colour(index)
      marks.append(
        .series(
          Series(
            x: mine.map(\.record.seconds), y: mine.map(\.percent),
            style: .points(Palette.marker(index), size: 2), colour: colour.with(opacity: 0.3))))
      let runs = Dictionary(grouping: mine, by: \.record.run).sorted { $0.key < $1.key }.map(\.value)
      marks.append(
        .series(
          Series(
            test, x: runs.compactMap(\.first?.record.seconds), y: runs.map { Self.mean($0).value },
            errors: runs.map { Self.mean($0).error },
            style: .points(Palette.marker(index), size: 5), colour: colour)))
    }
    marks.append(.limit(LimitLine(.horizontal, at: 0)))
    return Figure(
      width: 7.6, height: 4.6, title: "Gain against time",
      footer: "ptc.gain · \(group.name) · \(group.channels.count) channels, \(group.records) gains",
      content: .panel(
        .axes(
          Axes(
            x: .time("flats taken, UTC"), y: Axis("gain / mean of its channel − 1", unit: "%"),
            marks: marks, legend: .right))))
  }

  /// The mean of a run's channels, with the standard error that their scatter gives.
  private static func mean(_ departures: [GainStability.Departure]) -> (value: Double, error: Double) {
    let n = Double(max(1, departures.count))
    let mean = departures.reduce(0) { $0 + $1.percent } / n
    guard departures.count > 1 else { return (mean, departures.first?.error ?? 0) }
    let squares = departures.reduce(0) { $0 + ($1.percent - mean) * ($1.percent - mean) }
    return (mean, (squares / (n - 1) / n).squareRoot())
  }

  // MARK: - Report

  /// - Parameter path: where the figure is.
  func nodes(path: String) -> [Document.Node] {
    var nodes: [Document.Node] = [.section(level: 1, "Stability of the gain", label: "stability")]
    guard let first = stability.groups.first else {
      nodes.append(
        .remark(
          .missing,
          "No quadrant was measured in two runs: nothing can be said of the stability of its gain."))
      return nodes
    }
    nodes += [
      .paragraph(
        """
        All complete runs that nobody rejected, by channel: a detector's serial number and a quadrant; of several analyses \
        of the same frames one counts. “All tests” are brought to the conditions of the first by one factor a test, the \
        median of the quotients of all channels; wavelength and brighter-fatter, temperature and reset drain are therefore \
        removed as far as all channels share them.
        """),
      .figure(
        Document.Figure(
          path, width: 0.9,
          caption: Document.Text(
            "Gain over the weighted mean of its channel, \(first.name): small points are channels, large ones the mean of a run, with the standard error from the scatter of its channels."
          ))),
      .table(summary), .table(worst(first)),
    ]
    return nodes
  }

  private var summary: Document.Table {
    Document.Table(
      [
        .init("Test"), .init("Channels", .right), .init("Gains", .right),
        .init("Scatter", unit: "%", .right), .init("Own error", unit: "%", .right),
        .init("χ²/ν of constancy", .right), .init("Factors", .wrapped(share: 0.3)),
      ],
      rows: stability.groups.map { group in
        [
          .words(group.name), .words(String(group.channels.count)), .words(String(group.records)),
          .value(group.scatter, digits: 2), .value(group.expected, digits: 2),
          .value(group.reducedChiSquare, digits: 2),
          .words(
            group.ratios.count < 2
              ? ""
              : group.ratios.sorted { $0.key < $1.key }.map {
                "\($0.key) \(NumberText.fixed($0.value, digits: 4))"
              }.joined(separator: ", ")),
        ]
      },
      caption:
        "Stability of the gain: median over channels of standard deviation over mean, median of the gains' own errors, and χ² of constancy per degree of freedom; 1 where gains scatter as their errors say.",
      label: "table:stability", size: .footnote)
  }

  private func worst(_ group: GainStability.Group) -> Document.Table {
    let channels = group.channels.sorted {
      ($1.chiSquare / Double($1.freedom), $0.name) < ($0.chiSquare / Double($0.freedom), $1.name)
    }.prefix(12)
    return Document.Table(
      [
        .init("Channel"), .init("BLOCK"), .init("CCD"), .init("Q"), .init("Gains", .right),
        .init("Mean", unit: "e⁻/ADU", .right), .init("Scatter", unit: "%", .right),
        .init("χ²/ν", .right),
      ],
      rows: channels.map { channel in
        [
          .words(channel.name), .words(channel.place.block), .words(channel.place.detector),
          .words(channel.place.amplifier), .words(String(channel.departures.count)),
          .value(channel.mean, uncertainty: channel.uncertainty, digits: 3),
          .value(channel.scatter, digits: 2),
          .value(channel.chiSquare / Double(channel.freedom), digits: 2),
        ]
      },
      caption: Document.Text(
        "The channels that agree least with a constant gain, \(group.name); the mean is weighted."),
      label: "table:unstable", size: .footnote)
  }

  // MARK: - Products

  /// A row a channel, and a row a gain; empty where nothing was measured twice.
  var tables: [DataTable] {
    let channels = stability.groups.flatMap { group in group.channels.map { (group.name, $0) } }
    guard !channels.isEmpty else { return [] }
    let departures = channels.flatMap { group, channel in
      channel.departures.map { (group, channel.name, $0) }
    }
    return [
      DataTable(
        "STABILITY", description: "Constancy of the gain of each channel that was measured twice.",
        columns: [
          DataColumn("TESTS", .texts(channels.map(\.0))),
          DataColumn("CHANNEL", .texts(channels.map(\.1.name))),
          DataColumn("BLOCK", .texts(channels.map(\.1.place.block))),
          DataColumn("CCD", .texts(channels.map(\.1.place.detector))),
          DataColumn("Q", .texts(channels.map(\.1.place.amplifier))),
          DataColumn("N", .integers(channels.map { Int64($0.1.departures.count) })),
          DataColumn("GAIN", unit: "electron/adu", .doubles(channels.map(\.1.mean)), display: .fixed(4)),
          DataColumn(
            "GAIN_ERR", unit: "electron/adu", .doubles(channels.map(\.1.uncertainty)),
            display: .fixed(5)),
          DataColumn(
            "SCATTER", unit: "%", description: "Population standard deviation over mean.",
            .doubles(channels.map(\.1.scatter)), display: .fixed(3)),
          DataColumn("CHI2", .doubles(channels.map(\.1.chiSquare)), display: .fixed(3)),
          DataColumn("DOF", .integers(channels.map { Int64($0.1.freedom) })),
        ]),
      DataTable(
        "GAIN_HISTORY", description: "Every gain of these channels.",
        columns: [
          DataColumn("TESTS", .texts(departures.map(\.0))),
          DataColumn("CHANNEL", .texts(departures.map(\.1))),
          DataColumn("TEST", .texts(departures.map(\.2.record.test))),
          DataColumn("SESSION", .texts(departures.map(\.2.record.session))),
          DataColumn("RUN", .integers(departures.map(\.2.record.run))),
          DataColumn(
            "TIME", description: "First flat, UTC.",
            .texts(departures.map { StartTime.text($0.2.record.seconds) })),
          DataColumn(
            "GAIN", unit: "electron/adu", .doubles(departures.map(\.2.record.gain)),
            display: .fixed(4)),
          DataColumn(
            "GAIN_ERR", unit: "electron/adu", .doubles(departures.map(\.2.record.uncertainty)),
            display: .fixed(5)),
          DataColumn(
            "DEPARTURE", unit: "%", description: "From the mean of the channel, the test's factor removed.",
            .doubles(departures.map(\.2.percent)), display: .fixed(3)),
        ]),
    ]
  }
}
