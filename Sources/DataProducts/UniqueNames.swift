/// Gives out names that differ even when case is ignored.
struct UniqueNames {
  private var taken: Set<String> = []

  /// `name`, or `name` with a number, cut to `limit` UTF-16 units.
  mutating func unique(_ name: String, limit: Int = .max) -> String {
    var candidate = name.prefix(utf16: limit)
    var number = 2
    while !taken.insert(candidate.lowercased()).inserted {
      let suffix = " (\(number))"
      candidate = name.prefix(utf16: limit - suffix.utf16.count) + suffix
      number += 1
    }
    return candidate
  }
}

extension String {
  /// The longest start of the text with at most `limit` UTF-16 units that cuts no character.
  func prefix(utf16 limit: Int) -> String {
    guard utf16.count > limit else { return self }
    var count = 0
    return String(
      prefix { character in
        count += character.utf16.count
        return count <= limit
      })
  }
}
