import Campaign
import DurableFiles
import Foundation
import Synchronization
import Testing
import Warehouse

@testable import BlockTests

#if canImport(Glibc)
  import Glibc
#endif

/// Frames that several tests of an execution use: their digests and what the data check found in them.
@Suite struct RepeatedFramesTests {
  /// Digests that are kept however young the files are; those of a test were made a moment ago.
  static func keeping() -> FrameDigests { FrameDigests(now: { .max }) }
  /// Digests that are never kept.
  static func forgetting() -> FrameDigests { FrameDigests(now: { 0 }) }

  /// Runs PTC01 and BF01 on the same frames.
  private func run(
    _ flats: SmallFlats, into name: String, digests: FrameDigests, workers: Int = 2,
    atStartOf test: String = "", _ act: @escaping @Sendable () -> Void = {}
  ) async throws -> (warehouse: Warehouse, summary: ExecutionSummary) {
    let path = "\(flats.folder)/BORN/vison.yaml"
    let text = BrighterFatterFamilyTests.adding("lags: 2, Npix: 3")(
      try String(contentsOfFile: path, encoding: .utf8))
    let configuration = try BlockConfiguration.parse(Array(text.utf8), path: path)
    let warehouse = try Warehouse.create(at: "\(flats.folder)/\(name)")
    var options = EngineOptions(tag: "_T")
    options.workers = workers
    var engine = Engine(
      configuration: configuration, warehouse: warehouse, options: options,
      log: try RunLog(path: nil),
      observer: EngineObserver(message: { if $0 == "Running: \(test)" { act() } }),
      reporter: { _, _ in [] })
    engine.digests = digests
    let session = try configuration.session(named: configuration.sessions[0].name)
    return (warehouse, try await engine.run(session: session))
  }

  private func bf01(_ warehouse: Warehouse) throws -> TestRunKey {
    try #require(try warehouse.testRuns().first { $0.test == "BF01" }).key
  }

  /// What the step `check` of BF01 wrote in its log.
  private func log(_ warehouse: Warehouse) throws -> [String] {
    try warehouse.subtasks(of: bf01(warehouse)).first { $0.name == "check" }?.log ?? []
  }

  private func found(_ warehouse: Warehouse) throws -> [String] {
    let run = try bf01(warehouse)
    return try warehouse.measurements(in: [run]).map {
      // Reasons name the analysis, and that the time.
      "\($0.quantity) \($0.place) \($0.value)".replacing(/FM[0-9]+_[0-9]+/, with: "FM")
    }.sorted()
      + warehouse.checks(of: run).map {
        "\($0.subtask) \($0.name) \($0.place) \(String(describing: $0.value)) \($0.passed) \($0.text)"
      }.sorted()
      + warehouse.flags(of: run).map { "\($0.subtask) \($0.flag.name) \($0.flag.cause)" }.sorted()
      + warehouse.inputs(of: run).map { "\($0.role) \($0.obsid ?? 0) \($0.size) \($0.sha256)" }
      .sorted()
  }

  @Test("What PTC01's check found in the same frames is taken over by BF01, said, and the very same")
  func takenOver() async throws {
    let flats = try await SmallFlats(fractions: [0.1, 0.3, 0.8], frames: 2)
    let digests = Self.keeping()
    let (shared, summary) = try await run(flats, into: "shared", digests: digests)
    #expect(summary.entries.map(\.error) == [nil, nil])
    let (apart, _) = try await run(flats, into: "apart", digests: Self.forgetting(), workers: 1)
    let values = try found(shared)
    #expect(values.count > 300)
    let others = Set(values).symmetricDifference(try found(apart)).sorted()
    #expect(others == [])
    let line =
      "levels, scatters and pixel counts of 18 of 18 frames: taken over from the check of PTC01 run 1, which read the same files"
    #expect(try log(shared).first == line)
    #expect(try !log(apart).contains { $0.contains("taken over") })
    // Frames, house-keeping and the log are read for their digests once, not once for each test.
    #expect(digests.filesRead == 18 + 6 + 1)
  }

  @Test("A frame that was changed between two tests gets its new digest, and is measured anew")
  func changed() async throws {
    let flats = try await SmallFlats(fractions: [0.1, 0.3], frames: 2)
    let digests = Self.keeping()
    let before = try await run(flats, into: "before", digests: digests)
    let frame = try #require(
      try before.warehouse.inputs(of: bf01(before.warehouse)).first { $0.role == .raw })
    let (warehouse, summary) = try await run(
      flats, into: "changed", digests: digests, atStartOf: "BF01"
    ) { Self.darken(frame.path) }
    #expect(summary.entries.map(\.error) == [nil, nil])
    let ptc = try #require(try warehouse.testRuns().first { $0.test == "PTC01" }).key
    func digest(_ run: TestRunKey) throws -> String? {
      try warehouse.inputs(of: run).first { $0.path == frame.path }?.sha256
    }
    #expect(try digest(ptc) == frame.sha256)
    let now = try SHA256Digest(ofFile: frame.path).hexadecimal
    #expect(now != frame.sha256)
    #expect(try digest(bf01(warehouse)) == now)
    #expect(try log(warehouse).contains { $0.contains("pixel counts of 11 of 12 frames") })
    // The same as an engine finds that knows nothing of these frames.
    let (anew, _) = try await run(flats, into: "anew", digests: Self.forgetting())
    let others = Set(try found(warehouse)).symmetricDifference(try found(anew)).sorted()
    #expect(others == [])
    #expect(try found(warehouse) != found(before.warehouse))
  }

  /// Overwrites some pixels in place, and sets the time of change back.
  private static func darken(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, let file = FileHandle(forUpdatingAtPath: path) else { return }
    try? file.seek(toOffset: UInt64(status.st_size) / 2)
    try? file.write(contentsOf: Data(repeating: 0, count: 2880))
    try? file.close()
    let times = [status.st_atim, status.st_mtim]
    _ = times.withUnsafeBufferPointer { utimensat(AT_FDCWD, path, $0.baseAddress, 0) }
  }

  // MARK: - Digests

  private func scratch() throws -> String {
    let folder = NSTemporaryDirectory() + "vison-digests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test("A file is read once, and again when bytes, time or the file itself are others")
  func digests() throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/frame"
    try Data("first bytes".utf8).write(to: URL(filePath: path))
    let digests = Self.keeping()
    #expect(digests.standing(path) == nil)
    let first = try digests.record(of: path)
    #expect(first.size == 11)
    #expect(first.sha256 == SHA256Digest(of: "first bytes").hexadecimal)
    #expect(digests.standing(path) == first.sha256)
    #expect(try digests.record(of: path) == first)
    #expect(digests.filesRead == 1)
    // As many bytes, and the old time: only the system's own time of change tells.
    var status = stat()
    #expect(stat(path, &status) == 0)
    usleep(20_000)
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.write(contentsOf: Data("other".utf8))
    try file.close()
    let times = [status.st_atim, status.st_mtim]
    #expect(times.withUnsafeBufferPointer { utimensat(AT_FDCWD, path, $0.baseAddress, 0) } == 0)
    #expect(digests.standing(path) == nil)
    #expect(try digests.record(of: path).sha256 == SHA256Digest(of: "other bytes").hexadecimal)
    // Another file of that name.
    try Data("third bytes".utf8).write(to: URL(filePath: "\(folder)/new"))
    #expect(rename("\(folder)/new", path) == 0)
    #expect(try digests.record(of: path).sha256 == SHA256Digest(of: "third bytes").hexadecimal)
    #expect(digests.filesRead == 3)
    #expect(unlink(path) == 0)
    #expect(digests.standing(path) == nil)
    #expect(throws: FileError.self) { try digests.record(of: path) }
    #expect(throws: FileError.self) { try digests.record(of: folder) }
  }

  @Test("Of a file that changed within two seconds no digest is kept", arguments: [-1, 0, 2, 3, 60])
  func young(age: Int) throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/frame"
    try Data("bytes".utf8).write(to: URL(filePath: path))
    let made = try #require(FileState(path: path)).changed.seconds
    let digests = FrameDigests(now: { made + age })
    _ = try digests.record(of: path)
    _ = try digests.record(of: path)
    #expect(digests.filesRead == (age > 2 ? 1 : 2))
    #expect((digests.standing(path) != nil) == (age > 2))
  }

  @Test("The memory of frames has an end, the same whatever the order in which they come")
  func memory() {
    let memory = FrameStatisticsMemory(capacity: 3)
    func key(_ name: String, rows: Range<Int> = 0..<10) -> FrameStatisticsMemory.Key {
      FrameStatisticsMemory.Key(digest: name, window: rows)
    }
    func entry(_ source: String) -> FrameStatisticsMemory.Entry {
      FrameStatisticsMemory.Entry(statistics: FrameStatistics(amplifiers: []), source: source)
    }
    memory.makeRoom(for: 2)
    memory.keep(entry("first"), as: key("a"))
    memory.keep(entry("second"), as: key("a"))
    memory.keep(entry("first"), as: key("b"))
    #expect(memory[key("a")]?.source == "first")
    // Other rows are another measurement.
    #expect(memory[key("a", rows: 0..<9)] == nil)
    memory.makeRoom(for: 1)
    #expect(memory[key("b")] != nil)
    memory.makeRoom(for: 2)
    #expect(memory[key("a")] == nil && memory[key("b")] == nil)
  }
}
