import Diagnostics

/// What a product is certified for, beside time: its type and the device that it belongs to.
///
/// A device is known by camera and serial number, so that a CCD keeps its products where it moves
/// to another block; where the run that made the product recorded no serial number, by camera,
/// block and detector, so that the CCD1 of two blocks are two devices. What a key does not need
/// is "".
public struct CertifiedData: Sendable, Hashable, Comparable {
  /// The product's role, such as `master-bias`.
  public let type: String
  /// What else tells products of one type apart, such as a wavelength or read-out mode; "" for
  /// nothing.
  public let variant: String
  /// The camera's name.
  public let camera: String
  /// The serial number; "" where unknown.
  public let serial: String
  /// The block; "" where the serial number is known.
  public let block: String
  /// The detector; "" where the serial number is known, or the product belongs to all.
  public let detector: String

  /// The data in words: `master-bias of 14313-17-01 (euclid-vis)`.
  public var text: String {
    let device = serial.isEmpty ? [block, detector].filter { !$0.isEmpty } : [serial]
    let kind = variant.isEmpty ? type : "\(type) (\(variant))"
    return "\(kind) of \(device.joined(separator: " ")) (\(camera))".clipped(to: 300)
  }

  private var fields: [String] { [type, camera, serial, block, detector, variant] }

  public static func < (a: CertifiedData, b: CertifiedData) -> Bool {
    a.fields.lexicographicallyPrecedes(b.fields)
  }
}

/// A decision about certification: who, why, and when.
public struct CertificationDecision: Sendable, Hashable {
  /// Who decides; not empty.
  public var author: String
  /// Why, or how it was verified; not empty.
  public var reason: String
  /// When it is decided, ISO 8601 in UTC.
  public var time: String

  /// A decision.
  public init(author: String, reason: String, time: String) {
    self.author = author
    self.reason = reason
    self.time = time
  }

  func validate() throws {
    let isGiven = { (text: String) in text.contains { !$0.isWhitespace } }
    guard isGiven(author), isGiven(reason) else {
      throw WarehouseError(.invalidRecord, "a decision needs an author and a reason")
    }
  }
}

/// A collection: products certified for ranges of time, or a chain of collections.
public struct CollectionRecord: Sendable, Hashable {
  /// The kinds of collection.
  public enum Kind: String, Sendable, CaseIterable {
    /// Holds certifications.
    case calibration
    /// Names other collections, which are searched in order.
    case chained
  }

  /// The name.
  public let name: String
  /// The kind.
  public let kind: Kind
  /// Of a chain, its members in order.
  public let members: [String]
  /// The number of certified ranges; 0 for a chain.
  public let ranges: Int
}

/// A product that is certified for a range.
public struct StoredCertification: Sendable, Hashable {
  /// The collection that holds it.
  public let collection: String
  /// What it is certified for.
  public let data: CertifiedData
  /// When it is valid.
  public let range: ValidityRange
  /// The block of the run that made it.
  public let block: String
  /// The detector; nil where it belongs to all.
  public let detector: String?
  /// The run that made it.
  public let run: TestRunKey
  /// That run's analysis.
  public let analysis: String
  /// That run's test.
  public let test: String
  /// The latest verdict on that run; nil for none.
  public let verdict: VerdictRecord.State?
  /// The file, relative to the warehouse's folder.
  public let path: String
  /// Its SHA-256, in hexadecimal.
  public let sha256: String
  /// Its size in bytes.
  public let size: Int
  /// Who certified it, why and when.
  public let decision: CertificationDecision
  /// Whether it was certified against the rules for runs.
  public let isForced: Bool
}

/// An entry of the journal: what was certified, or cut out, when and by whom.
public struct CertificationEvent: Sendable, Hashable {
  /// What was done.
  public enum Action: String, Sendable, CaseIterable {
    /// The range was added.
    case certify
    /// The range, or this part of a longer one, was taken out.
    case decertify
  }

  /// The collection.
  public let collection: String
  /// What was done.
  public let action: Action
  /// What the product is certified for.
  public let data: CertifiedData
  /// The product, relative to the warehouse's folder.
  public let path: String
  /// Its SHA-256, in hexadecimal.
  public let sha256: String
  /// The range that was added or taken out.
  public let range: ValidityRange
  /// Whether it was certified against the rules for runs.
  public let isForced: Bool
  /// Who, why and when.
  public let decision: CertificationDecision
}
