import BlockTests
import Campaign
import CommandLineStyle
import DataProducts
import Detector
import Diagnostics
import DurableFiles
import Exchange
import FITSFiles
import Ingest
import LatexReport
import Metatests
import Plots
import Reporting
import Scripts
import Simulator
import Testing
import Warehouse

@Suite("docs/errors.md")
struct ErrorPageTests {
  /// Every stable code of every module.
  static let codes: [String] = {
    let kinds: [[String]] = [
      CampaignError.Kind.allCases.map(\.rawValue), IngestError.Kind.allCases.map(\.rawValue),
      FITSError.Kind.allCases.map(\.rawValue), FileError.Kind.allCases.map(\.rawValue),
      WarehouseError.Kind.allCases.map(\.rawValue), EngineError.Kind.allCases.map(\.rawValue),
      MetatestError.Kind.allCases.map(\.rawValue), LatexError.Kind.allCases.map(\.rawValue),
      ReportingError.Kind.allCases.map(\.rawValue), SimulatorError.Kind.allCases.map(\.rawValue),
      ExchangeError.Kind.allCases.map(\.rawValue),
      DataProductError.Kind.allCases.map(\.rawValue), ScriptError.Kind.allCases.map(\.rawValue),
      plots.map(\.code),
      // These are made within their modules only.
      [WrongUse(problem: "").code, "unexpected", "bad-camera", "terminated"],
    ]
    return kinds.flatMap { $0 }
  }()

  static let plots: [PlotError] = [
    PlotError(.drawing("")), PlotError(.pageSize(width: 0, height: 0)),
    PlotError(.creationDate("")), PlotError(.imageShape(width: 0, height: 0, count: 0)),
  ]

  /// Errors whose exit code can be asked for without a file or a fault.
  static let made: [any DiagnosedError] = {
    var all: [any DiagnosedError] = [WrongUse(problem: "")]
    for kind in CampaignError.Kind.allCases { all.append(CampaignError(kind, "")) }
    for kind in IngestError.Kind.allCases { all.append(IngestError(kind, "")) }
    for kind in FITSError.Kind.allCases { all.append(FITSError(kind, "", file: "")) }
    for kind in FileError.Kind.allCases { all.append(FileError(kind: kind, action: "", path: "")) }
    for kind in WarehouseError.Kind.allCases { all.append(WarehouseError(kind, "")) }
    for kind in EngineError.Kind.allCases { all.append(EngineError(kind, "")) }
    for kind in MetatestError.Kind.allCases { all.append(MetatestError(kind, "")) }
    for kind in SimulatorError.Kind.allCases { all.append(SimulatorError(kind, "")) }
    for kind in ExchangeError.Kind.allCases { all.append(ExchangeError(kind, "")) }
    for kind in ScriptError.Kind.allCases { all.append(ScriptError(kind)) }
    for error in plots { all.append(error) }
    return all
  }()

  @Test("Every error code has a row: meaning, remedy, exit code", arguments: codes)
  func code(_ code: String) throws {
    let rows = Documentation.rows(in: try Documentation.text("docs/errors.md"))
    let cells = try #require(rows[code], "no row for \(code)")
    #expect(cells.count == 4)
    #expect(cells.dropFirst().allSatisfy { !$0.isEmpty })
  }

  @Test("The exit codes are those of the program")
  func exitCodes() throws {
    let rows = Documentation.rows(in: try Documentation.text("docs/errors.md"))
    for error in Self.made {
      #expect(rows[error.code]?.last == "\(error.exitCode.rawValue)", "\(error.code)")
    }
  }

  @Test("Codes are unique across modules")
  func unique() {
    let counts = Dictionary(grouping: Self.codes) { $0 }.filter { $0.value.count > 1 }
    #expect(counts.keys.sorted() == [])
  }

  @Test("No row is left of a code that is gone")
  func noStaleRows() throws {
    let known = Set(Self.codes)
    let page = try Documentation.text("docs/errors.md")
    for line in page.split(separator: "\n") {
      guard let match = line.firstMatch(of: /^\| `([a-z0-9A-Z-]+)` \|.*\| \d+ \|$/) else {
        continue
      }
      #expect(known.contains(String(match.1)), "\(match.1)")
    }
  }

  @Test("Every error type of the sources is one that this suite knows")
  func everyErrorType() throws {
    let known: Set<String> = [
      "CampaignError", "IngestError", "FITSError", "FileError", "WarehouseError", "EngineError",
      "MetatestError", "LatexError", "ReportingError", "SimulatorError", "DataProductError",
      "PlotError", "CameraError", "ExchangeError", "ScriptError", "WrongUse", "Unexpected",
      "Interruption",
    ]
    for path in try Documentation.sources(in: "Sources") {
      for match in try Documentation.text(path).matches(of: /struct (\w+): DiagnosedError/) {
        #expect(known.contains(String(match.1)), "\(match.1) of \(path)")
      }
    }
  }
}
