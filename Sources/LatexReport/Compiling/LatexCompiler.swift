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
    /// What the log complains of: boxes that stick out by more than 5 pt, characters that no font
    /// has, references to nowhere. None for a well-formed document.
    public let warnings: [String]
    /// How often pdflatex ran; 0 where latexmk decided that.
    public let passes: Int
  }
}

extension LatexCompiler {
  /// Makes the PDF.
  ///
  /// - Parameters:
  ///   - document: what the report says.
  ///   - path: the PDF; it appears whole or not at all.
  /// - Throws: `LatexError`, `FileError`.
  public static func compile(
    _ document: Document, to path: String, options: Options = Options()
  ) async throws -> Result {
    throw LatexError(.missing, "LaTeX is not run yet", file: path)
  }
}
