public import Campaign
public import Detector
import Warehouse

/// One exposure of a test: what was commanded, and where its frames are.
public struct Exposure: Sendable {
  /// A detector's frame of the exposure.
  public enum Frame: Sendable, Equatable {
    /// A file that passed the gate.
    case usable(path: String)
    /// There is none, or it cannot be used; why.
    case unusable(reason: String)
  }

  /// The exposure's number.
  public var obsid: Int
  /// The script column: `col001`.
  public var label: String
  /// Start of the exposure, seconds since 1970-01-01 UTC; nil where it is not known.
  public var time: Double?
  /// Start of the exposure, ISO 8601; "" where it is not known.
  public var date: String
  /// The exposure time [s]; nil where it is not known.
  public var exposureSeconds: Double?
  /// The log's columns of the first detector, by name.
  public var values: [String: ScriptValue]
  /// The frames by detector.
  public var frames: [String: Frame]

  /// An exposure.
  public init(
    obsid: Int, label: String, time: Double?, date: String, exposureSeconds: Double?,
    values: [String: ScriptValue], frames: [String: Frame]
  ) {
    self.obsid = obsid
    self.label = label
    self.time = time
    self.date = date
    self.exposureSeconds = exposureSeconds
    self.values = values
    self.frames = frames
  }
}

/// The house-keeping of one exposure: mean of the readings by key, or why there is none.
public struct HousekeepingReadings: Sendable {
  /// The exposure.
  public var obsid: Int
  /// Mean, scatter and number of the readings by key.
  public var readings: [String: Reading]
  /// What is wrong with the file or its readings, one line each.
  public var problems: [String]

  /// The readings of one key.
  public struct Reading: Sendable {
    /// Mean of the valid readings; nil where there is none.
    public var mean: Double?
    /// Scatter of the valid readings.
    public var deviation: Double
    /// Number of valid readings.
    public var count: Int
    /// Number of readings that are not numbers.
    public var invalid: Int
  }
}

/// Everything that a step of a test may know and use.
public struct TestContext: Sendable {
  /// The camera.
  public var camera: Camera
  /// The block's name.
  public var block: String
  /// Serial numbers by detector.
  public var serials: [String: String]
  /// What the test should be.
  public var definition: TestDefinition
  /// The limits of the checks.
  public var limits: Limits
  /// How images are prepared.
  public var preprocessing: BlockConfiguration.Preprocessing
  /// The rows of each amplifier that were read.
  public var window: Range<Int>
  /// The exposures, in the order of acquisition.
  public var exposures: [Exposure]
  /// House-keeping of the exposures; empty for cameras without.
  public var housekeeping: [HousekeepingReadings]
  /// Whether house-keeping is expected at all.
  public var expectsHousekeeping: Bool
  /// Cosmetics masks by detector; empty where none are given.
  var masks: [String: CosmeticsMask]
  /// Where the test's products go; made before the first step runs.
  public var productFolder: String
  /// The creation date that products carry, ISO 8601.
  public var productDate: String
  /// The analysis's id, for products.
  public var analysis: String
  /// The number of tasks that work at once.
  public var workers: Int
  /// Results of this test run's earlier steps.
  public var earlier: any EarlierResults
  /// The digests of the input files that are known in this execution.
  var digests: FrameDigests
  /// What data checks of this execution found in frames.
  var checked: FrameStatisticsMemory
  /// The test run, for people: `PTC01 run 3`.
  var runName: String
  /// The block's gains from the warehouse, for tests that speak of electrons.
  var gains: @Sendable () throws -> StandingGains
  /// What a finished run of another test of the block found on the very same frames and masks, in a step whose log has a
  /// line; nil where there is no such run.
  var twin: @Sendable (_ test: String, _ step: String, _ line: String) throws -> OtherRun?
  /// The run of another test that stands for the block, of those that finished a step: the latest accepted, else the
  /// latest finished one; nil where there is none.
  var standing: @Sendable (_ test: String, _ step: String) throws -> OtherRun?
  /// Throws where the user wants to stop.
  public var checkCancellation: @Sendable () throws -> Void
  /// Tells how far the step is, 0...1.
  public var progress: @Sendable (Double) -> Void

  /// The exposures of one detector whose frames can be used, in order.
  func usable(_ detector: String) -> [(exposure: Exposure, path: String)] {
    exposures.compactMap { exposure in
      if case .usable(let path)? = exposure.frames[detector] { (exposure, path) } else { nil }
    }
  }

  /// Where offsets come from; nil where no scan pixels were read.
  var offsetChoice: OffsetChoice? { OffsetChoice(preprocessing, camera: camera, window: window) }

  /// Opens a raw frame of this camera, for the data check.
  func open(_ path: String) throws -> FrameSource {
    try FrameSource(path: path, camera: camera)
  }

  /// Opens a frame with the pixels of the detector's cosmetics mask left out, for the analysis.
  func openPrepared(_ path: String, detector: String) throws -> FrameSource {
    try FrameSource(path: path, camera: camera, mask: masks[detector])
  }
}

/// A run of another test of the block.
struct OtherRun: Sendable {
  /// The run's number.
  var run: Int64
  /// The run in words: `NL02 run 5 of analysis FM20260101_120000, latest finished`.
  var source: String
  /// What it stored.
  var results: any EarlierResults
}

/// The numbers and curves that a test run has stored so far.
public protocol EarlierResults: Sendable {
  /// The stored values of a quantity in this test run.
  func measurements(_ quantity: Quantity) throws -> [EarlierMeasurement]
  /// The stored curves of that name in this test run.
  func curves(_ name: String) throws -> [SubtaskResult.Curve]
}

/// A measurement as the warehouse has it.
public struct EarlierMeasurement: Sendable {
  /// The detector.
  public var detector: String?
  /// The amplifier.
  public var amplifier: String?
  /// The exposure.
  public var obsid: Int?
  /// The item.
  public var item: String?
  /// The value; nil where it was not measurable.
  public var value: Double?
  /// The uncertainty.
  public var uncertainty: Double?
  /// The number of samples.
  public var count: Int?
  /// Why there is no value.
  public var reason: String?
}

/// One step of a test: a name and a function.
public struct Subtask: Sendable {
  /// The name that `todo` lists use.
  public let name: String
  /// The title in the log and the report.
  public let title: String
  /// The steps that must have run before it.
  public let needs: [String]
  /// What it does.
  public let run: @Sendable (TestContext) async throws -> SubtaskResult

  /// A step.
  public init(
    _ name: String, title: String, needs: [String] = [],
    run: @escaping @Sendable (TestContext) async throws -> SubtaskResult
  ) {
    self.name = name
    self.title = title
    self.needs = needs
    self.run = run
  }
}

/// A test as the engine runs it: its steps, in order, and what they measure.
public struct BlockTest: Sendable {
  /// The family, as in `TestDefinition.family`.
  public let family: String
  /// The steps between `init` and `report`.
  public let subtasks: [Subtask]
  /// The quantities that the steps measure.
  public let quantities: [Quantity]

  /// The tests that the engine knows; a new family adds a line.
  public static let all: [BlockTest] = [
    BiasTest.value, DarkSignalTest.value, Dark01Test.value,
    PhotonTransferTest.value, BrighterFatterTest.value, FlatTest.value, FluxTest.value,
    LinearityTest.nl01, LinearityTest.nl02,
  ] + FlatFamilies.all + InjectionFamilies.all + PumpingFamilies.all + PointFamilies.all
    + OtherFamilies.all

  /// The test of a family.
  public static func family(_ name: String) -> BlockTest? { all.first { $0.family == name } }
}
