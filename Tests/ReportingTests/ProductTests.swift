import DataProducts
import DurableFiles
import FITSFiles
import Foundation
import Testing
import Warehouse

@testable import Reporting

@Suite("Data products of block tests")
struct ProductTests {
  /// Writes the products of a fixture, without a report.
  static func make(_ options: Fixture.Options = .init()) async throws -> (
    fixture: Fixture, data: TestRunData, paths: [String]
  ) {
    let fixture = try Fixture(options)
    let data = try TestRunData(
      warehouse: fixture.warehouse, run: fixture.run, camera: fixture.camera)
    let folder = fixture.folder + "/made"
    try AtomicFile.makeFolder(folder)
    let paths = try await BlockProducts.write(
      data, root: "RON", folder: folder, created: 1_553_369_807, pictures: [], workers: 2)
    return (fixture, data, paths)
  }

  @Test("five files are made, and made again with the same bytes")
  func files() async throws {
    let made = try await Self.make()
    defer { made.fixture.remove() }
    let names = made.paths.map { String($0.split(separator: "/").last ?? "") }
    #expect(names == ["xlsx", "fits", "json", "csv", "ecsv"].map { "RON_BIAS01.\($0)" })
    let before = try made.paths.map { try SHA256Digest(ofFile: $0) }
    let again = try await BlockProducts.write(
      made.data, root: "RON", folder: made.fixture.folder + "/made", created: 1_553_369_807,
      pictures: [], workers: 1)
    #expect(try again.map { try SHA256Digest(ofFile: $0) } == before)
  }

  @Test("every summary quantity has a table, every quantity of exposures a column")
  func tables() async throws {
    let made = try await Self.make()
    defer { made.fixture.remove() }
    let product = BlockProducts.product(made.data)
    let names = Set(product.tables.map(\.name))
    #expect(
      names.isSuperset(of: [
        "RON", "RON_SINGLE", "OFFSET", "OFFSET_DRIFT", "GRADIENT", "PATTERN", "ROWNOISE",
        "FRAMES_COVARIANCE", "MASTER_SCATTER", "MASTER_MASKED", "EXPOSURES", "HK", "CHECKS",
        "FLAGS",
      ]))
    let exposures = try #require(product.tables.first { $0.name == "EXPOSURES" })
    let columns = Set(exposures.columns.map(\.name))
    for name in made.data.measuredQuantities where !name.hasPrefix("hk.") {
      guard made.data.measurements(of: name).contains(where: { $0.place.obsid != nil }) else {
        continue
      }
      let heading = name.split(separator: ".").joined(separator: "_").uppercased()
      #expect(columns.contains { $0.hasPrefix(heading) }, "\(name)")
    }
    #expect(exposures.rowCount == 3 * 3 * 4)
  }

  @Test("the FITS table holds the values of the warehouse, with units")
  func fitsValues() async throws {
    let made = try await Self.make()
    defer { made.fixture.remove() }
    let path = try #require(made.paths.first { $0.hasSuffix(".fits") })
    let table = try FITSFile(path: path).readTable(.named("RON"))
    let ccds = try table.texts("CCD")
    let quadrants = try table.texts("QUADRANT")
    let values = try table.doubles("IMG")
    let errors = try table.doubles("IMG_ERR")
    #expect(values.count == 12)
    for row in values.indices {
      let stored = made.data.value("bias.ron", ccds[row], quadrants[row], item: "img")
      guard case .value(let value, let error?, _)? = stored else {
        Issue.record("no value in row \(row)")
        continue
      }
      #expect(values[row] == value)
      #expect(errors[row] == error)
    }
    #expect(table.column("IMG")?.unit == "adu")
  }

  @Test("a value that could not be measured is null in JSON, with its reason, never 0")
  func missing() async throws {
    var options = Fixture.Options()
    options.exposures = 1
    let made = try await Self.make(options)
    defer { made.fixture.remove() }
    let path = try #require(made.paths.first { $0.hasSuffix(".json") })
    let object = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(object is [String: Any])
    let ron = try #require(ProductTables.all(made.data).first { $0.name == "RON" })
    let column = try #require(ron.columns.first { $0.name == "IMG" })
    #expect(column.values == .doubles([Double?](repeating: nil, count: 12)))
    #expect(column.reasons.count == 12)
    #expect(column.reasons.values.allSatisfy { $0 == "needs two frames, there is one" })
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("needs two frames, there is one"))
  }

  @Test("formulas and paths from outside stay text, and the file keeps its folder")
  func hostile() async throws {
    var options = Fixture.Options()
    options.block = hostileBlock
    options.operatorName = "=cmd|' /C calc'!A0"
    let made = try await Self.make(options)
    defer { made.fixture.remove() }
    let product = BlockProducts.product(made.data)
    #expect(product.header.contains { $0.value == .text("=cmd|' /C calc'!A0") })
    let csv = try #require(made.paths.first { $0.hasSuffix(".csv") })
    let text = try String(contentsOfFile: csv, encoding: .utf8)
    let formulas = text.split(separator: "\n").filter { $0.hasPrefix("=") }
    #expect(formulas.isEmpty)
    #expect(made.paths.allSatisfy { $0.hasPrefix(made.fixture.folder + "/made/RON_BIAS01.") })
  }

  @Test("nothing measured, nothing written")
  func nothing() async throws {
    var options = Fixture.Options()
    options.steps = ["init"]
    let made = try await Self.make(options)
    defer { made.fixture.remove() }
    #expect(made.paths.isEmpty)
  }
}
