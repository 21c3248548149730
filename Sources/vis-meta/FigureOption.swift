import ArgumentParser
import CommandLineStyle
import Foundation
import Plots

/// `--figure`: the file that a picture goes to; its name says how it is drawn.
struct FigureOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Draw a figure: a file ending in .pdf, .png or .svg.", valueName: "file"))
  var figure: String?

  func validate() throws {
    try Self.require(figure, "--figure")
  }

  /// Writes the figure where one is asked for, and says so.
  ///
  /// - Parameter date: of the data, as 2019-03-21T10:00:00Z, so that the bytes repeat.
  func write(_ make: () throws -> Figure, date: String) throws {
    guard let figure else { return }
    try Self.write(try make(), to: figure, date: date)
  }

  // MARK: - Any option that names a figure's file

  /// Refuses a file whose ending means no kind of figure.
  static func require(_ path: String?, _ option: String) throws {
    if let path, format(of: path, date: "") == nil {
      throw ValidationError("\(option) needs a file that ends in .pdf, .png or .svg")
    }
  }

  /// Writes a figure to a file that was not refused, and says so.
  static func write(_ figure: Figure, to path: String, date: String) throws {
    let format = format(of: path, date: date) ?? .png(dotsPerInch: 150)
    try FigureRenderer.write(figure, to: path, format: format)
    printNote("vis-meta: \(path) is written")
  }

  private static func format(of path: String, date: String) -> FigureRenderer.Format? {
    let name = path.lowercased()
    if name.hasSuffix(".pdf") { return .pdf(creationDate: date) }
    if name.hasSuffix(".png") { return .png(dotsPerInch: 150) }
    return name.hasSuffix(".svg") ? .svg : nil
  }
}
