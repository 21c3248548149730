import COpenSSL

#if canImport(Glibc)
  import Glibc
#endif

/// A SHA-256 digest (FIPS 180-4), as computed by OpenSSL.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
  /// The 64 lower-case hexadecimal digits.
  public let hexadecimal: String

  public var description: String { hexadecimal }

  /// The digest of some bytes.
  public init(of bytes: some Sequence<UInt8>) {
    var hasher = Hasher256()
    let array = Array(bytes)
    array.withUnsafeBytes { hasher.update($0) }
    hexadecimal = hasher.finish()
  }

  /// The digest of a text's UTF-8 bytes.
  public init(of text: String) {
    self.init(of: text.utf8)
  }

  /// The digest of a file, read in pieces of 1 MiB.
  ///
  /// - Throws: `FileError` where the file cannot be read, or is no regular file: a pipe may never end.
  public init(ofFile path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(action: "read", path: path, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(kind: .failed, action: "read what is no plain file", path: path)
    }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    var hasher = Hasher256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(action: "read", path: path, errno: errno)
      }
      if count == 0 { break }
      buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    hexadecimal = hasher.finish()
  }
}

private struct Hasher256: ~Copyable {
  private let context: OpaquePointer?

  init() {
    context = EVP_MD_CTX_new()
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  mutating func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
