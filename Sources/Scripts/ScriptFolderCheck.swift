public import Campaign
public import Detector
import Diagnostics
import DurableFiles

/// Checks scripts on disk: readable, as their checksums say, and as their tests are defined.
public struct ScriptFolderCheck: Sendable {
  /// What was found out about one script.
  public struct Verdict: Sendable, Hashable {
    /// The script's path.
    public var path: String
    /// The test, from the file's name.
    public var test: String
    /// What is wrong, one line each; empty where all is well.
    public var problems: [String]
  }

  let request: ScriptRequest?
  let chamber: String
  let camera: Camera

  /// A check.
  ///
  /// - Parameters:
  ///   - request: what the scripts were written from; nil leaves equipment out of the comparison.
  ///   - chamber: the chamber's profile, without a request.
  public init(request: ScriptRequest?, chamber: String, camera: Camera) {
    self.request = request
    self.chamber = chamber
    self.camera = camera
  }

  /// Checks scripts, and all scripts of folders.
  ///
  /// - Throws: `ScriptError` where there are none; `FileError` for a path that cannot be read.
  public func verdicts(
    of paths: [String], before: () throws -> Void = {}
  ) throws -> [Verdict] {
    var files: [String] = []
    for path in paths {
      if path.hasSuffix(".xlsx") {
        files.append(path)
        continue
      }
      let names = try InputFile.names(in: path).filter { ScriptName(parsing: $0) != nil }
      guard !names.isEmpty else {
        throw ScriptError(
          .missing, "the folder holds no script", place: path,
          remedy: "scripts are named vis_CalCamp_<TEST>_<ddMmmyy>_v<elvis>.xlsx")
      }
      files += names.map { (path.hasSuffix("/") ? path : path + "/") + $0 }
    }
    return try files.map { path in
      try before()
      return try verdict(of: path)
    }
  }

  private func verdict(of path: String) throws -> Verdict {
    guard let name = ScriptName(parsing: Self.name(of: path)) else {
      return Verdict(
        path: path, test: "?",
        problems: ["the file's name is not vis_CalCamp_<TEST>_<ddMmmyy>_v<elvis>.xlsx"])
    }
    var problems = try checksum(of: path)
    do {
      let sheet = try ScriptReader.read(path)
      let definition = try definition(of: name)
      problems += ScriptValidator.differences(sheet, from: definition, elvis: name.elvis)
        .map(\.description)
    } catch let error as ScriptError {
      problems.append(error.description)
    } catch let error as CampaignError {
      problems.append(error.description)
    }
    return Verdict(path: path, test: name.test, problems: problems)
  }

  private func definition(of name: ScriptName) throws -> TestDefinition {
    _ = try ElvisVersion.require(name.elvis)
    guard let request else {
      return try TestCatalog.definition(
        of: name.test, camera: camera, chamber: chamber, elvis: name.elvis)
    }
    let order = request.orders.first { $0.test.name == name.test }?.test
    return try TestCatalog.definition(
      of: name.test, camera: camera, equipment: request.equipment, inputs: order?.inputs ?? [:],
      chamber: request.chamber, elvis: request.elvis)
  }

  /// What the folder's checksum files say against a script; files that do not list it say nothing.
  private func checksum(of path: String) throws -> [String] {
    let folder = AtomicFile.folder(of: path)
    let name = Self.name(of: path)
    var problems: [String] = []
    for file in try InputFile.names(in: folder)
    where file.hasPrefix("CHECK_SUMS_") && file.hasSuffix(".txt") {
      let text = String(
        decoding: try InputFile.bytes(of: folder + "/" + file, limit: 1 << 20), as: UTF8.self)
      for line in text.split(separator: "\n") {
        let fields = line.split { $0 == " " || $0 == "\t" }
        guard fields.count == 2, fields[0] == name else { continue }
        let found = "\(MD5Digest(of: try InputFile.bytes(of: path)))"
        if fields[1] != found {
          problems.append("its MD5 is \(found), not \(String(fields[1]).clipped(to: 40)) as \(file) says")
        }
      }
    }
    return problems
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
