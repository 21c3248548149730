import BlockTests
import Detector
import Foundation
import Testing
import Warehouse

@testable import Metatests

@Suite("PROV-JSON")
struct ProvDocumentTests {
  /// The ends that each relation must have, and what each is (PROV-DM, section 5).
  private static let ends: [String: [String: String]] = [
    "used": ["prov:activity": "activity", "prov:entity": "entity"],
    "wasGeneratedBy": ["prov:entity": "entity", "prov:activity": "activity"],
    "wasDerivedFrom": [
      "prov:generatedEntity": "entity", "prov:usedEntity": "entity", "prov:activity": "activity",
    ],
    "wasAssociatedWith": ["prov:activity": "activity", "prov:agent": "agent"],
    "actedOnBehalfOf": [
      "prov:delegate": "agent", "prov:responsible": "agent", "prov:activity": "activity",
    ],
  ]

  private func document(_ operatorName: String = "operator") throws -> (String, [String: Any]) {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.operatorName = operatorName
    variation.hasMasters = false
    try fixture.add("BORN", variation)
    let trace = try BackwardTrace(
      try TraceSubject.find("1/bias.ron/CCD1/E/-/ove", in: fixture.warehouse),
      in: fixture.warehouse, keepsConfigurations: true)
    let json = ProvDocument(trace).json
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
    return (json, try #require(object as? [String: Any]))
  }

  @Test("every relation has its ends, and every end is declared as what it must be")
  func structure() throws {
    let (_, document) = try document()
    let prefix = try #require(document["prefix"] as? [String: String])
    #expect(prefix["vison"] == ProvDocument.namespace)
    #expect(prefix["xsd"] == "http://www.w3.org/2001/XMLSchema#")
    var declared: [String: Set<String>] = [:]
    for kind in ["entity", "activity", "agent"] {
      let records = try #require(document[kind] as? [String: [String: Any]])
      declared[kind] = Set(records.keys)
      for name in records.keys {
        #expect(name.wholeMatch(of: /vison:[A-Za-z0-9_.%-]+/) != nil)
      }
    }
    for kind in document.keys where !["prefix", "entity", "activity", "agent"].contains(kind) {
      let ends = try #require(Self.ends[kind], "\(kind) is not expected")
      for record in try #require(document[kind] as? [String: [String: Any]]).values {
        for (end, type) in ends {
          let name = try #require(record[end] as? String, "\(kind) without \(end)")
          #expect(declared[type]?.contains(name) == true, "\(name) is no \(type)")
        }
      }
    }
    #expect(Set(Self.ends.keys).isSubset(of: document.keys))
  }

  @Test("the value is an entity with its number, made by the run, derived from its inputs")
  func value() throws {
    let fixture = try WarehouseFixture()
    let (_, document) = try document()
    let entities = try #require(document["entity"] as? [String: [String: Any]])
    let name = try #require(entities.keys.first { $0.hasPrefix("vison:value-") })
    let number = try #require(entities[name]?["prov:value"] as? [String: String])
    #expect(number["type"] == "xsd:double")
    #expect(
      number["$"].flatMap(Double.init)
        == fixture.readNoise("BORN", "CCD1", "E", item: "ove"))
    let derived = try #require(document["wasDerivedFrom"] as? [String: [String: String]])
    #expect(
      derived.values.contains {
        $0["prov:generatedEntity"] == name && $0["prov:usedEntity"] == "vison:file-aa"
      })
    let activities = try #require(document["activity"] as? [String: [String: Any]])
    #expect(activities.values.first?["prov:startTime"] as? String == "2019-03-23T19:36:47Z")
    let plans = entities.filter { $0.key.hasPrefix("vison:configuration-") }
    #expect(plans.values.first?["prov:value"] as? String == "block: BORN\n")
  }

  @Test("the same trace gives the same bytes")
  func repeatable() throws {
    #expect(try document().0 == document().0)
  }

  @Test(
    "names and texts from outside leave the document whole",
    arguments: ["\"}],\\", "a b/c:d", "\u{1}\u{7F}\n\t", "", "日本 🙂", "\0x"])
  func hostile(_ name: String) throws {
    let (_, document) = try document(name)
    let agents = try #require(document["agent"] as? [String: [String: Any]])
    #expect(agents.values.contains { $0["prov:label"] as? String == name })
  }

  @Test(
    "only an xsd:dateTime is a time",
    arguments: [
      ("2019-03-23T19:36:47Z", true), ("2019-03-23T19:36:47.25+01:00", true),
      ("2019-03-23T19:36:47", true), ("2019-13-23T19:36:47Z", false), ("yesterday", false),
      ("", false), ("2019-03-23", false), ("2019-03-23T19:36:47Z\n", false),
    ])
  func times(text: String, isTime: Bool) {
    #expect((ProvDocument.time(text) != nil) == isTime)
  }
}
