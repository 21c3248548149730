import Diagnostics
import DurableFiles
import Testing

@testable import LatexReport

#if canImport(Glibc)
  import Glibc
#endif

@Suite("LatexCompiler", .enabled(if: Tool.hasLatex))
struct CompilerTests {
  /// A PNG of one grey pixel.
  static let png: [UInt8] = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 0x0A, 0x49, 0x44, 0x41, 0x54,
    0x78, 0x9C, 0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, 0x49, 0x45,
    0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
  ]

  @Test("a report with one of everything compiles without a warning and leaves only the PDF")
  func everything() async throws {
    let workspace = try Workspace()
    let pixel = workspace.file("pixel.png")
    try AtomicFile.write(Self.png, to: pixel)
    let document = sampleDocument(figures: [pixel, pixel, pixel, pixel])
    let result = try await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
    #expect(result.warnings == [])
    #expect(result.passes <= 3)
    #expect(workspace.names() == ["a.pdf", "pixel.png"])
    let fonts = try #require(Tool.output("pdffonts", "a.pdf", in: workspace))
    #expect(!fonts.contains("Type 3"))
    #expect(fonts.contains("LMRoman"))
    let text = try #require(Tool.output("pdftotext", "-layout a.pdf -", in: workspace))
    for wanted in ["4.512 ± 0.013", "page 1 of", "✗", "✓", "RON_OOL", "1 of 12", "no frames"] {
      #expect(text.squeezed.contains(wanted.squeezed), "\(wanted)")
    }
    #expect(!text.contains("??"))
  }

  @Test("the same document gives the same bytes in another folder, by either program")
  func repeatable() async throws {
    let workspace = try Workspace()
    let document = sampleDocument(rows: 5)
    var digests: Set<SHA256Digest> = []
    for (name, engine) in [
      ("a.pdf", LatexCompiler.Options.Engine.pdflatex), ("other {folder}, $x%/b.pdf", .pdflatex),
      ("c.pdf", .latexmk),
    ] where engine == .pdflatex || Tool.exists("latexmk") {
      let path = workspace.file(name)
      _ = try await LatexCompiler.compile(document, to: path, options: .init(engine: engine))
      digests.insert(try SHA256Digest(ofFile: path))
    }
    #expect(digests.count == 1)
  }

  @Test("a macro that never ends is stopped, and the .tex is kept")
  func endless() async throws {
    let workspace = try Workspace()
    let document = Document(
      title: "Endless", body: [.raw(Document.RawLatex("\\def\\a{\\a}\\a"))], date: 0)
    let error = await #expect(throws: LatexError.self) {
      try await LatexCompiler.compile(
        document, to: workspace.file("a.pdf"), options: .init(timeLimitSeconds: 1.5))
    }
    #expect(error?.kind == .timeLimit)
    #expect(access(try #require(error?.file), R_OK) == 0)
    #expect(access(workspace.file("a.pdf"), F_OK) != 0)
  }

  @Test("a macro that prints for ever is stopped")
  func talkative() async throws {
    let workspace = try Workspace()
    let document = Document(
      title: "Loud",
      body: [.raw(Document.RawLatex("\\loop\\message{aaaaaaaaaaaaaaaaaaaaaaa}\\iftrue\\repeat"))],
      date: 0)
    let error = await #expect(throws: LatexError.self) {
      try await LatexCompiler.compile(
        document, to: workspace.file("a.pdf"), options: .init(outputLimitBytes: 200_000))
    }
    #expect(error?.kind == .outputLimit)
  }

  @Test("an error of LaTeX is told with its line, and the folder is kept")
  func failing() async throws {
    let workspace = try Workspace()
    let document = Document(
      title: "Wrong", body: [.raw(Document.RawLatex("\\nosuchcommand"))], date: 0)
    let error = await #expect(throws: LatexError.self) {
      try await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
    }
    #expect(error?.kind == .failed)
    #expect(error?.problem.contains("Undefined control sequence") == true)
    #expect((error?.line ?? 0) > 50)
    #expect(access(try #require(error?.file), R_OK) == 0)
  }

  @Test(
    "files outside the folder can be neither read nor written, and no program is run",
    arguments: [
      "\\input{/etc/hostname}", "\\newwrite\\w\\immediate\\openout\\w=../escaped.txt",
      "\\immediate\\write18{touch ../escaped.txt}",
    ])
  func closed(source: String) async throws {
    let workspace = try Workspace()
    let document = Document(title: "Sly", body: [.raw(Document.RawLatex(source))], date: 0)
    _ = try? await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
    #expect(!workspace.names().contains("escaped.txt"))
    let text = Tool.output("pdftotext", "a.pdf -", in: workspace) ?? ""
    #expect(!text.contains(Tool.output("cat", "/etc/hostname", in: workspace)?.squeezed ?? "-"))
  }

  @Test("without LaTeX the .tex is left beside the wanted PDF")
  func missing() async throws {
    let workspace = try Workspace()
    let error = await #expect(throws: LatexError.self) {
      try await LatexCompiler.compile(
        sampleDocument(rows: 1), to: workspace.file("a.pdf"),
        options: .init(searchPath: "/nowhere"))
    }
    #expect(error?.code == "latex-missing")
    #expect(error?.exitCode == .failed)
    #expect(error?.file == workspace.file("a.tex"))
    #expect(workspace.names() == ["a.tex"])
  }

  @Test("a figure that is not there, or is no picture, is named")
  func figures() async throws {
    let workspace = try Workspace()
    try AtomicFile.write("not a picture", to: workspace.file("b.png"))
    for (name, kind) in [("a.png", LatexError.Kind.figureMissing), ("b.png", .figureFormat)] {
      let document = Document(
        title: "Figures", body: [.figure(.init(workspace.file(name)))], date: 0)
      let error = await #expect(throws: LatexError.self) {
        try await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
      }
      #expect(error?.kind == kind)
      #expect(error?.file == workspace.file(name))
    }
    #expect(workspace.names() == ["b.png"])
  }

  @Test("links to nowhere and doubled labels are warnings")
  func labels() async throws {
    let workspace = try Workspace()
    let document = Document(
      title: "Labels",
      body: [
        .section(level: 1, "A", label: "a"), .section(level: 1, "B", label: "a"),
        .paragraph([.link("x", to: "nowhere")]),
      ], date: 0)
    let result = try await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
    #expect(result.warnings.contains("undefined reference: nowhere"))
    #expect(result.warnings.contains("label used twice: a"))
  }
}
