import BlockTests
import Foundation
import Simulator
import Testing
import Warehouse

@Suite struct BiasTruthTests {
  /// Pulls of a quantity against the truth of every channel.
  private func moments(_ pulls: [Double]) -> (mean: Double, deviation: Double) {
    let n = Double(pulls.count)
    let mean = pulls.reduce(0, +) / n
    return (mean, (pulls.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot())
  }

  @Test("Read-out noise, gradients and offsets of 108 channels are those that were simulated")
  func truth() async throws {
    var noise: [Double] = []
    var relative: [Double] = []
    var gradients: [Double] = []
    var offsets: [Double] = []
    for seed in 1...9 {
      let campaign = try await SmallCampaign(frames: 6, seed: UInt64(seed))
      let truth = try campaign.truth()
      let (warehouse, summary) = try await campaign.run()
      #expect(summary.entries.map(\.error) == [nil])
      let runs = try warehouse.testRuns().map(\.key)
      for row in try warehouse.measurements(of: ["bias.ron"], in: runs) where row.place.item == "img" {
        let detector = try #require(truth.detectors[row.place.detector ?? ""])
        let amplifier = try #require(detector.amplifiers[row.place.amplifier ?? ""])
        guard case .value(let value, let error?, _) = row.value else { continue }
        // Noise common to a row is temporal noise of each of its pixels.
        let expected = (amplifier.readNoise * amplifier.readNoise
          + detector.commonModeRowNoise * detector.commonModeRowNoise).squareRoot()
        noise.append((value - expected) / error)
        relative.append(value / expected - 1)
      }
      for row in try warehouse.measurements(of: ["bias.frame.gradient"], in: runs) {
        let amplifier = try #require(
          truth.detectors[row.place.detector ?? ""]?.amplifiers[row.place.amplifier ?? ""])
        guard case .value(let value, let error?, _) = row.value else { continue }
        let expected =
          row.place.item == "columns"
          ? amplifier.gradientPerColumn * 68 : amplifier.gradientPerRow * 76
        gradients.append((value - expected) / error)
      }
      for row in try warehouse.measurements(of: ["bias.frame.offset"], in: runs) {
        let exposure = try #require(truth.exposures.first { $0.obsid == row.place.obsid })
        let amplifier = try #require(
          truth.detectors[row.place.detector ?? ""]?.amplifiers[row.place.amplifier ?? ""])
        guard case .value(let value, let error?, _) = row.value else { continue }
        // The gradient pivots about the middle of all 86 rows; offsets are taken from rows 0...75.
        let level = try #require(
          exposure.offsets[row.place.detector ?? ""]?[row.place.amplifier ?? ""])
        offsets.append((value - level - amplifier.gradientPerRow * (37.5 - 42.5)) / error)
      }
    }
    #expect(noise.count == 108)
    let n = moments(noise)
    #expect(abs(n.mean) < 0.35, "bias of the noise \(n.mean) sigma")
    #expect(abs(n.deviation - 1) < 0.25, "pulls of the noise \(n.deviation)")
    #expect(abs(relative.reduce(0, +) / 108) < 0.01)
    let g = moments(gradients)
    #expect(abs(g.mean) < 0.2, "bias of the gradients \(g.mean) sigma")
    #expect(g.deviation > 0.7 && g.deviation < 1.5, "pulls of the gradients \(g.deviation)")
    let o = moments(offsets)
    #expect(abs(o.mean) < 0.2, "bias of the offsets \(o.mean) sigma")
    // Row noise, which the error of one frame's offset does not hold, enlarges these pulls a little.
    #expect(abs(o.deviation - 1) < 0.2, "pulls of the offsets \(o.deviation)")
  }

  @Test("The master bias agrees with the simulated structure within its noise")
  func master() async throws {
    let campaign = try await SmallCampaign(frames: 9)
    let truth = try campaign.truth()
    let (warehouse, _) = try await campaign.run()
    let runs = try warehouse.testRuns().map(\.key)
    var pulls: [Double] = []
    for row in try warehouse.measurements(of: ["bias.pattern"], in: runs) {
      let amplifier = try #require(
        truth.detectors[row.place.detector ?? ""]?.amplifiers[row.place.amplifier ?? ""])
      if case .value(let value, let error?, _) = row.value {
        pulls.append((value - amplifier.fixedPattern) / error)
      }
    }
    #expect(pulls.count >= 6, "most channels show their pattern")
    #expect(abs(pulls.reduce(0, +) / Double(pulls.count)) < 2)
    let masters = try runs.flatMap { try warehouse.artifacts(of: $0, role: "master-bias") }
    #expect(masters.map(\.detector) == ["CCD1", "CCD2", "CCD3"])
    #expect(try warehouse.verify().isEmpty)
  }
}
