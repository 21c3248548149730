#if canImport(Glibc)
  import Glibc
#endif

/// A temporary file without a name in TMPDIR, which vanishes with its last descriptor.
struct Spool: ~Copyable {
  private let descriptor: Int32
  private let name: String
  private(set) var length = 0

  /// Makes an empty spool.
  ///
  /// - Parameter name: the file on behalf of which this is done, for messages.
  init(for name: String) throws(FITSError) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let path = "\(folder)/.vison-spool-\(getpid())-\(unique)"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    self.name = name
    guard descriptor >= 0 else {
      throw FITSError(
        .unreadable, "no room to unpack in \(folder): \(String(cString: strerror(errno)))",
        file: name)
    }
    unlink(path)
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FITSError) {
    var done = 0
    while done < bytes.count {
      let count = write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        throw FITSError(
          .unreadable, "cannot unpack: \(String(cString: strerror(errno)))", file: name)
      }
      done += count
    }
    length += done
  }

  /// The spool as a file to read from.
  func opened() throws(FITSError) -> OpenFile {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else {
      throw FITSError(.unreadable, String(cString: strerror(errno)), file: name)
    }
    return OpenFile(descriptor: copy, length: length, name: name)
  }
}
