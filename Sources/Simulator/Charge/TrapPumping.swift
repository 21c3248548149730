import Detector

/// Trap pumping: each trap moves charge between two neighbours, once in a number of cycles.
///
/// Intensity of a dipole: `I = N P (exp(-t / tau) - exp(-2 t / tau))` electrons, with N cycles, the capture
/// probability P, the phase time t; greatest, N P / 4, at t = tau ln 2. Source: Hall et al., IEEE Trans.
/// Nucl. Sci. 61, 1826 (2014); schemes of the CCD273: Skottfelt et al., JINST 12, C12033 (2017).
enum TrapPumping {
  /// The intensity of a dipole, electrons.
  static func intensity(
    cycles: Int, capture: Double, phaseTime: Double, tau: Double
  ) -> Double {
    guard tau > 0, phaseTime >= 0, cycles > 0 else { return 0 }
    let release = exponential(-phaseTime / tau)
    return Double(cycles) * capture * (release - release * release)
  }

  /// Pumps the traps under the vertical phases.
  static func pump(
    _ image: Image<Float>, traps: [ChargeTruth.Trap], by command: FrameCommand.Pumping,
    firstColumn: Int
  ) {
    for trap in traps where trap.mode == command.mode {
      let x = trap.column - firstColumn
      guard (0..<image.width).contains(x), trap.row >= 0, trap.row + 1 < image.height else {
        continue
      }
      let amount = Float(
        intensity(
          cycles: command.count, capture: trap.capture, phaseTime: command.phaseTime, tau: trap.tau))
      move(amount, (x, trap.row), (x, trap.row + 1), isFirstBright: trap.isFirstBright, in: image)
    }
  }

  /// Pumps the traps of the serial register, on every row.
  static func pumpSerial(
    _ image: Image<Float>, traps: [ChargeTruth.Trap], by command: FrameCommand.Pumping,
    firstColumn: Int
  ) {
    for trap in traps where trap.mode == command.mode {
      let x = trap.column - firstColumn
      guard x >= 0, x + 1 < image.width else { continue }
      let amount = Float(
        intensity(
          cycles: command.count, capture: trap.capture, phaseTime: command.phaseTime, tau: trap.tau))
      for y in 0..<image.height {
        move(amount, (x, y), (x + 1, y), isFirstBright: trap.isFirstBright, in: image)
      }
    }
  }

  /// No more moves than there is.
  private static func move(
    _ amount: Float, _ first: (Int, Int), _ second: (Int, Int), isFirstBright: Bool,
    in image: Image<Float>
  ) {
    let (to, from) = isFirstBright ? (first, second) : (second, first)
    let moved = min(amount, max(0, image[from.0, from.1]))
    image[from.0, from.1] -= moved
    image[to.0, to.1] += moved
  }
}
