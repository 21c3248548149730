import Diagnostics

/// What the journal of certifications amounts to: for each collection and data, ranges without
/// overlap.
///
/// The table `certification` holds the same; here it is replayed for `verify` and `merge`.
struct ValidityLedger: Equatable {
  /// Where a range stands.
  struct Key: Hashable, Comparable {
    let collection: String
    let data: CertifiedData

    static func < (a: Key, b: Key) -> Bool {
      a.collection == b.collection ? a.data < b.data : a.collection < b.collection
    }
  }

  /// One range of one product.
  struct Entry: Hashable {
    let range: ValidityRange
    let path: String
    let sha256: String
  }

  /// Why an event cannot be applied.
  struct Refusal: Error { let text: String }

  /// Ranges by begin; no key is without one.
  private(set) var entries: [Key: [Entry]] = [:]

  /// Applies an event.
  ///
  /// - Throws: `Refusal` for an overlap, or where what is taken out is not there; nothing is
  ///   changed.
  mutating func apply(_ event: CertificationEvent) throws {
    let key = Key(collection: event.collection, data: event.data)
    let entry = Entry(range: event.range, path: event.path, sha256: event.sha256)
    var list = entries[key] ?? []
    switch event.action {
    case .certify:
      if let blocking = list.first(where: { $0.range.overlaps(event.range) }) {
        throw Refusal(
          text: "\(event.data.text) \(event.range.text) overlaps "
            + "\(blocking.path.clipped(to: 200)) \(blocking.range.text) in \(event.collection)")
      }
      list.append(entry)
    case .decertify:
      let index = list.firstIndex {
        $0.path == event.path && $0.sha256 == event.sha256
          && $0.range.intersection(event.range) == event.range
      }
      guard let index else {
        throw Refusal(
          text: "\(event.data.text) \(event.range.text) was taken out of \(event.collection), "
            + "where it is not")
      }
      let rest = list[index].range.cutting(event.range).map {
        Entry(range: $0, path: event.path, sha256: event.sha256)
      }
      list.replaceSubrange(index...index, with: rest)
    }
    list.sort { $0.range.begin < $1.range.begin }
    entries[key] = list.isEmpty ? nil : list
  }

  /// Adds a range that is known to stand.
  mutating func insert(_ entry: Entry, for key: Key) {
    entries[key, default: []].append(entry)
    entries[key]?.sort { $0.range.begin < $1.range.begin }
  }
}
