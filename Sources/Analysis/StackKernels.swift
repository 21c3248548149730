/// The inner loops of `MedianStack`: plain loops over pointers, which the compiler turns into vector
/// instructions. Nothing in them allocates, checks bounds or counts references.
enum StackKernels {
  /// Whether some value lies outside `lowest...highest`.
  static func holdsInvalid(
    _ row: UnsafePointer<UInt16>, _ count: Int, _ lowest: UInt16, _ highest: UInt16
  ) -> Bool {
    var found: UInt16 = 0
    var x = 0
    while x < count {
      let value = row[x]
      // All ones where the value is outside; no branch, so that the loop can be vectorised.
      found |= (value &- lowest) > (highest &- lowest) ? 1 : 0
      x &+= 1
    }
    return found != 0
  }

  /// `target[x] = row[x] - level`.
  static func subtract(
    _ level: Float, from row: UnsafePointer<UInt16>, _ count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    var x = 0
    while x < count {
      target[x] = Float(row[x]) - level
      x &+= 1
    }
  }

  /// The mean and standard deviation (n - 1) of `frames` values in each column, in two passes so that no
  /// digits are lost in the squares; the deviation of a single value is NaN.
  static func moments(
    _ values: UnsafePointer<Float>, stride: Int, frames: Int, _ count: Int,
    mean: UnsafeMutablePointer<Float>, scatter: UnsafeMutablePointer<Float>
  ) {
    let n = Float(frames)
    var x = 0
    while x < count {
      mean[x] = values[x]
      scatter[x] = 0
      x &+= 1
    }
    var frame = 1
    while frame < frames {
      let row = values + frame &* stride
      x = 0
      while x < count {
        mean[x] += row[x]
        x &+= 1
      }
      frame &+= 1
    }
    let share = 1 / n
    x = 0
    while x < count {
      mean[x] *= share
      x &+= 1
    }
    frame = 0
    while frame < frames {
      let row = values + frame &* stride
      x = 0
      while x < count {
        let d = row[x] - mean[x]
        scatter[x] += d * d
        x &+= 1
      }
      frame &+= 1
    }
    let freedom = frames > 1 ? 1 / (n - 1) : .nan
    x = 0
    while x < count {
      scatter[x] = (scatter[x] * freedom).squareRoot()
      x &+= 1
    }
  }
}
