import Detector
import Foundation
import Plots
import Warehouse

/// Figures of one value a channel that metatests share.
enum ChannelFigures {
  /// A histogram of the flight blocks, and with spares where there are any.
  static func histogram(
    _ map: ChannelMap, flight: [String], limits: Requirement?, footer: String
  ) -> Figure {
    let flightBlocks = Set(flight)
    let on = map.numbers(of: flightBlocks)
    let all = map.numbers(of: Set(map.values.keys.map(\.block)))
    var samples = [(label: "flight blocks", values: on)]
    if all.count > on.count { samples.append((label: "with spare blocks", values: all)) }
    // A limit far beyond all values would squeeze them into one bin.
    let spread = ValueSummary(all).map { ($0.maximum - $0.minimum, $0.minimum, $0.maximum) }
    let lines = [limits?.lower, limits?.upper].compactMap(\.self).filter { limit in
      guard let (range, low, high) = spread else { return false }
      return limit > low - max(range, 0.05) * 2 && limit < high + max(range, 0.05) * 2
    }.map { LimitLine(.vertical, at: $0, label: "limit") }
    var figure = Figure.histogram(
      title: map.title, samples: samples,
      axis: Axis(map.title, unit: map.unit.display), limits: Array(lines.prefix(2)),
      footer: footer)
    // Two stand side by side in the report; a small page keeps their words readable.
    (figure.width, figure.height) = (5, 4.2)
    guard case .panel(.axes(var axes)) = figure.content else { return figure }
    if samples.count == 1 {
      // Limits stand in the corners, and a legend beside the panel would take half of its width.
      axes.legend = .none
      figure.title += ", N = \(on.count)"
    }
    for (index, mark) in axes.marks.enumerated() where samples.indices.contains(index) {
      guard case .steps(var steps) = mark else { continue }
      steps.label = "\(samples[index].label),\nN = \(samples[index].values.count)"
      axes.marks[index] = .steps(steps)
    }
    figure.content = .panel(.axes(axes))
    return figure
  }

  /// A value of each channel against its detector's temperature, a colour and marker a block.
  static func temperature(
    _ map: ChannelMap, test: String, selections: [BlockSelection],
    temperatures: [String: [String: Double]], footer: String
  ) -> Figure {
    let groups = selections.filter { $0.run != nil }.compactMap {
      selection -> (label: String, x: [Double], y: [Double])? in
      let places = map.values.keys.filter { $0.block == selection.block }.sorted()
      var (x, y): ([Double], [Double]) = ([], [])
      for place in places {
        guard let value = map.number(at: place),
          let temperature = temperatures[place.block]?[place.detector]
        else { continue }
        x.append(temperature)
        y.append(value)
      }
      return x.isEmpty ? nil : (selection.block, x, y)
    }
    var figure = Figure.scatter(
      title: "\(test): \(map.title) against CCD temperature",
      x: Axis("CCD temperature, mean of top and bottom", unit: "°C"),
      y: Axis(map.title, unit: map.unit.display), groups: groups, footer: footer)
    figure.height = 4.6
    return figure
  }
}
