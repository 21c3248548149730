import Diagnostics
import ShippedConfiguration

/// A version of ELVIS, the acquisition system: which columns its logs have and which keys its
/// house-keeping files.
public struct ElvisVersion: Sendable, Hashable, CustomStringConvertible {
  /// The type of an exposure log's column.
  public enum ValueType: String, Sendable, Hashable {
    case int, float, string
  }

  /// A column of the exposure log.
  public struct Column: Sendable, Hashable {
    /// The name in the log's header.
    public let name: String
    /// The type of the column's values.
    public let type: ValueType
    /// The unit; nil for none or unknown.
    public let unit: String?
    /// What the column holds; nil where no record says so.
    public let meaning: String?
  }

  /// The version's name, such as `7.5.X`.
  public let name: String
  /// The columns of the exposure log, in order.
  public let logColumns: [Column]
  /// The keys of a house-keeping file, in order, its time stamp included; empty where unknown.
  public let housekeepingKeys: [String]

  public var description: String { name }

  /// The version of the flight campaign.
  public static let flight =
    named("7.5.X") ?? ElvisVersion(name: "7.5.X", logColumns: [], housekeepingKeys: [])

  /// All versions, newest first; the focal-plane logs (`FPA`) last.
  public static let all: [ElvisVersion] = {
    let columns = sections(of: ShippedConfiguration.exposureLogColumns())
    let keys = sections(of: ShippedConfiguration.housekeepingKeys())
    var versions: [ElvisVersion] = []
    for section in columns {
      let list = section.lines.map(column(of:))
      for name in section.versions {
        let known = keys.first { $0.versions.contains(name) }?.lines ?? []
        versions.append(ElvisVersion(name: name, logColumns: list, housekeepingKeys: known))
      }
    }
    return versions.sorted { rank($0.name) > rank($1.name) }
  }()

  /// The version of that name; nil for an unknown one.
  public static func named(_ name: String) -> ElvisVersion? { all.first { $0.name == name } }

  /// The version of that name.
  ///
  /// - Throws: `CampaignError` of kind `unknownElvisVersion`.
  public static func require(_ name: String) throws(CampaignError) -> ElvisVersion {
    if let version = named(name) { return version }
    throw CampaignError(
      .unknownElvisVersion, "ELVIS version '\(name.clipped(to: 40))' is not known",
      remedy: "known are " + all.map(\.name).joined(separator: ", "))
  }

  private static func rank(_ name: String) -> String { name == "FPA" ? "" : name }

  private static func column(of line: String) -> Column {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    func field(_ index: Int) -> String? {
      index < fields.count && fields[index] != "-" ? fields[index] : nil
    }
    return Column(
      name: fields.first ?? "", type: field(1).flatMap(ValueType.init(rawValue:)) ?? .string,
      unit: field(2), meaning: field(3))
  }

  private static func sections(of bytes: [UInt8]) -> [(versions: [String], lines: [String])] {
    var result: [(versions: [String], lines: [String])] = []
    for line in embeddedLines(bytes) {
      let fields = line.split(separator: "\t").map(String.init)
      if fields.first == "version" {
        result.append((Array(fields.dropFirst()), []))
      } else if !result.isEmpty {
        result[result.count - 1].lines.append(line)
      }
    }
    return result
  }
}

/// The lines of an embedded table without comments and empty lines.
func embeddedLines(_ bytes: [UInt8]) -> [String] {
  String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    .filter { !$0.hasPrefix("#") }
}
