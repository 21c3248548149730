import DurableFiles
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// The digests of input files, each computed once in an execution, however many of its tests use the file.
///
/// A digest stands for as long as the file's device, inode, size and both times are those that it had before and after
/// it was read. Of a file that changed in the last seconds none is kept, as a further change might not show.
final class FrameDigests: Sendable {
  private struct Known: Sendable {
    var state: FileState
    var digest: String
  }

  private let known = Mutex<[String: Known]>([:])
  private let readings = Mutex(0)
  private let settleSeconds: Int
  private let now: @Sendable () -> Int

  /// - Parameters:
  ///   - settleSeconds: how long a file must have rested before it is read for its digest to be kept.
  ///   - now: seconds since 1970.
  init(settleSeconds: Int = 2, now: @escaping @Sendable () -> Int = { time(nil) }) {
    self.settleSeconds = settleSeconds
    self.now = now
  }

  /// The number of files that were read.
  var filesRead: Int { readings.withLock { $0 } }

  /// The size and the SHA-256 of a file, which is read unless it is as it was when it was read before.
  ///
  /// - Throws: `FileError` where there is no such file, or it cannot be read.
  func record(of path: String) throws(FileError) -> (size: Int, sha256: String) {
    if let digest = standing(path), let size = FileState(path: path)?.size { return (size, digest) }
    let start = now()
    let before = FileState(path: path)
    let size = try FileSize.bytes(of: path)
    let digest = try SHA256Digest(ofFile: path).hexadecimal
    readings.withLock { $0 += 1 }
    if let before, before.isSettled(at: start, for: settleSeconds), FileState(path: path) == before {
      known.withLock { $0[path] = Known(state: before, digest: digest) }
    }
    return (size, digest)
  }

  /// The digest of a file that was read before and has not changed; nil otherwise. The file is not read.
  func standing(_ path: String) -> String? {
    guard let entry = known.withLock({ $0[path] }), FileState(path: path) == entry.state else {
      return nil
    }
    return entry.digest
  }
}
