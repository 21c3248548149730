#if canImport(Glibc)
  import Glibc
#endif

/// The signals of a linear chain for those of single pixels, by a table of the curve of `RampLinearity`.
///
/// The mean of a flat is at most `RampLinearity.top`, but half of the pixels of the brightest flat lie above it: the
/// polynomial goes on for a twentieth, and after that the straight line that touches it there, so that the slope, by which
/// fluctuations are scaled, has no step where pixels are. Between entries the departure is interpolated, to a thousandth of
/// an adu.
public struct LinearSignals: Sendable {
  private static let lowest: Float = -2048
  private static let step: Float = 64
  private static let count = 1100
  /// Linear signal less the measured one at `lowest` + index * `step` [adu].
  private let departures: [Float]

  /// A table of a curve.
  public init(_ linearity: RampLinearity) {
    func value(_ signal: Double) -> Double { signal * exp(-linearity.logarithm(signal)) }
    func slope(_ signal: Double) -> Double { (value(signal + 1) - value(signal - 1)) / 2 }
    let further = 1.05 * linearity.top
    // A polynomial may turn back as soon as no data hold it.
    let isSteady = (0...20).allSatisfy {
      let at = linearity.top * (1 + 0.0025 * Double($0))
      return slope(at) > 0.5 * slope(linearity.top)
    }
    let edge = isSteady ? further : linearity.top
    let (last, steepness) = (value(edge), slope(edge))
    departures = (0..<Self.count).map { index in
      let signal = Double(Self.lowest) + Double(index) * Double(Self.step)
      let linear = signal <= edge ? value(signal) : last + steepness * (signal - edge)
      let departure = Float(linear - signal)
      return departure.isFinite ? departure : 0
    }
  }

  /// The linear signals of measured ones, in place [adu]; what is not finite stays as it is.
  public func linearise(_ signals: UnsafeMutableBufferPointer<Float>) {
    departures.withUnsafeBufferPointer { table in
      let highest = Float(Self.count - 2)
      for index in signals.indices {
        let signal = signals[index]
        let place = min(max((signal - Self.lowest) * (1 / Self.step), 0), highest)
        guard place >= 0 else { continue }
        let entry = Int(place)
        let share = place - Float(entry)
        signals[index] = signal + table[entry] + share * (table[entry + 1] - table[entry])
      }
    }
  }
}
