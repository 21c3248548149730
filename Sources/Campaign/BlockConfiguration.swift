public import Detector
public import DurableFiles

/// What is to be analysed for one block: the content of a configuration file, checked.
public struct BlockConfiguration: Sendable, Hashable {
  /// Folders, as written in the file.
  public struct Paths: Sendable, Hashable {
    /// Parent of the day folders.
    public var dataRoot: String
    /// Folder of the warehouse.
    public var resultsRoot: String
    /// Folder of input calibration products; nil where none is given.
    public var products: String?
  }

  /// Where a session's frames come from.
  public enum Source: Sendable, Hashable {
    /// Day folders with exposure logs, relative to the data root.
    case folders([String])
    /// A CSV file that lists frames, relative to the data root.
    case manifest(String)
  }

  /// A group of tests that were acquired together.
  public struct Session: Sendable, Hashable {
    /// The name, such as `D11`.
    public var name: String
    /// Where the frames are.
    public var source: Source
    /// The tests, in order.
    public var tasks: [TaskEntry]

    /// A session.
    public init(name: String, source: Source, tasks: [TaskEntry]) {
      self.name = name
      self.source = source
      self.tasks = tasks
    }
  }

  /// One test of a session.
  public struct TaskEntry: Sendable, Hashable {
    /// The test's name, such as `BIAS02.1`.
    public var test: String
    /// First and last ObsID; nil for the whole log.
    public var obsids: ClosedRange<Int>?
    /// The steps to run; nil for all.
    public var todo: [String]?
    /// Free parameters that differ from their defaults.
    public var inputs: [String: ScriptValue]
    /// Commanded values that differ from the test's.
    public var script: [String: ScriptValue]

    /// An entry; only a configuration that was read checks its names and values.
    public init(
      test: String, obsids: ClosedRange<Int>? = nil, todo: [String]? = nil,
      inputs: [String: ScriptValue] = [:], script: [String: ScriptValue] = [:]
    ) {
      self.test = test
      self.obsids = obsids
      self.todo = todo
      self.inputs = inputs
      self.script = script
    }

    /// Whether a step is to be run.
    public func isToDo(_ step: String) -> Bool { todo?.contains(step) ?? true }
  }

  /// How images are prepared.
  public struct Preprocessing: Sendable, Hashable, Codable {
    /// How an offset is estimated.
    public enum Method: String, Sendable, Codable { case row, median, none }
    /// The method.
    public var method: Method? = nil
    /// The region that the offset is taken from.
    public var region: RegionName = .prescan
    /// The columns left out of that region; nil for the camera's own.
    public var trim: ColumnTrim?
    /// Whether the parallel over-scan rows are left out.
    public var skipsParallelOverscan = true

    /// What holds where a configuration says nothing.
    public init() {}
  }

  /// The file's path as it was given.
  public var path: String
  /// The folder that relative paths start from.
  public var folder: String
  /// The digest of the file's bytes, for the provenance of results.
  public var digest: SHA256Digest
  /// The block's name.
  public var block: String
  /// Who wrote the file.
  public var filledInBy: String?
  /// The campaign's name.
  public var campaign: String
  /// The camera's name or path, as written.
  public var cameraName: String
  /// The camera.
  public var camera: Camera
  /// The chamber's profile; nil where neither file nor focal plane names one.
  public var chamber: String?
  /// The version of the acquisition system.
  public var elvis: String
  /// Folders.
  public var paths: Paths
  /// Operator and serial numbers by script keyword.
  public var equipment: [String: String]
  /// Paths of input products by dotted name, such as `mask.CCD1`.
  public var products: [String: String]
  /// The limits of the checks.
  public var limits: Limits
  /// How images are prepared.
  public var preprocessing: Preprocessing
  /// Whether reports are made.
  public var report: Bool
  /// Whether reports are marked as drafts.
  public var draftReport: Bool
  /// The sessions, in the order of the file.
  public var sessions: [Session]

  /// Reads and checks a configuration file.
  ///
  /// - Throws: `CampaignError` naming file, line and column; `CameraError`; `FileError`.
  public static func load(_ path: String) throws -> BlockConfiguration {
    let bytes = try InputFile.bytes(of: path, limit: YAMLGuard.largestFile)
    return try parse(bytes, path: path)
  }

  /// Checks a configuration that was read elsewhere; `path` names it in messages.
  public static func parse(_ bytes: [UInt8], path: String) throws -> BlockConfiguration {
    try ConfigurationReader(bytes: bytes, path: path).read()
  }

  /// The session of that name.
  ///
  /// - Throws: `CampaignError` of kind `unknownSession`.
  public func session(named name: String) throws(CampaignError) -> Session {
    if let session = sessions.first(where: { $0.name == name }) { return session }
    throw CampaignError(
      .unknownSession, "session '\(name)' is not in the configuration", place: path,
      remedy: "its sessions are \(sessions.map(\.name).joined(separator: ", "))")
  }

  /// A path of the configuration as seen from the working folder.
  public func resolve(_ path: String) -> String { InputFile.path(path, from: folder) }

  /// The folder of the warehouse, as seen from the working folder.
  public var resultsRoot: String { resolve(paths.resultsRoot) }

  /// A path below the data root, as seen from the working folder.
  public func dataPath(_ path: String) -> String {
    InputFile.path(path, from: resolve(paths.dataRoot))
  }

  /// The definition of a task's test, with this block's equipment and the task's changes.
  ///
  /// - Throws: `CampaignError`; a configuration that was loaded without error does not make it throw.
  public func definition(of task: TaskEntry) throws(CampaignError) -> TestDefinition {
    try TestCatalog.definition(
      of: task.test, camera: camera, equipment: equipment, inputs: task.inputs, script: task.script,
      chamber: chamber, elvis: elvis)
  }
}
