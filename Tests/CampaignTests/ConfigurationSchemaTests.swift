import Campaign
import DurableFiles
import Foundation
import Testing

@Suite("Configuration schema")
struct ConfigurationSchemaTests {
  @Test("The schema is JSON, the same each time, and knows every key of the decoder's messages")
  func json() throws {
    let text = BlockConfiguration.jsonSchema()
    #expect(text == BlockConfiguration.jsonSchema())
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let properties = try #require(json?["properties"] as? [String: Any])
    #expect(json?["additionalProperties"] as? Bool == false)
    #expect(
      Set(json?["required"] as? [String] ?? []) == ["version", "block", "paths", "sessions"])
    // The decoder lists the keys that it knows when it refuses one.
    do {
      _ = try BlockConfiguration.parse(Array("zzz: 1\n".utf8), path: "x")
      Issue.record("an unknown key was accepted")
    } catch let error as CampaignError {
      let known = (error.remedy ?? "").components(separatedBy: "known are ").last ?? ""
      #expect(Set(known.components(separatedBy: ", ")) == Set(properties.keys))
    }
  }

  @Test("Every key of the schema is documented")
  func documented() throws {
    let documents = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: documents.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
    func names(_ value: Any) -> [String] {
      if let list = value as? [Any] { return list.flatMap(names) }
      guard let object = value as? [String: Any] else { return [] }
      let own = (object["properties"] as? [String: Any])?.keys.map { $0 } ?? []
      return own + object.values.flatMap(names)
    }
    let schema = try JSONSerialization.jsonObject(
      with: Data(BlockConfiguration.jsonSchema().utf8))
    let keys = Set(names(schema))
    #expect(keys.count > 40)
    for key in keys.sorted() {
      let isThere = text.contains("`\(key)`") || text.contains("\(key): ")
      #expect(isThere, "\(key) is not in docs/configuration.md")
    }
  }

  @Test("The template passes the schema, and a typo does not, as python3-jsonschema sees it")
  func validates() throws {
    let folder = NSTemporaryDirectory() + "schema-\(UUID().uuidString)"
    try AtomicFile.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(BlockConfiguration.jsonSchema(), to: folder + "/schema.json")
    let template = BlockConfiguration.template(block: "EINSTEIN")
    try AtomicFile.write(template, to: folder + "/good.yaml")
    try AtomicFile.write(template + "blok: 1\n", to: folder + "/typo.yaml")
    try AtomicFile.write(
      template.replacingOccurrences(of: "draft_report: false", with: "draft_report: [1]"),
      to: folder + "/type.yaml")
    let program = """
      import sys
      try:
          import json, yaml, jsonschema
      except ImportError:
          sys.exit(77)
      v = jsonschema.Draft202012Validator(json.load(open('schema.json')))
      jsonschema.Draft202012Validator.check_schema(v.schema)
      print([v.is_valid(yaml.safe_load(open(n + '.yaml'))) for n in ('good', 'typo', 'type')])
      """
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = ["python3", "-c", program]
    python.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    python.standardOutput = pipe
    python.standardError = FileHandle.nullDevice
    try python.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    python.waitUntilExit()
    // 77: jsonschema is not installed; 127: no python.
    if [77, 127].contains(python.terminationStatus) { return }
    #expect(output == "[True, False, False]\n")
  }
}
