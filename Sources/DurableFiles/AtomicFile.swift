#if canImport(Glibc)
  import Glibc
#endif

/// The one way in which this project makes a file: a file under its final name is whole.
///
/// The content goes to a temporary file in the same folder, which is flushed to the disk (`fsync`)
/// and then renamed; at last the folder itself is flushed. A crash or a full disk at any instant
/// leaves the old file, or none, and at most a temporary that `removeStaleTemporaries` clears.
public enum AtomicFile {
  /// The prefix of temporary files; the process id and a counter follow.
  public static let temporaryPrefix = ".vison-tmp-"

  /// Writes bytes to `path`.
  ///
  /// - Throws: `FileError`; a file that was there before is then unchanged.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    let content = Array(bytes)
    try write(to: path) { temporary in
      try writeAll(content, to: temporary, reportedAs: path)
    }
  }

  /// Writes a text as UTF-8 to `path`.
  public static func write(_ text: String, to path: String) throws {
    try write(text.utf8, to: path)
  }

  /// Lets `body` make a file under a temporary name, then moves it to `path`.
  ///
  /// This is for C libraries that open their files by name. Whatever `body` throws is thrown on, and
  /// the temporary is removed.
  ///
  /// - Parameter body: gets the temporary's path, which does not exist yet, and whose suffix is
  ///   that of `path`.
  public static func write(to path: String, body: (_ temporary: String) throws -> Void) throws {
    let temporary = temporaryPath(for: path)
    do {
      try body(temporary)
      try flush(temporary, reportedAs: path)
      guard rename(temporary, path) == 0 else {
        throw FileError(action: "write", path: path, errno: errno)
      }
    } catch {
      unlink(temporary)
      throw error
    }
    try flush(folder(of: path), reportedAs: path)
  }

  /// Lets `body` write a file of any length in pieces, of which none is kept in memory.
  ///
  /// - Parameter body: gets the function that writes the next bytes.
  /// - Throws: `FileError`, and what `body` throws; a file that was there before is then unchanged.
  public static func write(
    piecesTo path: String, body: (_ append: ([UInt8]) throws(FileError) -> Void) throws -> Void
  ) throws {
    try write(to: path) { temporary in
      let descriptor = try create(temporary, reportedAs: path)
      defer { close(descriptor) }
      try body { (bytes) throws(FileError) in try append(bytes, to: descriptor, reportedAs: path) }
    }
  }

  /// Makes a folder and those above it; one that is there already is no error.
  public static func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o777) == 0 { return }
    switch errno {
    case EEXIST:
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError(kind: .notAFolder, action: "make the folder", path: path)
      }
    case ENOENT:
      let parent = folder(of: path)
      guard parent != path else {
        throw FileError(action: "make the folder", path: path, errno: ENOENT)
      }
      try makeFolder(parent)
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
        throw FileError(action: "make the folder", path: path, errno: errno)
      }
    default: throw FileError(action: "make the folder", path: path, errno: errno)
    }
  }

  /// Removes a file; one that is not there is no error.
  public static func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw FileError(action: "remove", path: path, errno: errno)
    }
  }

  /// Removes temporaries in `folder` that processes left which no longer run.
  ///
  /// - Returns: the names of the files that were removed.
  @discardableResult
  public static func removeStaleTemporaries(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var removed: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(temporaryPrefix),
        let process = name.dropFirst(temporaryPrefix.count).split(separator: "-").first
          .flatMap({ pid_t($0) }), process != getpid()
      else { continue }
      if kill(process, 0) != 0, errno == ESRCH, unlink("\(folder)/\(name)") == 0 {
        removed.append(name)
      }
    }
    return removed.sorted()
  }

  /// The folder that holds `path`; "." for a bare name.
  public static func folder(of path: String) -> String {
    guard let slash = path.dropLast(path.hasSuffix("/") ? 1 : 0).lastIndex(of: "/") else {
      return "."
    }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  // MARK: - Steps

  private static func temporaryPath(for path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? "file"
    let suffix = name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
    let unique = UInt64.random(in: 0...UInt64.max)
    return "\(folder(of: path))/\(temporaryPrefix)\(getpid())-\(String(unique, radix: 36))\(suffix)"
  }

  private static func writeAll(_ content: [UInt8], to temporary: String, reportedAs path: String)
    throws(FileError)
  {
    let descriptor = try create(temporary, reportedAs: path)
    defer { close(descriptor) }
    try append(content, to: descriptor, reportedAs: path)
  }

  private static func create(_ temporary: String, reportedAs path: String) throws(FileError)
    -> Int32
  {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, errno: errno) }
    return descriptor
  }

  private static func append(
    _ content: [UInt8], to descriptor: Int32, reportedAs path: String
  ) throws(FileError) {
    var written = 0
    while written < content.count {
      let count = content.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(action: "write", path: path, errno: errno)
      }
      written += count
    }
  }

  private static func flush(_ target: String, reportedAs path: String) throws(FileError) {
    let descriptor = open(target, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw FileError(action: "write", path: path, errno: errno)
    }
  }
}
