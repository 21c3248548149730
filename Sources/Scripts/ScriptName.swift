public import Ingest

/// The name of a script's file: `vis_CalCamp_<TEST>_<ddMmmyy>_v<elvis>.xlsx`.
public struct ScriptName: Sendable, Hashable, CustomStringConvertible {
  /// The test, with its iteration tag: `BIAS02.1`.
  public var test: String
  /// The day, such as `01Apr19`.
  public var day: String
  /// The version of the acquisition system.
  public var elvis: String

  /// The name for a test.
  public init(test: String, day: String, elvis: String) {
    self.test = test
    self.day = day
    self.elvis = elvis
  }

  /// The parts of a file's name; nil for other files.
  ///
  /// Names of tests hold underscores, so the name is read from both ends.
  public init?(parsing name: String) {
    guard
      let match = name.wholeMatch(
        of: /vis_CalCamp_(.+)_([0-9]{2}[A-Z][a-z]{2}[0-9]{2})_v([0-9A-Za-z.]+)\.xlsx/)
    else { return nil }
    (test, day, elvis) = (String(match.1), String(match.2), String(match.3))
  }

  /// The file's name.
  public var description: String { "vis_CalCamp_\(test)_\(day)_v\(elvis).xlsx" }

  /// A date as the names have it: `01Apr19`.
  public static func day(of date: ElvisDate) -> String {
    date.folderName.replacing("_", with: "")
  }
}
