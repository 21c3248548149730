import ArgumentParser
import Campaign
import CommandLineStyle
import Detector
import DurableFiles
import FITSFiles
import Ingest

/// `vis-tools manifest`.
struct DraftManifest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest",
    abstract: "Draft a manifest for frames without an exposure log, from their FITS headers.",
    discussion: """
      What the headers do not tell is left open and named; nothing is guessed. Paths are written as
      given, so run it in the folder where the manifest will be.

      EXAMPLES
        vis-tools manifest --camera esis-ccd230 *.fits > frames.csv
        vis-tools manifest --camera esis-ccd230 --output frames.csv frames/*.fits.gz
      """)

  @Argument(help: "Frames.")
  var files: [String]
  @Option(help: "Camera, whose dictionary names the header keywords.")
  var camera: String
  @Option(name: [.short, .long], help: "File to write instead of standard output.")
  var output: String?

  func run() throws {
    let camera = try CameraCatalog.camera(camera)
    let headers = try files.map { path in
      var keywords: [String: ScriptValue] = [:]
      // Extensions first and the primary last: the primary header speaks for the whole file.
      for hdu in try FITSFile(path: path).structure.hdus.reversed() {
        for card in hdu.cards { keywords[card.keyword] = Self.value(card.value) }
      }
      return ManifestDraft.Header(file: path, keywords: keywords)
    }
    let draft = Manifest.draft(from: headers, dictionary: camera.header)
    if let output {
      try AtomicFile.write(draft.text, to: output)
      for note in draft.notes { printNote(note) }
    } else {
      printOutput(draft.text)
    }
  }

  private static func value(_ value: FITSValue) -> ScriptValue? {
    switch value {
    case .integer(let value): .int(value)
    case .real(let value): value.isFinite ? .double(value) : nil
    case .text(let text): .string(text)
    case .logical(let value): .int(value ? 1 : 0)
    case .complex, .undefined, .commentary: nil
    }
  }
}
