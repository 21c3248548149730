import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// Makes a PDF of a document with pdflatex, so that the same document gives the same bytes.
public enum LatexCompiler {
  /// How to run LaTeX.
  public struct Options: Sendable, Hashable {
    /// The program that is run.
    public enum Engine: Sendable, Hashable {
      /// `pdflatex`, as often as its log asks for, at most four times; the quicker way.
      case pdflatex
      /// `latexmk -pdf`.
      case latexmk
    }

    /// The program that is run.
    public var engine: Engine
    /// The time that all passes together may take, in seconds.
    public var timeLimitSeconds: Double
    /// The bytes that LaTeX may print.
    public var outputLimitBytes: Int
    /// Where programs are looked for, as in PATH; nil for this process's PATH.
    public var searchPath: String?
    /// Whether the .tex is kept beside the PDF, under its name.
    public var keepsSource: Bool

    /// Makes options.
    public init(
      engine: Engine = .pdflatex, timeLimitSeconds: Double = 120,
      outputLimitBytes: Int = 50_000_000, searchPath: String? = nil, keepsSource: Bool = false
    ) {
      self.engine = engine
      self.timeLimitSeconds = timeLimitSeconds
      self.outputLimitBytes = outputLimitBytes
      self.searchPath = searchPath
      self.keepsSource = keepsSource
    }
  }

  /// What came of it.
  public struct Result: Sendable, Hashable {
    /// The PDF's path, as it was given.
    public let path: String
    /// What the log complains of: boxes that stick out by more than 2 pt, characters that no font
    /// has, references to nowhere. None for a well-formed document.
    public let warnings: [String]
    /// How often pdflatex ran; 0 where latexmk decided that.
    public let passes: Int
  }

  /// Makes the PDF.
  ///
  /// LaTeX runs in a folder beside the PDF, which is removed afterwards and kept, and named in the
  /// error, when LaTeX fails. Where there is no LaTeX, the .tex is left beside the wanted PDF.
  ///
  /// - Parameters:
  ///   - document: what the report says.
  ///   - path: the PDF; it appears whole or not at all.
  /// - Throws: `LatexError`, `FileError`, `CancellationError`.
  public static func compile(
    _ document: Document, to path: String, options: Options = Options()
  ) async throws -> Result {
    var writer = DocumentWriter(document, pictureSuffix: pictureSuffix)
    let source = try writer.latex()
    let staging = try StagingFolder(beside: path)
    var keepsStaging = false
    defer { if !keepsStaging { staging.remove() } }
    try AtomicFile.write(source, to: staging.file("report.tex"))
    for picture in writer.pictures { try staging.copy(picture.path, to: picture.name) }

    let process = LatexProcess(
      folder: staging.path, date: document.date, searchPath: options.searchPath,
      outputLimit: max(options.outputLimitBytes, 1))
    var run = Run(process: process, staging: staging, options: options)
    switch try await run.passUntilStable() {
    case .succeeded: break
    case .notFound:
      let kept = sourcePath(path)
      try AtomicFile.write(source, to: kept)
      throw LatexError(.missing, "there is no \(run.program) to make \(path)", file: kept)
    case .timeLimit:
      keepsStaging = true
      throw LatexError(
        .timeLimit, "LaTeX was stopped after \(options.timeLimitSeconds) s",
        file: staging.file("report.tex"))
    case .outputLimit:
      keepsStaging = true
      throw LatexError(
        .outputLimit, "LaTeX printed more than \(options.outputLimitBytes) bytes",
        file: staging.file("report.tex"))
    case .failed(let status):
      keepsStaging = true
      let failure = LatexLog(staging.text("report.log")).failure
      throw LatexError(
        .failed, "LaTeX failed: \(failure?.sentence ?? status)", file: staging.file("report.tex"),
        line: failure?.line)
    }
    if options.keepsSource { try AtomicFile.write(source, to: sourcePath(path)) }
    try AtomicFile.write(to: path) { temporary in
      guard rename(staging.file("report.pdf"), temporary) == 0 else {
        throw FileError(action: "write", path: path, errno: errno)
      }
    }
    return Result(path: path, warnings: writer.warnings + run.log.warnings, passes: run.passes)
  }

  private static func sourcePath(_ path: String) -> String {
    (path.hasSuffix(".pdf") ? String(path.dropLast(4)) : path) + ".tex"
  }

  /// The suffix of a picture's format, by its first bytes.
  private static func pictureSuffix(_ path: String) throws -> String {
    guard let head = StagingFolder.bytes(path, limit: 8) else {
      throw LatexError(.figureMissing, "a figure of the report cannot be read", file: path)
    }
    if head.starts(with: Array("%PDF-".utf8)) { return ".pdf" }
    if head == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] { return ".png" }
    if head.starts(with: [0xFF, 0xD8, 0xFF]) { return ".jpg" }
    throw LatexError(.figureFormat, "a figure of the report has an unknown format", file: path)
  }
}

/// The passes over one document.
private struct Run {
  let process: LatexProcess
  let staging: StagingFolder
  let options: LatexCompiler.Options
  var passes = 0
  var log = LatexLog("")

  init(process: LatexProcess, staging: StagingFolder, options: LatexCompiler.Options) {
    self.process = process
    self.staging = staging
    self.options = options
  }

  var program: String { options.engine == .pdflatex ? "pdflatex" : "latexmk" }

  /// Runs LaTeX until its log asks for no further pass.
  mutating func passUntilStable() async throws -> LatexProcess.Outcome {
    let limit = options.timeLimitSeconds.isFinite ? max(options.timeLimitSeconds, 0) : 120
    let deadline = ContinuousClock.now + .seconds(min(limit, 86_400))
    let common = [
      "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "-no-shell-escape",
    ]
    guard options.engine == .pdflatex else {
      let outcome = try await process.run(
        "latexmk", ["-pdf", "-norc"] + common + ["report.tex"], deadline: deadline)
      log = LatexLog(staging.text("report.log"))
      return outcome
    }
    // The first pass only finds out page numbers, so that it need not make a PDF.
    repeat {
      let draft = passes == 0 ? ["-draftmode"] : []
      let outcome = try await process.run(
        program, common + draft + ["report.tex"], deadline: deadline)
      passes += 1
      guard outcome == .succeeded else { return outcome }
      log = LatexLog(staging.text("report.log"))
    } while passes < 2 || (log.wantsRerun && passes < 4)
    return .succeeded
  }
}
