extension BlockConfiguration {
  /// A JSON Schema (draft 2020-12) of the configuration, for editors; made of the decoder's own table.
  public static func jsonSchema() -> String {
    var schema = JSONText.object(of: ConfigurationKey.document)
    schema.insert(("$schema", .text("https://json-schema.org/draft/2020-12/schema")), at: 0)
    schema.insert(("title", .text("vison block configuration")), at: 1)
    return JSONText.object(schema).written() + "\n"
  }
}

/// A JSON value whose keys keep their order, so that the text is the same each time.
indirect enum JSONText {
  case text(String)
  case whole(Int)
  /// A finite number.
  case number(Double)
  case boolean(Bool)
  case array([JSONText])
  case object([(String, JSONText)])

  /// The value as indented JSON.
  func written(indentation: Int = 0) -> String {
    let inner = String(repeating: " ", count: indentation + 2)
    let outer = String(repeating: " ", count: indentation)
    switch self {
    case .text(let text): return Self.quoted(text)
    case .whole(let value): return String(value)
    // The shortest digits that read back as the same number.
    case .number(let value): return value.description
    case .boolean(let value): return String(value)
    case .array(let items):
      return "[" + items.map { $0.written(indentation: indentation + 2) }.joined(separator: ", ")
        + "]"
    case .object(let pairs):
      if pairs.isEmpty { return "{}" }
      let lines = pairs.map {
        inner + Self.quoted($0.0) + ": " + $0.1.written(indentation: indentation + 2)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  // MARK: - Kinds

  /// The members of an object's schema.
  static func object(of keys: [ConfigurationKey]) -> [(String, JSONText)] {
    var members: [(String, JSONText)] = [("type", .text("object"))]
    members.append(
      (
        "properties",
        .object(
          keys.map { key in
            var schema = self.schema(of: key.kind, isOptional: !key.isRequired)
            schema.insert(("description", .text(key.meaning)), at: 0)
            return (key.name, .object(schema))
          })
      ))
    let required = keys.filter(\.isRequired).map { JSONText.text($0.name) }
    if !required.isEmpty { members.append(("required", .array(required))) }
    members.append(("additionalProperties", .boolean(false)))
    return members
  }

  /// The schema of a value; an optional key may also be null, as the decoder takes it for absent.
  private static func schema(of kind: ValueKind, isOptional: Bool) -> [(String, JSONText)] {
    let schema = schema(of: kind)
    guard isOptional else { return schema }
    if case .obsids = kind { return schema }
    return [("anyOf", .array([.object(schema), .object([("type", .text("null"))])]))]
  }

  private static func schema(of kind: ValueKind) -> [(String, JSONText)] {
    switch kind {
    // A text may be written without quotes and look like a number: `block: 7`.
    case .text: [("type", types("string", "number")), ("minLength", .whole(1))]
    case .integer: [("type", .text("integer"))]
    case .number: [("type", .text("number"))]
    case .boolean: [("type", .text("boolean"))]
    case .scalar: [("type", types("number", "string"))]
    case .choice(let names):
      [
        (
          "enum",
          .array(
            names.flatMap { name in
              Int(name).map { [JSONText.text(name), .whole($0)] } ?? [.text(name)]
            })
        )
      ]
    case .list(let item):
      [("type", .text("array")), ("items", .object(schema(of: item)))]
    case .range: pair(of: "number", isNullable: false)
    case .obsids: pair(of: "integer", isNullable: true)
    case .section(let keys): object(of: keys)
    case .map(let kind, let keys):
      map(of: .object(schema(of: kind, isOptional: true)), keys: keys)
    case .either(let a, let b):
      [("anyOf", .array([.object(schema(of: a)), .object(schema(of: b))]))]
    case .pathTree:
      [("type", types("string", "object"))]
    }
  }

  private static func map(of value: JSONText, keys: [String]?) -> [(String, JSONText)] {
    guard let keys else { return [("type", .text("object")), ("additionalProperties", value)] }
    return [
      ("type", .text("object")), ("properties", .object(keys.map { ($0, value) })),
      ("additionalProperties", .boolean(false)),
    ]
  }

  private static func pair(of type: String, isNullable: Bool) -> [(String, JSONText)] {
    [
      ("type", isNullable ? types("array", "null") : .text("array")),
      ("items", .object([("type", .text(type))])), ("minItems", .whole(2)), ("maxItems", .whole(2)),
    ]
  }

  private static func types(_ names: String...) -> JSONText { .array(names.map(JSONText.text)) }
}
