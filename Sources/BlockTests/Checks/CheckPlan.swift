import Campaign
import Detector

/// What the data check of a test measures, as its definition says.
struct CheckPlan: Sendable {
  /// The regions whose level and scatter are stored.
  var regions: [RegionName]
  /// The offset checks, by region.
  var offsets: [RegionName: DataCheck] = [:]
  /// The checks of a region's offset relative to the pre-scan.
  var gradients: [RegionName: DataCheck] = [:]
  /// The checks of the scatter.
  var noise: [RegionName: DataCheck] = [:]
  /// All other checks, by name.
  var others: [String: DataCheck] = [:]
  /// Whether frames with flat light are measured: level of the image area above the over-scan.
  var measuresFluence: Bool
  /// Whether point sources are measured.
  var measuresSpots: Bool
  /// The injected and blank lines of each script column that injects charge.
  var injection: [String: InjectionLines] = [:]

  /// Reads a definition.
  init(_ definition: TestDefinition) {
    measuresFluence = false
    measuresSpots = false
    regions = []
    let names: [RegionName] = [.prescan, .image, .overscan]
    for check in definition.checks {
      func region(_ prefix: String) -> RegionName? {
        names.first { check.name == "\(prefix)\($0.short)" }
      }
      if let region = region("offset_") {
        offsets[region] = check
      } else if let region = region("offset_gradient_") {
        gradients[region] = check
      } else if let region = region("ron_") {
        noise[region] = check
      } else {
        others[check.name] = check
      }
    }
    regions = names.filter { offsets[$0] != nil || noise[$0] != nil }
    if regions.isEmpty { regions = [.prescan, .overscan] }
    let lights = definition.columns.contains { column in
      column.values["shuttr"]?.integer == 1 && column.values["source"] != .string("point")
    }
    let image = regions.contains(.image)
    measuresFluence = others["image_fluence"] != nil || (lights && !image)
    measuresSpots = others["spot_fwhm"] != nil
    for column in definition.columns where column.values["chinj"]?.integer == 1 {
      injection[column.name] = InjectionLines(
        injected: max(0, column.values["chinj_on"]?.integer ?? 0),
        blank: max(0, column.values["chinj_of"]?.integer ?? 0))
    }
  }

  /// Whether the level above the scans is of interest: without injected charge and without flat light.
  func measuresBackground(_ column: TestDefinition.Column?) -> Bool {
    guard let column else { return false }
    if injection[column.name] != nil || measuresSpots { return false }
    return column.values["shuttr"]?.integer != 1
  }
}

/// The pattern of injected lines: so many with charge, then so many without.
struct InjectionLines: Sendable, Hashable {
  var injected: Int
  var blank: Int

  /// The runs of lines with, or without, charge within some rows, counted from the node's side.
  func runs(of rows: Range<Int>, injected wanted: Bool) -> [Range<Int>] {
    let cycle = injected + blank
    guard cycle > 0, rows.lowerBound >= 0 else { return [] }
    var runs: [Range<Int>] = []
    var start = rows.lowerBound / cycle * cycle
    while start < rows.upperBound {
      let lines = wanted ? start..<start + injected : start + injected..<start + cycle
      let run = lines.clamped(to: rows)
      if !run.isEmpty { runs.append(run) }
      start += cycle
    }
    return runs
  }
}
