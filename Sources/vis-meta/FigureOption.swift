import ArgumentParser
import CommandLineStyle
import Foundation
import Plots

/// The file that a picture goes to; its name says how it is drawn.
struct FigureOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Draw a figure: a file ending in .pdf, .png or .svg.", valueName: "file"))
  var figure: String?

  func validate() throws {
    if let figure, Self.kind(figure) == nil {
      throw ValidationError("--figure needs a file that ends in .pdf, .png or .svg")
    }
  }

  private static func kind(_ path: String) -> String? {
    ["pdf", "png", "svg"].first { path.lowercased().hasSuffix(".\($0)") }
  }

  /// Writes the figure where one is asked for, and says so.
  ///
  /// - Parameter date: of the data, as 2019-03-21T10:00:00Z, so that the bytes repeat.
  func write(_ make: () throws -> Figure, date: String) throws {
    guard let path = figure else { return }
    let format: FigureRenderer.Format =
      switch Self.kind(path) {
      case "pdf": .pdf(creationDate: date)
      case "svg": .svg
      default: .png(dotsPerInch: 150)
      }
    try FigureRenderer.write(try make(), to: path, format: format)
    printNote("vis-meta: \(path) is written")
  }
}
