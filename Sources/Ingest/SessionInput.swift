public import Campaign
import Detector

/// The rows of a session's logs or manifest, and the way to their frames and house-keeping.
public struct SessionInput: Sendable {
  /// The rows, in the order of the logs.
  public let rows: [ExposureRow]
  /// Lines set aside and doubts.
  public let issues: [LogIssue]
  /// The logs or the manifest.
  public let files: [String]
  /// The version of the logs; nil for a manifest.
  public let version: ElvisVersion?
  /// Whether house-keeping files belong to the exposures; a manifest's frames have none.
  public var hasHousekeeping: Bool { version != nil }

  /// Reads what a session of a configuration names.
  ///
  /// - Throws: `FileError`, `IngestError`, `CampaignError`.
  public static func read(
    _ session: BlockConfiguration.Session, of block: BlockConfiguration, isStrict: Bool = false
  ) throws -> SessionInput {
    switch session.source {
    case .folders(let names):
      let options = ExposureLog.Options(
        version: try ElvisVersion.require(block.elvis), isStrict: isStrict,
        detectors: block.camera.detectors)
      let log = try ExposureLog.read(folders: names.map(block.dataPath), options: options)
      return SessionInput(
        rows: log.rows, issues: log.issues, files: log.files, version: log.version)
    case .manifest(let name):
      let manifest = try Manifest.read(
        block.dataPath(name), detectors: block.camera.detectors, isStrict: isStrict)
      return SessionInput(
        rows: manifest.rows, issues: manifest.issues, files: [manifest.path], version: nil)
    }
  }
}
