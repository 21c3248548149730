import Foundation

/// A trace as W3C PROV-JSON (https://www.w3.org/submissions/prov-json/).
///
/// Values and files are entities, test runs activities, the program and its operator agents. Names are
/// made of analyses' ULIDs and of checksums, so that documents of several warehouses can be united.
/// Keys are sorted: the same trace gives the same bytes.
public struct ProvDocument: Sendable {
  /// The namespace of the prefix `vison`.
  public static let namespace = "urn:vison:provenance:"

  private enum Attribute {
    case text(String)
    case typed(String, String)
    case many([String])
  }

  private typealias Record = [String: Attribute]

  private var entities: [String: Record] = [:]
  private var activities: [String: Record] = [:]
  private var agents: [String: Record] = [:]
  private var relations: [String: [Record]] = [:]
  private var known: Set<String> = []

  /// A trace as a document.
  public init(_ trace: BackwardTrace) {
    for run in trace.runs { add(run) }
    for value in trace.values {
      guard let run = trace.runs.first(where: { $0.run == value.run }) else { continue }
      add(value, of: run)
    }
  }

  // MARK: - Records

  private mutating func add(_ run: TracedRun) {
    let activity = Self.name(run)
    var record: Record = [
      "prov:type": .typed("vison:TestRun", "prov:QUALIFIED_NAME"),
      "prov:label": .text("\(run.block) \(run.test), run \(run.run)"),
      "vison:campaign": .text(run.campaign), "vison:block": .text(run.block),
      "vison:camera": .text(run.camera), "vison:test": .text(run.test),
      "vison:session": .text(run.session), "vison:analysis": .text(run.analysis),
      "vison:ulid": .text(run.ulid), "vison:host": .text(run.host),
      "vison:command": .text(run.command), "vison:status": .text(run.status),
      "vison:inputsSHA256": .text(run.inputsSHA256),
      "vison:testConfigurationSHA256": .text(run.testConfigurationSHA256),
    ]
    // A time that is none stays out: one bad attribute would make the whole document unreadable.
    record["prov:startTime"] = Self.time(run.started).map { .text($0) }
    record["prov:endTime"] = run.finished.flatMap(Self.time).map { .text($0) }
    if let verdict = run.verdicts.last {
      record["vison:verdict"] = .text("\(verdict.state) by \(verdict.author): \(verdict.reason)")
    }
    if !run.flags.isEmpty { record["vison:flags"] = .many(run.flags.map(\.name)) }
    activities[activity] = record

    let plan = "vison:configuration-" + PercentText.encoded(run.configurationSHA256)
    var configuration: Record = [
      "prov:type": .typed("prov:Plan", "prov:QUALIFIED_NAME"),
      "vison:sha256": .text(run.configurationSHA256),
    ]
    configuration["prov:value"] = run.configuration.map { .text($0) }
    entities[plan] = configuration

    let program = "vison:program-" + PercentText.encoded(run.program)
    var software: Record = [
      "prov:type": .typed("prov:SoftwareAgent", "prov:QUALIFIED_NAME"),
      "prov:label": .text("vison \(run.program)"), "vison:version": .text(run.program),
    ]
    if !run.libraries.isEmpty {
      software["vison:libraries"] = .many(
        run.libraries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
    }
    agents[program] = software
    let person = "vison:operator-" + PercentText.encoded(run.operator)
    agents[person] = [
      "prov:type": .typed("prov:Person", "prov:QUALIFIED_NAME"), "prov:label": .text(run.operator),
    ]
    relate(
      "wasAssociatedWith", ["prov:activity": activity, "prov:agent": program, "prov:plan": plan])
    relate("wasAssociatedWith", ["prov:activity": activity, "prov:agent": person])
    relate(
      "actedOnBehalfOf",
      ["prov:delegate": program, "prov:responsible": person, "prov:activity": activity])

    let used = run.inputs.map { add($0) }
    for name in used { relate("used", ["prov:activity": activity, "prov:entity": name]) }
    for product in run.products {
      let made = add(product)
      relate("wasGeneratedBy", ["prov:entity": made, "prov:activity": activity])
      for (file, name) in zip(run.inputs, used)
      where file.ccd == nil || product.ccd == nil || file.ccd == product.ccd {
        relate(
          "wasDerivedFrom",
          ["prov:generatedEntity": made, "prov:usedEntity": name, "prov:activity": activity])
      }
    }
  }

  private mutating func add(_ value: TracedValue, of run: TracedRun) {
    let name = "vison:value-" + PercentText.encoded(value.stableReference)
    var record: Record = [
      "prov:type": .typed("vison:Measurement", "prov:QUALIFIED_NAME"),
      "prov:label": .text(value.stableReference), "vison:quantity": .text(value.quantity),
      "vison:unit": .text(value.unit),
    ]
    record["prov:value"] = value.value.map { .typed("\($0)", "xsd:double") }
    record["vison:uncertainty"] = value.uncertainty.map { .typed("\($0)", "xsd:double") }
    record["vison:count"] = value.count.map { .typed(String($0), "xsd:long") }
    record["vison:reason"] = value.reason.map { .text($0) }
    record["vison:ccd"] = value.ccd.map { .text($0) }
    record["vison:quadrant"] = value.quadrant.map { .text($0) }
    record["vison:obsid"] = value.obsid.map { .typed(String($0), "xsd:long") }
    record["vison:item"] = value.item.map { .text($0) }
    record["vison:slot"] = value.slot.map { .text($0) }
    entities[name] = record
    relate("wasGeneratedBy", ["prov:entity": name, "prov:activity": Self.name(run)])
    for file in run.inputs
    where file.ccd == nil || value.ccd == nil || file.ccd == value.ccd {
      relate(
        "wasDerivedFrom",
        [
          "prov:generatedEntity": name, "prov:usedEntity": Self.name(file),
          "prov:activity": Self.name(run),
        ])
    }
  }

  private mutating func add(_ file: TracedFile) -> String {
    let name = Self.name(file)
    var paths = [file.path]
    if case .many(let earlier)? = entities[name]?["vison:path"] {
      paths = Set(earlier + paths).sorted()
    }
    var record: Record = [
      "prov:type": .typed("vison:File", "prov:QUALIFIED_NAME"), "vison:path": .many(paths),
      "vison:size": .typed(String(file.size), "xsd:long"), "vison:sha256": .text(file.sha256),
      "vison:role": .text(file.role),
    ]
    // What made a file says more about it than what read it later.
    if file.step == nil, let earlier = entities[name]?["vison:role"] {
      record["vison:role"] = earlier
    }
    record["vison:obsid"] = file.obsid.map { .typed(String($0), "xsd:long") }
    record["vison:ccd"] = file.ccd.map { .text($0) }
    record["vison:state"] = file.state.map { .text($0.rawValue) }
    entities[name] = record
    return name
  }

  /// Adds a relation once.
  private mutating func relate(_ kind: String, _ ends: [String: String]) {
    let key = ends.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    guard known.insert(kind + " " + key.joined(separator: " ")).inserted else { return }
    relations[kind, default: []].append(ends.mapValues { .text($0) })
  }

  // MARK: - Names

  private static func name(_ run: TracedRun) -> String {
    let parts = [run.ulid, run.block, run.test, run.session].map(PercentText.encoded)
    return "vison:run-" + parts.joined(separator: "-")
  }

  private static func name(_ file: TracedFile) -> String {
    "vison:file-" + PercentText.encoded(file.sha256)
  }

  /// An xsd:dateTime, `2019-03-23T19:36:47Z`, else nil.
  static func time(_ text: String) -> String? {
    let form =
      /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?/
    guard (try? form.wholeMatch(in: text)) != nil else { return nil }
    let plain = String(text.prefix(19)) + "Z"
    return (try? Date(plain, strategy: .iso8601)) == nil ? nil : text
  }

  // MARK: - Text

  /// The document with an end of line.
  public var json: String {
    var parts: [(String, String)] = [
      (
        "prefix",
        Self.object(
          [
            ("vison", Self.quoted(Self.namespace)),
            ("xsd", Self.quoted("http://www.w3.org/2001/XMLSchema#")),
          ], indent: 1)
      )
    ]
    for (kind, records) in [("entity", entities), ("activity", activities), ("agent", agents)]
    where !records.isEmpty {
      parts.append(
        (
          kind,
          Self.object(
            records.sorted { $0.key < $1.key }.map { ($0.key, Self.object($0.value, indent: 2)) },
            indent: 1)
        ))
    }
    for (kind, records) in relations.sorted(by: { $0.key < $1.key }) {
      let numbered = records.enumerated().map { index, record in
        ("_:\(kind)\(index + 1)", Self.object(record, indent: 2))
      }
      parts.append((kind, Self.object(numbered, indent: 1)))
    }
    return Self.object(parts, indent: 0) + "\n"
  }

  private static func object(_ record: Record, indent: Int) -> String {
    object(record.sorted { $0.key < $1.key }.map { ($0.key, text($0.value)) }, indent: indent)
  }

  private static func object(_ entries: [(String, String)], indent: Int) -> String {
    let space = String(repeating: "  ", count: indent + 1)
    let lines = entries.map { "\(space)\(quoted($0.0)): \($0.1)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n" + String(space.dropLast(2)) + "}"
  }

  private static func text(_ attribute: Attribute) -> String {
    switch attribute {
    case .text(let text): quoted(text)
    case .typed(let text, let type): "{\"$\": \(quoted(text)), \"type\": \(quoted(type))}"
    case .many(let texts):
      texts.count == 1
        ? quoted(texts[0]) : "[" + texts.map(quoted).joined(separator: ", ") + "]"
    }
  }

  /// A JSON string.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
