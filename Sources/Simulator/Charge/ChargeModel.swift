import Detector

/// The charge that one amplifier collects in one exposure: from the light to what the node reads.
struct ChargeModel: Sendable {
  let truth: ChargeTruth
  let bench: BenchTruth
  /// The image area in canonical coordinates.
  let area: Region
  let pitch: Double
  /// Suffixes of the voltages that inject here: `1_B` and `B`.
  let gate: (detector: String, half: String)
  /// Canonical steps for a step to the right and up on the detector: light is not mirrored with read-out.
  let direction: SIMD2<Double>
  /// The flat source's relative level along columns and rows; the level is their product's expansion.
  private let acrossLight: [Float]
  private let upLight: [Float]
  private let response: RandomStream
  private let shot: RandomStream
  private let cosmic: RandomStream
  private let injection: ChargeInjection
  private let wells: Wells

  /// Reference temperature of the dark current, kelvin.
  static let referenceKelvin = 153.15
  /// Activation energy over Boltzmann's constant, kelvin: 0.43 eV, so that a detector at room temperature
  /// has the ramp that warm tests see.
  static let activationKelvin = 5003.0

  init(
    camera: Camera, amplifier: Amplifier, detector: String, truth: DetectorTruth,
    charge: ChargeTruth, bench: BenchTruth, seed: UInt64, block: String
  ) {
    self.truth = charge
    self.bench = bench
    area = camera.regions[.image] ?? Region(columns: 0..<0, rows: 0..<0)
    pitch = camera.pixelPitchMicrometres
    let number = (camera.detectors.firstIndex(of: detector) ?? 0) + 1
    // The half that is read upwards is fed by the injection structure's "bottom" voltages.
    let half = amplifier.flipY ? "B" : "T"
    gate = ("\(min(number, 3))_\(half)", half)
    direction = SIMD2(amplifier.flipX ? -1 : 1, amplifier.flipY ? -1 : 1)
    func stream(_ purpose: String) -> RandomStream {
      RandomStream(seed: seed, purpose, block, detector, amplifier.name)
    }
    response = stream("response")
    shot = stream("shot")
    cosmic = stream("cosmic")
    injection = ChargeInjection(
      truth: charge.injection, columns: area.columns.count, pattern: stream("injection-pattern"),
      noise: stream("injection"))
    wells = Wells(charge, stream: stream("wells"))
    let c = truth.illumination ?? []
    let size = camera.physicalSize
    func coordinate(_ column: Int, _ row: Int, _ isColumn: Bool) -> Double {
      guard
        let place = camera.convert(
          PixelPosition(x: column, y: row), from: .canonical, to: .physical, amplifier: amplifier)
      else { return 0 }
      let (at, count) = isColumn ? (place.x, size.width) : (place.y, size.height)
      return 2 * (Double(at) + 0.5) / Double(max(count, 1)) - 1
    }
    let image = area
    acrossLight = image.columns.map { column in
      let u = coordinate(column, image.rows.lowerBound, true)
      return c.count == 4 ? Float(c[0] * u + c[2] * u * u) : 0
    }
    upLight = image.rows.map { row in
      let v = coordinate(image.columns.lowerBound, row, false)
      return c.count == 4 ? Float(c[1] * v + c[3] * v * v) : 0
    }
  }

  /// Computes the charge of an exposure, electrons, before the node.
  ///
  /// - Parameters:
  ///   - image: of the image area's size; gets the charge.
  ///   - scratch: three more of that size.
  ///   - rows: how many of the first rows are needed.
  func collect(
    _ exposure: BlockExposure, into image: Image<Float>,
    scratch: (Image<Float>, Image<Float>, Image<Float>), rows: Int
  ) {
    let command = exposure.command
    let obsid = UInt32(truncatingIfNeeded: exposure.obsid)
    expect(
      command, at: exposure.seconds, dither: exposure.dither, kelvin: exposure.kelvin, into: image)
    for earlier in exposure.earlier where bench.mayFill(truth.fullWell, earlier.command) {
      addPersistence(of: earlier, exposure, to: image, scratch: scratch.0)
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, image.width)) { deviates in
      for y in 0..<min(rows, image.height) {
        ShotNoise.apply(
          to: image.row(y), deviates: deviates, stream: shot, y: UInt32(y), obsid: obsid,
          table: .shared)
      }
    }
    CosmicRays.add(
      to: image, rate: bench.cosmicRate, seconds: command.seconds, pitch: pitch, stream: cosmic,
      obsid: obsid)
    if let injected = command.injection, injected.half == gate.half {
      let level = truth.injection.level(
        idl: injected.idl, ig1: injected.ig1[gate.detector] ?? 6, ig2: injected.ig2[gate.half] ?? 2)
      injection.add(
        to: image, level: level, onRows: injected.onRows, offRows: injected.offRows, obsid: obsid)
    }
    if command.light != .none || command.injection != nil {
      // A pixel never holds more than its full well, however bright the light: what it cannot hold spills
      // while it gathers, and moves no boundaries.
      Blooming.apply(to: image, wells: wells)
      BrighterFatter.apply(to: image, strength: truth.brighterFatter, scratch: scratch)
    }
    if let pumping = command.vertical {
      TrapPumping.pump(
        image, traps: truth.verticalTraps, by: pumping, firstColumn: area.columns.lowerBound)
    }
    if let pumping = command.serial {
      TrapPumping.pumpSerial(
        image, traps: truth.serialTraps, by: pumping, firstColumn: area.columns.lowerBound)
    }
    Blooming.apply(to: image, wells: wells)
  }

  // MARK: - Light and dark current

  /// The expected charge of an exposure without noise.
  private func expect(
    _ command: FrameCommand, at seconds: Double, dither: SIMD2<Double>, kelvin: Double,
    into image: Image<Float>
  ) {
    let open = bench.openSeconds(command.seconds)
    let light = bench.light(after: seconds)
    let filter = bench.filter(command.filter)
    var flat = 0.0
    if let filter {
      switch command.light {
      case .none: break
      case .flat: flat = bench.flatRate(filter) * open * light
      case .point: flat = bench.flatRate(filter) * open * light * bench.strayLight
      }
    }
    fill(image, flat: Float(flat), wavelength: filter?.wavelength ?? 800)
    if command.light == .point, let filter {
      for spot in truth.spots {
        PointSources.add(
          bench.pointRate(filter) * open * light * spot.brightness,
          x: spot.x + direction.x * dither.x - Double(area.columns.lowerBound),
          y: spot.y + direction.y * dither.y - Double(area.rows.lowerBound),
          fwhm: bench.fwhm(filter, mirror: command.mirror, focusOffset: spot.focusOffset),
          wingShare: bench.wingShare, wingWidth: bench.wingWidth, to: image)
      }
    }
    addDark(command, kelvin: kelvin, to: image)
  }

  private func fill(_ image: Image<Float>, flat: Float, wavelength: Double) {
    guard flat > 0 else { return image.pixels.update(repeating: 0) }
    let spread = Float(
      truth.photoResponse * power(max(wavelength, 100) / 800, truth.photoResponseExponent))
    let count = image.width
    acrossLight.withUnsafeBufferPointer { across in
      for y in 0..<image.height {
        let row = image.row(y)
        let up = 1 + upLight[y]
        if spread > 0 {
          response.fillNormal(row, UInt32(truncatingIfNeeded: y), 0, table: .shared)
          for x in 0..<count {
            let level = flat * (up + across[x]) * (1 + spread * row[x])
            row[x] = level > 0 ? level : 0
          }
        } else {
          for x in 0..<count { row[x] = flat * (up + across[x]) }
        }
      }
    }
  }

  /// The pixels' relative response at 800 nm, the image area.
  func responseMap() -> Image<Float> {
    let image = Image<Float>(width: area.columns.count, height: area.rows.count)
    for y in 0..<image.height {
      let row = image.row(y)
      response.fillNormal(row, UInt32(truncatingIfNeeded: y), 0, table: .shared)
      for x in 0..<image.width { row[x] = 1 + Float(truth.photoResponse) * row[x] }
    }
    return image
  }

  private func addDark(_ command: FrameCommand, kelvin: Double, to image: Image<Float>) {
    let factor = Self.darkFactor(kelvin: kelvin)
    // Without reading the image area in time nothing of what gathers meanwhile is seen.
    for y in 0..<image.height {
      let seconds = command.seconds + Double(y) * command.rowSeconds
      let dark = Float(truth.darkRate * factor * seconds)
      if dark > 1e-4 {
        let row = image.row(y)
        for x in 0..<image.width { row[x] += dark }
      }
    }
    for hot in truth.hotPixels {
      let (x, y) = (hot.column - area.columns.lowerBound, hot.row - area.rows.lowerBound)
      if (0..<image.width).contains(x), (0..<image.height).contains(y) {
        image[x, y] += Float(hot.rate * factor * command.seconds)
      }
    }
    for hot in truth.hotColumns {
      let x = hot.column - area.columns.lowerBound
      guard (0..<image.width).contains(x) else { continue }
      for y in max(0, hot.row - area.rows.lowerBound)..<max(image.height, 0)
      where y < image.height {
        image[x, y] += Float(hot.rate * factor * command.seconds)
      }
    }
  }

  /// Dark current relative to that at the reference temperature.
  static func darkFactor(kelvin: Double) -> Double {
    let kelvin = min(max(kelvin, 50), 400)
    return exponential(activationKelvin * (1 / referenceKelvin - 1 / kelvin))
  }

  /// The charge that pixels release which were filled by an earlier exposure.
  private func addPersistence(
    of earlier: BlockExposure.Earlier, _ exposure: BlockExposure, to image: Image<Float>,
    scratch: Image<Float>
  ) {
    let share = Self.released(
      seconds: exposure.command.seconds,
      after: exposure.seconds - earlier.seconds - earlier.command.seconds,
      timeConstant: truth.persistenceSeconds)
    let released = Float(truth.persistence * truth.fullWell * share)
    guard released > 1e-4 else { return }
    expect(
      earlier.command, at: earlier.seconds, dither: earlier.dither, kelvin: exposure.kelvin,
      into: scratch)
    Blooming.apply(to: scratch, wells: wells)
    let full = Float(truth.fullWell) * 0.98
    for index in image.pixels.indices where scratch.pixels[index] >= full {
      image.pixels[index] += released
    }
  }

  /// The share of what is held at first that is released during an exposure.
  static func released(seconds: Double, after delay: Double, timeConstant: Double) -> Double {
    guard delay >= 0, timeConstant > 0, seconds > 0 else { return 0 }
    return exponential(-delay / timeConstant) - exponential(-(delay + seconds) / timeConstant)
  }
}
