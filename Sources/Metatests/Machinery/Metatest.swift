import BlockTests
public import Detector
public import LatexReport
public import Plots
public import Warehouse

/// An aggregation of a test over all blocks of a campaign.
///
/// One file declares one metatest: the quantities it reads, its reductions, the requirements it
/// tests, and its figures, tables and products as values.
public protocol Metatest: Sendable {
  /// The name, such as `MetaBias`.
  static var name: String { get }
  /// What it is for, in one sentence.
  static var purpose: String { get }
  /// The tests whose runs it reads.
  static var tests: [String] { get }

  /// Reads the warehouse and says what to make.
  ///
  /// - Throws: `MetatestError.Kind.noResults`, `WarehouseError`.
  static func content(_ input: MetatestInput) throws -> MetatestContent

  /// Reads what all of its tests share, and gives what tests the requirements: the same rules as in
  /// `content`, without figures and products.
  ///
  /// - Parameter camera: the camera of all runs that are tested.
  /// - Throws: `WarehouseError`.
  static func requirements(_ input: MetatestInput, camera: Camera) throws -> RequirementTester
}

/// Tests all requirements on one test of a metatest, with the run chosen for each block.
///
/// - Throws: `WarehouseError`.
public typealias RequirementTester = (
  _ test: String, _ selections: [BlockSelection]
) throws -> [RequirementResult]

/// The runs that a metatest uses.
public struct MetatestChoice: Sendable {
  /// The tests of which any block has a usable run, with the choice for each block.
  public let tests: [(test: String, selections: [BlockSelection])]
  /// The camera of all of them.
  public let camera: Camera

  /// Chooses the run of each block.
  ///
  /// Runs of another camera than that of the first run are not used: their frames fit no common
  /// plane.
  ///
  /// - Parameter selector: the rule of choice, where it is not the usual one.
  /// - Throws: `MetatestError.Kind.noResults`, `WarehouseError`.
  public init(
    _ metatest: any Metatest.Type, _ input: MetatestInput, selector: RunSelector? = nil
  ) throws {
    let selector = selector ?? input.selector
    var chosen: [(test: String, selections: [BlockSelection])] = []
    for test in metatest.tests {
      let selections = try selector.selections(test: test, design: input.design)
      if selections.contains(where: { $0.run != nil }) { chosen.append((test, selections)) }
    }
    guard let first = chosen.lazy.flatMap(\.selections).compactMap(\.run).first else {
      throw MetatestError(
        .noResults, "no block has a usable run of \(metatest.tests.joined(separator: " or "))",
        place: input.warehouse.folder,
        remedy: "run the tests first, or look at: vis-meta status")
    }
    camera = try first.recordedCamera()
    tests = chosen.map { entry in
      (entry.test, entry.selections.map { $0.keeping(camera: first.camera) })
    }
  }
}

extension BlockSelection {
  /// The same choice, unless the run was taken with another camera: its frames fit no common plane.
  func keeping(camera: String) -> BlockSelection {
    guard let run, run.camera != camera else { return self }
    return BlockSelection(
      block: block, role: role, test: test, run: nil, rule: nil,
      reason: "run \(run.key.id) is of another camera, \(run.camera)", candidates: candidates)
  }
}

/// All metatests, in the order of documents.
public enum MetatestCatalog {
  /// The metatests.
  public static let all: [any Metatest.Type] = [
    MetaBias.self, MetaPTC.self, MetaFlat.self, MetaNL.self, MetaBF.self,
  ]

  /// The metatest of a name, whatever its case.
  ///
  /// - Throws: `MetatestError.Kind.unknownMetatest`.
  public static func metatest(named name: String) throws(MetatestError) -> any Metatest.Type {
    if let found = all.first(where: { $0.name.lowercased() == name.lowercased() }) { return found }
    throw MetatestError(
      .unknownMetatest, "metatest '\(name.prefix(60))' is not known",
      remedy: "known are " + all.map { $0.name }.joined(separator: ", "))
  }
}

/// What a metatest works on.
public struct MetatestInput: Sendable {
  /// The warehouse, opened for reading.
  public let warehouse: Warehouse
  /// The focal plane.
  public let plane: FocalPlane
  /// The design whose flight blocks must have results.
  public let design: FocalPlane.Design
  /// What runs are chosen among.
  public let scope: RunSelector.Scope
  /// Where figures and products go.
  public let folder: String

  /// Describes the work.
  public init(
    warehouse: Warehouse, plane: FocalPlane, design: FocalPlane.Design,
    scope: RunSelector.Scope = RunSelector.Scope(), folder: String
  ) {
    self.warehouse = warehouse
    self.plane = plane
    self.design = design
    self.scope = scope
    self.folder = folder
  }

  /// Chooses the run of each block.
  public var selector: RunSelector { RunSelector(warehouse, scope: scope) }

  /// The path of a figure that the report shows.
  public func figurePath(_ name: String) -> String { "\(folder)/figures/\(name).pdf" }
}

/// What a metatest makes: a report with its figures, and products.
public struct MetatestContent: Sendable {
  /// A picture.
  public struct NamedFigure: Sendable {
    /// The file's name without its ending.
    public var name: String
    /// What is drawn; made when all products are written, since images come from them.
    public var figure: @Sendable () throws -> Figure
    /// Whether a PNG is made too, for previews.
    public var hasPreview: Bool
  }

  /// A file beside the report.
  public struct Product: Sendable {
    /// The file's name.
    public var name: String
    /// Writes it to a path.
    public var write: @Sendable (_ path: String) throws -> Void
  }

  /// The report; its pictures are those of `figures`.
  public var document: Document
  /// Files that the figures are made from; written first, one after the other.
  public var images: [Product]
  /// The pictures.
  public var figures: [NamedFigure]
  /// Other files.
  public var products: [Product]
  /// What came of the requirements.
  public var requirements: [RequirementResult]
  /// The choice of runs.
  public var selections: [BlockSelection]
  /// When the latest analysis among those used began, ISO 8601 UTC: the date of all files.
  public var date: String
}
