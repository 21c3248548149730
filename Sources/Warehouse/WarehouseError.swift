public import Diagnostics

/// What can go wrong with a warehouse.
public struct WarehouseError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw values are stable.
  public enum Kind: String, Sendable, CaseIterable {
    /// The folder holds no warehouse.
    case missing = "no-warehouse"
    /// A warehouse is there already.
    case exists = "warehouse-exists"
    /// The file is no SQLite database, or another program's.
    case foreign = "not-a-warehouse"
    /// The schema is of a later version of this program.
    case newer = "warehouse-newer"
    /// The schema is of an earlier version, and the warehouse was opened for reading only.
    case older = "warehouse-older"
    /// The file is shorter than it says, or SQLite finds it malformed.
    case damaged = "warehouse-damaged"
    /// Another writer did not finish within the time allowed.
    case busy = "warehouse-busy"
    /// The disk, or the database's allowed size, is full.
    case full = "warehouse-full"
    /// The warehouse lies on a network file system, where SQLite's WAL is unsafe.
    case networkFileSystem = "warehouse-on-network"
    /// The warehouse cannot be written.
    case readOnly = "warehouse-read-only"
    /// A value is NaN or infinite.
    case notFinite = "value-not-finite"
    /// The same place was measured, or the same name used, twice.
    case duplicate = "duplicate-result"
    /// A record contradicts itself or what is stored.
    case invalidRecord = "invalid-record"
    /// A product file is missing, outside the warehouse, or not what its record says.
    case artifact = "artifact-mismatch"
    /// There is no such analysis, test run or quantity.
    case noSuchRecord = "no-such-record"
    /// A query was refused, since it is not a plain reading one.
    case queryRefused = "query-refused"
    /// A query took longer than allowed.
    case queryTooLong = "query-too-long"
    /// A product cannot be certified: its run is rejected, unfinished or not accepted.
    case notCertifiable = "not-certifiable"
    /// A certification of the same type and data overlaps in time.
    case overlap = "certification-overlap"
    /// There is no such collection.
    case noSuchCollection = "no-such-collection"
    /// A collection is of the wrong kind, or a chain would contain itself.
    case badCollection = "bad-collection"
    /// Nothing is certified for what was asked.
    case notCertified = "not-certified"
    /// More than one product answers, or more than one device is meant.
    case ambiguous = "ambiguous-device"
    /// A text is no time, or a range is empty.
    case badTime = "bad-time"
    /// Any other failure that SQLite reports.
    case failed = "warehouse-failed"
  }

  /// The kind of failure.
  public let kind: Kind
  public let problem: String
  public let place: String?

  /// Describes a failure.
  public init(_ kind: Kind, _ problem: String, place: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.place = place
  }

  public var code: String { kind.rawValue }
  public var exitCode: ExitCode {
    switch kind {
    case .busy: .busy
    case .badTime: .wrongUse
    default: .failed
    }
  }
  public var remedy: String? {
    switch kind {
    case .missing: "make one with: vis-meta init FOLDER"
    case .exists: "use it, or name another folder"
    case .foreign: "name the folder of a warehouse; nothing was changed"
    case .newer: "use the program version that wrote it, or a later one; nothing was changed"
    case .older: "upgrade it with: vis-meta upgrade"
    case .damaged: "restore it from a backup; nothing was changed"
    case .busy: "wait until the other writer has finished, then run the same command again"
    case .full: "free space, then run the same command again: it continues where it stopped"
    case .networkFileSystem: "keep the warehouse on a local disk and merge it from there"
    case .readOnly: "check the permissions of the folder and of its files"
    case .artifact: "make the product again by running the test again"
    case .queryRefused: "only one reading statement (SELECT) is allowed"
    case .notCertifiable: "accept the run first, or use --force"
    case .overlap: "decertify that range first, or use another collection"
    case .noSuchCollection: "vis-meta collections lists them"
    case .ambiguous: "say which one is meant"
    case .badTime: "give a time in UTC such as 2019-03-23T12:00:00Z, or: open"
    case .queryTooLong: "narrow the query, or allow more time"
    case .notFinite, .duplicate, .invalidRecord, .noSuchRecord, .failed, .badCollection,
      .notCertified:
      nil
    }
  }
}
