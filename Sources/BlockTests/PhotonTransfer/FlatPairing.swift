/// Which flats make pairs.
struct FlatPairing: Sendable, Equatable {
  /// What flats of a pair have in common.
  enum Rule: Sendable, Equatable {
    /// Script column and exposure time, to a thousandth.
    case time
    /// Nothing: neighbours in the order of ObsID.
    case order
    /// The value of a column of the exposure log, such as a photodiode's, to a hundredth.
    case flux(column: String)
  }

  /// A flat as far as pairing goes.
  struct Flat: Sendable, Equatable {
    var obsid: Int
    /// The script column.
    var label: String
    /// The exposure time [s]; nil where it is not known.
    var seconds: Double?
    /// The value of the column that tells the flux; nil where there is none.
    var flux: Double?
  }

  /// The pairs of ObsIDs, in the order of the first ones.
  private(set) var pairs: [(first: Int, second: Int)] = []
  /// Flats that belong to no pair, in order: the last of an odd number, and those without a flux where that is asked for.
  private(set) var extras: [Int] = []
  /// Script columns with their exposure times, or fluxes, that hold one usable flat only.
  private(set) var lonely: [String] = []

  private struct Group {
    var label: String
    var level: Double?
    var obsids: [Int]
    var name: String
  }

  /// Non-overlapping neighbours in the order of acquisition, of those that have in common what the rule says.
  init(_ flats: [Flat], by rule: Rule = .time) {
    var groups: [Group] = []
    for flat in flats {
      var group: Group
      var tolerance = 1e-3
      switch rule {
      case .time:
        let time = flat.seconds.map { " (\(fixed($0, digits: 3)) s)" } ?? ""
        group = Group(
          label: flat.label, level: flat.seconds, obsids: [flat.obsid], name: flat.label + time)
      case .order: group = Group(label: "", level: nil, obsids: [flat.obsid], name: "all exposures")
      case .flux(let column):
        guard let flux = flat.flux, flux.isFinite else {
          extras.append(flat.obsid)
          continue
        }
        tolerance = 1e-2
        group = Group(
          label: "", level: flux, obsids: [flat.obsid], name: "\(column) = \(fixed(flux, digits: 3))")
      }
      let index = groups.firstIndex { other in
        guard other.label == group.label else { return false }
        guard let a = other.level, let b = group.level else {
          return other.level == nil && group.level == nil
        }
        return abs(a - b) <= tolerance * max(abs(a), abs(b))
      }
      if let index {
        groups[index].obsids.append(flat.obsid)
      } else {
        groups.append(group)
      }
    }
    for group in groups {
      var index = 0
      while index + 1 < group.obsids.count {
        pairs.append((group.obsids[index], group.obsids[index + 1]))
        index += 2
      }
      if index < group.obsids.count { extras.append(group.obsids[index]) }
      if group.obsids.count == 1 { lonely.append(group.name) }
    }
    pairs.sort { $0.first < $1.first }
    if rule != .time { extras.sort() }
  }

  static func == (a: FlatPairing, b: FlatPairing) -> Bool {
    a.pairs.map(\.first) == b.pairs.map(\.first) && a.pairs.map(\.second) == b.pairs.map(\.second)
      && a.extras == b.extras && a.lonely == b.lonely
  }
}
