public import Warehouse

/// What a quantity is followed against, in which series.
public struct TrendQuestion: Sendable {
  /// What stands on the abscissa.
  public enum Abscissa: Sendable, Hashable {
    /// When the data were taken: of the exposure that a value belongs to, else of the first exposure
    /// of its run, else when the run began.
    case time
    /// When the run began.
    case started
    /// The run's number.
    case run
    /// The exposure's number; of values of no exposure the first of their run.
    case obsid
    /// The mean of both temperature sensors of the value's detector, in the same exposure or run.
    case temperature
    /// Another quantity of the same run, and of the same detector, amplifier, exposure and item as
    /// far as both have them; the mean where several fit.
    case quantity(String, item: String?)

    /// What a text means: a word, or a quantity's name, with an item as `bias.offset[ove]`.
    public init(_ text: String) {
      switch text {
      case "time": self = .time
      case "started": self = .started
      case "run": self = .run
      case "obsid": self = .obsid
      case "temperature": self = .temperature
      default:
        if text.hasSuffix("]"), let open = text.firstIndex(of: "["), open > text.startIndex {
          let item = text[text.index(after: open)...].dropLast()
          self = .quantity(String(text[..<open]), item: String(item))
        } else {
          self = .quantity(text, item: nil)
        }
      }
    }

    /// The words of an axis.
    public var name: String {
      switch self {
      case .time: "time"
      case .started: "start of the run"
      case .run: "run"
      case .obsid: "ObsID"
      case .temperature: "CCD temperature"
      case .quantity(let name, let item): name + (item.map { "[\($0)]" } ?? "")
      }
    }

    /// Whether abscissae are seconds since 1970.
    public var isTime: Bool { self == .time || self == .started }
  }

  /// The quantity.
  public var quantity: String
  /// Restricts the values; its quantities are not looked at.
  public var filter: ResultFilter
  /// What stands on the abscissa.
  public var against = Abscissa.time
  /// What tells series apart; empty to choose: block, detector and amplifier, and of campaign, test
  /// and item those of which there are several.
  public var dimensions: [ResultDimension] = []
  /// How many robust sigmas from the median make an outlier.
  public var outliers = 5.0
  /// The probability with which the interval of a slope holds the true one.
  public var confidence = 0.95

  /// Turn ADU into electrons; nil for values as they are stored.
  public var gains: GainTable?

  /// A quantity against time.
  public init(_ quantity: String, filter: ResultFilter = ResultFilter()) {
    self.quantity = quantity
    self.filter = filter
  }
}
