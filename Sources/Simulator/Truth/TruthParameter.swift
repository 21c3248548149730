import Diagnostics

/// A part of the truth that an order can set instead of what is drawn: the same for all channels.
public enum TruthParameter: String, Sendable, CaseIterable, Hashable {
  case readNoise = "read_noise"
  case gain
  case fullWell = "full_well"
  case photoResponse = "photo_response"
  case nonLinearity = "non_linearity"
  case brighterFatter = "brighter_fatter"
  case darkRate = "dark_rate"
  case persistence
  case crossTalk = "cross_talk"
  case deferredCharge = "deferred_charge"
  case cosmicRate = "cosmic_rate"
  case brightness
  case shutterOffset = "shutter_offset"
  case driftPerHour = "drift_per_hour"
  case strayLight = "stray_light"
  case wingShare = "wing_share"
  case focusDepth = "focus_depth"

  /// What the value means.
  public var meaning: String {
    switch self {
    case .readNoise: "read-out noise, ADU"
    case .gain: "conversion gain, electrons per ADU"
    case .fullWell: "charge that a pixel holds, electrons"
    case .photoResponse: "standard deviation of the pixels' relative response at 800 nm"
    case .nonLinearity: "factor on the drawn non-linearity; 0 for a linear chain"
    case .brighterFatter: "a_00 of the brighter-fatter effect, per electron, not above 0"
    case .darkRate: "dark current at 153.15 K, electrons a second and pixel"
    case .persistence: "share of the full well that saturated pixels release later"
    case .crossTalk: "factor on the drawn cross-talk"
    case .deferredCharge: "share of the charge that the columns' and the register's traps hold back"
    case .cosmicRate: "cosmic rays, per second and square centimetre"
    case .brightness: "light relative to the chamber's profile"
    case .shutterOffset: "seconds that the shutter is open longer than commanded"
    case .driftPerHour: "relative change of the light in an hour"
    case .strayLight: "light outside of point sources relative to the flat source"
    case .wingShare: "share of a point source's light in its wings"
    case .focusDepth: "displacement that widens a point source by the square root of two, mm"
    }
  }

  /// The values that are accepted.
  public var range: ClosedRange<Double> {
    switch self {
    case .readNoise: 0...1000
    case .gain: 0.01...1000
    case .fullWell: 100...1e7
    case .photoResponse, .deferredCharge, .persistence: 0...0.5
    case .nonLinearity: -20...20
    case .brighterFatter: -1e-5...0
    case .darkRate: 0...1e6
    case .crossTalk: -100...100
    case .cosmicRate: 0...1e4
    case .brightness: 0...100
    case .shutterOffset: -10...10
    case .driftPerHour: -1...1
    case .strayLight: 0...1
    case .wingShare: 0...0.9
    case .focusDepth: 1e-3...100
    }
  }

  /// The parameter of that name.
  ///
  /// - Throws: `SimulatorError`, naming the nearest one.
  public static func named(_ name: String) throws(SimulatorError) -> TruthParameter {
    if let found = TruthParameter(rawValue: name) { return found }
    let names = allCases.map(\.rawValue)
    let nearest = nearestName(to: name, among: names).map { "did you mean \($0)? " } ?? ""
    throw SimulatorError(
      .badOption, "the truth has no parameter '\(name.clipped(to: 40))'",
      remedy: nearest + "known are \(names.joined(separator: ", "))")
  }

  /// Checks a value.
  ///
  /// - Throws: `SimulatorError` for one that is out of range.
  public func check(_ value: Double) throws(SimulatorError) {
    guard range.contains(value) else {
      throw SimulatorError(
        .badOption, "the truth's \(rawValue) is \(value)",
        remedy: "give \(range.lowerBound) to \(range.upperBound): \(meaning)")
    }
  }

  /// Puts a value into a truth.
  func set(
    _ value: Double, truth: inout [String: DetectorTruth], bench: inout BenchTruth,
    crossTalk: inout [String: [String: Double]]
  ) {
    switch self {
    case .cosmicRate: bench.cosmicRate = value
    case .brightness: bench.brightness = value
    case .shutterOffset: bench.shutterOffset = value
    case .driftPerHour: (bench.driftPerHour, bench.waveAmplitude) = (value, 0)
    case .strayLight: bench.strayLight = value
    case .wingShare: bench.wingShare = value
    case .focusDepth: bench.focusDepth = value
    case .crossTalk: crossTalk = crossTalk.mapValues { $0.mapValues { $0 * value } }
    default:
      for detector in Array(truth.keys) {
        if self == .readNoise {
          for name in Array((truth[detector]?.amplifiers ?? [:]).keys) {
            truth[detector]?.amplifiers[name]?.readNoise = value
          }
        }
        let charge = truth[detector]?.charge?.mapValues { set(value, in: $0) }
        truth[detector]?.charge = charge
      }
    }
  }

  private func set(_ value: Double, in charge: ChargeTruth) -> ChargeTruth {
    var charge = charge
    switch self {
    case .gain: charge.gain = value
    case .fullWell: (charge.fullWell, charge.deepWells) = (value, nil)
    case .photoResponse: charge.photoResponse = value
    case .nonLinearity: charge.nonLinearity = charge.nonLinearity.map { $0 * value }
    case .brighterFatter:
      charge.brighterFatter = BrighterFatter.strength(a00: value)
      charge.areaCoefficients = BrighterFatter.areaCoefficients(charge.brighterFatter)
    case .darkRate: charge.darkRate = value
    case .persistence: charge.persistence = value
    case .deferredCharge:
      charge.parallelDeferred.fraction = value
      charge.serialDeferred.fraction = value
    default: break
    }
    return charge
  }
}
