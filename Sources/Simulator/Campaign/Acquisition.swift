import Campaign
import Detector
import Ingest

/// The exposures of a block in the order of their acquisition, faults of the order included.
struct Acquisition {
  let order: CampaignOrder
  let block: FocalPlane.Block
  let bench: BenchTruth
  private(set) var exposures: [BlockPlan.Exposure] = []
  private(set) var tests: [TestDefinition] = []
  private(set) var attempts: [BlockPlan.Attempt] = []
  private var date: ElvisDate
  private var nextObsID: Int

  /// The motor's step that moves the source by one pixel, as scripts give it.
  private static let stepOfOnePixel = 120.0

  init(order: CampaignOrder, block: FocalPlane.Block, bench: BenchTruth) {
    self.order = order
    self.block = block
    self.bench = bench
    date = order.start
    nextObsID = order.firstObsID
  }

  /// Acquires a test; one that is aborted is acquired again from its beginning.
  mutating func take(_ test: TestDefinition, _ entry: CampaignOrder.Test) {
    tests.append(test)
    var isAborted = acquire(test, entry)
    // Once more for each fault that hits the attempt; each can only do so once.
    for _ in 0..<order.faults.count where isAborted { isAborted = acquire(test, entry) }
  }

  /// One attempt; tells whether it was aborted.
  private mutating func acquire(_ test: TestDefinition, _ entry: CampaignOrder.Test) -> Bool {
    let first = exposures.count
    for column in test.columns {
      let command = FrameCommand(column.values)
      for _ in 0..<column.frames {
        add(test, column, command)
        if isAborted(after: exposures.count - 1) { return true }
      }
    }
    let mine = exposures[first...].map(\.obsid)
    if let low = mine.min(), let high = mine.max() {
      attempts.append(BlockPlan.Attempt(test: test, order: entry, range: low...high))
    }
    return false
  }

  private mutating func add(
    _ test: TestDefinition, _ column: TestDefinition.Column, _ command: FrameCommand
  ) {
    let number = order.firstObsID + exposures.count
    var obsid = nextObsID
    if order.faults.contains(where: { $0.kind == .repeatedObsID && $0.obsid == obsid }),
      let last = exposures.last
    {
      obsid = last.obsid
    }
    nextObsID += 1
    let start = exposures.first?.date ?? date
    exposures.append(
      BlockPlan.Exposure(
        obsid: obsid, number: number, date: date, test: test.label, column: column,
        seconds: Double(date.unixSeconds - start.unixSeconds), command: command,
        kelvin: kelvin(of: test.label), dither: dither(command, column, number: number)))
    date = date.advanced(bySeconds: Int(min(column.secondsPerFrame.rounded(.up), 1e7)))
  }

  private func isAborted(after index: Int) -> Bool {
    order.faults.contains { $0.kind == .abortedTest && $0.obsid == exposures[index].obsid }
  }

  /// The detectors' temperature in a test; nil for the usual one. A room has 20 deg C.
  private func kelvin(of label: String) -> Double? {
    switch DetectorTemperature(label: label) {
    case .usual: nil
    case .kelvin(let value): value
    case .room: 293.15
    }
  }

  /// The motor goes through a square of positions; a little play comes on top.
  private func dither(
    _ command: FrameCommand, _ column: TestDefinition.Column, number: Int
  ) -> SIMD2<Double> {
    guard command.isDithered, command.light == .point else { return .zero }
    let stream = RandomStream(seed: order.seed, "dither", block.name)
    let side = max(1, min(column.values["motr_cnt"]?.integer ?? 1, 100))
    let step = min(max(column.values["motr_siz"]?.number ?? 0, 0), 1200) / Self.stepOfOnePixel
    let position = UInt32(truncatingIfNeeded: number)
    func play(_ axis: UInt32) -> Double { 0.5 * (2 * stream.uniform(position, axis) - 1) }
    let x = Double(number % side) * step + play(1)
    let y = Double(number / side % side) * step + play(2)
    return SIMD2(TruthGenerator.rounded(x, 4), TruthGenerator.rounded(y, 4))
  }
}
