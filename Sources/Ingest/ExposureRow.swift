public import Campaign

/// One frame of one detector, as an exposure log or a manifest lists it.
public struct ExposureRow: Sendable, Hashable {
  /// Where a row comes from.
  public struct Origin: Sendable, Hashable {
    /// The log's path.
    public let file: String
    /// The line, counted from 1.
    public let line: Int
    /// The index of the log among those that were merged, from 0.
    public let logIndex: Int
    /// The folder with the frames and house-keeping files of the row.
    public let folder: String

    /// An origin.
    public init(file: String, line: Int, logIndex: Int = 0, folder: String) {
      self.file = file
      self.line = line
      self.logIndex = logIndex
      self.folder = folder
    }
  }

  /// The exposure's number.
  public let obsid: Int
  /// The detector, such as `CCD1`.
  public let detector: String
  /// The name of the frame's file, without suffix in ELVIS's logs.
  public let fileName: String
  /// The time of the exposure; nil where it is not known.
  public let date: ElvisDate?
  /// The label of the test.
  public let test: String
  /// All columns by name, as typed values.
  public let values: [String: ScriptValue]
  /// Where the row comes from.
  public let origin: Origin

  /// A row.
  public init(
    obsid: Int, detector: String, fileName: String, date: ElvisDate?, test: String,
    values: [String: ScriptValue], origin: Origin
  ) {
    self.obsid = obsid
    self.detector = detector
    self.fileName = fileName
    self.date = date
    self.test = test
    self.values = values
    self.origin = origin
  }

  /// A column as a number; nil where it is absent or a text.
  public func number(_ column: String) -> Double? { values[column]?.number }

  /// A column as a text; nil where it is absent.
  public func text(_ column: String) -> String? { values[column]?.description }

  /// The exposure time in seconds; nil where the log has none.
  public var exposureTime: Double? { number("exptime") ?? number("Exptime") }
}
