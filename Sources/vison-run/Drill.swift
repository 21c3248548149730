import BlockTests
import Campaign
import Detector
import CommandLineStyle
import Foundation

/// `vison-run -r`: what would be run, from the configuration alone.
struct Drill {
  private struct Plan: Encodable {
    var session: String
    var test: String
    var exposures: Int
    var columns: Int
    var minutes: Double
    var firstObsid: Int?
    var lastObsid: Int?
    var steps: [String]
  }

  let configuration: BlockConfiguration
  let sessions: [BlockConfiguration.Session]
  let options: EngineOptions

  func run(asJSON: Bool) throws {
    let plans = try sessions.flatMap { session in
      try session.tasks.map { task in
        let definition = try configuration.definition(of: task)
        return Plan(
          session: session.name, test: task.test, exposures: definition.frames,
          columns: definition.columns.count, minutes: definition.duration / 60,
          firstObsid: task.obsids?.lowerBound, lastObsid: task.obsids?.upperBound,
          steps: options.steps(of: task, definition))
      }
    }
    if asJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(plans), as: UTF8.self))
      return
    }
    print("block \(configuration.block), camera \(configuration.camera.title)")
    print("warehouse \(configuration.resultsRoot)")
    for plan in plans {
      let range = plan.firstObsid.map { "\($0)-\(plan.lastObsid ?? $0)" } ?? "whole log"
      print(
        "\(plan.session) \(plan.test): \(plan.exposures) exposures in \(plan.columns) columns, "
          + String(format: "%.1f min", plan.minutes) + " of acquisition, ObsIDs \(range), "
          + "steps \(plan.steps.joined(separator: " "))")
    }
    print("nothing was read or written")
  }
}
