import Campaign
import Detector
import Testing

@testable import Simulator

/// What is drawn stays within what the campaign's checks allow: sound data raise no flag.
@Suite("The drawn truth is that of sound hardware")
struct SoundTruthTests {
  /// The truths of all channels of all blocks, for some seeds.
  private func channels(
    _ body: (_ charge: ChargeTruth, _ amplifier: AmplifierTruth, _ place: String) -> Void
  ) throws {
    let camera = try CameraCatalog.camera("tiny")
    var order = CampaignOrder(output: "")
    for block in try CameraCatalog.focalPlane().blocks {
      for seed in UInt64(1)...20 {
        order.seed = seed
        let (detectors, _, _) = BlockPlan.truth(block: block, camera: camera, order: order)
        for (name, detector) in detectors {
          for (amplifier, charge) in detector.charge ?? [:] {
            guard let bias = detector.amplifiers[amplifier] else { continue }
            body(charge, bias, "\(block.name) \(seed) \(name) \(amplifier)")
          }
        }
      }
    }
  }

  /// The signal of some charge, ADU.
  private func signal(_ electrons: Double, _ charge: ChargeTruth) -> Double {
    let s = electrons / charge.gain
    let x = s / 65536
    let relative = charge.nonLinearity.reversed().reduce(0.0) { sum, term in (sum + term) * x }
    return s * (1 + relative)
  }

  @Test("injection: levels within half of the coarse expectation, also at notch and threshold")
  func injection() throws {
    var count = 0
    try channels { charge, _, place in
      let truth = charge.injection
      for step in 0...13 {
        // The steps of CHINJ01, and the last one of CHINJ02 whose level is expected.
        let ig1 = step < 13 ? 3.75 + 0.25 * Double(step) : 4
        let idl = step < 13 ? 11 : 11.25
        let expected = 600 + 6000 * max(0, 6 - ig1)
        let level = signal(truth.level(idl: idl, ig1: ig1, ig2: 6), charge) / expected
        #expect(level > 0.7 && level < 1.45, "\(place) \(ig1): \(level)")
        // Charge that moves with the field evens the columns out by a twentieth.
        let scatter = level * truth.columnPattern
        #expect(scatter > 0.0325 && scatter < 0.4, "\(place) \(ig1): \(scatter)")
        count += 1
      }
    }
    #expect(count > 20_000)
  }

  @Test("the columns' pattern has the truth's scatter in a small camera too", arguments: [30, 2048])
  func pattern(columns: Int) {
    var truth = InjectionTruth()
    truth.columnPattern = 0.05
    for seed in UInt64(1)...20 {
      let stream = RandomStream(seed: seed, "pattern")
      let levels = ChargeInjection(truth: truth, columns: columns, pattern: stream, noise: stream)
        .columnLevels().map(Double.init)
      let mean = levels.reduce(0, +) / Double(columns)
      let squares = levels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect(abs(mean - 1) < 1e-5)
      #expect(abs((squares / Double(columns)).squareRoot() - 0.05) < 1e-5)
    }
  }

  @Test("full pixels are just below the converter's end, the deep ones beyond it")
  func wells() throws {
    try channels { charge, bias, place in
      let full = signal(charge.fullWell, charge)
      #expect(full > 0.9 * 65536 && full + bias.offset < 65_500, "\(place)")
      let excess = charge.deepWells?.excess ?? 0
      // The brighter-fatter flow takes a quarter of the excess.
      let deep = signal(charge.fullWell * (1 + 0.75 * excess), charge)
      #expect(deep + bias.offset > 65_600, "\(place) \(deep)")
      // Half of the step is in the background, which may not be below zero.
      #expect(bias.overscanStep <= -0.2)
    }
  }

  @Test("deep wells: their share of a bright flat is at the converter's end, all others are full")
  func deepShare() throws {
    var bench = try Bench(columns: 120, rows: 150)
    bench.charge.gain = 3.4
    bench.charge.fullWell = 207_000
    bench.charge.deepWells = .init(share: 0.08, excess: 0.15)
    let image = try bench.pixels(bench.frames(bench.flat(240_000)), less: 0)
    let ends = image.values.filter { $0 == 65535 }.count
    #expect(abs(Double(ends) - 0.08 * 18_000) < 180)
    let others = image.values.filter { $0 != 65535 }
    let full = 1000 + 207_000 / 3.4
    #expect(others.allSatisfy { abs($0 - full) <= 1 })
    // They are the same in each frame, and have nothing to do with their neighbours.
    let again = try bench.pixels(bench.frames(bench.flat(250_000), 7), less: 0)
    #expect(zip(image.values, again.values).allSatisfy { ($0 == 65535) == ($1 == 65535) })
    let pairs = zip(image.values, image.values.dropFirst()).filter { $0 == 65535 && $1 == 65535 }
    #expect(abs(Double(pairs.count) - 0.0064 * 18_000) < 55)
    // Set instead of drawn, all pixels hold the same.
    var order = CampaignOrder(output: "")
    order.truth = [.fullWell: 150_000]
    let block = try #require(try CameraCatalog.focalPlane().block(named: "BORN"))
    let (detectors, _, _) = BlockPlan.truth(block: block, camera: bench.camera, order: order)
    #expect(detectors["CCD1"]?.charge?["E"]?.fullWell == 150_000)
    #expect(detectors["CCD1"]?.charge?["E"]?.deepWells == nil)
  }
}
