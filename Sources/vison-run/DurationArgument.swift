import ArgumentParser

/// A length of time on the command line: `90`, `90s`, `15m`, `4h`.
struct DurationArgument: ExpressibleByArgument, Equatable {
  /// The length in seconds, 0 to 100 days.
  let seconds: Double

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    var text = argument[...]
    var unit = 1.0
    switch text.last {
    case "s": text.removeLast()
    case "m": (unit, text) = (60, text.dropLast())
    case "h": (unit, text) = (3600, text.dropLast())
    default: break
    }
    // Digits and a point only: no "inf", no hexadecimal numbers, no signs.
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
      let value = Double(text), value * unit <= 100 * 86_400
    else { return nil }
    seconds = value * unit
  }

  var defaultValueDescription: String {
    if seconds >= 3600, seconds.remainder(dividingBy: 3600) == 0 {
      return "\(Int(seconds / 3600))h"
    }
    if seconds >= 60, seconds.remainder(dividingBy: 60) == 0 { return "\(Int(seconds / 60))m" }
    return "\(seconds)s"
  }
}
