import BlockTests
import Foundation
import Simulator
import Testing
import Warehouse

@Suite struct PhotonTransferFamilyTests {
  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot())
  }

  /// Nothing but photon noise, read noise and the two effects that the fit knows.
  static let plain: [TruthParameter: Double] = [
    .photoResponse: 0.01, .nonLinearity: 0, .crossTalk: 0, .deferredCharge: 0, .cosmicRate: 0,
    .persistence: 0, .driftPerHour: 0, .strayLight: 0, .darkRate: 0,
  ]

  @Test("Gains of many channels are those that were simulated, with pulls of unit width")
  func gains() async throws {
    var pulls: [Double] = []
    var ratios: [Double] = []
    for seed in 1...3 {
      let flats = try await SmallFlats(
        seed: UInt64(seed), fractions: [0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.7], frames: 10,
        truth: Self.plain)
      let truth = try flats.truth()
      let (warehouse, summary) = try await flats.run(edit: {
        $0.replacing("inputs: {", with: "inputs: {model: EXPAPPROXIMATION, lags: 2, ")
      })
      #expect(summary.entries.map(\.error) == [nil])
      let runs = try warehouse.testRuns().map(\.key)
      for row in try warehouse.measurements(of: ["ptc.gain"], in: runs) {
        let amplifier = try #require(
          truth.detectors[row.place.detector ?? ""]?.charge?[row.place.amplifier ?? ""])
        guard case .value(let value, let error?, _) = row.value else {
          Issue.record("\(row)")
          continue
        }
        pulls.append((value - amplifier.gain) / error)
        ratios.append(value / amplifier.gain - 1)
      }
    }
    #expect(pulls.count == 36)
    let p = moments(pulls)
    print("PULLS", p, "RATIO", moments(ratios))
    #expect(abs(p.mean) < 0.5, "bias of the gain \(p.mean) sigma")
    #expect(abs(p.deviation - 1) < 0.35, "pulls of the gain \(p.deviation)")
    #expect(abs(moments(ratios).mean) < 0.002)
  }
}
