/// One execution of the program, as it is recorded when it begins.
public struct AnalysisRecord: Sendable, Hashable {
  /// The identifier for people, such as `FM20190323_193647_D22`; unique in a warehouse.
  public var name: String
  /// The identifier to merge by, unique in the world.
  public var ulid: String
  /// The program's version and commit.
  public var programVersion: String
  /// The machine's name.
  public var host: String
  /// Who ran it.
  public var operatorName: String
  /// The command line, as it could be typed again.
  public var commandLine: String
  /// The configuration's whole text.
  public var configuration: String
  /// The SHA-256 of the configuration.
  public var configurationDigest: String
  /// Versions of libraries and tools, by name.
  public var libraries: [String: String]
  /// When it began, ISO 8601 in UTC.
  public var started: String

  /// Describes an execution.
  public init(
    name: String, ulid: String, programVersion: String, host: String, operatorName: String,
    commandLine: String, configuration: String, configurationDigest: String,
    libraries: [String: String] = [:], started: String
  ) {
    self.name = name
    self.ulid = ulid
    self.programVersion = programVersion
    self.host = host
    self.operatorName = operatorName
    self.commandLine = commandLine
    self.configuration = configuration
    self.configurationDigest = configurationDigest
    self.libraries = libraries
    self.started = started
  }
}

/// One test within an analysis, as it is recorded when it begins.
public struct TestRunRecord: Sendable, Hashable {
  /// The campaign's name.
  public var campaign: String
  /// The block's name.
  public var block: String
  /// The camera's name.
  public var camera: String
  /// The camera's whole description, as JSON, so that reports need no file; "" for none.
  public var cameraText: String
  /// The test's name, such as `BIAS01`.
  public var test: String
  /// The session's name, such as `D11`.
  public var session: String
  /// The lowest and highest ObsID; nil where there are none.
  public var obsids: ClosedRange<Int>?
  /// The day folders that the frames come from, in order.
  public var dayFolders: [String]
  /// The serial number of each detector, by the detector's name.
  public var serials: [String: String]
  /// The SHA-256 of what of the configuration matters for this test.
  public var configurationDigest: String
  /// The SHA-256 over all inputs.
  public var inputDigest: String
  /// When it began, ISO 8601 in UTC.
  public var started: String
  /// The files that were read.
  public var inputs: [InputFileRecord]
  /// The exposures that belong to the test.
  public var exposures: [ExposureRecord]

  /// Describes a test run.
  public init(
    campaign: String, block: String, camera: String, cameraText: String = "", test: String,
    session: String, obsids: ClosedRange<Int>? = nil, dayFolders: [String] = [], serials: [String: String] = [:],
    configurationDigest: String, inputDigest: String, started: String,
    inputs: [InputFileRecord] = [], exposures: [ExposureRecord] = []
  ) {
    self.campaign = campaign
    self.block = block
    self.camera = camera
    self.cameraText = cameraText
    self.test = test
    self.session = session
    self.obsids = obsids
    self.dayFolders = dayFolders
    self.serials = serials
    self.configurationDigest = configurationDigest
    self.inputDigest = inputDigest
    self.started = started
    self.inputs = inputs
    self.exposures = exposures
  }
}

/// A file that a test run reads.
public struct InputFileRecord: Sendable, Hashable {
  /// What the file is.
  public enum Role: String, Sendable, CaseIterable {
    case raw, hk, explog, config, product
  }

  /// What the file is.
  public var role: Role
  /// The path, as it was read.
  public var path: String
  /// The size in bytes.
  public var size: Int
  /// The SHA-256, in hexadecimal.
  public var sha256: String
  /// The exposure; nil where the file belongs to none.
  public var obsid: Int?
  /// The detector; nil where the file belongs to none.
  public var detector: String?

  /// Describes a file.
  public init(
    role: Role, path: String, size: Int, sha256: String, obsid: Int? = nil,
    detector: String? = nil
  ) {
    self.role = role
    self.path = path
    self.size = size
    self.sha256 = sha256
    self.obsid = obsid
    self.detector = detector
  }
}

/// One exposure of one detector.
public struct ExposureRecord: Sendable, Hashable {
  /// The exposure's number.
  public var obsid: Int
  /// The detector's name.
  public var detector: String
  /// When it began, ISO 8601.
  public var time: String
  /// The exposure time in seconds; nil where unknown.
  public var exposureSeconds: Double?
  /// The commanded columns of the exposure log, by name, as they were read.
  public var commanded: [String: String]

  /// Describes an exposure.
  public init(
    obsid: Int, detector: String, time: String, exposureSeconds: Double? = nil,
    commanded: [String: String] = [:]
  ) {
    self.obsid = obsid
    self.detector = detector
    self.time = time
    self.exposureSeconds = exposureSeconds
    self.commanded = commanded
  }
}

/// Where an analysis or a test run stands.
public enum RunStatus: String, Sendable, CaseIterable {
  /// At work, or ended by a kill; a test run's lease tells which.
  case running
  /// All was done.
  case finished
  /// An error ended it.
  case failed
  /// The user ended it; it can be resumed.
  case interrupted
}

/// Refers to an analysis in a warehouse.
public struct AnalysisKey: Sendable, Hashable {
  /// The row's number.
  public let id: Int64
  /// The analysis's name.
  public let name: String
}

/// Refers to a test run in a warehouse.
public struct TestRunKey: Sendable, Hashable, Comparable {
  /// The row's number; a later test run has a higher one.
  public let id: Int64

  /// Refers to the test run of that number.
  public init(id: Int64) { self.id = id }

  public static func < (a: TestRunKey, b: TestRunKey) -> Bool { a.id < b.id }
}

/// Where a detector sits in a focal-plane design.
public struct SlotAssignment: Sendable, Hashable {
  /// The design's name, such as `final`.
  public var design: String
  /// The block's name.
  public var block: String
  /// The detector's name within the block, such as `CCD1`.
  public var detector: String
  /// The focal-plane position, such as `C_11`.
  public var slot: String

  /// Describes a position.
  public init(design: String, block: String, detector: String, slot: String) {
    self.design = design
    self.block = block
    self.detector = detector
    self.slot = slot
  }
}
