import Subprocess
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// Runs a TeX program so that text from outside can neither run nor read nor write anything, and so
/// that it ends.
struct LatexProcess {
  /// How a run ended.
  enum Outcome: Equatable {
    case succeeded
    case failed(status: String)
    case notFound
    case timeLimit
    case outputLimit
  }

  let folder: String
  let date: Int64
  let searchPath: String?
  let outputLimit: Int

  /// Runs `program` in the folder.
  ///
  /// - Parameter deadline: when it is stopped.
  func run(_ program: String, _ arguments: [String], deadline: ContinuousClock.Instant)
    async throws -> Outcome
  {
    try await withTaskExecutorPreference(OwnThreads.shared) {
      try await withThrowingTaskGroup(of: Outcome?.self) { group in
        group.addTask { try await launch(program, arguments) }
        group.addTask {
          try? await Task.sleep(until: deadline, clock: .continuous)
          return Task.isCancelled ? nil : .timeLimit
        }
        defer { group.cancelAll() }
        while let outcome = try await group.next() {
          if let outcome { return outcome }
        }
        throw CancellationError()
      }
    }
  }

  private func launch(_ program: String, _ arguments: [String]) async throws -> Outcome {
    var options = PlatformOptions()
    // A session of its own, so that whatever latexmk has started ends with it.
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
    ]
    do {
      let result = try await Subprocess.run(
        .name(program), arguments: Arguments(arguments), environment: environment,
        workingDirectory: FilePath(folder), platformOptions: options,
        output: .bytes(limit: outputLimit), error: .discarded)
      return result.terminationStatus.isSuccess
        ? .succeeded : .failed(status: "\(result.terminationStatus)")
    } catch let error as SubprocessError {
      switch error.code {
      case .executableNotFound: return .notFound
      case .outputLimitExceeded: return .outputLimit
      default: throw error
      }
    }
  }

  /// Nothing of the user's own: the home and all caches of TeX are in the folder, given relatively,
  /// so that no path gets into the PDF.
  private var environment: Environment {
    .custom([
      "PATH": searchPath ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin",
      "HOME": ".", "LC_ALL": "C.UTF-8", "TEXMFHOME": "./texmf", "TEXMFVAR": "./texmf",
      "TEXMFCONFIG": "./texmf", "VARTEXFONTS": "./texmf", "MKTEXPK": "0",
      "openin_any": "p", "openout_any": "p", "shell_escape": "f",
      "SOURCE_DATE_EPOCH": String(max(date, 0)), "FORCE_SOURCE_DATE": "1",
      "max_print_line": "1000000", "error_line": "254", "half_error_line": "238",
    ])
  }
}
