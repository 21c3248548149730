#if canImport(Glibc)
  import Glibc
#endif

/// Sizes of files.
public enum FileSize {
  /// The size of a file in bytes.
  ///
  /// - Throws: `FileError` where there is no such file.
  public static func bytes(of path: String) throws(FileError) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileError(action: "read", path: path, errno: errno) }
    return Int(status.st_size)
  }
}
