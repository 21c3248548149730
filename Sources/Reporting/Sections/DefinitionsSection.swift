import Detector
public import LatexReport
public import Warehouse

/// What each quantity means, so that every number leads to its definition.
public enum DefinitionsSection {
  /// Definitions of quantities, by name; house-keeping keys share one table.
  ///
  /// - Parameter names: quantities that the report shows; unknown ones are said to be unknown.
  public static func nodes(
    _ names: [String], _ quantities: [String: StoredQuantity]
  ) -> [Document.Node] {
    let ordinary = names.filter { !$0.hasPrefix("hk.") }
    let keys = names.filter { $0.hasPrefix("hk.") }
    guard !names.isEmpty else { return [] }
    var nodes: [Document.Node] = [.section(level: 1, "Definitions", label: "definitions")]
    for name in ordinary {
      nodes.append(.section(level: 3, name, label: DefinitionLabel.of(name)))
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
      nodes.append(.paragraph(text))
    }
    guard !keys.isEmpty else { return nodes }
    nodes.append(.section(level: 3, "House-keeping", label: DefinitionLabel.of("hk.")))
    // The bare prefix stands for keys that are shown though none was ever read.
    let read = keys.filter { $0 != "hk." }
    nodes.append(.paragraph("Readings of the house-keeping files, averaged over each exposure."))
    guard !read.isEmpty else { return nodes }
    nodes.append(
      .table(
        Document.Table(
          [.init("Quantity"), .init("Unit"), .init("Meaning", .wrapped(share: 0.68))],
          rows: read.map { name in
            let stored = quantities[name]
            return [
              .code(name), .words(stored.map { UnitText.display($0.unit) } ?? ""),
              .words(stored?.meaning ?? "Not registered in this warehouse."),
            ]
          }, caption: "House-keeping quantities", pagination: .breaking, size: .tiny)))
    return nodes
  }
}
