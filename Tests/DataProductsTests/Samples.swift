import DataProducts
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Texts that spreadsheets, XML, JSON or FITS could take for something else.
let hostileTexts = [
  "=1+1", "=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
  "=HYPERLINK(\"x\")",
  "http://example.com", "mailto:a@b", "internal:Sheet1!A1", "a\u{0}b", "\u{1}\u{1F}", "\u{FFFE}",
  "</t><x>", "&amp;", "]]>", "\"quoted\"", "'", ",", ";", "#x", "# x", "a,b\"c\nd", "日本 🙂", "α ± µ",
  "_x0041_", "../../etc/passwd", "\u{202E}abc", "null", "NaN", "", " ", "a\r\nb", "\\", "\u{2028}",
  "{{}}", "e\u{301}",
]

func sampleProduct() -> DataProduct {
  DataProduct(
    title: "Read noise",
    header: [
      .init("Block", "CURIE"), .init("Test", "BIAS01"), .init("Analysis id", "FM_1"),
      .init("A long key of no FITS keyword", 7, "a comment"),
    ],
    meta: [.init("limit", 4.5), .init("bad", .number(.nan)), .init("strict", true)],
    tables: [
      DataTable(
        "RON", description: "Read noise by quadrant.",
        columns: [
          DataColumn("CCD", .integers([1, 2, nil, 9_007_199_254_740_993])),
          DataColumn("Q", .texts(["E", nil, "G", "-H"])),
          DataColumn(
            "RON", unit: "adu", description: "Read noise, 1 sigma.",
            .doubles([0.1, .nan, nil, -1.0 / 3]), display: .fixed(3),
            reasons: [1: "saturated", 2: "no frames"]),
          DataColumn(
            "flux", unit: "electron/s", .doubles([1e-300, .infinity, 1e22, 5]),
            display: .scientific(2)),
        ])
    ],
    provenance: [.init(role: "raw frame", name: "EUC_1.fits", checksum: "00ff", note: "")])
}

func hostileProduct() -> DataProduct {
  DataProduct(
    title: "=cmd|x", header: hostileTexts.map { .init($0, .text($0), $0) },
    meta: hostileTexts.map { .init($0, .text($0)) },
    tables: hostileTexts.map {
      DataTable(
        $0, description: $0,
        columns: [DataColumn($0, unit: $0, description: $0, .texts(hostileTexts))])
    },
    provenance: hostileTexts.map { .init(role: $0, name: $0, checksum: $0, note: $0) })
}

/// A folder of its own for one test, removed at its end.
final class Workspace {
  let path: String

  init() throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(folder)/data-products-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit { _ = shell("rm -r '\(path)'") }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// What a command prints.
func shell(_ command: String) -> (status: Int32, output: String) {
  guard let stream = popen("\(command) 2>&1", "r") else { return (-1, "") }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, stream)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return (pclose(stream), String(decoding: bytes, as: UTF8.self))
}

/// Readers that other people use; tests that need them are skipped where they are missing.
enum Reader {
  static let hasOpenpyxl = shell("/usr/bin/python3 -c 'import openpyxl'").status == 0
  static let hasAstropy = shell("/usr/bin/python3 -c 'import astropy'").status == 0
  static let hasFitsverify = shell("command -v fitsverify").status == 0
  static let hasPython = shell("/usr/bin/python3 -c 1").status == 0
}
