import Campaign
import Detector
import Testing

@testable import Simulator

@Suite("Dark current, injection, pumping, spots, persistence, cross-talk")
struct ChargeSourceTests {
  private func dark(_ seconds: Double) -> FrameCommand {
    var command = FrameCommand()
    command.seconds = seconds
    return command
  }

  @Test("dark current goes with time and temperature; hot pixels and columns stand out")
  func darkCurrent() throws {
    var bench = try Bench(columns: 90, rows: 90)
    bench.charge.gain = 0.1
    bench.charge.darkRate = 0.05
    bench.charge.hotPixels = [.init(column: 30, row: 20, rate: 5)]
    bench.charge.hotColumns = [.init(column: 50, row: 40, rate: 1)]
    var command = dark(200)
    command.rowSeconds = 0
    let image = try bench.pixels(bench.frames(command))
    #expect(abs(image[20, 20] / 10 - 1010) < 5 * 32)
    let column = (40..<90).reduce(0) { $0 + image[40, $1] } / 500
    #expect(abs(column - 210) < 5 * (210.0 / 50).squareRoot())
    #expect(image[40, 39] < 500)
    let rest = image.values.filter { $0 < 500 }
    let average = rest.reduce(0, +) / Double(rest.count) / 10
    #expect(abs(average - 10) < 5 * (10.0 / 8000).squareRoot())
    let warm = try bench.pixels(bench.frames(command) { $0.kelvin = 160 })
    let factor = ChargeModel.darkFactor(kelvin: 160)
    #expect(factor > 3 && factor < 6)
    let excess = warm[2, 2] / 10 - 10 * factor
    #expect(abs(excess) < 5 * (10 * factor).squareRoot())
  }

  @Test("cosmic rays: number and charge per time; a track's charge is conserved")
  func cosmicRays() {
    let image = Image<Float>(width: 400, height: 400, filledWith: 0)
    let stream = RandomStream(seed: 3, "cosmic")
    let count = CosmicRays.add(
      to: image, rate: 2.6, seconds: 565, pitch: 12, stream: stream, obsid: 8)
    let expected = 2.6 * 565 * 0.48 * 0.48
    #expect(abs(Double(count) - expected) < 4.5 * expected.squareRoot())
    let sum = withExtendedLifetime(image) { image.pixels.reduce(0.0) { $0 + Double($1) } }
    #expect(sum / Double(count) > 3200 && sum / Double(count) < 7000)
    for step in [(8.3, -5.1), (0, 3), (-4, 0), (0, 0), (0.2, 0.1), (12, 12)] {
      let track = Image<Float>(width: 60, height: 60, filledWith: 0)
      CosmicRays.deposit(1000, from: (30.25, 30.5), by: step, in: track)
      let total = withExtendedLifetime(track) { track.pixels.reduce(0, +) }
      #expect(abs(total - 1000) < 0.01, "\(step)")
    }
    let track = Image<Float>(width: 9, height: 3, filledWith: 0)
    CosmicRays.deposit(400, from: (1.5, 1.5), by: (4, 0), in: track)
    #expect((0..<9).map { Int(track[$0, 1].rounded()) } == [0, 50, 100, 100, 100, 50, 0, 0, 0])
  }

  /// An injection that serves the lower half.
  private func injection(idl: Double = 11, ig1: Double = 4, ig2: Double = 6, on: Int = 30, off: Int = 20)
    -> FrameCommand
  {
    var values: [String: ScriptValue] = [
      "chinj": .int(1), "chinj_on": .int(on), "chinj_of": .int(off), "id_wid": .double(60),
      "id_dly": .double(625), "toi_ch": .double(250), "IDL": .double(idl), "IG2_B": .double(ig2),
      "IG2_T": .double(1),
    ]
    for detector in 1...3 {
      values["IG1_\(detector)_B"] = .double(ig1)
      values["IG1_\(detector)_T"] = .double(9)
    }
    return FrameCommand(values)
  }

  @Test("the level of injection follows IDL, IG1 and IG2", arguments: [
    (11.0, 4.0, 6.0), (11, 5.5, 6), (11, 6.5, 6), (11.5, 4, 6), (12.5, 4, 6),
  ])
  func injectedLevel(idl: Double, ig1: Double, ig2: Double) throws {
    var bench = try Bench(columns: 60, rows: 100)
    bench.charge.injection.columnPattern = 0
    bench.charge.injection.firstLine = 0
    let image = try bench.pixels(bench.frames(injection(idl: idl, ig1: ig1, ig2: ig2)))
    let truth = bench.charge.injection
    // Written out once more: the reference's model.
    let expected =
      (truth.notch + truth.slope * max(0, ig2 - ig1))
      / (1 + exponential(-truth.steepness * (ig1 + 7.5 - idl)))
    for (first, level) in [(0, expected), (30, 0), (50, expected), (80, 0)] {
      var sum = 0.0
      for y in first..<first + 20 { sum += image.row(y).reduce(0, +) }
      let mean = sum / 1200
      let tolerance = 0.5 + 5 * (0.1 * level).squareRoot() / 68
      #expect(abs(mean - level / 2) < tolerance, "\(first)")
    }
  }

  @Test("only the half that the drain pulse serves is injected, with its own voltages")
  func halves() throws {
    let bench = try Bench(camera: "tiny")
    let frames = bench.frames(injection())
    for (name, isServed) in [("E", true), ("F", true), ("G", false), ("H", false)] {
      let image = try bench.pixels(frames, "CCD2", name)
      let mean = (5..<25).reduce(0) { $0 + image.row($1).reduce(0, +) } / Double(20 * image.width)
      #expect((mean > 9000 && mean < 16_000) == isServed, "\(name) \(mean)")
    }
    #expect(FrameCommand(["chinj": .int(1), "chinj_on": .int(3), "id_wid": .int(5)]).injection?.half == nil)
  }

  @Test("charge that was held back follows an injected block, and none is lost")
  func deferred() throws {
    var bench = try Bench(columns: 60, rows: 100)
    bench.charge.injection.fanoFactor = 0
    bench.charge.injection.columnPattern = 0
    bench.charge.injection.firstLine = 0
    let plain = try bench.pixels(bench.frames(injection(on: 30, off: 170)))
    bench.charge.parallelDeferred.fraction = 0.01
    let image = try bench.pixels(bench.frames(injection(on: 30, off: 170)))
    func row(_ window: Window, _ y: Int) -> Double { window.row(y).reduce(0, +) / 60 }
    let level = row(plain, 10)
    let release = 1 - exponential(-0.25)
    #expect(abs(row(image, 0) - 0.99 * level) < 1)
    let first = 0.01 * level * release
    #expect(abs(row(image, 30) - first) < 1)
    #expect(abs(row(image, 31) - first * (1 - release)) < 1)
    let sums = [plain, image].map { $0.values.reduce(0, +) }
    #expect(abs(sums[0] - sums[1]) < 1e-3 * sums[0])
  }

  @Test("a pumped trap is a dipole of N P (exp(-t/tau) - exp(-2t/tau)), in its own mode alone")
  func pumping() throws {
    var bench = try Bench(columns: 60, rows: 60)
    bench.charge.gain = 1
    bench.charge.injection.fanoFactor = 0
    bench.charge.injection.columnPattern = 0
    bench.charge.injection.firstLine = 0
    bench.charge.verticalTraps = [
      .init(column: 30, row: 20, mode: 123, tau: 1000, capture: 0.4, isFirstBright: true),
      .init(column: 45, row: 33, mode: 341, tau: 300, capture: 0.4, isFirstBright: false),
    ]
    bench.charge.serialTraps = [
      .init(column: 25, row: 0, mode: 23, tau: 6, capture: 0.5, isFirstBright: false)
    ]
    var command = injection(on: 2066, off: 0)
    let flat = try bench.pixels(bench.frames(command))
    for time in [200.0, 1000, 4000] {
      command.vertical = .init(mode: 123, count: 5000, phaseTime: time)
      let image = try bench.pixels(bench.frames(command)) - flat
      let expected = 5000 * 0.4 * (exponential(-time / 1000) - exponential(-2 * time / 1000))
      #expect(abs(image[20, 20] - expected) <= 1.5)
      #expect(abs(image[20, 21] + expected) <= 1.5)
      #expect(image[35, 33] == 0)
    }
    command.vertical = .init(mode: 341, count: 5000, phaseTime: 300)
    let other = try bench.pixels(bench.frames(command)) - flat
    #expect(other[20, 20] == 0)
    let height = other[35, 34] - other[35, 33]
    #expect(abs(height - 4000 * 0.23254) < 4)
    command.vertical = nil
    command.serial = .init(mode: 23, count: 5000, phaseTime: 4.75)
    let serial = try bench.pixels(bench.frames(command)) - flat
    let expected = 2500 * (exponential(-4.75 / 6) - exponential(-9.5 / 6))
    for y in [0, 31, 59] {
      #expect(abs(serial[16, y] - expected) <= 1.5)
      #expect(abs(serial[15, y] + expected) <= 1.5)
    }
  }

  @Test("spots stand where the truth says, hold their light, and widen with the mirror's distance")
  func spots() throws {
    var bench = try Bench(columns: 100, rows: 100)
    bench.charge.spots = [.init(name: "CHARLIE", x: 60.3, y: 48.8, brightness: 1.1, focusOffset: 0)]
    bench.bench.focusDepth = 0.5
    var command = FrameCommand()
    command.light = .point
    command.seconds = 0.6
    command.mirror = 47.47
    let filter = try #require(bench.bench.filter(4))
    for (mirror, width) in [(47.47, filter.fwhm), (47.97, filter.fwhm * 2.0.squareRoot())] {
      command.mirror = mirror
      let image = try bench.pixels(bench.frames(command) { $0.dither = SIMD2(2, -1) })
      var (sum, x, y, xx) = (0.0, 0.0, 0.0, 0.0)
      for row in 38...58 {
        for column in 42...62 {
          sum += image[column, row]
          x += image[column, row] * Double(column)
          y += image[column, row] * Double(row)
        }
      }
      (x, y) = (x / sum, y / sum)
      for row in 38...58 {
        for column in 42...62 {
          xx += image[column, row] * (Double(column) - x) * (Double(column) - x) / sum
        }
      }
      // Canonical columns count from the pre-scan, the window from the image area.
      #expect(abs(x - 52.3) < 0.02)
      // The channel is read downwards: a step up on the detector is one to lower rows.
      #expect(abs(y - 49.8) < 0.02)
      let light = 0.6 * 1.1 * bench.bench.pointRate(filter)
      #expect(abs(sum * 2 - light) < 5 * 450)
      // A pixel's own width adds 1/12.
      let fwhm = (xx - 1.0 / 12).squareRoot() * 2.35482
      #expect(abs(fwhm - width) < 0.03, "\(fwhm)")
    }
  }

  @Test("a displacement of the source moves all spots of a detector alike")
  func displacement() throws {
    var bench = try Bench(camera: "tiny")
    bench.bench.cosmicRate = 0
    var command = FrameCommand()
    command.light = .point
    command.seconds = 0.3
    command.mirror = 47.47
    let image = try #require(bench.camera.regions[.image])
    for amplifier in bench.camera.amplifiers {
      let spot = SIMD2(Double(image.columns.count / 2), Double(image.rows.count / 2))
      for detector in bench.camera.detectors {
        bench.truth[detector]?.charge?[amplifier.name]?.spots = [
          .init(
            name: "CHARLIE", x: spot.x + Double(image.columns.lowerBound),
            y: spot.y + Double(image.rows.lowerBound), brightness: 1, focusOffset: 0)
        ]
      }
    }
    /// The centroid in the frame.
    func place(_ frames: [String: Image<UInt16>], _ amplifier: Amplifier) throws -> SIMD2<Double> {
      let frame = try #require(frames["CCD2"])
      let offset = bench.truth["CCD2"]?.amplifiers[amplifier.name]?.offset ?? 0
      let area = amplifier.frameRegion(of: image)
      var (sum, x, y) = (0.0, 0.0, 0.0)
      for v in area.rows {
        for u in area.columns where Double(frame[u, v]) > offset + 200 {
          let value = Double(frame[u, v]) - offset
          sum += value
          x += value * Double(u)
          y += value * Double(v)
        }
      }
      return try SIMD2(x, y) / #require(sum > 0 ? sum : nil)
    }
    let before = bench.frames(command)
    let after = bench.frames(command) { $0.dither = SIMD2(3, -2) }
    for amplifier in bench.camera.amplifiers {
      let step = try place(after, amplifier) - place(before, amplifier)
      #expect(abs(step.x - 3) < 0.1 && abs(step.y + 2) < 0.1, "\(amplifier.name) \(step)")
    }
  }

  @Test("light a thousand times beyond the full well leaves no pixel below its offset")
  func overexposure() throws {
    var bench = try Bench(columns: 60, rows: 60)
    bench.charge.spots = [.init(name: "A", x: 40, y: 30, brightness: 1, focusOffset: 0)]
    var bright = FrameCommand()
    bright.light = .point
    bright.seconds = 300
    bright.mirror = 47.47
    let image = try bench.pixels(bench.frames(bright))
    #expect(image.values.allSatisfy { $0 > -40 })
    #expect(image.values.contains { $0 > 50_000 })
  }

  @Test("pixels that were full release charge that decays, others do not")
  func persistence() throws {
    var bench = try Bench(columns: 60, rows: 60)
    bench.charge.gain = 0.02
    bench.charge.persistence = 5e-4
    bench.charge.persistenceSeconds = 400
    bench.charge.fullWell = 200_000
    bench.charge.spots = [.init(name: "A", x: 40, y: 30, brightness: 1, focusOffset: 0)]
    var bright = FrameCommand()
    bright.light = .point
    bright.seconds = 3
    bright.filter = 2
    bright.mirror = 43.47
    for delay in [72.0, 700] {
      let image = try bench.pixels(
        bench.frames(dark(565)) {
          $0.seconds = 3 + delay
          $0.earlier = [.init(command: bright, seconds: 0, dither: .zero)]
        })
      let expected =
        5e-4 * 200_000 * (exponential(-delay / 400) - exponential(-(delay + 565) / 400))
      var full: [Double] = []
      for y in 25..<35 { full += (25..<35).map { image[$0, y] * 0.02 } }
      #expect(abs(full.reduce(0, +) / 100 - expected) < 4.5 * (expected / 100).squareRoot())
      let corner = (0..<6).flatMap { y in (0..<6).map { image[$0, y] } }
      #expect(corner.allSatisfy { $0 == 0 })
    }
    let fills = [bright, bench.flat(1000), bench.flat(300_000)].map {
      bench.bench.mayFill(200_000, $0)
    }
    #expect(fills == [true, false, true])
  }

  @Test("each channel sees every other one at the same read-out place, scaled by the truth")
  func crossTalk() throws {
    var bench = try Bench(camera: "tiny")
    for detector in bench.camera.detectors {
      for name in ["E", "F", "G", "H"] {
        var amplifier = AmplifierTruth()
        amplifier.offset = 2000
        bench.truth[detector]?.amplifiers[name] = amplifier
        var charge = ChargeTruth()
        charge.gain = 1
        // Light on one channel alone.
        if detector == "CCD1", name == "F" {
          charge.spots = [.init(name: "A", x: 60, y: 30, brightness: 1, focusOffset: 0)]
        }
        bench.truth[detector]?.charge?[name] = charge
      }
      bench.truth[detector]?.commonModeRowNoise = 0
    }
    bench.bench = .usual
    bench.bench.cosmicRate = 0
    bench.crossTalk = ["CCD3_H": ["CCD1_F": 0.01], "CCD1_E": ["CCD1_F": -0.005]]
    var command = FrameCommand()
    command.light = .point
    command.seconds = 0.3
    command.mirror = 47.47
    let frames = bench.frames(command)
    let source = try bench.pixels(frames, "CCD1", "F")
    #expect(source[29, 30] > 10_000)
    for (detector, name, factor) in [("CCD3", "H", 0.01), ("CCD1", "E", -0.005), ("CCD2", "E", 0)] {
      let victim = try bench.pixels(frames, detector, name)
      for (x, y) in [(29, 30), (30, 30), (29, 29)] {
        let seen = factor * source[x, y]
        #expect(abs(victim[x, y] - seen) <= 0.52)
      }
    }
  }

  @Test("the whole truth gives the same frames on any workspace, and reverse clocks see no light")
  func repeatable() throws {
    let bench = try Bench(camera: "tiny")
    let command = bench.flat(60_000)
    let set = FrameSet(camera: bench.camera)
    let model = bench.model
    var all: [[UInt16]] = []
    for obsid in [5, 6, 5] {
      model.render(
        BlockExposure(obsid: obsid, command: command), rows: 0..<86, into: set.images,
        workspace: set.workspace)
      all.append(set.images["CCD3"].map { image in
        withExtendedLifetime(image) { Array(image.pixels) }
      } ?? [])
    }
    #expect(all[0] == all[2])
    #expect(all[0] != all[1])
    var reverse = command
    reverse.readsImage = false
    #expect(try bench.pixels(bench.frames(reverse)).mean < 30)
  }
}
