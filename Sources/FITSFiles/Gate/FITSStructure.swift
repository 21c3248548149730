/// What a FITS file holds, as the gate found it: every size is checked against the file's length.
public struct FITSStructure: Sendable {
  /// The HDUs in their order.
  public let hdus: [HDU]
  /// What is irregular but harmless, such as a missing final padding.
  public let warnings: [String]

  /// One header-and-data unit.
  public struct HDU: Sendable {
    /// The kinds of HDU.
    public enum Kind: Sendable, Hashable {
      /// An image, or a header without data.
      case image
      /// A tile-compressed image (FITS 4.0, chapter 10), with ZCMPTYPE.
      case compressedImage(codec: String)
      /// A binary table.
      case binaryTable
      /// An ASCII table.
      case asciiTable
      /// An extension of another type.
      case other(String)
    }

    /// The position in the file, counted from 0.
    public let index: Int
    /// The kind.
    public let kind: Kind
    /// EXTNAME; "" where there is none.
    public let name: String
    /// EXTVER; 1 where there is none.
    public let version: Int
    /// BITPIX of the image (ZBITPIX where it is compressed).
    public let bitpix: Int
    /// NAXISn of the image (ZNAXISn where it is compressed).
    public let axes: [Int]
    /// BZERO; 0 where there is none.
    public let bzero: Double
    /// BSCALE; 1 where there is none.
    public let bscale: Double
    /// BLANK.
    public let blank: Int?
    /// The header, END excluded.
    public let cards: [FITSCard]
    /// Where the header begins in the file.
    public let headerOffset: Int
    /// Where the data begin in the file.
    public let dataOffset: Int
    /// The length of the data in the file, without padding.
    public let dataBytes: Int

    /// Whether this is an image with at least one pixel, compressed or not.
    public var holdsImage: Bool {
      switch kind {
      case .image, .compressedImage: !axes.isEmpty && !axes.contains(0)
      default: false
      }
    }

    /// Columns and rows of a two-dimensional image; further axes may only be of length 1.
    public var imageSize: (width: Int, height: Int)? {
      guard holdsImage, axes.count >= 2, axes[2...].allSatisfy({ $0 == 1 }) else { return nil }
      return (axes[0], axes[1])
    }
  }
}

/// Which HDU of a file is meant.
public enum FITSSelection: Sendable, Hashable {
  /// The last HDU that holds an image.
  case lastImage
  /// The HDU with this EXTNAME, compared without regard to case as CFITSIO does.
  case named(String)
  /// The HDU at this position, counted from 0.
  case index(Int)
}

extension FITSStructure {
  /// Finds an HDU.
  ///
  /// - Throws: `noSuchHDU`, naming what the file has.
  public func hdu(_ selection: FITSSelection, file: String) throws(FITSError) -> HDU {
    let found: HDU?
    let wanted: String
    switch selection {
    case .lastImage:
      found = hdus.last(where: \.holdsImage)
      wanted = "an image"
    case .named(let name):
      found = hdus.first { $0.name.uppercased() == name.uppercased() }
      wanted = "an HDU named \(name)"
    case .index(let index):
      found = hdus.indices.contains(index) ? hdus[index] : nil
      wanted = "HDU \(index)"
    }
    guard let found else {
      let names = hdus.prefix(20).map { $0.name.isEmpty ? "\($0.index)" : $0.name }
      throw FITSError(
        .noSuchHDU,
        "\(wanted) was asked for, and the file has only \(names.joined(separator: ", "))",
        file: file)
    }
    return found
  }
}
