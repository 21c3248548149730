import DurableFiles
import Foundation
public import LatexReport
import Plots
import Synchronization

/// What a metatest made.
public struct MetatestOutcome: Sendable {
  /// The files, the report first.
  public let paths: [String]
  /// What came of the requirements.
  public let requirements: [RequirementResult]
  /// The choice of runs.
  public let selections: [BlockSelection]
  /// What LaTeX complained of.
  public let warnings: [String]

  /// Whether a requirement fails.
  public var isOutOfLimits: Bool { requirements.contains { $0.verdict == .fail } }
}

/// Makes the report and the products of a metatest.
public enum MetatestRunner {
  /// Makes everything; files of an earlier run are replaced one by one, each whole.
  ///
  /// - Parameters:
  ///   - progress: is told what comes next; may be called by any thread.
  ///   - check: throws where the user asked to end.
  /// - Throws: `MetatestError`, `WarehouseError`, and the errors of figures and files.
  public static func run(
    _ metatest: any Metatest.Type, _ input: MetatestInput,
    latex: LatexCompiler.Options = LatexCompiler.Options(),
    progress: @escaping @Sendable (_ step: String) -> Void = { _ in },
    check: @escaping @Sendable () throws -> Void = {}
  ) async throws -> MetatestOutcome {
    progress("reading the warehouse")
    let content = try metatest.content(input)
    try AtomicFile.makeFolder(input.folder + "/figures")
    AtomicFile.removeStaleTemporaries(in: input.folder)
    var paths: [String] = []
    for product in content.images + content.products {
      try check()
      progress("writing \(product.name)")
      try product.write("\(input.folder)/\(product.name)")
      paths.append("\(input.folder)/\(product.name)")
    }
    progress("drawing \(content.figures.count) figures")
    paths += try await draw(content, input, check)
    try check()
    progress("typesetting the report")
    let report = "\(input.folder)/\(metatest.name)_report.pdf"
    let result = try await LatexCompiler.compile(content.document, to: report, options: latex)
    return MetatestOutcome(
      paths: [report] + paths, requirements: content.requirements, selections: content.selections,
      warnings: result.warnings)
  }

  /// Draws on two threads; the order of the paths does not depend on that.
  private static func draw(
    _ content: MetatestContent, _ input: MetatestInput,
    _ check: @escaping @Sendable () throws -> Void
  ) async throws -> [String] {
    let turn = Turn()
    let figures = content.figures
    let date = content.date
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          while true {
            let index = turn.next()
            guard index < figures.count else { return }
            try check()
            let named = figures[index]
            let figure = try named.figure()
            try FigureRenderer.write(
              figure, to: input.figurePath(named.name), format: .pdf(creationDate: date))
            if named.hasPreview {
              try FigureRenderer.write(
                figure, to: "\(input.folder)/\(named.name).png", format: .png(dotsPerInch: 110))
            }
          }
        }
      }
      try await group.waitForAll()
    }
    return figures.filter(\.hasPreview).map { "\(input.folder)/\($0.name).png" }
  }
}

/// Numbers from 0, each given once, to any thread.
private final class Turn: Sendable {
  private let count = Mutex(0)

  func next() -> Int {
    count.withLock { count in
      defer { count += 1 }
      return count
    }
  }
}
