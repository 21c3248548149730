import Analysis
import Campaign
public import Detector

/// What the edge of the image area tells.
public enum HardEdgeQuantities {
  /// The first pixel behind the edge.
  public static let response = Quantity(
    "her.response", unit: .none, per: [.detector, .amplifier, .item], digits: 6,
    "Hard-edge response: signal of the first over-scan pixel over that of the image, from lines of flats nearest to 32768 ADU. Item: serial or parallel."
  )
  /// Serial profile: x = column from 1, y = signal over that of the image.
  public static let serialProfile = "her.profile.serial"
  /// Parallel profile: x = row from 1.
  public static let parallelProfile = "her.profile.parallel"
}

/// Hard-edge response: how fast the signal falls behind the last pixel of the image area.
public enum HardEdge {
  /// Pixels of a profile before the edge, and behind it at most.
  public static let before = 10
  static let behind = 15
  /// Frames of each detector, those whose fluence is nearest to the wanted one.
  static let frames = 4
  static let fluence = 32_768.0
  /// Signals of lines that are used [adu].
  static let accepted = 1e4...5e4
  /// The serial response passes above -`limit` up to `limit`.
  static let limit = 1.5e-3

  private struct Work: Sendable {
    var detector: String
    var paths: [String]
    var reason: String
  }

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let fluences = try context.earlier.measurements(LevelQuantities.fluence)
    let work = context.camera.detectors.map { detector in
      let mine = fluences.filter { $0.detector == detector }
      let levels = Dictionary(
        grouping: mine.compactMap { row in row.value.flatMap { v in row.obsid.map { ($0, v) } } },
        by: \.0
      ).mapValues { rows in rows.reduce(0) { $0 + $1.1 } / Double(rows.count) }
      let nearest = context.usable(detector).compactMap { exposure, path in
        levels[exposure.obsid].map { (distance: abs($0 - fluence), level: $0, path: path) }
      }.filter { accepted.contains($0.level) }.sorted { ($0.distance, $0.path) < ($1.distance, $1.path) }
      return Work(
        detector: detector, paths: nearest.prefix(frames).map(\.path),
        reason: mine.compactMap(\.reason).first ?? "no flat with a signal in range")
    }
    let masks = context.masks.mapValues { $0.image(width: context.camera.width) }
    let measured = try await parallelMap(work, workers: context.workers) { item -> SubtaskResult in
      try context.checkCancellation()
      return try measure(item, masks[item.detector], context)
    }
    var result = SubtaskResult()
    for part in measured { result.append(part) }
    return result
  }

  private static func measure(
    _ item: Work, _ mask: Image<UInt8>?, _ context: TestContext
  ) throws -> SubtaskResult {
    var lines: [String: [String: [[UInt16]?]]] = [:]
    var strips: [String: [(direction: String, region: Region)]] = [:]
    for amplifier in context.camera.amplifiers { strips[amplifier.name] = regions(context) }
    for path in item.paths {
      let frame = try context.open(path).read()
      for amplifier in context.camera.amplifiers {
        for strip in strips[amplifier.name] ?? [] {
          lines[amplifier.name, default: [:]][strip.direction, default: []] += self.lines(
            frame, amplifier, strip.region, isSerial: strip.direction == "serial", mask,
            context.camera.invalidValues)
        }
      }
    }
    var result = SubtaskResult()
    for amplifier in context.camera.amplifiers {
      for direction in ["serial", "parallel"] {
        let strip = strips[amplifier.name]?.first { $0.direction == direction }?.region
        let profile = Result { () throws(NotMeasurable) in
          guard let strip else { throw NotMeasurable("no \(direction) over-scan was read") }
          guard let mine = lines[amplifier.name]?[direction] else { throw NotMeasurable(item.reason) }
          return try HardEdgeProfile(
            mine, before: before,
            first: direction == "serial" ? strip.columns.lowerBound : strip.rows.lowerBound,
            accepted: accepted)
        }
        result.measure(
          HardEdgeQuantities.response, detector: item.detector, amplifier: amplifier.name,
          item: direction, profile.map(\.response))
        if direction == "serial" {
          result.checks.append(check(profile, item.detector, amplifier.name))
        }
        guard case .success(let profile) = profile else { continue }
        result.curves.append(
          SubtaskResult.Curve(
            name: direction == "serial"
              ? HardEdgeQuantities.serialProfile : HardEdgeQuantities.parallelProfile,
            detector: item.detector, amplifier: amplifier.name, obsid: nil, x: profile.positions,
            y: profile.values, uncertainty: profile.uncertainties, xUnit: .pixel, yUnit: .none))
      }
    }
    return result
  }

  private static func check(
    _ profile: Result<HardEdgeProfile, NotMeasurable>, _ detector: String, _ amplifier: String
  ) -> SubtaskResult.Check {
    var check = SubtaskResult.Check(
      name: "her", detector: detector, amplifier: amplifier, item: nil, value: nil, lower: -limit,
      upper: limit, passed: false, text: "")
    switch profile {
    case .success(let profile):
      let value = profile.response.value
      check.value = value
      check.passed = value > -limit && value <= limit
      if !check.passed { check.text = fixed(value, digits: 5) }
    case .failure(let reason): check.text = reason.reason
    }
    return check
  }

  /// The canonical strips about the edges.
  private static func regions(_ context: TestContext) -> [(direction: String, region: Region)] {
    let camera = context.camera
    guard let image = camera.region(.image, rows: context.window),
      image.columns.count >= before, image.rows.count >= before
    else { return [] }
    var strips: [(direction: String, region: Region)] = []
    if let scan = camera.region(.overscan) {
      let end = min(image.columns.upperBound + behind, scan.columns.upperBound)
      strips.append(
        ("serial",
          Region(columns: image.columns.upperBound - before..<end, rows: image.rows)))
    }
    if let whole = camera.regions[.image], image.rows.upperBound == whole.rows.upperBound,
      let scan = camera.regions[.parallelOverscan]?.clamped(toRows: context.window), !scan.isEmpty
    {
      let end = min(image.rows.upperBound + behind, scan.rows.upperBound)
      strips.append(
        ("parallel",
          Region(columns: image.columns, rows: image.rows.upperBound - before..<end)))
    }
    return strips
  }

  /// The lines across an edge in the order of read-out; nil for those with a pixel that says nothing.
  private static func lines(
    _ frame: Image<UInt16>, _ amplifier: Amplifier, _ strip: Region, isSerial: Bool,
    _ mask: Image<UInt8>?, _ invalid: [UInt16]
  ) -> [[UInt16]?] {
    func value(_ x: Int, _ y: Int) -> UInt16? {
      let (column, row) = (
        amplifier.x0 + amplifier.flippedColumn(x), amplifier.y0 + amplifier.flippedRow(y)
      )
      guard (0..<frame.width).contains(column), (0..<frame.height).contains(row) else { return nil }
      if let mask, mask[column, row] != 0 { return nil }
      let value = frame[column, row]
      return invalid.contains(value) ? nil : value
    }
    func line(_ values: some Sequence<UInt16?>) -> [UInt16]? {
      var result: [UInt16] = []
      for value in values {
        guard let value else { return nil }
        result.append(value)
      }
      return result
    }
    if isSerial {
      return strip.rows.map { y in line(strip.columns.lazy.map { value($0, y) }) }
    }
    return strip.columns.map { x in line(strip.rows.lazy.map { value(x, $0) }) }
  }
}
