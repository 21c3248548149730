import Campaign
import Diagnostics
import DurableFiles
import Ingest
import Warehouse

/// The exposure logs of the day folders, read again and again while they grow.
///
/// A private copy in memory is what counts: what is read, and what provenance says was read, are the same
/// bytes, whatever the acquisition writes meanwhile.
struct DayLog {
  enum State {
    /// A folder is not there.
    case away(String)
    /// There is no log, or it is empty.
    case empty(String)
    /// The log cannot be understood as it is.
    case unreadable(any DiagnosedError)
    case rows(Acquisition.Rows)
  }

  let folders: [String]
  let options: ExposureLog.Options
  private var digests: [SHA256Digest] = []
  private var last: State?
  /// Whether the last look found other bytes, or another state, than the one before.
  private(set) var hasChanged = false

  init(folders: [String], options: ExposureLog.Options) {
    self.folders = folders
    self.options = options
  }

  mutating func look() -> State {
    var files: [(path: String, bytes: [UInt8])] = []
    do throws(FileError) {
      for folder in folders {
        for path in try ExposureLog.paths(in: folder) {
          files.append((path, try InputFile.bytes(of: path)))
        }
      }
    } catch {
      let text = error.kind == .missing ? "\(error.path) is not there" : error.description
      return keep(.away(text), [])
    }
    files.removeAll { $0.bytes.isEmpty }
    guard !files.isEmpty else {
      return keep(.empty("\(folders.joined(separator: ", ")) holds no exposure log yet"), [])
    }
    let found = files.map { SHA256Digest(of: $0.bytes) }
    if found == digests, let last { return keep(last, found) }
    return keep(parse(files, found), found)
  }

  private mutating func keep(_ state: State, _ found: [SHA256Digest]) -> State {
    hasChanged = last == nil || found != digests
    digests = found
    last = state
    return state
  }

  private func parse(
    _ files: [(path: String, bytes: [UInt8])], _ found: [SHA256Digest]
  ) -> State {
    do throws(IngestError) {
      var logs: [ExposureLog] = []
      for file in files {
        logs.append(try ExposureLog.parse(file.bytes, path: file.path, options: options))
      }
      let log = try ExposureLog.merged(logs, isStrict: options.isStrict)
      return .rows(
        Acquisition.Rows(
          rows: log.rows, files: log.files, issues: log.issues, hasHousekeeping: true,
          records: zip(files, found).map { file, digest in
            InputFileRecord(
              role: .explog, path: file.path, size: file.bytes.count, sha256: digest.hexadecimal)
          }))
    } catch {
      return .unreadable(error)
    }
  }
}
