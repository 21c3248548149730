import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// A folder beside the wanted PDF in which LaTeX works, and which goes away when all went well.
struct StagingFolder {
  /// The folder's path.
  let path: String

  init(beside target: String) throws {
    let folder = AtomicFile.folder(of: target)
    try AtomicFile.makeFolder(folder)
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    path = "\(folder)/.vison-latex-\(getpid())-\(unique)"
    try AtomicFile.makeFolder(path)
  }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Copies a picture into the folder.
  func copy(_ source: String, to name: String) throws {
    let from = open(source, O_RDONLY | O_CLOEXEC)
    guard from >= 0 else { throw FileError(action: "read", path: source, errno: errno) }
    defer { close(from) }
    let target = file(name)
    let to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard to >= 0 else { throw FileError(action: "write", path: target, errno: errno) }
    defer { close(to) }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(from, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw FileError(action: "read", path: source, errno: errno)
      }
      if count == 0 { return }
      var written = 0
      while written < count {
        let step = buffer.withUnsafeBytes {
          write(to, $0.baseAddress?.advanced(by: written), count - written)
        }
        guard step >= 0 || errno == EINTR else {
          throw FileError(action: "write", path: target, errno: errno)
        }
        written += max(step, 0)
      }
    }
  }

  /// The text of a file in the folder, at most `limit` bytes from its end; "" where there is none.
  func text(_ name: String, limit: Int = 20_000_000) -> String {
    guard let bytes = Self.bytes(file(name), limit: limit) else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first bytes of a file; nil where it cannot be read.
  static func bytes(_ path: String, limit: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: min(limit, 1 << 18))
    while bytes.count < limit {
      let wanted = min(buffer.count, limit - bytes.count)
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, wanted) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Removes the folder and what is in it.
  func remove() { Self.removeAll(path) }

  static func removeAll(_ path: String) {
    guard let stream = opendir(path) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      let inner = "\(path)/\(name)"
      // A link is removed, not followed.
      if unlink(inner) != 0, errno == EISDIR || errno == EPERM { removeAll(inner) }
    }
    closedir(stream)
    rmdir(path)
  }
}
