import Foundation
import Testing

@testable import FITSFiles

@Suite struct DataSinkTests {
  @Test("A piece that does not fit is an error, and nothing of it is written")
  func tooLong() throws {
    let path = NSTemporaryDirectory() + "sink-" + UUID().uuidString
    try #require(FileManager.default.createFile(atPath: path, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    let sink = DataSink(descriptor: handle.fileDescriptor, position: 0, file: path)
    func add(_ count: Int) throws(FITSError) {
      try sink.append(count) { bytes throws(FITSError) in
        bytes.initializeMemory(as: UInt8.self, repeating: 7, count: count)
      }
    }
    try add(4)
    for count in [DataSink.capacity + 1, Int.max, -1] {
      do {
        try add(count)
        Issue.record("\(count) bytes were taken")
      } catch {
        #expect((error as FITSError).kind == .unwritable)
      }
    }
    try add(DataSink.capacity)
    #expect(try sink.finish() % 2880 == 0)
    try handle.close()
    let data = try Data(contentsOf: URL(filePath: path))
    #expect(data.prefix(DataSink.capacity + 4).allSatisfy { $0 == 7 })
    #expect(data.dropFirst(DataSink.capacity + 4).allSatisfy { $0 == 0 })
  }
}
