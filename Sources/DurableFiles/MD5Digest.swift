import COpenSSL

/// An MD5 digest (RFC 1321), as the acquisition system's checksum files hold it.
///
/// It detects damage only; whatever must not be forged has a SHA-256.
public struct MD5Digest: Hashable, Sendable, CustomStringConvertible {
  /// The 32 lower-case hexadecimal digits.
  public let hexadecimal: String

  public var description: String { hexadecimal }

  /// The digest of some bytes.
  public init(of bytes: some Sequence<UInt8>) {
    var digest = [UInt8](repeating: 0, count: 16)
    let array = Array(bytes)
    _ = array.withUnsafeBytes {
      EVP_Digest($0.baseAddress, $0.count, &digest, nil, EVP_md5(), nil)
    }
    let digits = Array("0123456789abcdef".utf8)
    hexadecimal = String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
