import Campaign
import Detector
import Testing

@testable import Ingest

@Suite("Attempts at a test in a growing log")
struct AcquisitionAttemptsTests {
  private static let detectors = ["CCD1", "CCD2", "CCD3"]

  private func definition(_ name: String, _ inputs: [String: ScriptValue] = [:]) throws
    -> TestDefinition
  {
    try TestCatalog.definition(
      of: name, camera: CameraCatalog.camera("tiny"), equipment: [:], inputs: inputs,
      script: [:], chamber: "B_NOSTROMO", elvis: "7.5.X")
  }

  /// The rows of the n-th commanded exposures of a test, beginning with an ObsID, 100 s apart.
  private func rows(
    _ definition: TestDefinition, _ exposures: Range<Int>, from obsid: Int, label: String? = nil,
    detectors: [String] = detectors
  ) throws -> [ExposureRow] {
    let slots = definition.columns.flatMap { Array(repeating: $0, count: $0.frames) }
    return exposures.enumerated().flatMap { index, exposure in
      let id = obsid + index
      return detectors.map { detector in
        ExposureRow(
          obsid: id, detector: detector, fileName: "f\(id)",
          date: ElvisDate(unixSeconds: 1_553_000_000 + id * 100), test: label ?? definition.label,
          values: slots[exposure].expectedLogValues,
          origin: .init(file: "log", line: id, folder: "."))
      }
    }
  }

  private func attempts(
    _ definition: TestDefinition, _ rows: [ExposureRow], from first: Int = 0, oldest: Bool = false
  ) -> AcquisitionAttempts {
    AcquisitionAttempts(
      definition, rows: rows, detectors: Self.detectors, from: first, prefersOldest: oldest)
  }

  @Test("a log that grows exposure by exposure shows an attempt in progress, then a whole one")
  func grows() throws {
    let test = try definition("BIAS01", ["N": .int(4)])
    #expect(attempts(test, []).current == nil)
    for count in 1...3 {
      let found = attempts(test, try rows(test, 0..<count, from: 10))
      #expect(found.whole.isEmpty)
      #expect(found.current?.shots.count == count)
      #expect(found.current?.isOverWithGaps == false)
    }
    let found = attempts(test, try rows(test, 0..<4, from: 10))
    #expect(found.whole.map(\.obsids) == [10...13])
    #expect(found.partial.isEmpty)
    #expect(found.whole.map(\.text) == ["ObsIDs 10-13"])
  }

  @Test(
    "where columns differ, an aborted attempt is told from the next wherever it ended",
    arguments: 1...30)
  func columns(aborted: Int) throws {
    let test = try definition("PTC01")
    let total = test.frames
    let cut = aborted * total / 31
    let first = try rows(test, 0..<cut, from: 1000)
    // While the second attempt has as many exposures as would make the first a whole one, none is whole.
    for count in [total - cut, total - 1] where count < total {
      let part = try rows(test, 0..<count, from: 1000 + cut)
      let found = attempts(test, first + part)
      #expect(found.whole.allSatisfy { !$0.fitsColumns }, "\(count)")
    }
    let whole = attempts(test, first + (try rows(test, 0..<total, from: 1000 + cut)))
    #expect(whole.whole.map(\.obsids) == [1000 + cut...1000 + cut + total - 1])
    #expect(whole.whole.map(\.fitsColumns) == [true])
    #expect(whole.partial.map(\.shots.count) == [cut])
  }

  @Test("lines of another test close an attempt")
  func closed() throws {
    let test = try definition("BIAS01", ["N": .int(4)])
    let other = try definition("BIAS02", ["N": .int(2)])
    let log =
      try rows(test, 0..<2, from: 1) + rows(other, 0..<2, from: 3) + rows(test, 0..<4, from: 5)
    let found = attempts(test, log)
    #expect(found.whole.map(\.obsids) == [5...8])
    #expect(found.partial.map(\.obsids) == [1...2])
    #expect(found.partial.map(\.isOpen) == [false])
    #expect(found.whole.map(\.isOpen) == [true])
    #expect(found.current == nil)
  }

  @Test("the first ObsID to consider leaves out what came before")
  func firstObsid() throws {
    let test = try definition("BIAS01", ["N": .int(4)])
    let log = try rows(test, 0..<2, from: 1000) + rows(test, 0..<3, from: 1002)
    #expect(attempts(test, log).whole.map(\.obsids) == [1001...1004])
    let limited = attempts(test, log, from: 1002)
    #expect(limited.whole.isEmpty)
    #expect(limited.current?.obsids == 1002...1004)
    #expect(attempts(test, log, from: 2000) == attempts(test, []))
  }

  @Test("several acquisitions: the newest fits in from the end, or the oldest from the beginning")
  func several() throws {
    let test = try definition("BIAS01", ["N": .int(4)])
    let log =
      try rows(test, 0..<4, from: 10) + rows(test, 0..<4, from: 14) + rows(test, 0..<1, from: 18)
    #expect(attempts(test, log).whole.map(\.obsids) == [11...14, 15...18])
    #expect(attempts(test, log, oldest: true).whole.map(\.obsids) == [10...13, 14...17])
  }

  @Test("an ObsID that is given twice, one that is left out, and lines that are written twice")
  func odd() throws {
    let test = try definition("BIAS01", ["N": .int(4)])
    var log = try rows(test, 0..<4, from: 10)
    let twice = attempts(test, log + log)
    #expect(twice.whole.map(\.obsids) == [10...13])
    #expect(twice.partial.isEmpty)

    let gap = attempts(test, log.filter { $0.obsid != 12 })
    #expect(gap.current?.skippedObsIDs == [12])
    #expect(gap.current?.isOverWithGaps == true)
    let lacking = attempts(test, log.filter { $0.obsid != 11 || $0.detector != "CCD3" })
    #expect(lacking.whole.first?.lackingRows(of: Self.detectors).map(\.obsid) == [11])

    log = log.map { row in
      ExposureRow(
        obsid: row.obsid == 12 ? 11 : row.obsid, detector: row.detector, fileName: row.fileName,
        date: row.date, test: row.test, values: row.values, origin: row.origin)
    }
    let repeated = attempts(test, log)
    #expect(repeated.whole.map(\.repeatedObsIDs) == [[11]])
    #expect(repeated.whole.map(\.text) == ["ObsIDs 10-11, 13"])
  }

  @Test("a value that was logged otherwise does not hide that all exposures are there")
  func wrongValue() throws {
    let test = try definition("PTC01")
    let log = try rows(test, 0..<test.frames, from: 1).map { row in
      var values = row.values
      if row.obsid == 3 { values["exptime"] = .double(99) }
      return ExposureRow(
        obsid: row.obsid, detector: row.detector, fileName: row.fileName, date: row.date,
        test: row.test, values: values, origin: row.origin)
    }
    let found = attempts(test, log)
    #expect(found.whole.map(\.fitsColumns) == [false])
    #expect(found.partial.isEmpty)
  }

  @Test("ObsIDs at the ends of the range of numbers do no harm")
  func hostile() throws {
    let test = try definition("BIAS01", ["N": .int(2)])
    let one = try rows(test, 0..<1, from: 0)[0]
    let rows = [0, Int.max].map { id in
      ExposureRow(
        obsid: id, detector: "CCD1", fileName: "", date: nil, test: one.test, values: [:],
        origin: one.origin)
    }
    let found = attempts(test, rows)
    #expect(found.whole.map(\.obsids) == [0...Int.max])
    #expect(found.whole.first?.skippedObsIDs == [])
  }
}
