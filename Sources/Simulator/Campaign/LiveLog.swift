import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// An exposure log that grows while others read it.
///
/// It is written in place, as ELVIS does, and not by renaming: a reader must be seen to cope with that.
struct LiveLog {
  let path: String

  /// Adds bytes at the end; a log that is not there begins with the header.
  func append(_ bytes: [UInt8], header: [UInt8]) throws(FileError) {
    var status = stat()
    let isNew = stat(path, &status) != 0
    try write((isNew ? header : []) + bytes, flags: O_WRONLY | O_CREAT | O_APPEND)
  }

  /// Writes the file anew in place: for a moment it is empty.
  func replace(with bytes: [UInt8]) throws(FileError) {
    try write(bytes, flags: O_WRONLY | O_CREAT | O_TRUNC)
  }

  /// Gives a file or folder another name.
  static func move(_ path: String, to other: String) throws(FileError) {
    guard rename(path, other) == 0 else {
      throw FileError(action: "rename", path: path, errno: errno)
    }
  }

  private func write(_ bytes: [UInt8], flags: Int32) throws(FileError) {
    let file = open(path, flags | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError(action: "open", path: path, errno: errno) }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let rest = bytes[done...]
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count >= 0 || errno == EINTR else {
        throw FileError(action: "write", path: path, errno: errno)
      }
      done += max(0, count)
    }
  }
}
