public import Diagnostics

/// What can go wrong when a report becomes a PDF.
public struct LatexError: DiagnosedError, Equatable {
  /// The kinds of failure.
  public enum Kind: String, Sendable, CaseIterable {
    /// No LaTeX on this machine.
    case missing = "latex-missing"
    /// LaTeX stopped at an error.
    case failed = "latex-failed"
    /// LaTeX ran for too long.
    case timeLimit = "latex-time-limit"
    /// LaTeX wrote too much.
    case outputLimit = "latex-output-limit"
    /// A picture is not there.
    case figureMissing = "figure-missing"
    /// A picture is neither PDF, PNG nor JPEG.
    case figureFormat = "figure-format"
  }

  /// The kind of failure.
  public let kind: Kind
  /// What is wrong, as one sentence.
  public let problem: String
  /// The file concerned: the kept .tex, or the picture.
  public let file: String
  /// The line of the .tex; nil where there is none.
  public let line: Int?

  init(_ kind: Kind, _ problem: String, file: String, line: Int? = nil) {
    self.kind = kind
    self.problem = problem
    self.file = file
    self.line = line
  }

  public var code: String { kind.rawValue }
  public var place: String? { line.map { "\(file), line \($0)" } ?? file }
  public var remedy: String? {
    switch kind {
    case .missing:
      "install texlive-latex-recommended, texlive-science, texlive-fonts-recommended and lmodern, "
        + "or run pdflatex on the .tex elsewhere"
    case .failed: "the .tex and its log are kept; please report this as a defect"
    case .timeLimit, .outputLimit: "the .tex and its log are kept; raise the limit, or report this"
    case .figureMissing: "make the figure again"
    case .figureFormat: "use PDF, PNG or JPEG"
    }
  }
}
