#if canImport(Glibc)
  import Glibc
#endif

/// What the file system says of a plain file without its being read: two equal states of a path are the same bytes,
/// unless they were written within one tick of the file system's clock.
struct FileState: Hashable, Sendable {
  /// A time of the file system.
  struct Instant: Hashable, Sendable {
    var seconds: Int
    var nanoseconds: Int
  }

  let device: UInt64
  let inode: UInt64
  let size: Int
  /// When its bytes were last written; anyone may set it.
  let modified: Instant
  /// When its bytes or its record last changed; only the system sets it.
  let changed: Instant

  /// The state of a file; nil where there is no plain file.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    modified = Instant(
      seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
    changed = Instant(
      seconds: Int(status.st_ctim.tv_sec), nanoseconds: Int(status.st_ctim.tv_nsec))
  }

  /// Whether it last changed so long before a time that any later change shows.
  func isSettled(at time: Int, for seconds: Int) -> Bool {
    let (age, overflow) = time.subtractingReportingOverflow(changed.seconds)
    return !overflow && age > seconds
  }
}
