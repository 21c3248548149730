extension UnsafeMutableBufferPointer where Element == Float {
  /// Puts the value of a rank where ascending order has it, none greater before and none smaller behind it
  /// (Hoare 1961, CACM 4, 321): some times quicker than sorting all.
  ///
  /// - Parameters:
  ///   - rank: an index of the range.
  ///   - range: the values among which it is sought; without NaN.
  func select(_ rank: Int, in range: Range<Int>) {
    guard range.contains(rank), range.lowerBound >= 0, range.upperBound <= count else { return }
    var (low, high) = (range.lowerBound, range.upperBound - 1)
    // Values in an order that is made against it end with a sort of what is left.
    for _ in 0..<64 where low < high {
      let (a, b, c) = (self[low], self[low + (high - low) / 2], self[high])
      let pivot = Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
      var (i, j) = (low, high)
      while i <= j {
        while i < high, self[i] < pivot { i += 1 }
        while j > low, pivot < self[j] { j -= 1 }
        if i <= j {
          swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank <= j {
        high = j
      } else if rank >= i {
        low = i
      } else {
        return
      }
    }
    if low < high {
      var rest = UnsafeMutableBufferPointer(rebasing: self[low...high])
      rest.sort()
    }
  }
}

/// The values of some ranks in ascending order.
///
/// - Parameters:
///   - ranks: ascending indices of the values.
///   - values: reordered; without NaN.
func orderStatistics(_ ranks: [Int], of values: inout [Float]) -> [Float] {
  values.withUnsafeMutableBufferPointer { values in
    var start = 0
    return ranks.map { rank in
      values.select(rank, in: start..<values.count)
      start = rank
      return values[rank]
    }
  }
}
