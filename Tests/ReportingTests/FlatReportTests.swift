import Detector
import Foundation
import LatexReport
import Testing
import Warehouse

@testable import Reporting

@Suite("Reports of flat fields and of the flux")
struct FlatReportTests {
  /// A run of a test of flats, and one of PTC01, in a warehouse of their own.
  private struct Stage {
    let fixture: Fixture
    let data: TestRunData

    init(
      _ test: String, gain: Double? = nil, verdict: VerdictRecord.State? = nil,
      fill: (Camera) -> [SubtaskCommit]
    ) throws {
      fixture = try Fixture(.init(steps: ["init"]))
      let warehouse = fixture.warehouse
      let camera = fixture.camera
      func add(_ name: String, _ commits: [SubtaskCommit]) throws -> TestRunKey {
        let analysis = try warehouse.beginAnalysis(
          AnalysisRecord(
            name: "A_\(name)", ulid: "01X\(name)", programVersion: "0.1.0", host: "h",
            operatorName: "o", commandLine: "vison-run", configuration: "block: OWEN\n",
            configurationDigest: "c", libraries: [:], started: "2019-03-25T00:00:00Z"))
        let run = try warehouse.beginTestRun(
          TestRunRecord(
            campaign: "FM", block: "OWEN", camera: camera.name, test: name, session: "D11",
            obsids: 1...2, dayFolders: ["d"], serials: ["CCD1": "1", "CCD2": "2", "CCD3": "3"],
            configurationDigest: "c", inputDigest: name, started: "2019-03-25T00:00:00Z",
            inputs: [],
            exposures: camera.detectors.flatMap { detector in
              [1, 2].map {
                ExposureRecord(
                  obsid: $0, detector: detector, time: "2019-03-25T00:0\($0):00",
                  exposureSeconds: Double($0))
              }
            }), of: analysis)
        for commit in commits { try warehouse.commit(commit, to: run) }
        try warehouse.finishTestRun(run, status: .finished, time: "2019-03-25T01:00:00Z")
        try warehouse.finishAnalysis(analysis, status: .finished, time: "2019-03-25T01:00:00Z")
        return run
      }
      if let gain {
        var commit = SubtaskCommit(name: "meta", ordinal: 4, seconds: 1)
        for detector in camera.detectors {
          for amplifier in camera.amplifiers.map(\.name) {
            commit.measurements.append(
              MeasurementRecord(
                quantity: Quantity(
                  "ptc.gain", unit: .electronPerADU, per: [.detector, .amplifier], "Gain."),
                detector: detector, amplifier: amplifier,
                value: amplifier == "H"
                  ? .missing(reason: "no pair of flats")
                  : .value(gain, uncertainty: 0.01, count: 9)))
          }
        }
        let run = try add("PTC01", [commit])
        if let verdict {
          try warehouse.add(
            VerdictRecord(
              state: verdict, reason: "r", author: "a", time: "2019-03-26T00:00:00Z"), to: run)
        }
      }
      let run = try add(test, fill(camera))
      data = try TestRunData(warehouse: warehouse, run: run, camera: camera)
    }
  }

  private func places(
    _ camera: Camera, _ body: (_ detector: String, _ amplifier: String) -> [MeasurementRecord]
  ) -> [MeasurementRecord] {
    camera.detectors.flatMap { detector in
      camera.amplifiers.flatMap { body(detector, $0.name) }
    }
  }

  private func masters(_ camera: Camera) -> [SubtaskCommit] {
    var commit = SubtaskCommit(name: "masterflat", ordinal: 4, seconds: 1)
    func quantity(_ name: String, _ unit: Detector.Unit, item: Bool = true) -> Quantity {
      Quantity(
        name, unit: unit, per: item ? [.detector, .amplifier, .item] : [.detector, .amplifier],
        "Meaning.")
    }
    commit.measurements = places(camera) { detector, amplifier in
      ["col001", "col002"].flatMap { label -> [MeasurementRecord] in
        func record(_ quantity: Quantity, _ value: MeasuredValue) -> MeasurementRecord {
          MeasurementRecord(
            quantity: quantity, detector: detector, amplifier: amplifier, item: label, value: value)
        }
        return [
          record(quantity("flat.fluence", .adu), .value(16_000, uncertainty: 3, count: 5)),
          record(
            quantity("flat.prnu", .percent),
            amplifier == "E"
              ? .missing(reason: "saturated: no valid pixels")
              : .value(0.8123, uncertainty: 0.002, count: 5000)),
        ]
      }
    }
    return [commit]
  }

  private func words(_ parts: [ReportPart]) -> String { "\(parts)" }

  @Test("Fluences are shown in electrons with the accepted gain, whose run is named")
  func electrons() throws {
    let stage = try Stage("FLAT01", gain: 3.4, verdict: .accepted, fill: masters)
    defer { stage.fixture.remove() }
    let gains = stage.data.gains
    let value = gains.electrons(.value(1000, uncertainty: 2, count: 3), "CCD1", "E")
    guard case .value(let number, let error?, _) = value else {
      Issue.record("\(value)")
      return
    }
    #expect(abs(number - 3400) < 1e-9)
    #expect(abs(error - (6.8 * 6.8 + 10 * 10).squareRoot()) < 1e-9)
    #expect(
      gains.electrons(.value(1000, uncertainty: nil, count: nil), "CCD1", "H")
        == .missing(
          reason: "not measurable: no gain: no pair of flats (\(gains.source))"))
    #expect(gains.electrons(.missing(reason: "x"), "CCD1", "E") == .missing(reason: "x"))
    let parts = words(FlatReport().results(stage.data, footer: "f"))
    #expect(parts.contains("gains of PTC01 run \(gains.run?.key.id ?? -1) of analysis"))
    #expect(parts.contains(", latest accepted.") && parts.contains("Fluences in electrons"))
    #expect(parts.contains("PRNU is not corrected for the non-linearity of the chain"))
    #expect(parts.contains("There is no master flat of col001."))
  }

  @Test("Without a gain ADU are shown, and that is said; a rejected PTC01 gives none")
  func noGain() throws {
    for gain in [nil, 3.4] {
      let stage = try Stage("FLAT01", gain: gain, verdict: .rejected, fill: masters)
      defer { stage.fixture.remove() }
      #expect(!stage.data.gains.hasGains)
      let parts = words(FlatReport().results(stage.data, footer: "f"))
      #expect(parts.contains("Fluences in electrons: not measurable, no gain (no finished PTC01 of block "))
    }
  }

  @Test("The summary has PRNU of every fluence, and reasons for what is not there")
  func headline() throws {
    let stage = try Stage("FLAT01", fill: masters)
    defer { stage.fixture.remove() }
    #expect(FlatReport.labels(stage.data) == ["col001", "col002"])
    let parts = words(FlatReport().headline(stage.data))
    #expect(parts.contains("PRNU, col002") && parts.contains("saturated: no valid pixels"))
    let none = try Stage("FLAT02_590") { _ in [] }
    defer { none.fixture.remove() }
    #expect(words(FlatReport().headline(none.data)).contains("No PRNU was measured"))
    #expect(FlatReport().results(none.data, footer: "f").isEmpty)
    #expect(words(FluxReport().headline(none.data)).contains("No flux was measured"))
  }

  @Test("Each test has the report of its family")
  func families() {
    for test in ["FLAT01", "FLAT02_590", "FLAT02_0", "FLAT_STB"] {
      #expect(BlockReportFamilies.family(of: test) is FlatReport, "\(test)")
    }
    #expect(BlockReportFamilies.family(of: "FLATFLUX00_800") is FluxReport)
    #expect(BlockReportFamilies.family(of: "PTC01") is PhotonTransferReport)
  }

  @Test("The flux is shown in electrons a second beside ADU")
  func flux() throws {
    let stage = try Stage("FLATFLUX00_800", gain: 3.4) { camera in
      var commit = SubtaskCommit(name: "flux", ordinal: 2, seconds: 1)
      commit.measurements = places(camera) { detector, amplifier in
        [
          MeasurementRecord(
            quantity: Quantity(
              "flatflux.flux", unit: .aduPerSecond, per: [.detector, .amplifier], digits: 2, "Flux."),
            detector: detector, amplifier: amplifier,
            value: .value(1000, uncertainty: 2, count: 4))
        ]
      }
      return [commit]
    }
    defer { stage.fixture.remove() }
    let parts = words(FluxReport().headline(stage.data))
    #expect(parts.contains("e⁻/s") && parts.contains("3400"))
    #expect(parts.contains("no gain: no pair of flats"))
    #expect(parts.contains("gains of PTC01 run "))
  }
}
