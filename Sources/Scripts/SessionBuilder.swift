public import Campaign
import Diagnostics
import DurableFiles

/// Builds the folders of sessions: the scripts of their tests, and the sequence in which they run.
public struct SessionBuilder: Sendable {
  /// A session that was built.
  public struct Built: Sendable, Hashable {
    /// The session's name.
    public var name: String
    /// Its folder.
    public var folder: String
    /// The names of its scripts, in order.
    public var scripts: [String]
  }

  let request: SessionRequest

  /// A builder.
  public init(_ request: SessionRequest) { self.request = request }

  /// Builds all sessions; nothing is written unless each test has exactly one script.
  ///
  /// - Throws: `ScriptError` naming the candidates; `FileError`.
  public func build() throws -> [Built] {
    let scripts = try InputFile.names(in: request.inputFolder).compactMap(ScriptName.init(parsing:))
    var sessions: [Built] = []
    for session in request.sessions {
      sessions.append(
        Built(
          name: session.name, folder: request.outputFolder + "/" + session.name,
          scripts: try session.tests.map { "\(try script(of: $0, among: scripts))" }))
    }
    for session in sessions { try refuseForeignFiles(session) }
    for session in sessions { try write(session) }
    return sessions
  }

  // MARK: - Steps

  private func script(
    of test: SessionRequest.Item, among scripts: [ScriptName]
  ) throws(ScriptError) -> ScriptName {
    let candidates = scripts.filter { $0.test == test.name }
    if candidates.count == 1 { return candidates[0] }
    guard candidates.isEmpty else {
      throw ScriptError(
        .ambiguous,
        "\(test.name) has \(candidates.count) scripts in \(request.inputFolder): "
          + candidates.map(\.description).joined(separator: ", "), place: test.place,
        remedy: "keep the one that is meant")
    }
    let label = TestCatalog.split(test.name).label
    let near = scripts.filter { $0.test.contains(label) || label.contains($0.test) }.map(\.test)
    let nearest = nearestName(to: test.name, among: scripts.map(\.test))
    let names = near.isEmpty ? nearest.map { [$0] } ?? [] : near
    throw ScriptError(
      .missing, "\(test.name) has no script in \(request.inputFolder)", place: test.place,
      remedy: (names.isEmpty ? "" : "there are scripts of \(names.joined(separator: ", ")); ")
        + "write it with 'vis-tools mkscripts', or correct the name")
  }

  /// The folder of a session is emptied, so it must hold nothing but an earlier session.
  private func refuseForeignFiles(_ session: Built) throws {
    let names: [String]
    do { names = try InputFile.names(in: session.folder) } catch {
      if error.kind == .missing { return }
      throw error
    }
    for name in names where ScriptName(parsing: name) == nil && !Self.isSequence(name) {
      throw ScriptError(
        .exists, "the session's folder holds '\(name.clipped(to: 60))', which is no script",
        place: session.folder, remedy: "move it away, or name another 'outpath'")
    }
  }

  private func write(_ session: Built) throws {
    try AtomicFile.makeFolder(session.folder)
    for name in try InputFile.names(in: session.folder) {
      try AtomicFile.remove(session.folder + "/" + name)
    }
    for name in session.scripts {
      let bytes = try InputFile.bytes(of: request.inputFolder + "/" + name)
      try AtomicFile.write(bytes, to: session.folder + "/" + name)
    }
    try AtomicFile.write(
      session.scripts.map { $0 + "\n" }.joined(),
      to: session.folder + "/TEST_SEQUENCE_\(session.name).txt")
  }

  private static func isSequence(_ name: String) -> Bool {
    name.hasPrefix("TEST_SEQUENCE_") && name.hasSuffix(".txt")
  }
}
