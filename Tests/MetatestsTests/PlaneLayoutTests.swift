import Campaign
import Detector
import LatexReport
import Plots
import Testing
import Warehouse

@testable import Metatests

/// Facts of the reference: which block and detector sits in which slot, and how quadrants lie.
private enum LayoutFacts {
  /// Slices from the bottom; columns 1...3 hold CCD1...CCD3 of the left block, 4...6 hold
  /// CCD3...CCD1 of the right one.
  static let slices = [
    ("BORN", "DIRAC"), ("GUYE", "FOWLER"), ("ERWIN", "KRAMERS"), ("JULES2", "OWEN"),
    ("LORENTZ", "EINSTEIN"), ("NIELS", "CURIE"),
  ]
  /// (right, upper) of each quadrant within a detector's cell.
  static let left = ["E": (0, 0), "F": (1, 0), "G": (1, 1), "H": (0, 1)]
  static let right = ["G": (0, 0), "H": (1, 0), "E": (1, 1), "F": (0, 1)]
  static let leftOrder = ["E", "F", "G", "H"]
  static let rightOrder = ["G", "H", "E", "F"]
}

@Suite("PlaneLayout")
struct PlaneLayoutTests {
  @Test("a map says which blocks the plane has no place for")
  func absence() throws {
    let layout = try layout()
    #expect(ComparisonFigure.absence(of: ["BORN"], from: layout).isEmpty)
    #expect(ComparisonFigure.absence(of: ["BORN", "X"], from: layout) == "; not on it: X")
    let many = ComparisonFigure.absence(of: ["X1", "X2", "X3", "X4", "X5"], from: layout)
    #expect(many == "; not on it: X1, X2, X3 and 2 more")
  }

  private func layout(_ camera: String = "euclid-vis") throws -> PlaneLayout {
    let plane = try CameraCatalog.focalPlane()
    return PlaneLayout(
      plane: plane, design: try #require(plane.design()), camera: try CameraCatalog.camera(camera))
  }

  @Test("all 144 quadrants lie where the reference says", arguments: ["euclid-vis", "tiny"])
  func positions(camera: String) throws {
    let layout = try layout(camera)
    #expect(layout.channels.count == 144)
    #expect((layout.columns, layout.rows) == (12, 12))
    var cells: Set<[Int]> = []
    for channel in layout.channels {
      let (slice, column) = (channel.slot.slice, channel.slot.column)
      let blocks = LayoutFacts.slices[slice - 1]
      let isLeft = column <= 3
      #expect(channel.place.block == (isLeft ? blocks.0 : blocks.1))
      #expect(channel.place.detector == "CCD\(isLeft ? column : 7 - column)")
      let cell = try #require(
        (isLeft ? LayoutFacts.left : LayoutFacts.right)[channel.amplifier.name])
      #expect(channel.column == 2 * (column - 1) + cell.0)
      #expect(channel.row == 2 * (slice - 1) + cell.1)
      cells.insert([channel.column, channel.row])
    }
    #expect(cells.count == 144)
  }

  @Test("the order of a focal-plane file: slices, columns, then counter-clockwise from lower left")
  func order() throws {
    let layout = try layout()
    for (index, channel) in layout.channels.enumerated() {
      let (slice, column, k) = (index / 24 + 1, index % 24 / 4 + 1, index % 4)
      #expect((channel.slot.slice, channel.slot.column) == (slice, column))
      let order = column <= 3 ? LayoutFacts.leftOrder : LayoutFacts.rightOrder
      #expect(channel.amplifier.name == order[k])
      let flips = [(false, false), (true, false), (true, true), (false, true)][k]
      #expect((channel.flipX, channel.flipY) == flips)
    }
  }

  @Test("a camera whose detectors the plane does not know has no channels")
  func foreignCamera() throws {
    let layout = try layout("esis-ccd230")
    #expect(layout.channels.isEmpty || layout.camera.detectors.contains("CCD1"))
  }

  @Test("a heat map puts each value into its cell, and hatches what is missing")
  func heatMap() throws {
    let layout = try layout()
    let value = ChannelPlace(block: "DIRAC", detector: "CCD3", amplifier: "G")
    let reason = ChannelPlace(block: "DIRAC", detector: "CCD3", amplifier: "E")
    let map = ChannelMap(
      title: "t", quantity: "q", unit: .adu, digits: 3,
      values: [value: .value(1.25), reason: .missing(reason: "saturated")])
    let selection = BlockSelection(
      block: "BORN", role: .flight, test: "BIAS01", run: nil, rule: nil,
      reason: "no run of BIAS01", candidates: 0)
    let figure = PlaneFigures(layout: layout, selections: [selection])
      .heatMap(map, name: "n", colours: .cividis, failing: [value], footer: "f")
    guard case .cells(let cells) = figure.content else {
      Issue.record("not a map")
      return
    }
    #expect(cells.cells.count == 144)
    func cell(_ column: Int, _ row: Int) throws -> Plots.CellMap.Cell {
      try #require(cells.cells.first { $0.column == column && $0.row == row })
    }
    // DIRAC's CCD3 is in slot C_14: cells 6 and 7 of the two lowest rows, G lower left.
    #expect(try cell(6, 0).content == .value(1.25))
    #expect(try cell(6, 0).isFailed)
    #expect(try cell(7, 1).content == .missing("not measurable"))
    #expect(try cell(0, 0).content == .missing("no results"))
    #expect(cells.cells.filter(\.isFailed).count == 1)
    #expect(cells.caption.contains("without results: BORN (no run of BIAS01)"))
  }

  @Test("a table of quadrants has the blocks that were measured, and names the others")
  func table() throws {
    let layout = try layout()
    let flight = layout.design.flight
    let selections = flight.map {
      BlockSelection(
        block: $0, role: .flight, test: "BIAS01", run: nil, rule: nil,
        reason: "no run of BIAS01", candidates: 0)
    }
    let map = ChannelMap(title: "t", quantity: "q", unit: .adu, digits: 3, values: [:])
    let none = ReportTables.quadrants(map, layout: layout, selections: selections)
    #expect(none.rows.isEmpty && none.rulesAfter.isEmpty)
    // Blocks that are not among the selections are shown: nothing is known against them.
    let some = ReportTables.quadrants(
      map, layout: layout, selections: selections.filter { !["BORN", "CURIE"].contains($0.block) })
    #expect(some.rows.count == 6)
    #expect(some.rulesAfter == [3, 6])
    let caption = "\(some.caption)"
    #expect(caption.contains("GUYE") && caption.contains("(no run of BIAS01)"))
    #expect(!caption.contains("BORN"))
  }
}
