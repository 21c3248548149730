import ArgumentParser
import CommandLineStyle
import FITSFiles

/// `vis-tools fits`.
struct FITSSummary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fits",
    abstract: "Show the units of a FITS file, or refuse it with the reason.",
    discussion: """
      EXAMPLES
        vis-tools fits EUC_1000_230319D193647T_ROE1_CCD1.fits
        vis-tools fits --header frame.fits.fz
      """)

  @Argument(help: "FITS files; compressed ones (.gz, .fz) too.")
  var files: [String]
  @ArgumentParser.Flag(help: "Print all header cards.")
  var header = false
  @ArgumentParser.Flag(help: "Print JSON.")
  var json = false

  private struct Unit: Encodable {
    let file: String
    let index: Int
    let kind: String
    let name: String
    let bitpix: Int
    let axes: [Int]
    let cards: [String: String]?
  }

  func run() throws {
    var units: [Unit] = []
    for path in files {
      let structure = try FITSFile(path: path).structure
      for warning in structure.warnings { printNote("\(path): \(warning)") }
      for hdu in structure.hdus {
        let cards = hdu.cards.map { ($0.keyword, Self.text($0.value)) }
        units.append(
          Unit(
            file: path, index: hdu.index, kind: "\(hdu.kind)", name: hdu.name, bitpix: hdu.bitpix,
            axes: hdu.axes, cards: header ? Dictionary(cards) { first, _ in first } : nil))
      }
    }
    if json { return printOutput(try JSONText.text(units)) }
    var table = TextTable([
      .init("file"), .init("HDU", .right), .init("kind"), .init("name"), .init("BITPIX", .right),
      .init("axes"),
    ])
    for unit in units {
      table.append([
        unit.file, "\(unit.index)", unit.kind, unit.name, "\(unit.bitpix)",
        unit.axes.map(String.init).joined(separator: " x "),
      ])
    }
    printOutput(table.text(for: .current(.output)))
    for unit in units where unit.cards != nil {
      var cards = TextTable([.init("HDU \(unit.index)"), .init("value")])
      for (keyword, value) in (unit.cards ?? [:]).sorted(by: { $0.key < $1.key }) {
        cards.append([keyword, value])
      }
      printOutput("\n" + cards.text(for: .current(.output)))
    }
  }

  static func text(_ value: FITSValue) -> String {
    switch value {
    case .text(let text), .commentary(let text): text
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .logical(let value): value ? "T" : "F"
    case .complex(let re, let im): "(\(re), \(im))"
    case .undefined: ""
    }
  }
}
