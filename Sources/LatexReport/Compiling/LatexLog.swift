/// What a log of pdflatex says.
///
/// The log must be written with `-file-line-error` and with lines that are not folded
/// (`max_print_line`).
struct LatexLog: Equatable {
  /// An error: the line of the .tex, and what TeX says about it.
  struct Failure: Equatable {
    let line: Int?
    let sentence: String
  }

  /// The first error.
  private(set) var failure: Failure?
  /// Boxes that stick out by more than 2 pt, missing characters, undefined or doubled labels.
  private(set) var warnings: [String] = []
  /// Whether another pass would change the result.
  private(set) var wantsRerun = false

  init(_ log: String) {
    for line in log.split(separator: "\n") { read(line) }
  }

  private mutating func read(_ line: Substring) {
    if line.contains("Overfull \\hbox"), let excess = Self.excess(line), excess > 2 {
      add(String(line))
    } else if line.hasPrefix("Missing character:") {
      add(String(line))
    } else if line.contains("LaTeX Warning:") {
      if line.contains("undefined") || line.contains("multiply defined") { add(String(line)) }
      if line.contains("Rerun") || line.contains("have changed") { wantsRerun = true }
    } else if line.contains("Rerun to get"), !line.hasPrefix("Package: ") {
      wantsRerun = true
    } else if let failure, line.hasPrefix("l."), !failure.sentence.contains(" … ") {
      // TeX shows what it has read; the culprit stands at its end.
      self.failure = Failure(
        line: failure.line, sentence: "\(failure.sentence) … \(line.suffix(60))")
    } else if failure == nil {
      readFailure(line)
    }
  }

  private mutating func readFailure(_ line: Substring) {
    if line.hasPrefix("! ") || line.contains("Unable to read an entire line") {
      failure = Failure(line: nil, sentence: line.drop { $0 == "!" || $0 == " " }.description)
      return
    }
    // "./report.tex:12: Undefined control sequence."
    let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    if parts.count == 3, parts[0].hasPrefix("./"), let number = Int(parts[1]) {
      failure = Failure(
        line: number, sentence: parts[2].drop { $0 == " " }.description)
    }
  }

  private mutating func add(_ warning: String) {
    if warnings.count < 100, !warnings.contains(warning) { warnings.append(warning) }
  }

  /// The excess of "Overfull \hbox (12.3pt too wide)" in points.
  private static func excess(_ line: Substring) -> Double? {
    guard let open = line.firstIndex(of: "("), let unit = line[open...].firstRange(of: "pt too")
    else { return nil }
    return Double(line[line.index(after: open)..<unit.lowerBound])
  }
}
