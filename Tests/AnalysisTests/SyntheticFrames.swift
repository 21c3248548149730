import Detector
import Foundation

/// A small repeatable random number generator (SplitMix64; Steele, Lea and Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// The seed is scrambled, as seeds one step of the generator apart would give shifted copies of
  /// one sequence.
  init(seed: UInt64) {
    state = seed
    state = next() ^ (seed << 32)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A normal deviate (sum of twelve is too short in the tails; this is Marsaglia's polar method).
  mutating func normal() -> Double {
    while true {
      let u = Double.random(in: -1...1, using: &self)
      let v = Double.random(in: -1...1, using: &self)
      let s = u * u + v * v
      if s > 0, s < 1 { return u * (-2 * log(s) / s).squareRoot() }
    }
  }
}

/// A frame of normal noise about a level, rounded to whole numbers.
func noiseFrame(
  width: Int, height: Int, level: Double, sigma: Double, seed: UInt64,
  structure: (Int, Int) -> Double = { _, _ in 0 }
) -> Image<UInt16> {
  var random = SeededGenerator(seed: seed)
  let image = Image<UInt16>(width: width, height: height)
  for y in 0..<height {
    for x in 0..<width {
      let value = level + structure(x, y) + sigma * random.normal()
      image[x, y] = UInt16(max(0, min(65535, value.rounded())))
    }
  }
  return image
}

/// One amplifier that fills a frame, its node at the lower left.
func plainAmplifier(_ width: Int, _ height: Int, flipX: Bool = false, flipY: Bool = false)
  -> Amplifier
{
  Amplifier(
    name: "E", extensionName: nil, x0: 0, y0: 0, width: width, height: height, flipX: flipX,
    flipY: flipY)
}

/// The mean and standard deviation of a list.
func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot())
}
