import Diagnostics

/// How foreign results are to be understood, and what is recorded of their origin.
public struct ImportOptions: Sendable {
  /// The format of all files; nil for what each file's name tells.
  public var format: ExchangeFormat?
  /// The analysis; nil for the files' own column.
  public var analysis: String?
  /// The program that measured, with its version; nil for the files' own column.
  public var program: String?
  /// What stands for a cell that is empty or has no column.
  public var constants: [ExchangeColumn: String] = [:]
  /// The files' own names of columns.
  public var map: [ExchangeColumn: String] = [:]
  /// Columns of the files that are not looked at.
  public var ignored: Set<String> = []
  /// Goes before the name of each quantity, with a point.
  public var prefix: String?
  /// What quantities mean, by the name under which they are stored.
  public var meanings: [String: String] = [:]
  /// Whether lines that are bad are left out instead of stopping everything.
  public var skipsBadLines = false
  /// Whether the verdicts that the files state are recorded.
  public var takesVerdicts = false
  /// How many problems are kept; all are counted.
  public var keptProblems = 20
  /// When the import began, ISO 8601 in UTC.
  public var time: String
  /// The machine's name.
  public var host: String
  /// Who imports.
  public var operatorName: String
  /// The command line, as it could be typed again.
  public var commandLine: String
  /// Name and version of this program.
  public var importer: String

  /// Options without any restriction.
  public init(
    analysis: String? = nil, program: String? = nil, time: String, host: String = "",
    operatorName: String = "", commandLine: String = "", importer: String = ""
  ) {
    self.analysis = analysis
    self.program = program
    self.time = time
    self.host = host
    self.operatorName = operatorName
    self.commandLine = commandLine
    self.importer = importer
  }
}

/// What is wrong with a line.
public struct ImportProblem: Sendable, Hashable, Codable {
  /// The file.
  public let file: String
  /// The line, from 1; of a FITS table the row, from 1.
  public let line: Int
  /// The column, as the file names it; "" for the whole line.
  public let column: String
  /// The value, cut to what can be read; "" for none.
  public let value: String
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  /// One line for people.
  public var text: String {
    var text = "\(file):\(line): "
    if !column.isEmpty { text += "column \(column): " }
    if !value.isEmpty { text += "\"\(value)\": " }
    return (text + problem + (remedy.isEmpty ? "" : ": " + remedy)).escapingControlCharacters()
  }
}

/// A cell of a foreign file.
enum ForeignCell: Sendable, Hashable {
  case missing
  case text(String)
  /// What cannot be a text: bytes as they are shown, and what is wrong.
  case bad(shown: String, problem: String, remedy: String)
}
