public import Campaign

/// What the commanded values of an exposure mean for its charge.
///
/// Any test's definition can so be simulated: the values of its columns are all that is looked at.
public struct FrameCommand: Sendable, Hashable {
  /// A source of light.
  public enum Light: Sendable, Hashable { case none, flat, point }

  /// Lines of injected charge.
  public struct Injection: Sendable, Hashable {
    /// Lines that are injected, and lines that are not, repeating.
    public var onRows: Int
    public var offRows: Int
    /// Injection drain low, volts.
    public var idl: Double
    /// Gate 1 of each detector, upper and lower voltages, by keyword suffix such as `1_T`.
    public var ig1: [String: Double]
    /// Gate 2 by suffix `T` and `B`.
    public var ig2: [String: Double]
    /// The suffix of the half that the drain pulse serves: `B` is read through E and F.
    public var half: String?
  }

  /// Pumping of traps.
  public struct Pumping: Sendable, Hashable {
    /// The clock phases, such as 123.
    public var mode: Int
    /// The number of shuffles.
    public var count: Int
    /// Time of one phase, microseconds.
    public var phaseTime: Double
  }

  /// Time of one serial transfer phase, microseconds; the shortest dwell.
  static let serialPhase = 4.75

  /// Commanded exposure time, seconds.
  public var seconds = 0.0
  /// The light that reaches the detectors.
  public var light = Light.none
  /// Position of the filter wheel, from 1 on.
  public var filter = 4
  /// The mirror's position, mm.
  public var mirror = 70.0
  /// Whether the source moves between frames.
  public var isDithered = false
  /// Whether charge of the image area reaches the nodes: not with reverse vertical clocks.
  public var readsImage = true
  /// Time of one row's read-out, seconds.
  public var rowSeconds = 0.034
  /// Injected lines.
  public var injection: Injection?
  /// Vertical pumping.
  public var vertical: Pumping?
  /// Serial pumping.
  public var serial: Pumping?

  /// Nothing commanded: a bias frame.
  public init() {}

  /// The meaning of a script column's values.
  public init(_ values: [String: ScriptValue]) {
    func number(_ key: String, _ other: Double = 0) -> Double {
      let value = values[key]?.number ?? other
      return value.isFinite && abs(value) < 1e9 ? value : other
    }
    seconds = max(0, number("exptime"))
    if number("shuttr", 1) == 1, seconds > 0 {
      light = values["source"]?.description == "point" ? .point : .flat
    }
    filter = values["wave"]?.integer ?? 4
    mirror = number("mirr_pos", 70)
    isDithered = number("motr_on", number("motr")) == 1
    readsImage = !(values["rdmode"]?.description.hasPrefix("rwd") ?? false)
    rowSeconds = 4e-6 * number("toi_ro", 1000) + 14.3e-6 * 2128
    let onRows = Int(number("chinj_on"))
    if number("chinj") == 1, onRows > 0 {
      // The drain pulse must be long enough, and come when the rows of a half are clocked.
      let ratio = number("toi_ch") > 0 ? number("id_dly") / number("toi_ch") : 0
      let isLong = number("id_wid") >= 10
      var ig1: [String: Double] = [:]
      for detector in 1...3 {
        for half in ["T", "B"] {
          ig1["\(detector)_\(half)"] = number("IG1_\(detector)_\(half)", 6)
        }
      }
      injection = Injection(
        onRows: onRows, offRows: max(0, Int(number("chinj_of"))), idl: number("IDL", 13),
        ig1: ig1, ig2: ["T": number("IG2_T", 2), "B": number("IG2_B", 2)],
        half: isLong ? (ratio > 2 && ratio < 3 ? "B" : ratio > 1 && ratio < 2 ? "T" : nil) : nil)
    }
    if number("v_tpump") == 1 {
      vertical = Pumping(
        mode: Int(number("v_tpmod", number("v_tp_mod", 123))),
        count: Int(number("v_tp_cnt", 1000)), phaseTime: number("toi_tp", 1000))
    }
    if number("s_tpump") == 1 {
      serial = Pumping(
        mode: Int(number("s_tpmod", number("s_tp_mod", 23))),
        count: Int(number("s_tp_cnt", 1000)),
        phaseTime: number("dwell_s") + Self.serialPhase)
    }
  }

  /// Whether there may be charge in the image area: else the frame is a bias frame.
  var hasCharge: Bool {
    readsImage && (seconds > 0 || injection != nil)
  }
}
