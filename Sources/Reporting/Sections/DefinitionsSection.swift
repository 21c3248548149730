import Detector
public import LatexReport
public import Warehouse

/// What each quantity means, so that every number leads to its definition.
public enum DefinitionsSection {
  /// Definitions of quantities, by name; house-keeping keys share one definition.
  ///
  /// - Parameter names: quantities that the report shows; unknown ones are said to be unknown.
  public static func nodes(
    _ names: [String], _ quantities: [String: StoredQuantity]
  ) -> [Document.Node] {
    let ordinary = names.filter { !$0.hasPrefix("hk.") }
    let keys = names.filter { $0.hasPrefix("hk.") }
    guard !names.isEmpty else { return [] }
    var nodes: [Document.Node] = [.section(level: 1, "Definitions", label: "definitions")]
    var fields: [Document.Field] = []
    for name in ordinary {
      let stored = quantities[name]
      let unit = stored.map { UnitText.display($0.unit) } ?? ""
      var text: Document.Text = .init(stored?.meaning ?? "Not registered in this warehouse.")
      text += [.text(" Unit: "), .text(unit.isEmpty ? "none" : unit), .text(".")]
      if let dimensions = stored?.dimensions, !dimensions.isEmpty {
        text += [
          .text(
            " One value for each \(dimensions.map(\.rawValue).sorted().joined(separator: ", ")).")
        ]
      }
      fields.append(Document.Field(name, text, label: DefinitionLabel.of(name)))
    }
    if !fields.isEmpty { nodes.append(.definitions(fields)) }
    guard !keys.isEmpty else { return nodes }
    // The bare prefix stands for keys that are shown though none was ever read.
    let read = keys.filter { $0 != "hk." }
    nodes.append(
      .definitions([
        Document.Field(
          "hk.*",
          """
          House-keeping: the mean of the readings of the named key during an exposure. One value for \
          each exposure.\(read.isEmpty ? "" : " Keys by unit:")
          """, label: DefinitionLabel.of("hk."))
      ]))
    guard !read.isEmpty else { return nodes }
    let byUnit = Dictionary(grouping: read) { name in
      quantities[name].map { UnitText.display($0.unit) } ?? "not registered in this warehouse"
    }
    nodes.append(
      .bullets(
        byUnit.sorted { $0.key < $1.key }.map { unit, names in
          [
            .bold(unit.isEmpty ? "no unit" : unit), .text(": "),
            .text(names.map { String($0.dropFirst(3)) }.joined(separator: ", ")),
          ]
        }))
    return nodes
  }
}
