import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// A process that outlives the reuse of its number: machine, boot, number and start.
struct ProcessIdentity: Sendable, Hashable {
  var host: String
  var boot: String
  var processID: Int64
  /// The start in clock ticks since boot (field 22 of /proc/PID/stat).
  var startTicks: Int64

  /// This process.
  static var current: ProcessIdentity {
    let id = Int64(getpid())
    return ProcessIdentity(
      host: hostName, boot: bootID, processID: id, startTicks: startTicks(of: id) ?? 0)
  }

  /// Whether the process is known to have ended.
  ///
  /// Nothing can be known about another machine, so its processes count as alive.
  var isDead: Bool {
    guard host == ProcessIdentity.hostName else { return false }
    guard boot == ProcessIdentity.bootID else { return true }
    return ProcessIdentity.startTicks(of: processID) != startTicks
  }

  private static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, 255) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static var bootID: String {
    let bytes = (try? FileSystem.prefix(of: "/proc/sys/kernel/random/boot_id", count: 36)) ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func startTicks(of processID: Int64) -> Int64? {
    guard let bytes = try? FileSystem.prefix(of: "/proc/\(processID)/stat", count: 4096),
      // The second field is the program's name in brackets, which may hold anything.
      let bracket = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[(bracket + 1)...].split(separator: UInt8(ascii: " "))
    // A process that has ended and was not waited for does nothing any more.
    guard fields.count > 19, fields[0] != [UInt8(ascii: "Z")] else { return nil }
    return Int64(String(decoding: fields[19], as: UTF8.self))
  }
}
