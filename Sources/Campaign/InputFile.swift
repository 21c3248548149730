public import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// Reading of small input files: read-only, regular files only, never more than a stated size.
///
/// Input data is sacred: nothing here opens a file for writing.
public enum InputFile {
  /// The bytes of a file as they are now; a file that grows meanwhile is read up to its present end.
  ///
  /// - Parameters:
  ///   - path: of a regular file; devices and pipes are refused because they may never end.
  ///   - limit: the largest size that is accepted, in bytes.
  /// - Throws: `FileError`; its kind is `failed` with EFBIG's text where the file is larger than `limit`.
  public static func bytes(of path: String, limit: Int = 256 << 20) throws(FileError) -> [UInt8] {
    guard !path.utf8.contains(0) else {
      throw FileError(kind: .unsafeName, action: "read", path: path)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(action: "read", path: path, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(action: "read", path: path, errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(action: "read", path: path, errno: isFolder ? EISDIR : EINVAL)
    }
    guard Int(status.st_size) <= limit else {
      throw FileError(action: "read", path: path, errno: EOVERFLOW)
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(action: "read", path: path, errno: errno)
      }
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// The names of the entries of a folder, sorted by their bytes, without `.` and `..`.
  ///
  /// - Throws: `FileError` where the folder cannot be read.
  public static func names(in folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else {
      throw FileError(action: "list", path: folder, errno: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A path as seen from a folder: an absolute one stays, another is below the folder.
  public static func path(_ path: String, from folder: String) -> String {
    if path.hasPrefix("/") || folder == "." || folder.isEmpty { return path }
    return folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }
}
