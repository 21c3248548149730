public import Detector
public import Warehouse

/// All that a report needs of one test run, read from the warehouse once.
public struct TestRunData: Sendable {
  /// The test run.
  public let run: StoredTestRun
  /// The analysis that it belongs to.
  public let analysis: StoredAnalysis
  /// The camera that the run was made with.
  public let camera: Camera
  /// The warehouse's folder.
  public let folder: String
  /// The files that were read.
  public let inputs: [InputFileRecord]
  /// The exposures, one for each detector.
  public let exposures: [ExposureRecord]
  /// The steps that were done.
  public let subtasks: [StoredSubtask]
  /// The checks, in the order in which they were made.
  public let checks: [StoredCheck]
  /// The flags, in the order in which they were raised.
  public let flags: [StoredFlag]
  /// The verdicts, oldest first.
  public let verdicts: [VerdictRecord]
  /// The product files.
  public let artifacts: [ArtifactRecord]
  /// What is known of each quantity, by its name.
  public let quantities: [String: StoredQuantity]
  /// All measurements, by quantity and place.
  public let measurements: [StoredMeasurement]
  /// The curves, by their names.
  public let curves: [String: [CurveRecord]]
  /// When each exposure began, in seconds since 1970; without those whose date cannot be read.
  public let times: [Int: Double]
  /// The gains of the block's amplifiers.
  public let gains: StandingGains
  private let values: [Key: MeasuredValue]
  private let byQuantity: [String: [StoredMeasurement]]

  private struct Key: Hashable, Sendable {
    let quantity: String
    let place: ResultPlace
  }

  /// Reads a test run.
  ///
  /// - Throws: `ReportingError` where the camera is another one, `WarehouseError` for all else.
  public init(warehouse: Warehouse, run key: TestRunKey, camera: Camera) throws {
    run = try warehouse.testRun(key)
    guard run.camera == camera.name else {
      throw ReportingError(
        .wrongCamera, "test run \(key.id) was made with the camera '\(run.camera)'",
        place: "camera '\(camera.name)' was given")
    }
    let analysisKey = run.analysis
    guard let found = try warehouse.analyses().first(where: { $0.key == analysisKey }) else {
      throw ReportingError(.noAnalysis, "the analysis '\(analysisKey.name)' is not there")
    }
    analysis = found
    self.camera = camera
    folder = warehouse.folder
    inputs = try warehouse.inputs(of: key)
    exposures = try warehouse.exposures(of: key)
    subtasks = try warehouse.subtasks(of: key)
    checks = try warehouse.checks(of: key)
    flags = try warehouse.flags(of: key)
    verdicts = try warehouse.verdicts(on: key)
    artifacts = try warehouse.artifacts(of: key)
    quantities = Dictionary(
      try warehouse.quantities().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    measurements = try warehouse.measurements(in: [key])
    curves = Dictionary(grouping: try warehouse.curves(in: key), by: \.name)
    gains = try warehouse.gains(ofBlock: run.block, campaign: run.campaign)
    byQuantity = Dictionary(grouping: measurements, by: \.quantity)
    values = Dictionary(
      measurements.map { (Key(quantity: $0.quantity, place: $0.place), $0.value) },
      uniquingKeysWith: { first, _ in first })
    times = Dictionary(
      exposures.compactMap { exposure in
        TimeText.seconds(exposure.time).map { (exposure.obsid, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: - Looking up

  /// The numbers of the exposures, in order, each once.
  public var obsids: [Int] { Set(exposures.map(\.obsid)).sorted() }

  /// All measurements of a quantity.
  public func measurements(of quantity: String) -> [StoredMeasurement] {
    byQuantity[quantity] ?? []
  }

  /// The names of the quantities that were measured, in alphabetical order.
  public var measuredQuantities: [String] { byQuantity.keys.sorted() }

  /// A value at one place; nil where nothing was stored.
  public func value(
    _ quantity: String, _ detector: String? = nil, _ amplifier: String? = nil, obsid: Int? = nil,
    item: String? = nil
  ) -> MeasuredValue? {
    values[
      Key(
        quantity: quantity,
        place: ResultPlace(detector: detector, amplifier: amplifier, obsid: obsid, item: item))]
  }

  /// The values of a quantity for each exposure, in the order of time.
  ///
  /// - Returns: abscissae (seconds since 1970, or ObsIDs where a date is missing), values and
  ///   uncertainties; without exposures that have no value.
  public func trend(
    _ quantity: String, _ detector: String? = nil, _ amplifier: String? = nil, item: String? = nil
  ) -> (x: [Double], y: [Double], errors: [Double]) {
    var result: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
    for obsid in obsids {
      guard
        case .value(let number, let uncertainty, _)? = value(
          quantity, detector, amplifier, obsid: obsid, item: item)
      else { continue }
      result.x.append(abscissa(of: obsid))
      result.y.append(number)
      result.errors.append(uncertainty ?? 0)
    }
    return result
  }

  /// Whether every exposure has a date that can be read.
  public var hasTimes: Bool { !obsids.isEmpty && obsids.allSatisfy { times[$0] != nil } }

  /// The time of an exposure; its ObsID where not all exposures have a time.
  public func abscissa(of obsid: Int) -> Double {
    hasTimes ? times[obsid] ?? Double(obsid) : Double(obsid)
  }

  /// Whether a step was finished.
  public func finished(_ subtask: String) -> Bool {
    subtasks.contains { $0.name == subtask && $0.status == .finished }
  }

  /// The step that failed; nil where none did.
  public var failedSubtask: StoredSubtask? { subtasks.first { $0.status == .failed } }

  /// The unit and the digits of a quantity, as people see them.
  public func display(_ quantity: String) -> (unit: String, digits: Int) {
    guard let stored = quantities[quantity] else { return ("", 3) }
    return (UnitText.display(stored.unit), stored.digits)
  }
}
