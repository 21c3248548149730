import Campaign
import Detector
import Ingest
import Scripts
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A folder that goes with its test.
final class Workspace {
  let path: String

  init() throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(folder)/scripts-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit { system("rm -r '\(path)'") }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String) throws -> String {
    let stream = try #require(fopen(file(name), "w"))
    fputs(text, stream)
    fclose(stream)
    return file(name)
  }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let stream = try #require(fopen(file(name), "w"))
    fwrite(bytes, 1, bytes.count, stream)
    fclose(stream)
    return file(name)
  }

  func text(_ name: String) throws -> String {
    String(decoding: try InputFile.bytes(of: file(name)), as: UTF8.self)
  }
}

/// The request of the reference's example, with other tests where they are named.
func request(_ toWrite: String = nostromo, outpath: String = "out", more: String = "") -> String {
  """
  {
  \t"equipment": {
  \t\t"sn_roe": "FM14", "sn_rpsu": "FM14", "operator": "unk",
  \t\t"sn_ccd1": "14471-19-01", "sn_ccd2": "15081-15-02", "sn_ccd3": "14471-10-02"
  \t},
  \t"elvis": "7.5.X",
  \t"CHAMBER": "B_NOSTROMO",
  # a comment on a line of its own, as the original tolerated
  \t"camptype": "Full",
  \t"outpath": "\(outpath)",
  \t"toWrite": { \(toWrite) }\(more)
  }
  """
}

let nostromo = """
  "CHINJ02": 1, "BIAS01": 1, "TP01": 1, "BIAS02": 1, "CHINJ01": 1, "FOCUS00": 1, "PTC01": 0
  """

let date = ElvisDate(iso: "2019-04-01T12:00:00") ?? ElvisDate(unixSeconds: 0)

@discardableResult
func write(
  _ text: String, in workspace: Workspace, overwrites: Bool = false
) throws -> ScriptWriter.Result {
  let path = try workspace.write(text, to: "request.json")
  return try ScriptWriter(
    ScriptRequest.load(path), camera: CameraCatalog.camera("euclid-vis"), date: date,
    overwrites: overwrites
  ).write()
}

/// The error that a body throws, as its text.
func failure(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  return "no error"
}
