public import Campaign
public import Diagnostics

/// What a run did, test by test, as the original's execution summary has it.
public struct ExecutionSummary: Sendable {
  /// The outcome of one test.
  public struct Entry: Sendable {
    /// The test's name.
    public var test: String
    /// Elapsed time [s]; it does not wrap after a day.
    public var seconds: Double
    /// First and last ObsID; nil where none belongs to the test.
    public var obsids: ClosedRange<Int>?
    /// The flags raised, in the order of their bits; nil where the test never got that far.
    public var flags: [Flag]?
    /// The error that ended the test; nil where it ran through.
    public var error: String?
    /// The exit code that the error asks for.
    public var exitCode = ExitCode.ok
    /// The report and products made, as paths.
    public var products: [String]
    /// Number of checks that failed.
    public var failedChecks: Int
    /// Whether the error may be gone with another try: nothing was stored but that it failed.
    var mayPass = false
  }

  /// Lines above the list: ids, block, version.
  public var header: [String]
  /// The tests, in order.
  public var entries: [Entry]

  /// A summary.
  public init(header: [String], entries: [Entry] = []) {
    self.header = header
    self.entries = entries
  }

  /// The exit code of the whole run: that of the first error; else "out of limits" where a check failed
  /// or a flag is raised.
  public var exitCode: ExitCode {
    if let failed = entries.first(where: { $0.error != nil }) {
      return failed.exitCode == .ok ? .failed : failed.exitCode
    }
    let isOut = entries.contains { $0.failedChecks > 0 || !($0.flags ?? []).isEmpty }
    return isOut ? .outOfLimits : .ok
  }

  /// The summary as lines of the log.
  public var lines: [String] {
    var lines = ["_", "_", "_", "_", String(repeating: "#", count: 70)] + header
    for entry in entries {
      let range = entry.obsids.map { "[\($0.lowerBound), \($0.upperBound)]" } ?? "[-1, -1]"
      let flags = entry.flags.map { $0.map(\.name) } ?? [Flag.unknown.name]
      lines += [
        "_", entry.test, "Executed in \(fixed(entry.seconds / 60, digits: 1)) minutes",
        "OBSIDs range = \(range)",
        "Raised Flags = [\(flags.map { "'\($0)'" }.joined(separator: ", "))]",
      ]
      if let error = entry.error { lines.append("Executed with ERROR(s): \(error)") }
    }
    return lines + ["_", "_", "_", "_", String(repeating: "#", count: 70)]
  }
}
