import Diagnostics
import DurableFiles

/// What the session builder is asked for: the content of its JSON or YAML file, checked.
///
/// The keys are those of the original's `vis_mksession`.
public struct SessionRequest: Sendable, Hashable {
  /// The file's path as it was given.
  public var path: String
  /// The folder of the scripts, as seen from the working folder.
  public var inputFolder: String
  /// The folder that gets a folder for each session.
  public var outputFolder: String
  /// The sessions, in the order of the file.
  public var sessions: [Session]

  /// A session: a name, and tests in the order of their acquisition.
  public struct Session: Sendable, Hashable {
    /// The name, such as `D11`.
    public var name: String
    /// The tests.
    public var tests: [Item]
  }

  /// A test of a session.
  public struct Item: Sendable, Hashable {
    /// The test's name.
    public var name: String
    /// `file:line:column` of the name.
    public var place: String
  }

  /// Reads and checks a request.
  ///
  /// - Throws: `CampaignError` naming file, line and column; `FileError`.
  public static func load(_ path: String) throws -> SessionRequest {
    try parse(InputFile.bytes(of: path, limit: YAMLGuard.largestFile), path: path)
  }

  /// Checks a request that was read elsewhere; `path` names it in messages.
  public static func parse(_ bytes: [UInt8], path: String) throws -> SessionRequest {
    let root = try ConfigurationNode.document(bytes, path: path)
    try root.check(.section(ConfigurationKey.sessionRequest))
    let folder = AtomicFile.folder(of: path)
    var sessions: [Session] = []
    for (name, node) in root["sessions"]?.entries ?? [] {
      guard SafeName.component(name) == name else {
        throw node.error(
          .badValue, "'\(name.clipped(to: 60))' cannot be the name of a session's folder",
          remedy: "use letters, digits and . _ - +")
      }
      var tests: [Item] = []
      for item in node.items {
        let test = item.text ?? ""
        do { _ = try TestCatalog.entry(named: test) } catch { throw error.at(item.place) }
        if tests.contains(where: { $0.name == test }) {
          throw item.error(
            .badValue, "\(test) is given twice in session '\(name)'",
            remedy: "a repetition needs a script of its own: \(TestCatalog.split(test).label).2")
        }
        tests.append(Item(name: test, place: item.place))
      }
      guard !tests.isEmpty else {
        throw node.error(.badValue, "session '\(name)' has no tests", remedy: "name some")
      }
      sessions.append(Session(name: name, tests: tests))
    }
    guard !sessions.isEmpty else {
      throw root.error(.missingKey, "there are no sessions", remedy: "name some in 'sessions'")
    }
    return SessionRequest(
      path: path, inputFolder: InputFile.path(root["inpath"]?.text ?? ".", from: folder),
      outputFolder: InputFile.path(root["outpath"]?.text ?? ".", from: folder), sessions: sessions)
  }
}
