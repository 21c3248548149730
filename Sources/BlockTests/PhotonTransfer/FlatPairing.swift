/// Which flats make pairs.
struct FlatPairing: Sendable, Equatable {
  /// A flat as far as pairing goes.
  struct Flat: Sendable, Equatable {
    var obsid: Int
    /// The script column.
    var label: String
    /// The exposure time [s]; nil where it is not known.
    var seconds: Double?
  }

  /// The pairs of ObsIDs, in the order of the first ones.
  private(set) var pairs: [(first: Int, second: Int)] = []
  /// Flats that belong to no pair, in order: the last of an odd number.
  private(set) var extras: [Int] = []
  /// Script columns, with their exposure times, that hold one usable flat only.
  private(set) var lonely: [String] = []

  /// Non-overlapping neighbours in the order of acquisition, of the same script column and exposure time.
  ///
  /// Exposure times differ where they differ by more than a thousandth: the column then holds several fluences.
  init(_ flats: [Flat]) {
    var groups: [(label: String, seconds: Double?, obsids: [Int])] = []
    for flat in flats {
      let index = groups.firstIndex { group in
        guard group.label == flat.label else { return false }
        guard let a = group.seconds, let b = flat.seconds else {
          return group.seconds == nil && flat.seconds == nil
        }
        return abs(a - b) <= 1e-3 * max(abs(a), abs(b))
      }
      if let index {
        groups[index].obsids.append(flat.obsid)
      } else {
        groups.append((flat.label, flat.seconds, [flat.obsid]))
      }
    }
    for group in groups {
      var index = 0
      while index + 1 < group.obsids.count {
        pairs.append((group.obsids[index], group.obsids[index + 1]))
        index += 2
      }
      if index < group.obsids.count { extras.append(group.obsids[index]) }
      if group.obsids.count == 1 {
        let time = group.seconds.map { " (\(fixed($0, digits: 3)) s)" } ?? ""
        lonely.append(group.label + time)
      }
    }
    pairs.sort { $0.first < $1.first }
  }

  static func == (a: FlatPairing, b: FlatPairing) -> Bool {
    a.pairs.map(\.first) == b.pairs.map(\.first) && a.pairs.map(\.second) == b.pairs.map(\.second)
      && a.extras == b.extras && a.lonely == b.lonely
  }
}
