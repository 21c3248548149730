import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// The few questions that the warehouse asks the file system.
enum FileSystem {
  /// The size of a regular file in bytes; nil where there is none.
  static func size(of path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// At most `count` bytes from a file's beginning.
  static func prefix(of path: String, count: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(action: "read", path: path, errno: errno) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: count)
    var total = 0
    // Files of /proc come in pieces.
    while total < count {
      let got = buffer.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress?.advanced(by: total), $0.count - total)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FileError(action: "read", path: path, errno: errno) }
      if got == 0 { break }
      total += got
    }
    return Array(buffer.prefix(total))
  }

  /// The path with all symbolic links followed; nil where it does not exist.
  static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Runs `body` while no other process holds the lock on `folder`.
  ///
  /// A lock ends with its process, however that ends.
  ///
  /// - Parameters:
  ///   - isShared: whether others that share it may hold it as well.
  ///   - seconds: how long it is waited for; nil for ever.
  /// - Throws: `WarehouseError` of kind `.busy` where another process keeps it.
  static func holdingLock<Value>(
    on folder: String, isShared: Bool = false, seconds: Double? = nil, _ body: () throws -> Value
  ) throws -> Value {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(action: "open", path: folder, errno: errno) }
    defer { close(descriptor) }
    let kind = isShared ? LOCK_SH : LOCK_EX
    let deadline = seconds.map { ContinuousClock.now + .seconds(max(0, min($0, 1e6))) }
    while flock(descriptor, deadline == nil ? kind : kind | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK, let deadline else {
        throw FileError(action: "lock", path: folder, errno: errno)
      }
      guard ContinuousClock.now < deadline else {
        throw WarehouseError(
          .busy, "a merge, a backup or a collection of garbage is at work here", place: folder)
      }
      usleep(20_000)
    }
    return try body()
  }

  /// The bytes that an unprivileged program may still write to the disk of `path`; nil where
  /// unknown.
  static func freeBytes(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, overflow) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return overflow ? Int.max : bytes
  }

  /// How SQLite is to be told of a database that is only read.
  ///
  /// On a disk that is mounted read-only nobody writes, and SQLite cannot make the files beside the
  /// database that reading beside writers needs: there it is told that the file never changes. Where
  /// a log waits beside it, that would hide what is in the log, and the database is refused instead.
  static func readingName(of path: String) -> String {
    var status = statvfs()
    guard statvfs(path, &status) == 0, status.f_flag & UInt(ST_RDONLY) != 0,
      size(of: path + "-wal") ?? 0 == 0
    else { return path }
    var name = "file:"
    for byte in path.utf8 {
      let isPlain =
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "/._-".utf8.contains(byte)
      let digits = String(byte, radix: 16)
      name +=
        isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
    }
    return name + "?immutable=1"
  }

  /// Refuses to begin what a disk has no room for.
  static func requireSpace(_ bytes: Int, at path: String, for purpose: String) throws {
    guard let free = freeBytes(at: path), free < bytes else { return }
    throw WarehouseError(
      .full, "\(purpose) needs \(bytes) bytes, and \(free) are free", place: path)
  }

  /// Copies a regular file's bytes; a symbolic link in its place is refused.
  ///
  /// - Parameter target: a path where nothing is.
  static func copy(_ source: String, to target: String) throws {
    let input = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard input >= 0 else { throw FileError(action: "copy", path: source, errno: errno) }
    defer { close(input) }
    var status = stat()
    guard fstat(input, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(kind: .failed, action: "copy what is no plain file", path: source)
    }
    let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard output >= 0 else { throw FileError(action: "write", path: target, errno: errno) }
    defer { close(output) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(action: "read", path: source, errno: errno) }
      if count == 0 { return }
      var written = 0
      while written < count {
        let more = buffer.withUnsafeBytes {
          write(output, $0.baseAddress?.advanced(by: written), count - written)
        }
        if more < 0, errno == EINTR { continue }
        guard more >= 0 else { throw FileError(action: "write", path: target, errno: errno) }
        written += more
      }
    }
  }

  /// All regular files and symbolic links below a folder, by their paths relative to it, sorted;
  /// links are not followed.
  static func files(below folder: String) -> [String] {
    var result: [String] = []
    var folders = [""]
    while let relative = folders.popLast() {
      guard let stream = opendir(folder + "/" + relative) else { continue }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != ".." else { continue }
        let path = relative.isEmpty ? name : relative + "/" + name
        var status = stat()
        guard lstat(folder + "/" + path, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) } else { result.append(path) }
      }
    }
    return result.sorted()
  }

  /// Removes the folders below `folder` in which nothing is, and at last `folder` itself where
  /// `includingItself`; whatever is not empty stays.
  static func removeEmptyFolders(below folder: String, includingItself: Bool = false) {
    if let stream = opendir(folder) {
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        var status = stat()
        guard name != ".", name != "..", lstat(folder + "/" + name, &status) == 0,
          status.st_mode & S_IFMT == S_IFDIR
        else { continue }
        removeEmptyFolders(below: folder + "/" + name, includingItself: true)
      }
    }
    if includingItself { rmdir(folder) }
  }

  /// Flushes a folder's entries to the disk.
  static func flush(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Refuses a folder on a network file system, whose shared memory WAL cannot use.
  static func requireLocal(_ folder: String, allowed: Bool) throws {
    var status = stat()
    guard !allowed, stat(folder, &status) == 0,
      let mounts = try? prefix(of: "/proc/self/mountinfo", count: 1 << 20)
    else { return }
    let device = UInt64(status.st_dev)
    let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    let minor = device & 0xFF | (device >> 12) & 0xFFFF_FF00
    if let type = networkType(
      ofDevice: "\(major):\(minor)", in: String(decoding: mounts, as: UTF8.self))
    {
      throw WarehouseError(
        .networkFileSystem, "the folder is on a network file system (\(type))", place: folder)
    }
  }

  /// The type of a mounted device where it is a network file system; nil for any other.
  ///
  /// - Parameters:
  ///   - device: as "major:minor".
  ///   - mounts: the text of `/proc/self/mountinfo` (proc(5)).
  static func networkType(ofDevice device: String, in mounts: String) -> String? {
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 2, fields[2] == device,
        let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
      else { continue }
      let type = String(fields[dash + 1])
      return networkTypes.contains(type) ? type : nil
    }
    return nil
  }

  private static let networkTypes: Set<String> = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "ceph", "afs", "gpfs", "beegfs", "glusterfs",
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "ncpfs", "coda",
    "orangefs", "davfs", "fuse.davfs2",
  ]
}
