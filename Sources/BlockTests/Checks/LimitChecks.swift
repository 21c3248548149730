import Analysis
import Campaign
import Detector

/// A value that is checked: where it belongs, and what it is or why it is missing.
struct CheckedValue: Sendable {
  var detector: String
  var amplifier: String
  /// The script column; nil for a value of the whole test.
  var column: String?
  /// The exposure; nil for a value of the whole test.
  var obsid: Int?
  /// The point source, where there is one.
  var spot: String?
  var outcome: Result<Double, NotMeasurable>
  /// Whether the pixels are saturated, so that the value is a lower bound; it is judged like any other.
  var isLowerBound = false
}

/// Values of amplifiers against the limits of a test's definition.
enum LimitChecks {
  /// Adds the compliance of each detector and amplifier, and of each script column where limits are by
  /// column; a cell passes only if all of its values do, but for spots that a cosmic ray struck
  /// (`StruckSpots`). Raises the check's flags.
  ///
  /// Without limits by column a value passes above the lower and at most at the upper limit, with them
  /// both limits are included: the rules of the original.
  static func add(
    _ check: DataCheck, named name: String? = nil, _ values: [CheckedValue],
    to result: inout SubtaskResult, _ context: TestContext
  ) {
    let cells = Dictionary(grouping: values) { Cell($0.detector, $0.amplifier, $0.column) }
    let byPlace = Dictionary(grouping: values) { Cell($0.detector, $0.amplifier, nil) }
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        for part in check.parts(amplifier: context.camera.amplifier(named: amplifier)) {
          let mine =
            part.column == nil
            ? byPlace[Cell(detector, amplifier, nil)] : cells[Cell(detector, amplifier, part.column)]
          add(
            name ?? check.name, check.flags, mine ?? [], part, detector, amplifier, to: &result)
        }
      }
    }
  }

  private struct Cell: Hashable {
    var detector: String
    var amplifier: String
    var column: String?

    init(_ detector: String, _ amplifier: String, _ column: String?) {
      (self.detector, self.amplifier, self.column) = (detector, amplifier, column)
    }
  }

  private static func add(
    _ name: String, _ flags: [Flag], _ values: [CheckedValue], _ part: DataCheck.Part,
    _ detector: String, _ amplifier: String, to result: inout SubtaskResult
  ) {
    var numbers: [Double] = []
    var failing: [String] = []
    var leftOut: [String] = []
    let struck = StruckSpots.indices(in: values, part)
    for (index, value) in values.enumerated() {
      let place =
        (value.obsid.map { "ObsID \($0)" } ?? "") + (value.spot.map { " \($0)" } ?? "")
      let head = place.isEmpty ? "" : "\(place): "
      switch value.outcome {
      case .success(let number):
        if struck.contains(index) {
          leftOut.append("\(head)\(fixed(number, digits: abs(number) < 100 ? 3 : 1))")
          continue
        }
        numbers.append(number)
        let isInside = part.admits(number)
        if !isInside, value.isLowerBound {
          failing.append("\(head)saturated")
        } else if !isInside {
          failing.append("\(head)\(fixed(number, digits: abs(number) < 100 ? 3 : 1))")
        }
      case .failure(let reason): failing.append("\(head)\(reason.reason)")
      }
    }
    let mean = numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
    let passed = failing.isEmpty && mean != nil
    result.checks.append(
      SubtaskResult.Check(
        name: name, detector: detector, amplifier: amplifier, item: part.column, value: mean,
        lower: part.range.lower, upper: part.range.upper, passed: passed,
        text: mean == nil && failing.isEmpty
          ? "no usable frame"
          : (failing + leftOut.map { "left out as struck by a cosmic ray: \($0)" })
            .joined(separator: ", ")))
    guard !passed else { return }
    let column = part.column.map { " \($0)" } ?? ""
    let cause =
      "\(name) of \(detector) \(amplifier)\(column): \(failing.first ?? "no usable frame")"
      + (failing.count > 1 ? " and \(failing.count - 1) more" : "")
    for flag in flags { result.raise(flag, cause) }
  }
}

extension DataCheck {
  /// Limits, and the script column that they are for.
  struct Part {
    var column: String?
    var range: LimitRange

    /// Whether a value passes: the rules of the original.
    func admits(_ value: Double) -> Bool {
      column == nil ? range.admits(value) : range.contains(value)
    }
  }

  /// The limits for one amplifier, by script column where they depend on it, in the order of the columns.
  ///
  /// The bottom half, fed by the voltages of that name, is E and F: those that are read upwards in the frame.
  func parts(amplifier: Amplifier?) -> [Part] {
    switch limits {
    case .configured: return []
    case .range(let range): return [Part(column: nil, range: range)]
    case .byColumn(let ranges): return Self.sorted(ranges)
    case .byHalf(let bottom, let top):
      return Self.sorted(amplifier?.flipY ?? true ? bottom : top)
    }
  }

  private static func sorted(_ ranges: [String: LimitRange]) -> [Part] {
    ranges.sorted { $0.key < $1.key }.map { Part(column: $0.key, range: $0.value) }
  }
}
