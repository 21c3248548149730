import Warehouse

/// A file in a chain of provenance.
public struct TracedFile: Sendable, Hashable, Encodable {
  /// What a look at the file on the disk found.
  public enum State: String, Sendable, Hashable, CaseIterable, Encodable {
    /// Size and SHA-256 are what was recorded.
    case unchanged
    /// Size or SHA-256 differ.
    case changed
    /// There is no file.
    case missing
    /// There is something that cannot be read as a file.
    case unreadable
  }

  /// raw, hk, explog, config or product of an input; the product's role, such as `master-bias`, of what
  /// a run made.
  public let role: String
  /// The path as it was recorded; of a product below the warehouse's folder.
  public let path: String
  /// The size in bytes.
  public let size: Int
  /// The SHA-256.
  public let sha256: String
  /// The exposure and the detector.
  @OrNull public var obsid: Int?
  /// The detector; nil where the file belongs to none.
  @OrNull public var ccd: String?
  /// Whether the file belongs to the detector that was asked for, or to all.
  public var isDirect = true
  /// The step that made it; nil for what was only read.
  @OrNull public var step: String?
  /// The run of this warehouse that made it, where one did.
  @OrNull public var madeBy: Int64?
  /// What a look at the disk found; nil without one.
  @OrNull public var state: State?
  /// Where the look was taken.
  @OrNull public var lookedAt: String?

  init(_ file: InputFileRecord) {
    (role, path, size, sha256) = (file.role.rawValue, file.path, file.size, file.sha256)
    (obsid, ccd) = (file.obsid, file.detector)
  }

  init(_ origin: ProductOrigin) {
    let file = origin.file
    (role, path, size, sha256, ccd) = (file.role, file.path, file.size, file.sha256, file.detector)
    (step, madeBy) = (origin.subtask, origin.run.id)
  }

  private enum CodingKeys: String, CodingKey {
    case role, path, size, sha256, obsid, ccd, step, madeBy, state, lookedAt
    case isDirect = "direct"
  }
}

/// A value in a chain of provenance.
public struct TracedValue: Sendable, Hashable, Encodable {
  /// The names of the value: short, and the same in every warehouse.
  public let reference, stableReference: String
  /// The run's number.
  public let run: Int64
  /// What was measured.
  public let quantity: String
  /// What the quantity means.
  public let meaning: String
  /// The unit, in the FITS standard's spelling.
  public let unit: String
  /// The detector, amplifier, exposure and item.
  @OrNull public var ccd: String?
  /// The amplifier.
  @OrNull public var quadrant: String?
  /// The exposure.
  @OrNull public var obsid: Int?
  /// The item.
  @OrNull public var item: String?
  /// The position on the focal plane.
  @OrNull public var slot: String?
  /// The value; nil where it could not be measured.
  @OrNull public var value: Double?
  /// 1 sigma.
  @OrNull public var uncertainty: Double?
  /// The number of samples.
  @OrNull public var count: Int?
  /// Why there is no value.
  @OrNull public var reason: String?

  init(_ row: ResultRow, meaning: String) {
    let (run, place) = (row.run, row.place)
    reference =
      ResultReference(
        run: .number(run.key.id), quantity: row.quantity, place: place
      ).text
    stableReference =
      ResultReference(
        run: .named(
          analysis: run.analysis, block: run.block, test: run.test, session: run.session),
        quantity: row.quantity, place: place
      ).text
    self.run = run.key.id
    quantity = row.quantity
    self.meaning = meaning
    unit = row.unit
    (ccd, quadrant, obsid, item) = (place.detector, place.amplifier, place.obsid, place.item)
    slot = row.slot
    switch row.value {
    case .value(let number, let error, let samples):
      (value, uncertainty, count) = (number, error, samples)
    case .missing(let why): reason = why
    }
  }
}

/// A test run in a chain of provenance.
public struct TracedRun: Sendable, Hashable, Encodable {
  /// A step of the run.
  public struct Step: Sendable, Hashable, Encodable {
    /// What it is called, and how it ended.
    public let name, status: String
    /// How long it took.
    public let seconds: Double
  }

  /// A verdict.
  public struct Verdict: Sendable, Hashable, Encodable {
    /// What was decided, why, by whom and when.
    public let state, reason, author, time: String
  }

  /// A flag.
  public struct Flag: Sendable, Hashable, Encodable {
    /// What was raised, how bad it is, why, and by which step.
    public let name, severity, cause, step: String
  }

  /// A check.
  public struct Check: Sendable, Hashable, Encodable {
    /// What was checked, and the step that did.
    public let name, step: String
    /// What it belongs to.
    @OrNull public var ccd: String?
    /// The amplifier.
    @OrNull public var quadrant: String?
    /// The exposure.
    @OrNull public var obsid: Int?
    /// The item.
    @OrNull public var item: String?
    /// The value.
    @OrNull public var value: Double?
    /// The lower limit.
    @OrNull public var lower: Double?
    /// The upper limit.
    @OrNull public var upper: Double?
    /// Whether it passed.
    public let passed: Bool
    /// What there is to say about it.
    public let text: String
  }

  /// The run's number.
  public let run: Int64
  /// How many products lie between the subject and this run; 0 for the subject's own run.
  public let depth: Int
  /// What was tested.
  public let campaign, block, camera, test, session: String
  /// The detectors' serial numbers.
  public let serials: [String: String]
  /// How the run stands, and since when.
  public let status, started: String
  /// When it ended; nil where it did not.
  @OrNull public var finished: String?
  /// The analysis: its name, its identifier everywhere, when it began.
  public let analysis, ulid: String
  /// The program's version, and the versions of libraries.
  public let program: String
  /// Versions of libraries and tools.
  public let libraries: [String: String]
  /// The machine, who ran it, and the command line.
  public let host, `operator`, command: String
  /// The SHA-256 of the whole configuration, of what of it matters for the test, of all inputs.
  public let configurationSHA256, testConfigurationSHA256, inputsSHA256: String
  /// The configuration's text, where it is asked for.
  @OrNull public var configuration: String?
  /// The steps, in order.
  public let steps: [Step]
  /// All verdicts, oldest first.
  public let verdicts: [Verdict]
  /// All flags of the run.
  public let flags: [Flag]
  /// The checks that touch what was asked for.
  public let checks: [Check]
  /// What the run read.
  public var inputs: [TracedFile]
  /// What the run made.
  public var products: [TracedFile]
}
