public import Detector

/// All frames of one exposure: the charge of every amplifier, cross-talk between them, and the read-out.
///
/// The amplifiers of all detectors are read at the same time, pixel by pixel in canonical order; so the
/// detectors of a block are computed together. The pixels depend on truth, seed and exposure alone.
public struct ExposureModel: Sendable {
  /// Memory that exposures use one after the other; not for two tasks at once.
  public final class Workspace {
    fileprivate var images: [Image<Float>] = []

    /// Empty; it grows with its first use.
    public init() {}

    fileprivate func reserve(_ count: Int, width: Int, height: Int) {
      if images.count < count || images.first.map({ $0.width != width || $0.height != height })
        ?? true
      {
        images = (0..<count).map { _ in Image<Float>(width: width, height: height) }
      }
    }
  }

  /// The camera.
  public let camera: Camera
  private let readouts: [(detector: String, model: BiasModel)]
  private let channels: [Channel]
  /// `coupling[victim][source]`.
  private let coupling: [[Float]]

  private struct Channel: Sendable {
    let detector: Int
    let chain: Int
    let charge: ChargeModel
  }

  /// A model of one block.
  ///
  /// - Parameters:
  ///   - detectors: the truth by name; those that are missing are not computed.
  ///   - crossTalk: signal of the victim per signal of the source: `[victim][source]`, each named
  ///     `CCD1_E`.
  ///   - seed, block: what all random numbers derive from.
  public init(
    camera: Camera, detectors: [String: DetectorTruth], bench: BenchTruth,
    crossTalk: [String: [String: Double]], seed: UInt64, block: String
  ) {
    self.camera = camera
    readouts = camera.detectors.compactMap { name in
      detectors[name].map {
        (
          name,
          BiasModel(camera: camera, truth: $0, seed: seed, block: block, detector: name)
        )
      }
    }
    var channels: [Channel] = []
    var names: [String] = []
    for (index, readout) in readouts.enumerated() {
      for (chain, amplifier) in camera.amplifiers.enumerated() {
        let truth = readout.model.truth
        channels.append(
          Channel(
            detector: index, chain: chain,
            charge: ChargeModel(
              camera: camera, amplifier: amplifier, detector: readout.detector, truth: truth,
              charge: truth.charge?[amplifier.name] ?? ChargeTruth(), bench: bench, seed: seed,
              block: block)))
        names.append("\(readout.detector)_\(amplifier.name)")
      }
    }
    self.channels = channels
    coupling = names.map { victim in
      names.map { Float(victim == $0 ? 0 : crossTalk[victim]?[$0] ?? 0) }
    }
  }

  /// Computes the frames of an exposure.
  ///
  /// - Parameters:
  ///   - rows: of each amplifier in canonical order that are read; the others are set to 0.
  ///   - images: by detector, of the camera's size; all pixels are set.
  public func render(
    _ exposure: BlockExposure, rows: Range<Int>, into images: [String: Image<UInt16>],
    workspace: Workspace
  ) {
    guard exposure.command.hasCharge, let area = camera.regions[.image], area.count > 0 else {
      for (detector, model) in readouts {
        guard let image = images[detector] else { continue }
        model.render(exposure.ofDetector(detector), rows: rows, into: image)
      }
      return
    }
    workspace.reserve(channels.count + 3, width: area.columns.count, height: area.rows.count)
    let scratch = (
      workspace.images[channels.count], workspace.images[channels.count + 1],
      workspace.images[channels.count + 2]
    )
    // Light may spill from any row; what is injected only concerns those that are read and a few more.
    let needed = exposure.command.light == .none ? rows.upperBound + 8 : area.rows.count
    for (index, channel) in channels.enumerated() {
      channel.charge.collect(
        exposure, into: workspace.images[index], scratch: scratch, rows: needed)
    }
    let targets = readouts.map { images[$0.detector] }
    for image in targets { image?.pixels.update(repeating: 0) }
    readOut(exposure, rows: rows, charges: workspace.images, into: targets)
  }

  /// The pixels' relative response at 800 nm of a detector's frame; 0 outside of the image areas.
  ///
  /// Returns nil for a detector that is not computed.
  public func responseMap(ofDetector name: String) -> Image<Float>? {
    guard let number = readouts.firstIndex(where: { $0.detector == name }) else { return nil }
    let map = Image<Float>(width: camera.width, height: camera.height, filledWith: 0)
    for channel in channels where channel.detector == number {
      let amplifier = camera.amplifiers[channel.chain]
      let response = channel.charge.responseMap()
      let first = channel.charge.area
      for y in 0..<response.height {
        let row = amplifier.y0 + amplifier.flippedRow(first.rows.lowerBound + y)
        for x in 0..<response.width {
          map[amplifier.x0 + amplifier.flippedColumn(first.columns.lowerBound + x), row] =
            response[x, y]
        }
      }
    }
    return map
  }

  // MARK: - Reading

  private func readOut(
    _ exposure: BlockExposure, rows: Range<Int>, charges: [Image<Float>],
    into images: [Image<UInt16>?]
  ) {
    let width = camera.amplifiers.map(\.width).max() ?? 0
    let count = channels.count
    let exposures = readouts.map { exposure.ofDetector($0.detector) }
    let common = readouts.map { $0.model.commonNoise(obsid: exposure.obsid) }
    // Signals, signals with cross-talk, charge held in the columns, and room for the read-out.
    let capacity = width * (count * 2 + 3)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { scratch in
      guard let base = scratch.baseAddress, width > 0 else { return }
      scratch.initialize(repeating: 0)
      let mixed = base + width * count * 2
      let readoutScratch = UnsafeMutableBufferPointer(start: mixed + width, count: width * 2)
      for y in 0..<(camera.amplifiers.map(\.height).max() ?? 0) where y < rows.upperBound {
        for index in 0..<count {
          signal(
            y, of: index, charge: charges[index], held: base + width * (count + index),
            into: base + width * index, width: width)
        }
        guard rows.contains(y) else { continue }
        for (victim, channel) in channels.enumerated() {
          guard let image = images[channel.detector],
            y < camera.amplifiers[channel.chain].height
          else { continue }
          mixed.update(from: base + width * victim, count: width)
          for source in 0..<count where coupling[victim][source] != 0 {
            let (factor, other) = (coupling[victim][source], base + width * source)
            for x in 0..<width { mixed[x] += factor * other[x] }
          }
          readouts[channel.detector].model.renderRow(
            y, ofChain: channel.chain, exposure: exposures[channel.detector],
            common: common[channel.detector][y], signal: mixed, into: image,
            scratch: readoutScratch)
        }
      }
    }
  }

  /// The signal of one row at the node, ADU: after the traps of the transfers, gain and non-linearity.
  private func signal(
    _ y: Int, of index: Int, charge: Image<Float>, held: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>, width: Int
  ) {
    let model = channels[index].charge
    let truth = model.truth
    let area = model.area
    let columns = area.columns.clamped(to: 0..<width)
    out.update(repeating: 0, count: width)
    let line = y - area.rows.lowerBound
    let first = columns.lowerBound
    let count = min(columns.count, charge.width)
    guard count > 0 else { return }
    if (0..<charge.height).contains(line), let row = charge.row(line).baseAddress {
      (out + first).update(from: row, count: count)
    }
    let deferred = truth.parallelDeferred
    if deferred.fraction > 0 {
      let share = Float(deferred.fraction)
      let release = Float(1 - exponential(-1 / max(deferred.pixels, 0.1)))
      for x in 0..<count {
        let aim = share * out[first + x]
        let change = (aim - held[x]) * (aim > held[x] ? 1 : release)
        held[x] += change
        out[first + x] -= change
      }
    }
    if truth.serialDeferred.fraction > 0 {
      let tail = exponential(-1 / max(truth.serialDeferred.pixels, 0.1))
      var rest = Float(truth.serialDeferred.fraction) * out[first + count - 1]
      for x in (first + count)..<max(width, first + count) where x < width {
        out[x] = rest * Float(1 - tail)
        rest *= Float(tail)
      }
    }
    let toADU = Float(1 / max(truth.gain, 1e-3))
    let c = truth.nonLinearity
    if c.isEmpty {
      for x in first..<width { out[x] *= toADU }
    } else {
      let (c1, c2) = (Float(c[0]), Float(c.count > 1 ? c[1] : 0))
      let c3 = Float(c.count > 2 ? c[2] : 0)
      for x in first..<width {
        let linear = out[x] * toADU
        let share = linear * (1 / 65536)
        out[x] = linear * (1 + share * (c1 + share * (c2 + share * c3)))
      }
    }
  }
}
