import Detector
import Diagnostics

extension ConfigurationReader {
  /// The generic limits with the block's expected offsets, and the file's values laid over them.
  func limits(
    _ node: ConfigurationNode?, known: FocalPlane.Block?, camera: Camera
  ) throws(CampaignError) -> Limits {
    var limits = Limits()
    limits.expectedOffsets = known?.expectedOffsets ?? [:]
    guard let node else { return limits }
    if let range = node["offset_margin"]?.range { limits.offsetMargin = range }
    if let range = node["saturated_fraction"]?.range { limits.saturatedFraction = range }
    for (name, detector) in node["expected_offsets"]?.entries ?? [] {
      try requireDetector(name, camera, at: detector)
      for (amplifier, value) in detector.entries {
        guard camera.amplifier(named: amplifier) != nil else {
          throw value.error(
            .badValue, "camera \(camera.name) has no amplifier '\(amplifier.clipped(to: 40))'",
            remedy: "its amplifiers are \(camera.amplifiers.map(\.name).joined(separator: ", "))")
        }
        limits.expectedOffsets[name, default: [:]][amplifier] = value.value?.number
      }
    }
    for (name, range) in node["offset_gradients"]?.entries ?? [] {
      if let region = RegionName(rawValue: name) { limits.offsetGradients[region] = range.range }
    }
    if let noise = node["read_noise"] {
      if let range = noise.range { limits.readNoise = range }
      for (name, value) in noise.entries {
        try requireDetector(name, camera, at: value)
        limits.readNoiseByDetector[name] = value.range
      }
    }
    if let applies = node["absolute_performance"]?.boolean {
      limits.appliesAbsolutePerformance = applies
    }
    for (name, key) in node["housekeeping"]?.entries ?? [] {
      try lay(key, over: &limits.housekeeping, key: name)
    }
    return limits
  }

  private func requireDetector(
    _ name: String, _ camera: Camera, at node: ConfigurationNode
  ) throws(CampaignError) {
    guard camera.detectors.contains(name) else {
      throw node.error(
        .badValue, "camera \(camera.name) has no detector '\(name.clipped(to: 40))'",
        remedy: "its detectors are \(camera.detectors.joined(separator: ", "))")
    }
  }

  private func lay(
    _ node: ConfigurationNode, over table: inout HousekeepingTable, key name: String
  ) throws(CampaignError) {
    guard let index = table.keys.firstIndex(where: { $0.name == name }) else {
      let nearest = nearestName(to: name, among: table.keys.map(\.name))
      throw node.error(
        .badValue, "house-keeping key '\(name.clipped(to: 40))' is not known",
        remedy: nearest.map { "did you mean \($0)?" })
    }
    if let range = node["performance"]?.range {
      let isRelative = table.keys[index].command != nil
      table.keys[index].performance = isRelative ? .relative(range) : .absolute(range)
    }
    if let range = node["safe"]?.range { table.keys[index].safe = .absolute(range) }
    if let checked = node["checked"]?.boolean { table.keys[index].isChecked = checked }
  }
}
