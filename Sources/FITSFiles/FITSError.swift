public import Diagnostics

/// What can go wrong with a FITS file.
public struct FITSError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw value is the stable code.
  public enum Kind: String, Sendable, CaseIterable {
    /// The file cannot be opened or read.
    case unreadable = "fits-unreadable"
    /// The file cannot be written, for example because the disk is full.
    case unwritable = "fits-unwritable"
    /// The file is no FITS file at all.
    case notFITS = "fits-not-fits"
    /// A header breaks the grammar or the standard's order.
    case badHeader = "fits-bad-header"
    /// Header or data end before they should.
    case truncated = "fits-truncated"
    /// Sizes exceed a limit or the range of integers.
    case tooLarge = "fits-too-large"
    /// The file is sound, but of a kind that is refused (HCOMPRESS, random groups, NAXIS > 8).
    case unsupported = "fits-unsupported"
    /// The pixels cannot be represented in the type that was asked for.
    case unsupportedPixels = "fits-unsupported-pixels"
    /// The image has other dimensions than the camera.
    case wrongSize = "fits-wrong-size"
    /// There is no such HDU, or it is of another kind.
    case noSuchHDU = "fits-no-such-hdu"
    /// There is no such column, or it is of another type.
    case noSuchColumn = "fits-no-such-column"
    /// The file became shorter while it was being read.
    case changed = "fits-changed"
    /// A checksum is missing or wrong.
    case checksum = "fits-checksum"
    /// What is to be written cannot be expressed in FITS.
    case badContent = "fits-bad-content"
    /// CFITSIO or zlib reported a failure.
    case library = "fits-library"
  }

  /// The kind of failure.
  public let kind: Kind
  /// What is wrong.
  public let detail: String
  /// The file.
  public let file: String
  /// The HDU, counted from 0; nil where the failure concerns the whole file.
  public let hdu: Int?
  /// The status of CFITSIO; 0 where it was not involved.
  public let status: Int32
  /// The message stack of CFITSIO, oldest message first.
  public let messages: [String]

  /// Describes a failure.
  public init(
    _ kind: Kind, _ detail: String, file: String, hdu: Int? = nil, status: Int32 = 0,
    messages: [String] = []
  ) {
    self.kind = kind
    self.detail = detail
    self.file = file
    self.hdu = hdu
    self.status = status
    self.messages = messages
  }

  public var code: String { kind.rawValue }

  public var problem: String {
    guard status != 0 else { return detail }
    let stack = messages.isEmpty ? "" : ": " + messages.joined(separator: "; ")
    return "\(detail), CFITSIO status \(status)\(stack)"
  }

  public var place: String? { hdu.map { "\(file), HDU \($0)" } ?? file }

  public var remedy: String? {
    switch kind {
    case .unreadable: "check the path and the permissions"
    case .unwritable: "check the folder's permissions and the space on the disk"
    case .notFITS: "give a FITS file"
    case .truncated: "copy the file again from its source"
    case .badHeader: "repair the header, or write the file again"
    case .tooLarge: "raise the limit if the file is to be trusted"
    case .unsupported: "convert the file, for example with funpack"
    case .unsupportedPixels: "read the image as floating-point numbers"
    case .wrongSize: "check which camera the file is from"
    case .changed: "wait until the file is complete, then try again"
    case .checksum: "do not trust the file; fetch or make it again"
    case .noSuchHDU, .noSuchColumn, .badContent, .library: nil
    }
  }
}
