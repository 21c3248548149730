public import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// What can go wrong with a file or a folder.
public struct FileError: DiagnosedError, Equatable {
  /// The kinds of failure.
  public enum Kind: String, Sendable, CaseIterable {
    case missing = "file-missing"
    case denied = "file-denied"
    case diskFull = "disk-full"
    case unsafeName = "unsafe-name"
    case notAFolder = "not-a-folder"
    case failed = "file-failed"
  }

  /// The kind of failure.
  public let kind: Kind
  /// The path concerned, as it was given.
  public let path: String
  /// What was being done: "write", "read", "rename", ...
  public let action: String
  /// The system's error number; 0 where there is none.
  public let errno: Int32

  /// Describes a failure of a system call.
  public init(action: String, path: String, errno: Int32) {
    self.action = action
    self.path = path
    self.errno = errno
    switch errno {
    case ENOENT: kind = .missing
    case EACCES, EPERM, EROFS: kind = .denied
    case ENOSPC, EDQUOT, EFBIG: kind = .diskFull
    case ENOTDIR: kind = .notAFolder
    default: kind = .failed
    }
  }

  /// Describes a failure that no system call reported.
  public init(kind: Kind, action: String, path: String) {
    self.kind = kind
    self.action = action
    self.path = path
    self.errno = 0
  }

  public var code: String { kind.rawValue }
  public var problem: String {
    let reason = errno == 0 ? "refused" : String(cString: strerror(errno))
    return "cannot \(action): \(reason)"
  }
  public var place: String? { path }
  public var remedy: String? {
    switch kind {
    case .missing: "check the path"
    case .denied: "check the permissions of the file and of its folder"
    case .diskFull: "free space or raise the quota, then run the same command again"
    case .unsafeName: "use a plain name without separators or control characters"
    case .notAFolder: "name a folder"
    case .failed: nil
    }
  }
}
