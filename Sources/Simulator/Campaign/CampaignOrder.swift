public import Campaign
public import Ingest

/// What is to be simulated.
public struct CampaignOrder: Sendable {
  /// One test of the campaign.
  public struct Test: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name, such as `BIAS02.1`.
    public var name: String
    /// Free parameters that differ from their defaults.
    public var inputs: [String: ScriptValue]
    /// Commanded values that differ from the test's.
    public var script: [String: ScriptValue]

    /// A test.
    public init(
      _ name: String, inputs: [String: ScriptValue] = [:], script: [String: ScriptValue] = [:]
    ) {
      self.name = name
      self.inputs = inputs
      self.script = script
    }

    /// A test as its class defines it.
    public init(stringLiteral name: String) { self.init(name) }
  }

  /// The folder that gets one folder a block.
  public var output: String
  /// The camera's name or path, as configurations name it.
  public var cameraName = "euclid-vis"
  /// The blocks; nil for the flight blocks of the default design.
  public var blocks: [String]?
  /// The tests, in order of acquisition.
  public var tests: [Test] = ["BIAS01", "BIAS02"]
  /// The input `N` of the tests that have one: frames per detector; nil for what each test defines.
  public var frames: Int?
  /// What is true of all blocks instead of what is drawn.
  public var truth: [TruthParameter: Double] = [:]
  /// The time of the first exposure of each block.
  public var start = ElvisDate(unixSeconds: 1_553_369_807)
  /// The first exposure's number.
  public var firstObsID = 1000
  /// The version of the acquisition system.
  public var elvis = "7.5.X"
  /// What all random numbers derive from.
  public var seed: UInt64 = 1
  /// What is wrong with the data of every block.
  public var faults: [Fault] = []
  /// Whether names of frames have an underscore after the D, as in 2016.
  public var underscoreInNames = false
  /// The campaign's name in the configurations.
  public var campaign = "simulated"
  /// The folder of the warehouse, as the configurations name it (relative to the block's folder).
  public var resultsRoot = "../results"
  /// Whether simulated blocks that are there already are replaced; all their frames and texts go.
  public var overwrites = false
  /// Whether the maps of the truth are written, one file for each detector.
  public var writesMaps = false
  /// How many times faster than a real acquisition the data appear; nil for all at once.
  public var acceleration: Double?
  /// The number of frames that are made at once.
  public var threads = 1

  /// An order with the defaults.
  public init(output: String) { self.output = output }
}
