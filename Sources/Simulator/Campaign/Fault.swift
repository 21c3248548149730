import Diagnostics

/// Something wrong with simulated data, on demand.
public struct Fault: Sendable, Hashable, Codable {
  /// The kinds of fault.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    case missingFrame = "missing-frame"
    case truncatedFile = "truncated-file"
    case wrongSerial = "wrong-serial"
    case housekeepingOutOfLimits = "hk-out-of-limits"
    case housekeepingNaN = "hk-nan"
    case housekeepingMissing = "hk-missing"
    case duplicateObsID = "duplicate-obsid"
    case corruptedLogLine = "corrupted-log-line"
    case wrongExposureTime = "wrong-exptime"
    case saturated
    case lostPixels = "lost-pixels"
    case deadQuadrant = "dead-quadrant"
    case wrongSize = "wrong-size"
    case notFITS = "not-fits"
    case zeroBytes = "zero-bytes"
    case repeatedObsID = "repeated-obsid"
    case abortedTest = "aborted-test"
    case lateFrame = "late-frame"
    case growingFrame = "growing-frame"
    case logRewritten = "log-rewritten"
    case vanishingFolder = "vanishing-folder"

    /// What it does to the data.
    public var explanation: String {
      switch self {
      case .missingFrame: "the frame's file is not written; the log lists it"
      case .truncatedFile: "the frame's file ends after 60 % of its bytes"
      case .wrongSerial: "log and header name a detector of another serial number"
      case .housekeepingOutOfLimits:
        "the CCD's upper output drain reads 1 V too much, its upper temperature -100 deg C"
      case .housekeepingNaN: "all readings of the CCD's upper temperature are NaN"
      case .housekeepingMissing: "the exposure's house-keeping file is not written"
      case .duplicateObsID: "the log lists all frames of the exposure a second time"
      case .corruptedLogLine: "the frame's line in the log is cut in half and holds stray bytes"
      case .wrongExposureTime: "the log says that the exposure took 1.5 s more than commanded"
      case .saturated: "two fifths of the first amplifier's image rows read the saturated value"
      case .lostPixels: "the first amplifier's last tenth of image rows reads 0"
      case .deadQuadrant: "all pixels of the first amplifier read 200"
      case .wrongSize: "the frame has 10 columns and 10 rows too few"
      case .notFITS: "the frame's file holds a text"
      case .zeroBytes: "the frame's file is empty"
      case .repeatedObsID: "the exposure has the ObsID of the one before it"
      case .abortedTest:
        "the test ends after the exposure, and is acquired again from its beginning"
      case .lateFrame: "with --real-time: the frame's file comes 300 s after its line in the log"
      case .growingFrame:
        "with --real-time: the frame's file has a quarter of its bytes when its line is in the log, and another quarter every 40 s"
      case .logRewritten:
        "with --real-time: after the exposure the log is written again in place, half of it 20 s later"
      case .vanishingFolder: "with --real-time: after the exposure the day folder is away for 120 s"
      }
    }

    /// Whether the fault is one of a single frame; else of a whole exposure.
    public var concernsOneFrame: Bool {
      switch self {
      case .housekeepingMissing, .duplicateObsID, .wrongExposureTime, .repeatedObsID, .abortedTest,
        .logRewritten, .vanishingFolder:
        false
      default: true
      }
    }
  }

  /// The kind.
  public var kind: Kind
  /// The exposure; nil for the middle one of the first test.
  public var obsid: Int?
  /// The detector; nil for the first one.
  public var detector: String?

  /// A fault.
  public init(_ kind: Kind, obsid: Int? = nil, detector: String? = nil) {
    self.kind = kind
    self.obsid = obsid
    self.detector = detector
  }

  /// Reads `KIND[:OBSID[:CCD]]`.
  ///
  /// - Throws: `SimulatorError`, naming the nearest kind.
  public init(parsing text: String) throws(SimulatorError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let kinds = Kind.allCases.map(\.rawValue)
    guard let kind = Kind(rawValue: parts[0]) else {
      let nearest = nearestName(to: parts[0], among: kinds).map { "did you mean \($0)? " } ?? ""
      throw SimulatorError(
        .unknownFault, "fault '\(parts[0].clipped(to: 40))' is not known",
        remedy: nearest + "'--fault list' explains all")
    }
    self.init(kind)
    if parts.count > 1, !parts[1].isEmpty {
      guard let obsid = Int(parts[1]), obsid >= 0 else {
        throw SimulatorError(
          .badOption,
          "'\(parts[1].clipped(to: 40))' in the fault '\(text.clipped(to: 80))' is no ObsID",
          remedy: "write KIND[:OBSID[:CCD]]")
      }
      self.obsid = obsid
    }
    if parts.count > 2, !parts[2].isEmpty { detector = parts[2] }
    guard parts.count <= 3 else {
      throw SimulatorError(
        .badOption, "the fault '\(text.clipped(to: 80))' has too many parts",
        remedy: "write KIND[:OBSID[:CCD]]")
    }
  }
}
