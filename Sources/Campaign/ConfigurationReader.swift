import Detector
import Diagnostics
import DurableFiles

/// Makes a `BlockConfiguration` of a file's bytes.
struct ConfigurationReader {
  let bytes: [UInt8]
  let path: String

  func read() throws -> BlockConfiguration {
    let root = try document()
    try root.check(.section(ConfigurationKey.document))
    let folder = AtomicFile.folder(of: path)
    let cameraName = root["camera"]?.text ?? "euclid-vis"
    let camera: Camera
    do {
      camera = try CameraCatalog.camera(cameraName, relativeTo: folder)
    } catch let error as CampaignError where error.kind == .unknownCamera {
      throw error.at(root["camera"]?.place ?? path)
    }
    let block = root["block"]?.text ?? ""
    let known = Self.knownBlock(block, camera: camera)
    let limits = try limits(root["limits"], known: known, camera: camera)
    let elvis = root["elvis"]?.text ?? ElvisVersion.flight.name
    let equipment = equipment(root["equipment"], known: known)
    let chamber = try chamber(root["chamber"], known: known)
    return BlockConfiguration(
      path: path, folder: folder, digest: SHA256Digest(of: bytes), block: block,
      filledInBy: root["filled_in_by"]?.text, campaign: root["campaign"]?.text ?? "default",
      cameraName: cameraName, camera: camera, chamber: chamber,
      elvis: elvis,
      paths: .init(
        dataRoot: root["paths"]?["data_root"]?.text ?? ".",
        resultsRoot: root["paths"]?["results_root"]?.text ?? "results",
        products: root["paths"]?["products"]?.text),
      equipment: equipment, products: products(root["products"]), limits: limits,
      preprocessing: try preprocessing(root["preprocessing"]),
      report: root["report"]?.boolean ?? true, draftReport: root["draft_report"]?.boolean ?? false,
      sessions: try sessions(
        root["sessions"], camera: camera, equipment: equipment, chamber: chamber, elvis: elvis))
  }

  // MARK: - Parts

  private func document() throws(CampaignError) -> ConfigurationNode {
    do { return try ConfigurationNode.document(bytes, path: path) } catch {
      guard error.kind == .badSyntax, error.remedy == nil else { throw error }
      var helpful = error
      helpful.remedy = "make a template with 'vison-run init BLOCK'"
      throw helpful
    }
  }

  /// What the focal plane knows of a block; nil for another camera's or an unknown block.
  private static func knownBlock(_ name: String, camera: Camera) -> FocalPlane.Block? {
    guard let plane = try? CameraCatalog.focalPlane(), let block = plane.block(named: name) else {
      return nil
    }
    // The small synthetic camera stands for the big one in tests, so it shares blocks and offsets.
    let detectors = Set(block.expectedOffsets.keys).union(block.serials.keys)
    return detectors.isSubset(of: camera.detectors) ? block : nil
  }

  private func equipment(
    _ node: ConfigurationNode?, known: FocalPlane.Block?
  ) -> [String: String] {
    var equipment: [String: String] = [:]
    if let known {
      if !known.roe.isEmpty { equipment["sn_roe"] = known.roe }
      if !known.rpsu.isEmpty { equipment["sn_rpsu"] = known.rpsu }
      for (detector, serial) in known.serials { equipment["sn_" + detector.lowercased()] = serial }
    }
    for (key, value) in node?.entries ?? [] { equipment[key] = value.text }
    return equipment
  }

  private func chamber(
    _ node: ConfigurationNode?, known: FocalPlane.Block?
  ) throws(CampaignError) -> String? {
    guard let name = node?.text else {
      return known.flatMap { $0.chamber.isEmpty ? nil : $0.chamber }
    }
    do { return try ChamberCatalog.profile(name).name } catch {
      throw error.at(node?.place ?? path)
    }
  }

  private func products(_ node: ConfigurationNode?) -> [String: String] {
    var paths: [String: String] = [:]
    func add(_ node: ConfigurationNode, _ name: String) {
      if let text = node.text {
        paths[name] = text
      } else {
        for (key, value) in node.entries { add(value, "\(name).\(key)") }
      }
    }
    for (key, value) in node?.entries ?? [] { add(value, key) }
    return paths
  }

  private func preprocessing(
    _ node: ConfigurationNode?
  ) throws(CampaignError) -> BlockConfiguration.Preprocessing {
    var result = BlockConfiguration.Preprocessing()
    guard let offset = node?["offset"] else { return result }
    result.method = offset["method"]?.text.flatMap(
      BlockConfiguration.Preprocessing.Method.init(rawValue:))
    if offset["scan"]?.text == "ove" { result.region = .overscan }
    if let trim = offset["trim"] {
      let values = trim.items.compactMap { $0.value?.integer }
      guard values.count == 2, values.allSatisfy({ (0...100_000).contains($0) }) else {
        throw trim.error(.badValue, "'\(trim.path)' must be two column counts, not negative")
      }
      result.trim = ColumnTrim(leading: values[0], trailing: values[1])
    }
    result.skipsParallelOverscan = offset["skip_parallel_overscan"]?.boolean ?? true
    return result
  }

  private func sessions(
    _ node: ConfigurationNode?, camera: Camera, equipment: [String: String], chamber: String?,
    elvis: String
  ) throws(CampaignError) -> [BlockConfiguration.Session] {
    var sessions: [BlockConfiguration.Session] = []
    for (name, node) in node?.entries ?? [] {
      guard !node.isNull else {
        throw node.error(.missingKey, "session '\(name)' is empty", remedy: "give data and tasks")
      }
      let source: BlockConfiguration.Source
      switch (node["data"], node["manifest"]) {
      case (let folders?, nil): source = .folders(folders.items.compactMap(\.text))
      case (nil, let manifest?): source = .manifest(manifest.text ?? "")
      case (nil, nil):
        throw node.error(.missingKey, "session '\(name)' has neither 'data' nor 'manifest'")
      case (_?, let manifest?):
        throw manifest.error(
          .badValue, "session '\(name)' has both 'data' and 'manifest'", remedy: "give one of them")
      }
      var tasks: [BlockConfiguration.TaskEntry] = []
      for task in node["tasks"]?.items ?? [] {
        let entry = try TaskReader(node: task).read(
          camera: camera, equipment: equipment, chamber: chamber, elvis: elvis)
        if tasks.contains(where: { $0.test == entry.test }) {
          throw task.error(
            .badValue, "test \(entry.test) is given twice in session '\(name)'",
            remedy: "give the second an iteration tag: \(TestCatalog.split(entry.test).label).2")
        }
        tasks.append(entry)
      }
      sessions.append(.init(name: name, source: source, tasks: tasks))
    }
    return sessions
  }
}

/// Reads one entry of a session's `tasks`.
private struct TaskReader {
  let node: ConfigurationNode

  func read(
    camera: Camera, equipment: [String: String], chamber: String?,
    elvis: String
  ) throws(CampaignError) -> BlockConfiguration.TaskEntry {
    let name = node["test"]?.text ?? ""
    let entry: TestCatalog.Entry
    do { entry = try TestCatalog.entry(named: name) } catch {
      throw error.at(node["test"]?.place ?? node.place)
    }
    var result = BlockConfiguration.TaskEntry(
      test: name, obsids: node["obsid"]?.obsids, todo: nil, inputs: [:], script: [:])
    if let todo = node["todo"] {
      for item in todo.items {
        guard let step = item.text, entry.todoNames.contains(step) else {
          let step = item.text ?? ""
          let nearest = nearestName(to: step, among: entry.todoNames)
          throw item.error(
            .badValue, "\(entry.name) has no step '\(step.clipped(to: 40))'",
            remedy: (nearest.map { "did you mean \($0)? " } ?? "")
              + "its steps are \(entry.todoNames.joined(separator: ", "))")
        }
      }
      result.todo = todo.items.compactMap(\.text)
    }
    for (key, value) in node["inputs"]?.entries ?? [] {
      guard let given = value.numbers.map(ScriptValue.numbers) ?? value.value else { continue }
      do { result.inputs[key] = try TestCatalog.checked(input: key, given, of: entry) } catch {
        throw error.at(value.place)
      }
    }
    for (key, value) in node["script"]?.entries ?? [] {
      guard let given = value.value else { continue }
      do { result.script[key] = try TestCatalog.checked(given, for: key) } catch {
        throw error.at(value.place)
      }
    }
    do {
      _ = try TestCatalog.definition(
        of: name, camera: camera, equipment: equipment, inputs: result.inputs,
        script: result.script, chamber: chamber, elvis: elvis)
    } catch { throw error.at(node["script"]?.place ?? node.place) }
    return result
  }
}
