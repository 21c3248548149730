import Testing

@testable import Analysis

@Suite struct HardEdgeTests {
  /// Lines of ten image and fifteen over-scan pixels.
  private func lines(
    _ count: Int = 400, signal: Double = 30_000, tail: [Double] = [8e-4, 3e-4, 1e-4],
    gradient: Double = 0, seed: UInt64 = 1
  ) -> [[UInt16]?] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      (0..<25).map { x -> UInt16 in
        let deferred = tail.indices.contains(x - 10) ? tail[x - 10] * signal : 0
        let level =
          x < 10
          ? signal * (1 + gradient * Double(x - 9)) + 93 * random.normal()
          : deferred + 1.3 * random.normal()
        return UInt16(max(0, min(65_535, (2800 + level).rounded())))
      }
    }
  }

  @Test("The response is that of the truth with pulls of unit width, also where the light has a gradient")
  func truth() throws {
    for gradient in [0, 2e-3] {
      var pulls: [Double] = []
      for seed in 0..<30 {
        let profile = try HardEdgeProfile(
          lines(gradient: gradient, seed: UInt64(seed + 1)), before: 10, first: 2089,
          accepted: 1e4...5e4)
        pulls.append((profile.response.value - 8e-4) / profile.response.uncertainty)
        #expect(profile.positions.first == 2090 && profile.edge == 10 && profile.lines == 400)
      }
      let (mean, deviation) = moments(pulls)
      #expect(abs(mean) < 0.7 && deviation > 0.65 && deviation < 1.4, "\(mean) \(deviation)")
    }
  }

  @Test("Lines of other signals, with bad pixels or cosmic rays do not count")
  func outliers() throws {
    var spoilt = lines()
    let clean = try HardEdgeProfile(spoilt, before: 10, first: 0, accepted: 1e4...5e4)
    for index in 0..<40 { spoilt[index]?[10] = 20_000 }
    spoilt += [nil, nil] + lines(50, signal: 5000) + lines(50, signal: 55_000)
    let profile = try HardEdgeProfile(spoilt, before: 10, first: 0, accepted: 1e4...5e4)
    #expect(profile.lines == 400)
    #expect(abs(profile.response.value - clean.response.value) < 5e-6)
  }

  @Test("Too few lines, none at all, or a narrow over-scan give a reason")
  func reasons() {
    #expect(throws: NotMeasurable.self) {
      try HardEdgeProfile([], before: 10, first: 0, accepted: 1e4...5e4)
    }
    #expect(throws: NotMeasurable.self) {
      try HardEdgeProfile([nil, nil], before: 10, first: 0, accepted: 1e4...5e4)
    }
    #expect(throws: NotMeasurable.self) {
      try HardEdgeProfile(lines(5), before: 10, first: 0, accepted: 1e4...5e4)
    }
    #expect(throws: NotMeasurable.self) {
      try HardEdgeProfile(lines().map { $0.map { Array($0.prefix(12)) } }, before: 10, first: 0, accepted: 1e4...5e4)
    }
    #expect(throws: NotMeasurable.self) {
      try HardEdgeProfile(lines(signal: 0), before: 10, first: 0, accepted: 1e4...5e4)
    }
  }

  @Test("Constant lines are a dead amplifier, and lines without a valid pixel say so")
  func dead() {
    func reason(_ lines: [[UInt16]?]) -> String? {
      do throws(NotMeasurable) {
        _ = try HardEdgeProfile(lines, before: 10, first: 2089, accepted: 1e4...5e4)
        return nil
      } catch { return error.reason }
    }
    // The image reads one value; only the scan scatters.
    let constant = lines(50).map { line in line.map { [UInt16](repeating: 30_000, count: 10) + $0[10...] } }
    #expect(reason(constant) == "the amplifier is dead: all its pixels read 30000")
    #expect(reason([nil, nil]) == "every line has a masked, lost or saturated pixel")
    #expect(reason(lines(50, signal: 100)) == "no line with a signal in range")
  }
}
