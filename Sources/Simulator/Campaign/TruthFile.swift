import Campaign
import Detector
import Diagnostics
import Foundation
import Ingest

/// The content of `truth.json`: everything that is true of a simulated block. ADU, deg C.
public struct TruthFile: Sendable, Codable, Equatable {
  /// One exposure.
  public struct Exposure: Sendable, Codable, Equatable {
    /// Its number.
    public var obsid: Int
    /// The time, ISO 8601.
    public var date: String
    /// The label of the test.
    public var test: String
    /// The level of each amplifier's pre-scan at the middle row, by detector, then by amplifier.
    public var offsets: [String: [String: Double]]
    /// The number that its random numbers derive from, where that is not the ObsID.
    public var number: Int?
    /// The light relative to the chamber's profile, where there is light.
    public var light: Double?
    /// Seconds that the shutter was open, where it was.
    public var openSeconds: Double?
    /// The point source's displacement on the detector, pixels to the right and up, where it moves.
    public var dither: [Double]?
    /// Temperature of the detectors, kelvin, where the test commands one.
    public var kelvin: Double?
    /// What was commanded of light, time and injection, where there may be charge.
    public var command: Command?
  }

  /// What of the commanded values makes charge.
  public struct Command: Sendable, Codable, Equatable {
    /// Exposure time, seconds.
    public var seconds: Double
    /// Time of one row's read-out, seconds.
    public var rowSeconds: Double
    /// `flat` or `point`, where there is light.
    public var light: String?
    /// Position of the filter wheel, from 1 on, where there is light.
    public var filter: Int?
    /// The mirror's position, mm, where there are point sources.
    public var mirror: Double?
    /// Injected lines.
    public var injection: Injection?

    /// Injected charge.
    public struct Injection: Sendable, Codable, Equatable {
      /// Lines with charge, and without, repeating.
      public var onRows: Int
      public var offRows: Int
      /// Injection drain low, volts.
      public var idl: Double
      /// Gate 1 by suffix such as `1_T`, and gate 2 by `T` and `B`, volts.
      public var ig1: [String: Double]
      public var ig2: [String: Double]
      /// The half that is injected: `B` is read through E and F; nil for none.
      public var half: String?
    }

    /// Nil for a frame without any charge.
    init?(_ command: FrameCommand) {
      guard command.hasCharge else { return nil }
      seconds = command.seconds
      rowSeconds = TruthGenerator.rounded(command.rowSeconds, 8)
      if command.light != .none {
        light = command.light == .point ? "point" : "flat"
        filter = command.filter
      }
      if command.light == .point { mirror = command.mirror }
      injection = command.injection.map { lines in
        Injection(
          onRows: lines.onRows, offRows: lines.offRows, idl: lines.idl, ig1: lines.ig1,
          ig2: lines.ig2, half: lines.half)
      }
    }
  }

  /// The version of this format.
  public var format = 1
  /// The program's version.
  public var program: String
  /// The block's name.
  public var block: String
  /// The camera's name.
  public var camera: String
  /// The version of the acquisition system.
  public var elvis: String
  /// What all random numbers derive from.
  public var seed: UInt64
  /// The variance that rounding to whole ADU adds to all noise, ADU squared.
  public var roundingVariance = 1.0 / 12
  /// The detectors by name.
  public var detectors: [String: DetectorTruth]
  /// The chamber's light.
  public var bench: BenchTruth?
  /// Signal of a victim per signal of a source: `[victim][source]`, channels named `CCD1_E`.
  public var crossTalk: [String: [String: Double]]?
  /// The exposures in order.
  public var exposures: [Exposure]
  /// What was made wrong.
  public var faults: [Fault]

  /// Reads the bytes of a truth file.
  public static func parse(_ bytes: [UInt8]) throws -> TruthFile {
    try JSONDecoder().decode(TruthFile.self, from: Data(bytes))
  }

  /// The file's text: sorted keys, numbers that read back the same.
  public func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// The truth of a plan.
  init(plan: BlockPlan, camera: Camera, order: CampaignOrder) {
    program = ProgramVersion.current
    block = plan.block.name
    self.camera = camera.name
    elvis = plan.version.name
    seed = order.seed
    detectors = plan.truth
    exposures = plan.exposures.map { exposure in
      var offsets: [String: [String: Double]] = [:]
      for (detector, truth) in plan.truth {
        for (name, amplifier) in truth.amplifiers {
          offsets[detector, default: [:]][name] = TruthGenerator.rounded(
            amplifier.offset + (exposure.levels[detector]?[name] ?? 0), 5)
        }
      }
      var entry = Exposure(
        obsid: exposure.obsid, date: exposure.date.isoText, test: exposure.test, offsets: offsets)
      if exposure.number != exposure.obsid { entry.number = exposure.number }
      if exposure.command.light != .none {
        entry.light = TruthGenerator.rounded(plan.bench.light(after: exposure.seconds), 8)
        entry.openSeconds = TruthGenerator.rounded(
          plan.bench.openSeconds(exposure.command.seconds), 6)
      }
      if exposure.dither != .zero { entry.dither = [exposure.dither.x, exposure.dither.y] }
      entry.kelvin = exposure.kelvin
      entry.command = Command(exposure.command)
      return entry
    }
    bench = plan.bench
    crossTalk = plan.crossTalk
    faults = plan.faults
  }
}
