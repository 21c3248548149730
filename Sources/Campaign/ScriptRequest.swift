public import Detector
import Diagnostics
import DurableFiles

/// What the script writer is asked for: the content of its JSON or YAML file, checked.
///
/// The keys are those of the original's `vis_mkscripts`; `inputs` is new.
public struct ScriptRequest: Sendable, Hashable {
  /// The file's path as it was given.
  public var path: String
  /// Operator and serial numbers by script keyword.
  public var equipment: [String: String]
  /// The version of the acquisition system.
  public var elvis: String
  /// The chamber's profile.
  public var chamber: String
  /// The generator of tests.
  public var set: CampaignSet
  /// The folder that gets the scripts, as seen from the working folder.
  public var outputFolder: String
  /// The tests to write, in the order of the file, with the place that asks for each.
  public var orders: [Order]
  /// Handles whose tests take no frames of their own, so that no script is written.
  public var withoutFrames: [String]

  /// A test to write.
  public struct Order: Sendable, Hashable {
    /// The test, with the handle's iteration tag, and its inputs.
    public var test: CampaignSet.Order
    /// `file:line:column` of the handle.
    public var place: String
  }

  /// Reads and checks a request.
  ///
  /// - Parameter acceptsAnySerial: whether serial numbers may have any form.
  /// - Throws: `CampaignError` naming file, line and column; `FileError`.
  public static func load(_ path: String, acceptsAnySerial: Bool = false) throws -> ScriptRequest {
    try parse(
      InputFile.bytes(of: path, limit: YAMLGuard.largestFile), path: path,
      acceptsAnySerial: acceptsAnySerial)
  }

  /// Checks a request that was read elsewhere; `path` names it in messages.
  public static func parse(
    _ bytes: [UInt8], path: String, acceptsAnySerial: Bool = false
  ) throws -> ScriptRequest {
    let root = try ConfigurationNode.document(bytes, path: path)
    try root.check(.section(ConfigurationKey.scriptRequest))
    var equipment: [String: String] = [:]
    for key in ScriptKeyword.equipment {
      guard let node = root["equipment"]?[key], let text = node.text else { continue }
      if !acceptsAnySerial {
        try checkSerial(text, of: key, at: node)
        if key.hasPrefix("sn_ccd"), let other = equipment.first(where: { $0.value == text })?.key {
          throw node.error(
            .badValue, "'\(node.path)' is \(text), the serial number of \(other) as well",
            remedy: "each CCD has its own; --any-serials accepts this")
        }
      }
      equipment[key] = text
    }
    let set = CampaignSet(rawValue: root["camptype"]?.text ?? "") ?? .full
    let chamber = root["CHAMBER"]?.text ?? ""
    do { _ = try ChamberCatalog.profile(chamber) } catch {
      throw error.at(root["CHAMBER"]?.place ?? path)
    }
    var request = ScriptRequest(
      path: path, equipment: equipment, elvis: root["elvis"]?.text ?? ElvisVersion.flight.name,
      chamber: chamber, set: set,
      outputFolder: InputFile.path(
        root["outpath"]?.text ?? ".", from: AtomicFile.folder(of: path)),
      orders: [], withoutFrames: [])
    try request.readOrders(root)
    return request
  }

  private mutating func readOrders(_ root: ConfigurationNode) throws(CampaignError) {
    let given = try inputs(root["inputs"])
    var unused = Set(given.keys)
    for (handle, node) in root["toWrite"]?.entries ?? [] {
      let tests: [CampaignSet.Order]
      do { tests = try set.tests(of: handle) } catch { throw error.at(node.place) }
      guard node.text == "1" || node.boolean == true else { continue }
      for var test in tests {
        let entry: TestCatalog.Entry
        do { entry = try TestCatalog.entry(named: test.name) } catch { throw error.at(node.place) }
        guard entry.acquires else {
          withoutFrames.append(test.name)
          continue
        }
        for name in [TestCatalog.split(test.name).label, test.name] {
          guard let more = given[name] else { continue }
          test.inputs.merge(more) { $1 }
          unused.remove(name)
        }
        orders.append(Order(test: test, place: node.place))
      }
    }
    if let name = unused.min(), let node = root["inputs"]?[name] {
      throw node.error(
        .badValue, "inputs are given for \(name.clipped(to: 60)), which is not to be written",
        remedy: "set its handle to 1 in 'toWrite', or take them out")
    }
    if orders.isEmpty {
      throw (root["toWrite"] ?? root).error(
        .badValue, "no test is to be written", remedy: "set tests to 1 in 'toWrite'")
    }
  }

  private func inputs(
    _ node: ConfigurationNode?
  ) throws(CampaignError) -> [String: [String: ScriptValue]] {
    var result: [String: [String: ScriptValue]] = [:]
    for (test, node) in node?.entries ?? [] {
      for (key, value) in node.entries {
        guard let given = value.numbers.map(ScriptValue.numbers) ?? value.value else { continue }
        do {
          let entry = try TestCatalog.entry(named: test)
          result[test, default: [:]][key] = try TestCatalog.checked(input: key, given, of: entry)
        } catch { throw error.at(value.place) }
      }
    }
    return result
  }

  /// CCDs are numbered 14471-19-01; electronics and supplies FM14, EQM2.
  private static func checkSerial(
    _ text: String, of key: String, at node: ConfigurationNode
  ) throws(CampaignError) {
    let isRight: Bool
    let example: String
    switch key {
    case "sn_ccd1", "sn_ccd2", "sn_ccd3":
      (isRight, example) = (text.wholeMatch(of: /[0-9]{5}-[0-9]{2}-[0-9]{2}/) != nil, "14471-19-01")
    case "sn_roe", "sn_rpsu":
      (isRight, example) = (text.wholeMatch(of: /[A-Z]{2,4}[0-9]{1,2}/) != nil, "FM14")
    default:
      (isRight, example) = (text.wholeMatch(of: /[A-Za-z0-9_.-]{1,20}/) != nil, "cpf")
    }
    guard !isRight else { return }
    throw node.error(
      .badValue, "'\(node.path)' is '\(text.clipped(to: 40))', which has not the form \(example)",
      remedy: "correct it, or accept any form with --any-serials")
  }

  /// The definition of an ordered test.
  ///
  /// - Throws: `CampaignError` with the place of the handle.
  public func definition(of order: Order, camera: Camera) throws(CampaignError) -> TestDefinition {
    do {
      return try TestCatalog.definition(
        of: order.test.name, camera: camera, equipment: equipment, inputs: order.test.inputs,
        chamber: chamber, elvis: elvis)
    } catch { throw error.at(order.place) }
  }
}

extension ConfigurationKey {
  static let scriptRequest: [ConfigurationKey] = [
    .init(
      "equipment", .section(scriptEquipment), required: true, "Operator and serial numbers."),
    .init(
      "elvis", .choice(ElvisVersion.all.map(\.name).filter { $0 != "FPA" }), required: true,
      "Version of the acquisition system."),
    .init("CHAMBER", .text, required: true, "Profile of the test chamber."),
    .init(
      "camptype", .choice(CampaignSet.allCases.map(\.rawValue)), required: true,
      "Generator of the tests."),
    .init("outpath", .text, required: true, "Folder for the scripts."),
    .init(
      "toWrite", .map(.choice(["0", "1", "true", "false"]), keys: nil), required: true,
      "Handles of tests: 1 to write."),
    .init(
      "inputs", .map(.map(.either(.scalar, .list(.number)), keys: nil), keys: nil),
      "Free parameters by test."),
  ]

  private static let scriptEquipment = ScriptKeyword.equipment.map {
    ConfigurationKey($0, .text, required: true, "As the scripts shall have it.")
  }

  static let sessionRequest: [ConfigurationKey] = [
    .init("inpath", .text, required: true, "Folder of the scripts."),
    .init("outpath", .text, required: true, "Folder for the sessions."),
    .init(
      "sessions", .map(.list(.text), keys: nil), required: true,
      "Names of tests, in order, by session."),
  ]
}
