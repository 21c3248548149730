import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// A plain file, read in pieces of 1 MiB.
struct ByteChunks: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(_ path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    self.path = path
    guard descriptor >= 0 else { throw FileError(action: "read", path: path, errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(kind: .failed, action: "read what is no plain file", path: path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next bytes; empty at the end.
  borrowing func next() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(action: "read", path: path, errno: errno)
      }
      buffer.removeLast(buffer.count - count)
      return buffer
    }
  }
}
