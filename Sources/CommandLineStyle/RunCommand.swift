public import ArgumentParser
public import Diagnostics

#if canImport(Glibc)
  import Glibc
#endif

/// Ends a command with an exit code and without a message: `throw CommandEnd(.outOfLimits)`.
public struct CommandEnd: Error, Equatable {
  /// The exit code.
  public let exitCode: Diagnostics.ExitCode

  /// An end with some exit code.
  public init(_ exitCode: Diagnostics.ExitCode) { self.exitCode = exitCode }
}

/// Runs a program in the house style and ends the process.
///
/// An error becomes one line on standard error, `program: error[code]: ...`, or with `--json` among the
/// arguments one JSON object there, and the exit code of the error; wrong use ends with 2. Signals are
/// heard through `CancellationFlag`.
///
/// - Parameters:
///   - root: the program's command; `AsyncParsableCommand`s run within this task.
///   - arguments: those of the process unless given.
public func runCommand(_ root: any ParsableCommand.Type, arguments: [String]? = nil) async -> Never
{
  CancellationFlag.install()
  let arguments = arguments ?? Array(CommandLine.arguments.dropFirst())
  let outcome = await outcomeOfCommand(root, arguments: arguments)
  write(outcome.output, to: STDOUT_FILENO)
  write(outcome.message, to: STDERR_FILENO)
  exit(outcome.exitCode)
}

/// How a command ended: what remains to be printed, and the exit code.
public struct CommandOutcome: Sendable, Equatable {
  /// Text for standard output (help, version), with its line end.
  public var output = ""
  /// Text for standard error, with its line end.
  public var message = ""
  /// The exit code.
  public var exitCode: Int32 = 0
}

/// Runs a command without ending the process; what it prints itself is printed.
public func outcomeOfCommand(
  _ root: any ParsableCommand.Type, arguments: [String]
) async -> CommandOutcome {
  do {
    var command = try root.parseAsRoot(arguments)
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
    return CommandOutcome()
  } catch {
    let json = arguments.prefix { $0 != "--" }.contains("--json")
    return outcome(of: error, program: root, asJSON: json)
  }
}

/// What an error makes of a program's end.
func outcome(
  of error: any Error, program root: any ParsableCommand.Type, asJSON: Bool
) -> CommandOutcome {
  let name = root.configuration.commandName ?? root.plainName
  func failure(_ diagnosed: any DiagnosedError) -> CommandOutcome {
    let line =
      asJSON ? JSONText.error(diagnosed, program: name) : "\(name): \(diagnosed.description)"
    return CommandOutcome(message: line + "\n", exitCode: diagnosed.exitCode.rawValue)
  }
  switch error {
  case let end as CommandEnd: return CommandOutcome(exitCode: end.exitCode.rawValue)
  case is CancellationError: return failure(CancellationFlag.Interruption(signal: SIGINT))
  case let diagnosed as any DiagnosedError: return failure(diagnosed)
  default: break
  }
  let code = root.exitCode(for: error)
  let text = root.fullMessage(for: error)
  if code == .success { return CommandOutcome(output: text.isEmpty ? "" : text + "\n") }
  if code == .validationFailure {
    if asJSON {
      let problem = root.message(for: error).split(separator: "\n").first.map(String.init)
      return failure(WrongUse(problem: problem ?? "wrong use"))
    }
    // The parser's own text: "Error: ...", then how the command is used.
    let body = text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text
    return CommandOutcome(
      message: "\(name): error[wrong-use]: \(body)\n",
      exitCode: Diagnostics.ExitCode.wrongUse.rawValue)
  }
  if text.isEmpty { return CommandOutcome(exitCode: code.rawValue) }
  return failure(Unexpected(problem: "\(error)"))
}

/// A command line that cannot be understood.
public struct WrongUse: DiagnosedError, Equatable {
  public let problem: String
  public let remedy: String?
  public var code: String { "wrong-use" }
  public var exitCode: Diagnostics.ExitCode { .wrongUse }

  /// Describes what is wrong with the command line.
  public init(problem: String, remedy: String? = "see --help") {
    self.problem = problem
    self.remedy = remedy
  }
}

/// An error of a type that says neither code nor remedy; to see one is a defect of the program.
struct Unexpected: DiagnosedError {
  let problem: String
  var code: String { "unexpected" }
  var remedy: String? { "this is a defect of the program; please report it" }
}

extension ParsableCommand {
  /// The command's name where its configuration gives none.
  static var plainName: String { String(describing: self).lowercased() }
}
