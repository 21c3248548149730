import Campaign
public import Detector
import Diagnostics
import DurableFiles
import FITSFiles
import Ingest
import Synchronization

/// Writes whole simulated blocks: day folders as ELVIS writes them, the truth, and a configuration.
///
/// The bytes depend on the order alone, not on the number of threads. Memory holds one frame a thread.
public struct CampaignSimulator: Sendable {
  /// What was written.
  public struct Summary: Sendable, Codable, Equatable {
    /// One block.
    public struct Block: Sendable, Codable, Equatable {
      /// The name.
      public var name: String
      /// The block's folder.
      public var folder: String
      /// The configuration for `vison-run`.
      public var configuration: String
      /// The number of exposures.
      public var exposures: Int
      /// The number of frames, those included that a fault made away with.
      public var frames: Int
    }
    /// The blocks in order.
    public var blocks: [Block]
  }

  /// What is asked for.
  public let order: CampaignOrder
  /// The camera.
  public let camera: Camera
  private let plans: [BlockPlan]

  /// Plans a campaign; nothing is written yet.
  ///
  /// - Throws: `SimulatorError` and `CampaignError` for an order that cannot be carried out.
  public init(_ order: CampaignOrder) throws {
    self.order = order
    camera = try CameraCatalog.camera(order.cameraName)
    let version = try ElvisVersion.require(order.elvis)
    guard ["7.5.X", "7.2.X", "6.5.X", "6.3.0"].contains(version.name) else {
      throw SimulatorError(
        .unsupportedVersion, "logs of ELVIS \(version.name) cannot be simulated",
        remedy: "simulated are 7.5.X, 7.2.X, 6.5.X and 6.3.0")
    }
    if let acceleration = order.acceleration {
      guard acceleration.isFinite, acceleration > 0, acceleration <= 1e9 else {
        throw SimulatorError(
          .badOption, "the acquisition cannot be accelerated \(acceleration) times",
          remedy: "give a number above 0, such as 100; 1 is real time")
      }
    }
    for (parameter, value) in order.truth { try parameter.check(value) }
    guard (1...10_000).contains(order.frames ?? 1), order.firstObsID >= 0,
      order.firstObsID < 1 << 31, (1970...2069).contains(order.start.parts.year),
      !order.tests.isEmpty
    else {
      throw SimulatorError(
        .badOption, "frames, first ObsID, tests or start date are out of range",
        remedy: "1 to 10000 frames, ObsIDs below 2^31, at least one test, years 1970 to 2069")
    }
    let plane = try CameraCatalog.focalPlane()
    let names = order.blocks ?? plane.design()?.flight ?? []
    guard Set(names).count == names.count, !names.isEmpty else {
      throw SimulatorError(.badOption, "a block is named twice, or none is named")
    }
    let (cameraNow, orderNow) = (camera, order)
    plans = try names.map { name in
      guard let block = plane.block(named: name) else {
        let known = plane.blocks.map(\.name)
        let nearest = nearestName(to: name, among: known).map { "did you mean \($0)? " } ?? ""
        throw SimulatorError(
          .unknownBlock, "block '\(name.clipped(to: 60))' is not known",
          remedy: nearest + "known are \(known.joined(separator: ", "))")
      }
      return try BlockPlan(block: block, camera: cameraNow, order: orderNow)
    }
  }

  /// The number of frames of all blocks.
  public var frameCount: Int {
    plans.reduce(0) { $0 + $1.exposures.count * camera.detectors.count }
  }

  /// The truth of a block; nil for one that is not simulated.
  public func truth(ofBlock name: String) -> TruthFile? {
    plans.first { $0.block.name == name }.map {
      TruthFile(plan: $0, camera: camera, order: order)
    }
  }

  /// The number of bytes that the frames will take, about.
  public var estimatedBytes: Int { frameCount * (camera.width * camera.height * 2 + 20_000) }

  /// Writes everything.
  ///
  /// - Parameters:
  ///   - progress: is told, by any thread, how many frames are done.
  ///   - check: throws to stop early; called between frames.
  /// - Throws: `SimulatorError` where a block's folder is there already, or is to be overwritten and
  ///   was not made by a simulator; `FileError`, `FITSError`, and what `check` throws.
  public func run(
    progress: @escaping @Sendable (_ done: Int, _ total: Int, _ block: String) -> Void = {
      _, _, _ in
    },
    check: @escaping @Sendable () throws -> Void = {}
  ) async throws -> Summary {
    // All blocks are looked at before the first is touched.
    var former: [FormerCampaign] = []
    for plan in plans {
      let folder = self.folder(of: plan)
      if order.overwrites {
        former.append(try FormerCampaign(folder: folder, block: plan.block.name))
      } else if let names = try? InputFile.names(in: folder), !names.isEmpty {
        throw SimulatorError(
          .outputNotEmpty, "the folder of block \(plan.block.name) is not empty", place: folder,
          remedy: "remove it, choose another --output, or allow --overwrite")
      }
    }
    var blocks: [Summary.Block] = []
    let done = NextJob()
    let total = frameCount
    for (index, plan) in plans.enumerated() {
      try check()
      if former.indices.contains(index) { try former[index].remove() }
      let afterEach: @Sendable () throws -> Void = {
        try check()
        progress((done.take(below: total) ?? total - 1) + 1, total, plan.block.name)
      }
      let folder = folder(of: plan)
      if let acceleration = order.acceleration {
        try writeTruth(of: plan)
        try await LiveAcquisition(
          plan: plan, camera: camera, order: order, model: model(of: plan), folder: folder,
          acceleration: acceleration, check: check
        ).run(afterEach: afterEach)
      } else {
        try writeTexts(of: plan)
        try await writeFrames(of: plan, afterEach: afterEach)
      }
      blocks.append(
        Summary.Block(
          name: plan.block.name, folder: folder, configuration: folder + "/vison.yaml",
          exposures: plan.exposures.count,
          frames: plan.exposures.count * camera.detectors.count))
    }
    return Summary(blocks: blocks)
  }

  // MARK: - Texts

  private func folder(of plan: BlockPlan) -> String {
    "\(order.output)/\(SafeName.component(plan.block.name))"
  }

  private func dayFolder(of exposure: BlockPlan.Exposure, _ plan: BlockPlan) -> String {
    "\(folder(of: plan))/data/\(exposure.date.folderName)"
  }

  private func writeTexts(of plan: BlockPlan) throws {
    try writeTruth(of: plan)
    let rows = LogRows(plan: plan, camera: camera, underscoreInNames: order.underscoreInNames)
    let readings = HousekeepingReadings(plan: plan, camera: camera, seed: order.seed)
    for (_, day) in Dictionary(grouping: plan.exposures, by: \.date.folderName)
      .sorted(by: { $0.key < $1.key })
    {
      guard let first = day.first else { continue }
      let path = dayFolder(of: first, plan)
      try AtomicFile.makeFolder(path)
      try AtomicFile.write(
        rows.bytes(day), to: path + "/" + ExposureLog.fileName(of: first.date))
      for exposure in day where !plan.has(.housekeepingMissing, exposure) {
        let row = rows.values(exposure, camera.detectors.first ?? "")
        try HousekeepingFile.write(
          version: plan.version, readings: readings.readings(exposure, row: row),
          to: path + "/" + HousekeepingFile.fileName(obsid: exposure.obsid, date: exposure.date))
      }
    }
  }

  /// The truth, which comes first: it tells what may be removed where the work is interrupted. Then the
  /// configuration.
  private func writeTruth(of plan: BlockPlan) throws {
    let folder = folder(of: plan)
    try AtomicFile.makeFolder(folder)
    let truth = TruthFile(plan: plan, camera: camera, order: order)
    try AtomicFile.write(try truth.text(), to: folder + "/truth.json")
    if order.writesMaps {
      let model = model(of: plan)
      for detector in camera.detectors {
        guard let map = model.responseMap(ofDetector: detector) else { continue }
        try FITSWriter.write(
          to: "\(folder)/truth_\(SafeName.component(detector)).fits",
          hdus: [.empty(cards: []), .image(name: "RESPONSE", pixels: .float32(map))])
      }
    }
    var cameraName = order.cameraName
    if !CameraCatalog.names.contains(cameraName) {
      // The order's path is relative to where the simulator runs, so the block gets its own copy.
      cameraName = "camera.yaml"
      try AtomicFile.write(CameraCatalog.text(of: camera) + "\n", to: "\(folder)/\(cameraName)")
    }
    let text = ConfigurationText.text(
      plan: plan, camera: camera, cameraName: cameraName, order: order)
    // What is written must load: a defect is to be found here, not in the analysis.
    let path = folder + "/vison.yaml"
    _ = try BlockConfiguration.parse(Array(text.utf8), path: path)
    try AtomicFile.write(text, to: path)
  }

  // MARK: - Frames

  private func writeFrames(
    of plan: BlockPlan, afterEach: @escaping @Sendable () throws -> Void
  ) async throws {
    let rows = LogRows(plan: plan, camera: camera, underscoreInNames: order.underscoreInNames)
    let writer = FrameWriter(plan: plan, camera: camera, rows: rows)
    let model = model(of: plan)
    let next = NextJob()
    let workers = max(1, min(order.threads, plan.exposures.count))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workers {
        group.addTask {
          let frames = FrameSet(camera: camera)
          while let index = next.take(below: plan.exposures.count), !Task.isCancelled {
            let exposure = plan.exposures[index]
            model.render(
              exposure.pixels, rows: writer.rows(of: exposure), into: frames.images,
              workspace: frames.workspace)
            for detector in camera.detectors {
              guard let image = frames.images[detector] else { continue }
              try writer.write(
                exposure, detector, image: image,
                to: "\(dayFolder(of: exposure, plan))/\(rows.fileName(exposure, detector)).fits",
                dayFolder: exposure.date.folderName)
              try afterEach()
            }
          }
        }
      }
      // The first failure cancels the others, which stop after their exposure.
      try await group.waitForAll()
    }
  }

  /// The model of a block's frames.
  func model(of plan: BlockPlan) -> ExposureModel {
    ExposureModel(
      camera: camera, detectors: plan.truth, bench: plan.bench, crossTalk: plan.crossTalk,
      seed: order.seed, block: plan.block.name)
  }
}

/// The memory in which one task makes the frames of an exposure.
struct FrameSet {
  let images: [String: Image<UInt16>]
  let workspace = ExposureModel.Workspace()

  init(camera: Camera) {
    var images: [String: Image<UInt16>] = [:]
    for detector in camera.detectors {
      images[detector] = Image<UInt16>(width: camera.width, height: camera.height)
    }
    self.images = images
  }
}

/// Hands out indices, each once.
private final class NextJob: Sendable {
  private let counter = Atomic<Int>(0)

  func take(below count: Int) -> Int? {
    let index = counter.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }
}
