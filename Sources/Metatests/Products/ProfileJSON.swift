import Detector
import Foundation
import Warehouse

/// Curves of all amplifiers of the plane as strict JSON: position, quadrant, then the curve's arrays.
enum ProfileJSON {
  struct Profile: Encodable {
    let x, y: [Double]
    let uncertainty: [Double]?
  }

  private struct File: Encodable {
    let title, test, units, abscissa: String
    let design, date, program: String
    let blocks: [String: String]
    let data: [String: [String: Profile]]
    let missing: [String: [String: String]]
  }

  /// The file's text; the same curves give the same bytes.
  ///
  /// - Parameters:
  ///   - abscissa: what x is.
  ///   - reason: why a place has no curve.
  static func text(
    title: String, test: String, units: String, abscissa: String,
    curves: [ChannelPlace: Profile], layout: PlaneLayout, date: String, program: String,
    reason: (ChannelPlace) -> String
  ) throws -> String {
    var data: [String: [String: Profile]] = [:]
    var missing: [String: [String: String]] = [:]
    for channel in layout.channels {
      let (slot, quadrant) = (channel.slot.name, channel.amplifier.name)
      if let curve = curves[channel.place], (curve.x + curve.y).allSatisfy(\.isFinite) {
        data[slot, default: [:]][quadrant] = curve
      } else {
        missing[slot, default: [:]][quadrant] = reason(channel.place)
      }
    }
    let blocks = Dictionary(
      layout.channels.map { ($0.slot.name, $0.slot.block) }, uniquingKeysWith: { first, _ in first })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = File(
      title: title, test: test, units: units, abscissa: abscissa, design: layout.design.name,
      date: date, program: program, blocks: blocks, data: data, missing: missing)
    return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
  }
}
