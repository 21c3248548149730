import Foundation
import FoundationXML

/// The cells of one sheet of a workbook (Office Open XML): numbers and texts by row and column.
struct WorkbookCells {
  /// What a cell holds.
  enum Value: Hashable {
    case number(Double)
    case text(String)
  }

  /// Cells by row and column, from 0; empty ones are missing.
  private(set) var cells: [Int: [Int: Value]] = [:]
  /// Addresses of cells with formulas, which a script must not have.
  private(set) var formulas: [String] = []

  subscript(row: Int, column: Int) -> Value? { cells[row]?[column] }
  var rowCount: Int { (cells.keys.max() ?? -1) + 1 }
  var columnCount: Int { (cells.values.compactMap { $0.keys.max() }.max() ?? -1) + 1 }

  /// Reads a sheet by its name.
  init(sheet name: String, of archive: ZipArchive) throws(ZipArchive.Damage) {
    let sheets = XMLReader()
    try sheets.read(try Self.required("xl/workbook.xml", archive), of: "xl/workbook.xml")
    guard let relation = sheets.sheets[name] else {
      let known = sheets.sheets.keys.sorted().joined(separator: ", ")
      throw ZipArchive.Damage(reason: "it has no sheet '\(name)', but \(known.isEmpty ? "none" : known)")
    }
    let relations = "xl/_rels/workbook.xml.rels"
    try sheets.read(try Self.required(relations, archive), of: relations)
    guard let target = sheets.targets[relation] else {
      throw ZipArchive.Damage(reason: "its sheet '\(name)' leads nowhere")
    }
    let path = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
    let texts = XMLReader()
    if let shared = try archive.member("xl/sharedStrings.xml") {
      try texts.read(shared, of: "xl/sharedStrings.xml")
    }
    let reader = XMLReader()
    reader.shared = texts.strings
    try reader.read(try Self.required(path, archive), of: path)
    if let problem = reader.problem { throw ZipArchive.Damage(reason: problem) }
    cells = reader.cells
    formulas = reader.formulas
  }

  private static func required(
    _ name: String, _ archive: ZipArchive
  ) throws(ZipArchive.Damage) -> [UInt8] {
    guard let bytes = try archive.member(name) else {
      throw ZipArchive.Damage(reason: "it lacks the member '\(name)'")
    }
    return bytes
  }

  /// Row and column of an address such as `AB12`, from 0.
  static func position(_ address: String) -> (row: Int, column: Int)? {
    var column = 0
    var rest = address[...]
    while let letter = rest.first, let value = letter.asciiValue, (65...90).contains(value) {
      column = column * 26 + Int(value) - 64
      guard column <= 16_384 else { return nil }
      rest = rest.dropFirst()
    }
    guard column > 0, let row = Int(rest), (1...1_048_576).contains(row) else { return nil }
    return (row - 1, column - 1)
  }
}

/// Collects sheets, relations, shared texts and cells; entities from outside are never resolved.
private final class XMLReader: NSObject, XMLParserDelegate {
  var sheets: [String: String] = [:]
  var targets: [String: String] = [:]
  var strings: [String] = []
  var shared: [String] = []
  var cells: [Int: [Int: WorkbookCells.Value]] = [:]
  var formulas: [String] = []
  var problem: String?

  private var text = ""
  private var item = ""
  private var isPhonetic = false
  private var address = ""
  private var kind = ""
  private var inline = ""

  func read(_ bytes: [UInt8], of name: String) throws(ZipArchive.Damage) {
    let parser = XMLParser(data: Data(bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = self
    guard parser.parse() else {
      throw ZipArchive.Damage(reason: "its member '\(name)' is no valid XML")
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    text = ""
    switch Self.local(element) {
    case "sheet": sheets[attributes["name"] ?? ""] = attributes["r:id"] ?? ""
    case "Relationship": targets[attributes["Id"] ?? ""] = attributes["Target"] ?? ""
    case "si": item = ""
    case "rPh": isPhonetic = true
    case "c":
      address = attributes["r"] ?? ""
      kind = attributes["t"] ?? "n"
      inline = ""
    case "f": formulas.append(address)
    default: break
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement element: String, namespaceURI: String?,
    qualifiedName: String?
  ) {
    switch Self.local(element) {
    case "t":
      if !isPhonetic {
        item += text
        inline += text
      }
    case "rPh": isPhonetic = false
    case "si": strings.append(item)
    case "v": finish(text)
    case "c": if kind == "inlineStr", !inline.isEmpty { store(.text(inline)) }
    default: break
    }
    text = ""
  }

  private func finish(_ text: String) {
    switch kind {
    case "s":
      guard let index = Int(text), shared.indices.contains(index) else {
        problem = problem ?? "its cell \(address) names a text that is not there"
        return
      }
      store(.text(shared[index]))
    case "str", "inlineStr": store(.text(text))
    case "n":
      guard let number = Double(text), number.isFinite else {
        problem = problem ?? "its cell \(address) holds no number"
        return
      }
      store(.number(number))
    default: problem = problem ?? "its cell \(address) is neither number nor text"
    }
  }

  private func store(_ value: WorkbookCells.Value) {
    guard let (row, column) = WorkbookCells.position(address) else {
      problem = problem ?? "a cell has the address '\(address)'"
      return
    }
    if case .text("") = value { return }
    cells[row, default: [:]][column] = value
  }

  private static func local(_ element: String) -> Substring {
    element.split(separator: ":").last ?? ""
  }
}
