public import Detector
import Diagnostics
import DurableFiles
public import LatexReport
public import Warehouse

/// The report and the data products of one test run, made from the warehouse alone.
///
/// All files carry the start of the analysis as their date, so that making them again gives the
/// same bytes.
public struct BlockReport: Sendable {
  private let data: TestRunData
  private let family: any BlockReportFamily

  /// Reads the test run.
  ///
  /// - Throws: `ReportingError`, `WarehouseError`.
  public init(warehouse: Warehouse, run: TestRunKey, camera: Camera) throws {
    data = try TestRunData(warehouse: warehouse, run: run, camera: camera)
    family = BlockReportFamilies.family(of: data.run.test)
  }

  /// The folder that all files are written into:
  /// `<warehouse>/reports/<block>/<session>-<test>/<analysis>`.
  public var folder: String {
    let names = [
      data.run.block, "\(data.run.session)-\(data.run.test)", data.analysis.record.name,
    ].map(SafeName.component)
    return (["\(data.folder)/reports"] + names).joined(separator: "/")
  }

  /// Writes the report and the products.
  ///
  /// - Parameters:
  ///   - workers: how many pictures are drawn at a time.
  ///   - latex: how LaTeX is run.
  /// - Returns: the paths of all files, the report's PDF first.
  /// - Throws: `ReportingError`, `PlotError`, `DataProductError`, `LatexError`, `FileError`.
  public func write(
    workers: Int = 2, latex: LatexCompiler.Options = LatexCompiler.Options()
  ) async throws -> [String] {
    try await writeReport(workers: workers, latex: latex).paths
  }

  /// Writes the report and the products, and tells what LaTeX complained of.
  package func writeReport(
    workers: Int, latex: LatexCompiler.Options
  ) async throws -> (paths: [String], warnings: [String]) {
    let date = try TimeText.fixedDate(data.analysis.record.started)
    let figures = "\(folder)/figures"
    try AtomicFile.makeFolder(figures)
    let drawn = try await ReportFigures.draw(
      body(), into: figures, date: date.iso, workers: workers)
    let pdf = "\(folder)/\(SafeName.component(data.run.test))_report.pdf"
    // LaTeX is a process of its own: the products are written while it works.
    async let products = BlockProducts.write(
      data, root: family.productName, tables: family.tables(data), folder: folder, created: date.seconds,
      pictures: drawn.paths.filter { $0.hasSuffix(".png") }, workers: workers)
    let compiled = try await LatexCompiler.compile(
      document(drawn.nodes, date: date.seconds), to: pdf, options: latex)
    return ([pdf] + (try await products) + drawn.paths, compiled.warnings)
  }

  // MARK: - Contents

  func document(_ body: [Document.Node], date: Int64) -> Document {
    Document(
      title: "\(data.run.test) of \(data.run.block)",
      subtitle: "Test report, session \(data.run.session)", kicker: data.run.campaign,
      cover: CoverPage.fields(data), summary: CoverPage.summary(data), body: body,
      footer: "\(data.analysis.record.name), vison \(data.analysis.record.programVersion)",
      date: date, isDraft: DraftMark.isSet(in: data.analysis.record.configuration))
  }

  /// The report without its cover, pictures still to be drawn.
  func body() -> [ReportPart] {
    let footer =
      "\(data.run.block), session \(data.run.session), \(data.run.test), ObsID "
      + (data.run.obsids.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "none")
      + ". Analysis \(data.analysis.record.name), vison \(data.analysis.record.programVersion)"
    var parts = SummarySection.parts(data, headline: family.headline(data))
    parts += InputSections.acquisition(data)
    parts.append(.section(1, "Data validation", label: "validation"))
    parts += InputSections.inventory(data)
    if data.finished("check") || data.checks.contains(where: { $0.subtask != "init" }) {
      parts += HousekeepingSection.parts(data, footer: footer)
      parts += ComplianceSections.pixels(data)
      parts += ComplianceSections.amplifiers(data, title: family.complianceTitle)
      parts += family.checkFigures(data, footer: footer)
    } else {
      parts.append(.node(.remark(.missing, "The data check did not run.")))
    }
    parts += preparation()
    parts += family.results(data, footer: footer)
    let names = DefinitionLinks.names(in: parts, measured: data.measuredQuantities)
    parts += DefinitionsSection.nodes(names, data.quantities).map { .node($0) }
    parts.append(.node(.appendix))
    parts += ProvenanceSection.nodes(data).map { .node($0) }
    return parts
  }

  private func preparation() -> [ReportPart] {
    let steps = data.subtasks.filter { $0.name == "prep" }
    // What a step did not measure itself must be seen by the reader, whichever step it was.
    let shared = data.subtasks.flatMap { step in
      step.log.filter { $0.contains("taken over from") }.map { "\(step.name): \($0)" }
    }
    guard !steps.isEmpty || !shared.isEmpty else { return [] }
    var parts: [ReportPart] = [.section(1, "Images pre-processing", label: "preparation")]
    for step in steps {
      if step.status != .finished {
        parts.append(.node(.remark(.fail, .init("The step is \(step.status.rawValue)."))))
      }
      parts.append(
        step.log.isEmpty
          ? .paragraph("The step left no log line.")
          : .node(.bullets(step.log.prefix(40).map { Document.Text($0) })))
    }
    if !shared.isEmpty { parts.append(.node(.bullets(shared.map { Document.Text($0) }))) }
    return parts
  }
}
