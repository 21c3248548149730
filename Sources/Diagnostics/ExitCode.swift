/// The exit codes of every command.
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// All is well.
  case ok = 0
  /// Something failed.
  case failed = 1
  /// The command line or a configuration is wrong.
  case wrongUse = 2
  /// Everything ran, and something is out of its limits.
  case outOfLimits = 3
  /// The warehouse is in use by another writer.
  case busy = 4
  /// Ended by Ctrl-C.
  case interrupted = 130
  /// Ended by a termination request.
  case terminated = 143
}
