/// The candidate that is nearest to a misspelt name, for messages that say "did you mean ...?".
///
/// The distance is Levenshtein's, ignoring case.
///
/// - Returns: nil where no candidate is nearer than half the name's length.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  // A name from outside may be very long, and the distance costs the product of the lengths.
  let wanted = Array(name.prefix(64).lowercased())
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let distance = editDistance(wanted, Array(candidate.prefix(64).lowercased()))
    if distance <= max(1, wanted.count / 2), distance < best?.distance ?? .max {
      best = (distance, candidate)
    }
  }
  return best?.name
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
