import Foundation

/// Arrays of Float64 as blobs: little-endian, without a header.
enum DoubleBlob {
  static func encode(_ values: [Double]) -> Data {
    let words = values.map { $0.bitPattern.littleEndian }
    return words.withUnsafeBytes { Data($0) }
  }

  /// The values; nil where the length is no multiple of 8.
  static func decode(_ blob: Data) -> [Double]? {
    guard blob.count % 8 == 0 else { return nil }
    return blob.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map {
        Double(
          bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
        )
      }
    }
  }
}
