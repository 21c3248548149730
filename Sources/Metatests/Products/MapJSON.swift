import Detector
import Diagnostics
import DurableFiles
import Foundation
import Warehouse

/// A focal-plane map as strict JSON: position, quadrant, region, number.
///
/// Numbers are the shortest that read back the same; what has no value is absent from `data` and
/// named, with its reason, in `missing`. Keys are sorted, so that the same map gives the same
/// bytes.
enum MapJSON {
  private struct File: Encodable {
    let title, test, units: String
    let design, date, program: String
    let blocks: [String: String]
    let data: [String: [String: [String: Double]]]
    let uncertainty: [String: [String: [String: Double]]]
    let missing: [String: [String: [String: String]]]
  }

  /// The file's text.
  ///
  /// - Parameters:
  ///   - maps: the maps by region.
  ///   - reason: why a place has no value at all.
  static func text(
    title: String, test: String, maps: [(region: String, map: ChannelMap)], layout: PlaneLayout,
    date: String, program: String, reason: (ChannelPlace) -> String
  ) throws -> String {
    var data: [String: [String: [String: Double]]] = [:]
    var uncertainty = data
    var missing: [String: [String: [String: String]]] = [:]
    for channel in layout.channels {
      let (slot, quadrant) = (channel.slot.name, channel.amplifier.name)
      for (region, map) in maps {
        switch map.values[channel.place] {
        case .value(let value, let error, _)? where value.isFinite:
          data[slot, default: [:]][quadrant, default: [:]][region] = value
          if let error, error.isFinite {
            uncertainty[slot, default: [:]][quadrant, default: [:]][region] = error
          }
        case .missing(let why)?:
          missing[slot, default: [:]][quadrant, default: [:]][region] = why
        default:
          missing[slot, default: [:]][quadrant, default: [:]][region] = reason(channel.place)
        }
      }
    }
    let blocks = Dictionary(
      layout.channels.map { ($0.slot.name, $0.slot.block) }, uniquingKeysWith: { first, _ in first }
    )
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = File(
      title: title, test: test, units: maps.first?.map.unit.display ?? "",
      design: layout.design.name, date: date, program: program, blocks: blocks, data: data,
      uncertainty: uncertainty, missing: missing)
    return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
  }
}

extension TestPlane {
  /// Maps of the plane as a JSON file beside the report.
  func product(
    _ name: String, _ title: String, _ maps: [(region: String, map: ChannelMap)], _ date: String
  ) -> MetatestContent.Product {
    .init(name: name) { path in
      let text = try MapJSON.text(
        title: title, test: test, maps: maps, layout: layout, date: date,
        program: "vison \(ProgramVersion.current)", reason: reason)
      try AtomicFile.write(text, to: path)
    }
  }
}
