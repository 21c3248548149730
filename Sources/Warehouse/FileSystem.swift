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
  static func holdingLock<Value>(on folder: String, _ body: () throws -> Value) throws -> Value {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(action: "open", path: folder, errno: errno) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw FileError(action: "lock", path: folder, errno: errno) }
    }
    return try body()
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
