import Ingest

#if canImport(Glibc)
  import Glibc
#endif

/// The names that an analysis is known by.
package enum AnalysisIdentity {
  /// The present time as ISO 8601 in UTC, whole seconds.
  static func now() -> String { ElvisDate(unixSeconds: time(nil)).isoText }

  /// `FM<YYYYMMDD>_<HHMMSS><tag>`, in UTC.
  static func name(tag: String) -> String {
    let parts = ElvisDate(unixSeconds: time(nil)).parts
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let stamp =
      "\(parts.year)\(two(parts.month))\(two(parts.day))_\(two(parts.hour))\(two(parts.minute))\(two(parts.second))"
    return "FM\(stamp)\(tag)"
  }

  /// A ULID: 48 bits of milliseconds and 80 random bits in Crockford's base 32
  /// (https://github.com/ulid/spec).
  package static func ulid() -> String {
    var clock = timespec()
    clock_gettime(CLOCK_REALTIME, &clock)
    let milliseconds = UInt64(clock.tv_sec) * 1000 + UInt64(clock.tv_nsec) / 1_000_000
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    var text = ""
    for shift in stride(from: 45, through: 0, by: -5) {
      text.append(alphabet[Int((milliseconds >> UInt64(shift)) & 31)])
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<16 { text.append(alphabet[Int(random.next() & 31)]) }
    return text
  }
}
