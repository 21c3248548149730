import Foundation

/// What the columns of a test are made from: its inputs, and the light of the chamber.
struct TestPlan: Sendable {
  /// The number of frames of a column, and the values that differ from the script's defaults.
  typealias Column = (frames: Int, values: [String: ScriptValue])

  let test: String
  let inputs: [String: ScriptValue]
  let chamber: ChamberProfile?

  func number(_ name: String) -> Double { inputs[name]?.number ?? 0 }
  func integer(_ name: String) -> Int { inputs[name]?.integer ?? 0 }
  func numbers(_ name: String) -> [Double] { inputs[name]?.numbers ?? [] }

  /// The chamber's profile, which everything with light needs.
  func profile() throws(CampaignError) -> ChamberProfile {
    if let chamber { return chamber }
    throw CampaignError(
      .missingChamber, "\(test) needs a chamber: its exposure times come from the chamber's light",
      remedy: "name the chamber's profile, such as B_EINSTEIN")
  }

  func filter(_ wavelength: Int) throws(CampaignError) -> ChamberProfile.Filter {
    do { return try profile().filter(wavelength: wavelength) } catch {
      var named = error
      if error.kind == .badTestInput {
        named = CampaignError(.badTestInput, "\(test): \(error.problem)", remedy: error.remedy)
      }
      throw named
    }
  }

  /// A fraction of the time to full well, to the microsecond.
  func seconds(
    _ fraction: Double, _ light: ChamberProfile.Light, _ filter: ChamberProfile.Filter
  ) -> Double { Self.rounded(fraction * filter.saturationSeconds(light)) }

  /// Exposure times and frames of a ladder: `exptimes<suffix>` where given, else `fractions<suffix>` of
  /// the time to full well; `frames<suffix>` holds one number for each, or one for all.
  func ladder(
    _ light: ChamberProfile.Light, _ filter: ChamberProfile.Filter, suffix: String = ""
  ) throws(CampaignError) -> [(seconds: Double, frames: Int)] {
    var times = numbers("exptimes\(suffix)")
    if times.isEmpty {
      times = numbers("fractions\(suffix)").map { seconds($0, light, filter) }
    }
    var frames = numbers("frames\(suffix)").map { Int(exactly: $0) }
    if frames.count == 1 { frames = Array(repeating: frames[0], count: times.count) }
    guard !times.isEmpty, frames.count == times.count, !frames.contains(nil) else {
      throw CampaignError(
        .badTestInput,
        "\(test) has \(times.count) exposure times and \(frames.count) numbers of frames",
        remedy: "give 'frames\(suffix)' one whole number for each exposure time, or one for all")
    }
    return zip(times, frames).map { ($0, $1 ?? 0) }
  }

  /// The values lower, lower + step, ... up to the upper end.
  func range(_ name: String, step: String) throws(CampaignError) -> [Double] {
    let ends = numbers(name)
    let step = number(step)
    guard ends.count == 2, ends[0] <= ends[1], step > 0, (ends[1] - ends[0]) / step < 500 else {
      throw CampaignError(
        .badTestInput, "input \(name) of \(test) is not a range that can be walked through",
        remedy: "give [lower, upper] and a step above zero, fewer than 500 steps")
    }
    // Half a thousandth of a step is not a step.
    let last = Int((ends[1] - ends[0]) / step + 5e-4)
    return (0...last).map { Self.rounded(ends[0] + Double($0) * step) }
  }

  /// Injection gate 1 of all detectors and halves.
  static func gate1(_ volts: Double) -> [String: ScriptValue] {
    var values: [String: ScriptValue] = [:]
    for detector in 1...3 {
      for half in ["T", "B"] { values["IG1_\(detector)_\(half)"] = .double(volts) }
    }
    return values
  }

  /// Injection gate 2 of both halves.
  static func gate2(_ volts: Double) -> [String: ScriptValue] {
    ["IG2_T": .double(volts), "IG2_B": .double(volts)]
  }

  /// A number with one digit after the point, as the scripts' comments have them.
  static func fixed(_ value: Double) -> String { String(format: "%.1f", value) }

  /// A number with one digit and an exponent, as the scripts' comments have them.
  static func exponential(_ value: Double) -> String { String(format: "%.1e", value) }

  /// To the sixth digit: products such as 0.05 x 3.5 s have tails that no script should show.
  static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
}
