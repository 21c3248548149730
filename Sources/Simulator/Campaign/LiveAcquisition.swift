import Campaign
import Detector
import DurableFiles
import Ingest

/// Writes a block's data at the times at which the acquisition would have: for those who wait for data.
///
/// An exposure's house-keeping and frames appear when it has been read out; then its lines are added to
/// the log, as ELVIS does. The bytes in the end are those of an order without pace.
struct LiveAcquisition {
  let plan: BlockPlan
  let camera: Camera
  let rows: LogRows
  let writer: FrameWriter
  let readings: HousekeepingReadings
  let model: ExposureModel
  /// The block's folder.
  let folder: String
  /// How many times faster than real.
  let acceleration: Double
  let check: @Sendable () throws -> Void

  /// Seconds of the acquisition by which a late frame is late.
  static let lateSeconds = 300.0
  /// Seconds between two of the parts in which a growing frame is written, and how many there are.
  static let partSeconds = 40.0
  static let parts = 4
  /// Seconds for which a folder is away, and between the halves of a log written again.
  static let awaySeconds = 120.0
  static let rewriteSeconds = 20.0

  private let clock = ContinuousClock()

  /// A frame, or a part of its file, that is still to come.
  private struct Late {
    let exposure: BlockPlan.Exposure
    let detector: String
    let due: Double
    /// The bytes to be added; nil for the whole file.
    var part: [UInt8]?
  }

  init(
    plan: BlockPlan, camera: Camera, order: CampaignOrder, model: ExposureModel, folder: String,
    acceleration: Double, check: @escaping @Sendable () throws -> Void
  ) {
    self.plan = plan
    self.camera = camera
    rows = LogRows(plan: plan, camera: camera, underscoreInNames: order.underscoreInNames)
    writer = FrameWriter(plan: plan, camera: camera, rows: rows)
    readings = HousekeepingReadings(plan: plan, camera: camera, seed: order.seed)
    self.model = model
    self.folder = folder
    self.acceleration = acceleration
    self.check = check
  }

  /// Acquires all exposures.
  ///
  /// - Parameter afterEach: is called after each frame, late ones included.
  /// - Throws: `FileError`, `FITSError`, and what `check` throws.
  func run(afterEach: () throws -> Void) async throws {
    let start = clock.now
    let frames = FrameSet(camera: camera)
    var late: [Late] = []
    for exposure in plan.exposures {
      model.render(
        exposure.pixels, rows: writer.rows(of: exposure), into: frames.images,
        workspace: frames.workspace)
      let done = exposure.seconds + exposure.column.secondsPerFrame
      for entry in late where entry.due <= done {
        try await wait(until: entry.due, since: start)
        try writeLate(entry)
        try afterEach()
      }
      late.removeAll { $0.due <= done }
      try await wait(until: done, since: start)
      let day = "\(folder)/data/\(exposure.date.folderName)"
      try AtomicFile.makeFolder(day)
      if !plan.has(.housekeepingMissing, exposure) {
        let row = rows.values(exposure, camera.detectors.first ?? "")
        try HousekeepingFile.write(
          version: plan.version, readings: readings.readings(exposure, row: row),
          to: day + "/" + HousekeepingFile.fileName(obsid: exposure.obsid, date: exposure.date))
      }
      for detector in camera.detectors {
        if plan.has(.lateFrame, exposure, detector) {
          late.append(Late(exposure: exposure, detector: detector, due: done + Self.lateSeconds))
          late.sort { $0.due < $1.due }
          continue
        }
        if let image = frames.images[detector] { try write(exposure, detector, image) }
        if plan.has(.growingFrame, exposure, detector) {
          late += try cut(exposure, detector, after: done)
          late.sort { $0.due < $1.due }
        }
        try afterEach()
      }
      let log = LiveLog(path: day + "/" + ExposureLog.fileName(of: exposure.date))
      try log.append(rows.lines(exposure), header: rows.bytes([]))
      if plan.has(.logRewritten, exposure) { try await rewrite(log) }
      if plan.has(.vanishingFolder, exposure) { try await hide(day) }
    }
    for entry in late {
      try await wait(until: entry.due, since: start)
      try writeLate(entry)
      try afterEach()
    }
  }

  // MARK: - Steps

  private func write(
    _ exposure: BlockPlan.Exposure, _ detector: String, _ image: Image<UInt16>
  ) throws {
    try writer.write(
      exposure, detector, image: image, to: path(exposure, detector),
      dayFolder: exposure.date.folderName)
  }

  /// Leaves the first part of a frame's file, and returns the others.
  private func cut(
    _ exposure: BlockPlan.Exposure, _ detector: String, after done: Double
  ) throws -> [Late] {
    let path = path(exposure, detector)
    guard let bytes = try? InputFile.bytes(of: path, limit: 1 << 30), bytes.count > Self.parts
    else { return [] }
    let size = bytes.count / Self.parts
    try LiveLog(path: path).replace(with: Array(bytes.prefix(size)))
    return (1..<Self.parts).map { part in
      let end = part + 1 == Self.parts ? bytes.count : (part + 1) * size
      return Late(
        exposure: exposure, detector: detector, due: done + Double(part) * Self.partSeconds,
        part: Array(bytes[part * size..<end]))
    }
  }

  private func path(_ exposure: BlockPlan.Exposure, _ detector: String) -> String {
    "\(folder)/data/\(exposure.date.folderName)/\(rows.fileName(exposure, detector)).fits"
  }

  /// Computes the frame once more: keeping it would take the memory of a frame for each.
  private func writeLate(_ entry: Late) throws {
    if let part = entry.part {
      return try LiveLog(path: path(entry.exposure, entry.detector)).append(part, header: [])
    }
    let frames = FrameSet(camera: camera)
    model.render(
      entry.exposure.pixels, rows: writer.rows(of: entry.exposure), into: frames.images,
      workspace: frames.workspace)
    if let image = frames.images[entry.detector] {
      try write(entry.exposure, entry.detector, image)
    }
  }

  private func rewrite(_ log: LiveLog) async throws {
    let bytes = try InputFile.bytes(of: log.path, limit: 1 << 30)
    try log.replace(with: Array(bytes.prefix(bytes.count / 2)))
    // Whatever ends the pause, the log must be whole after it.
    do { try await pause(Self.rewriteSeconds) } catch {
      try log.replace(with: bytes)
      throw error
    }
    try log.append(Array(bytes.dropFirst(bytes.count / 2)), header: [])
  }

  private func hide(_ day: String) async throws {
    let away = day + ".away"
    try LiveLog.move(day, to: away)
    do { try await pause(Self.awaySeconds) } catch {
      try LiveLog.move(away, to: day)
      throw error
    }
    try LiveLog.move(away, to: day)
  }

  // MARK: - Time

  private func pause(_ seconds: Double) async throws {
    try await sleep(until: clock.now.advanced(by: .seconds(seconds / acceleration)))
  }

  private func wait(until seconds: Double, since start: ContinuousClock.Instant) async throws {
    try await sleep(until: start.advanced(by: .seconds(seconds / acceleration)))
  }

  /// In short naps, so that a request to end is heard.
  private func sleep(until instant: ContinuousClock.Instant) async throws {
    try check()
    while clock.now < instant {
      try await Task.sleep(until: min(instant, clock.now.advanced(by: .milliseconds(100))))
      try check()
    }
  }
}
