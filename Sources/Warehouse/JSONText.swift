import Foundation

/// JSON with sorted keys, for columns that hold lists which nobody joins on.
enum JSONText {
  static func object(_ values: [String: String]) throws -> String { try encode(values) }
  static func array(_ values: [String]) throws -> String { try encode(values) }

  static func strings(_ text: String) throws -> [String] {
    try decode([String].self, text)
  }

  static func dictionary(_ text: String) throws -> [String: String] {
    try decode([String: String].self, text)
  }

  private static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw WarehouseError(.damaged, "a stored JSON text cannot be read")
    }
  }
}
