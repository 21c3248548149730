import Detector
import Testing

@testable import Analysis

@Suite struct TileMeterTests {
  private let region = Region(columns: 0..<200, rows: 0..<200)

  @Test("Mean and variance are those of the truth, with pulls of unit width, whatever the rows' offsets")
  func truth() throws {
    var pulls: [Double] = []
    var variances: [Double] = []
    var meter = TileMeter()
    for seed in 0..<40 {
      let frame = noiseFrame(
        width: 200, height: 200, level: 4300.3, sigma: 30, seed: UInt64(seed + 1),
        structure: { _, y in 0.37 * Double(y) })
      let offsets = (0..<200).map { Float(1000 + 0.37 * Double($0)) }
      let tile = try meter.measure(
        FlatFrame(frame, rowOffsets: offsets), region: region,
        tile: Region(columns: 20..<120, rows: 50..<150))
      pulls.append((tile.mean.value - 3300.3) / tile.mean.uncertainty)
      variances.append(tile.variance / 900)
    }
    let (mean, deviation) = moments(pulls)
    #expect(abs(mean) < 0.55 && deviation > 0.7 && deviation < 1.35, "\(mean) \(deviation)")
    #expect(abs(moments(variances).mean - 1) < 0.006)
  }

  @Test("Outliers, masked, lost and saturated pixels do not count")
  func outliers() throws {
    let clean = noiseFrame(width: 200, height: 200, level: 5000, sigma: 20, seed: 3)
    let spoilt = noiseFrame(width: 200, height: 200, level: 5000, sigma: 20, seed: 3)
    let mask = Image<UInt8>(width: 200, height: 200, filledWith: 0)
    for index in 0..<150 {
      let (x, y) = (index % 50 * 4, index / 50 * 60)
      switch index % 3 {
      case 0: spoilt[x, y] = 30_000
      case 1: spoilt[x, y] = 0
      default:
        spoilt[x, y] = 20_000
        mask[x, y] = 1
      }
    }
    var meter = TileMeter()
    let a = try meter.measure(FlatFrame(clean, rowOffsets: [100]), region: region, tile: region)
    let b = try meter.measure(
      FlatFrame(spoilt, rowOffsets: [100]), region: region, tile: region, mask: mask)
    #expect(abs(a.mean.value - b.mean.value) < 0.05)
    #expect(b.rejected >= 150 && a.saturated == 0)
    // The meter keeps nothing of what it measured before.
    let again = try meter.measure(
      FlatFrame(clean, rowOffsets: [100]), region: region, tile: region)
    #expect(again == a)
  }

  @Test("Saturated, constant and empty tiles give a reason")
  func reasons() {
    var meter = TileMeter()
    func reason(_ frame: Image<UInt16>, _ tile: Region, offsets: [Float] = [0]) -> String? {
      do throws(NotMeasurable) {
        _ = try meter.measure(FlatFrame(frame, rowOffsets: offsets), region: region, tile: tile)
        return nil
      } catch { return error.reason }
    }
    let some = noiseFrame(width: 200, height: 200, level: 65_530, sigma: 3, seed: 1)
    #expect(reason(some, region)?.contains("% of the pixels are saturated") == true)
    let full = Image<UInt16>(width: 200, height: 200, filledWith: .max)
    #expect(reason(full, region) == "all pixels are saturated")
    let constant = Image<UInt16>(width: 200, height: 200, filledWith: 2800)
    #expect(
      reason(constant, region)?.hasPrefix("the amplifier is dead: all its pixels read") == true)
    #expect(reason(Image<UInt16>(width: 200, height: 200, filledWith: 0), region) == "no valid pixels")
    let good = noiseFrame(width: 200, height: 200, level: 3000, sigma: 3, seed: 1)
    #expect(reason(good, Region(columns: 300..<400, rows: 0..<20)) == "no valid pixels")
    // Offsets that are no numbers do no harm.
    #expect(reason(good, region, offsets: [.nan]) == nil)
    #expect(reason(good, region, offsets: [.infinity, -1e30]) == nil)
  }
}

@Suite struct SaturationTests {
  private func ladder(_ well: Double, light: (Double) -> Double = { $0 }) -> [SaturationPlateau.Point] {
    [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1].flatMap { fraction in
      (0..<4).map { index in
        SaturationPlateau.Point(
          filter: 1, seconds: 10 * fraction,
          signal: min(65_000 * light(fraction), well) + Double(index))
      }
    }
  }

  @Test("The plateau is found where there is one, and only there")
  func plateau() throws {
    let found = try SaturationPlateau(ladder(57_000))
    #expect(abs(found.level.value - 57_001.5) < 2 && found.lowest == 57_000)
    #expect(throws: NotMeasurable.self) { try SaturationPlateau(ladder(90_000)) }
    #expect(throws: NotMeasurable.self) { try SaturationPlateau([]) }
    // A lamp that fails half-way up is no plateau.
    #expect(throws: NotMeasurable.self) {
      try SaturationPlateau(ladder(90_000) { $0 > 0.6 ? $0 * ($0 > 0.75 ? 1 : 0.8) : $0 })
    }
    let broken = ladder(57_000).map {
      SaturationPlateau.Point(filter: 1, seconds: .nan, signal: $0.signal)
    }
    #expect(throws: NotMeasurable.self) { try SaturationPlateau(broken) }
  }

  @Test("Charge-transfer inefficiency, its error, and the signal at which it grows")
  func inefficiency() throws {
    let charge = DeferredCharge(
      last: Estimate(value: 30_000, uncertainty: 3, count: 1),
      deferred: Estimate(value: 60, uncertainty: 0.6, count: 1), transfers: 2000)
    let value = try charge.inefficiency()
    #expect(abs(value.value - 1e-6) < 1e-12 && abs(value.uncertainty - 1e-8) < 1e-10)
    #expect(throws: NotMeasurable.self) {
      try DeferredCharge(
        last: Estimate(value: 0, uncertainty: 1, count: 1),
        deferred: Estimate(value: 1, uncertainty: 1, count: 1), transfers: 10
      ).inefficiency()
    }
    func points(_ values: [Double]) -> [(signal: Double, inefficiency: Estimate)] {
      values.enumerated().map {
        (Double($0.offset) * 1e4, Estimate(value: $0.element, uncertainty: 1e-7, count: 1))
      }
    }
    let limit = try DeferredCharge.limit(points([1e-6, 1e-6, 2e-6, 3e-6, 4e-5, 9e-5]), beyond: 1e-5)
    #expect(limit.value == 35_000 && limit.uncertainty == 5000)
    #expect(throws: NotMeasurable.self) {
      try DeferredCharge.limit(points([1e-6, 1e-6, 2e-6]), beyond: 1e-5)
    }
    #expect(throws: NotMeasurable.self) {
      try DeferredCharge.limit(points([1e-4, 1e-4, 2e-4]), beyond: 1e-5)
    }
    #expect(throws: NotMeasurable.self) { try DeferredCharge.limit([], beyond: 1e-5) }
  }
}
