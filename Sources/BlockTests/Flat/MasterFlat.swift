import Analysis
import Detector

/// The stack of one detector's flats of one fluence, each divided by its illumination.
struct MasterFlat: Sendable {
  /// One frame: where it is, and what earlier steps know of it.
  struct Frame: Sendable {
    var obsid: Int
    var source: FrameSource
    /// The offset of each amplifier, in the camera's order [adu].
    var levels: [Double]
    /// The illumination of each amplifier; nil where it could not be modelled.
    var models: [IlluminationModel?]
  }

  /// The mean of the normalised frames, 1 outside of the image area; NaN where no frame has a valid pixel.
  let flat: Image<Float>
  /// Its error; 0 outside of the image area.
  let error: Image<Float>
  /// The means of the frames with even and odd numbers.
  let first, second: Image<Float>
  /// The number of frames that entered.
  let count: Image<UInt16>
  /// The mean illumination [adu]; 0 outside of the image area.
  let model: Image<Float>
  /// The noise of a single frame's pixels relative to their level, by amplifier; nil without two frames.
  let temporal: [Double?]

  /// Rows read from every file at once: fewer of many files, so that a band's memory stays the same.
  private static func bandRows(frames: Int) -> Int { max(4, min(64, 2048 / max(1, frames))) }

  /// Stacks frames band by band, several bands at a time.
  ///
  /// - Parameter progress: told the share that is done.
  static func stack(
    _ frames: [Frame], _ settings: FlatSettings, _ context: TestContext,
    progress: @escaping @Sendable (Double) -> Void
  ) async throws -> MasterFlat? {
    let camera = context.camera
    guard let image = settings.image, !frames.isEmpty else { return nil }
    let rows = camera.amplifiers.map {
      IlluminationRows(region: image, distance: settings.distance, amplifier: $0)
    }
    let stack = MasterFlat(frames, image: image, rows: rows, settings, context)
    let limits = stack.temporal.map { Float(settings.clip * ($0 ?? .infinity)) }
    let areas = camera.amplifiers.map { $0.frameRegion(of: image) }
    var bands: [Range<Int>] = []
    for rows in Set(areas.map(\.rows)).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      bands += Swift.stride(
        from: rows.lowerBound, to: rows.upperBound, by: bandRows(frames: frames.count)
      ).map { $0..<min($0 + bandRows(frames: frames.count), rows.upperBound) }
    }
    let tracker = ProgressCounter(total: bands.count, report: progress)
    _ = try await parallelMap(bands, workers: context.workers) { band -> Bool in
      try context.checkCancellation()
      defer { tracker.advance() }
      let buffer = Image<UInt16>(width: camera.width * band.count, height: frames.count)
      for (index, frame) in frames.enumerated() {
        try frame.source.readRows(band, into: buffer.row(index))
      }
      for (index, amplifier) in camera.amplifiers.enumerated() {
        let mine = areas[index].rows.clamped(to: band)
        guard !mine.isEmpty, frames.contains(where: { $0.models[index] != nil }) else { continue }
        let worker = RowWorker(
          amplifier, index, areas[index], rows[index], frames, settings, camera)
        for y in mine {
          worker.load(y, from: buffer, firstRow: band.lowerBound)
          let start = y * camera.width + areas[index].columns.lowerBound
          guard let flat = stack.flat.pixels.baseAddress, let error = stack.error.pixels.baseAddress,
            let first = stack.first.pixels.baseAddress,
            let second = stack.second.pixels.baseAddress,
            let count = stack.count.pixels.baseAddress
          else { continue }
          worker.stacker.stack(
            count: areas[index].columns.count, limit: limits[index],
            into: FlatStacker.Target(
              flat: flat + start, error: error + start, first: first + start,
              second: second + start, count: count + start))
        }
      }
      withExtendedLifetime((buffer, stack)) {}
      return true
    }
    return stack
  }

  /// Empty images, the mean illumination, and the noise of a frame.
  private init(
    _ frames: [Frame], image: Region, rows: [IlluminationRows], _ settings: FlatSettings,
    _ context: TestContext
  ) {
    let camera = context.camera
    flat = Image(width: camera.width, height: camera.height, filledWith: 1)
    error = Image(width: camera.width, height: camera.height, filledWith: 0)
    first = Image(width: camera.width, height: camera.height, filledWith: 1)
    second = Image(width: camera.width, height: camera.height, filledWith: 1)
    count = Image(width: camera.width, height: camera.height, filledWith: 0)
    model = Image(width: camera.width, height: camera.height, filledWith: 0)
    var temporal: [Double?] = []
    for (index, amplifier) in camera.amplifiers.enumerated() {
      let area = amplifier.frameRegion(of: image)
      let models = frames.compactMap { $0.models[index] }
      if let mean = Self.mean(models) {
        for y in area.rows {
          guard let line = model.row(y).baseAddress else { continue }
          rows[index].fill(
            mean, canonicalRow: amplifier.flippedRow(y - amplifier.y0),
            into: line + area.columns.lowerBound)
        }
      } else {
        for y in area.rows {
          for x in area.columns {
            flat.row(y)[x] = .nan
            error.row(y)[x] = .nan
          }
        }
      }
      temporal.append(
        try? Self.noise(
          frames, RowWorker(amplifier, index, area, rows[index], frames, settings, camera), area,
          camera))
    }
    self.temporal = temporal
  }

  private static func mean(_ models: [IlluminationModel]) -> IlluminationModel? {
    guard let first = models.first else { return nil }
    var sum = [Double](repeating: 0, count: first.coefficients.count)
    for model in models where model.coefficients.count == sum.count {
      for (index, value) in model.coefficients.enumerated() { sum[index] += value }
    }
    return IlluminationModel(
      region: first.region, distance: first.distance,
      coefficients: sum.map { $0 / Double(models.count) })
  }

  /// The noise of a single normalised frame: 1.4826 / sqrt(2) times the median difference of successive frames, over
  /// pixels of twelve rows.
  private static func noise(
    _ frames: [Frame], _ worker: RowWorker, _ area: Region, _ camera: Camera
  ) throws -> Double {
    guard frames.count > 1 else { throw NotMeasurable("one frame only") }
    var list: [Float] = []
    let buffer = Image<UInt16>(width: camera.width, height: frames.count)
    let step = max(1, area.rows.count / 12)
    let columns = max(1, area.columns.count * frames.count / 20_000)
    for y in stride(from: area.rows.lowerBound + step / 2, to: area.rows.upperBound, by: step) {
      for (index, frame) in frames.enumerated() {
        try frame.source.readRows(y..<y + 1, into: buffer.row(index))
      }
      worker.load(y, from: buffer, firstRow: y)
      worker.stacker.addDifferences(to: &list, count: area.columns.count, step: columns)
    }
    let middle = try median(list.map(Double.init))
    guard middle > 0 else { throw NotMeasurable("the frames do not differ") }
    return RobustScale.fromMedianDeviation * middle / 2.squareRoot()
  }

  /// Fills the rows of one amplifier of all frames; serves one task.
  private final class RowWorker {
    let stacker: FlatStacker
    private let amplifier: Amplifier
    private let index: Int
    private let area: Region
    private let rows: IlluminationRows
    private let frames: [Frame]
    private let settings: FlatSettings
    private let camera: Camera
    private var line: [Float]

    init(
      _ amplifier: Amplifier, _ index: Int, _ area: Region, _ rows: IlluminationRows,
      _ frames: [Frame], _ settings: FlatSettings, _ camera: Camera
    ) {
      (self.amplifier, self.index, self.area, self.rows) = (amplifier, index, area, rows)
      (self.frames, self.settings, self.camera) = (frames, settings, camera)
      line = [Float](repeating: 1, count: max(1, area.columns.count))
      stacker = FlatStacker(
        frames: frames.count, width: area.columns.count, valid: camera.validValues)
    }

    /// Normalises a row of the frame in all frames; `buffer` has one line a frame, with rows from `firstRow` on.
    func load(_ y: Int, from buffer: Image<UInt16>, firstRow: Int) {
      stacker.begin()
      let canonical = amplifier.flippedRow(y - amplifier.y0)
      let width = camera.width
      let columns = area.columns
      for (number, frame) in frames.enumerated() {
        guard let model = frame.models[index],
          let start = buffer.row(number).baseAddress
        else {
          stacker.setMissing(number, count: columns.count)
          continue
        }
        let row = UnsafePointer(start + (y - firstRow) * width)
        let offset = settings.offset(
          row: row, amplifier: amplifier, level: frame.levels[index], camera)
        line.withUnsafeMutableBufferPointer { line in
          guard let line = line.baseAddress else { return }
          rows.fill(model, canonicalRow: canonical, into: line)
          stacker.set(
            number, raw: row + columns.lowerBound, count: columns.count, offset: offset, model: line
          )
        }
      }
      withExtendedLifetime(buffer) {}
    }
  }
}
