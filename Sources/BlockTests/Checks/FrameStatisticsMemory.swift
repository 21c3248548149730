import Synchronization

/// What the data checks of an execution found in the raw frames, for later tests on the same frames.
///
/// The key is the frame's contents, so that a file which was changed in between is measured anew.
final class FrameStatisticsMemory: Sendable {
  /// A frame's contents, and the rows that were read.
  struct Key: Hashable, Sendable {
    var digest: String
    var window: Range<Int>
  }

  /// The statistics of a frame, and the test run that measured them.
  struct Entry: Sendable {
    var statistics: FrameStatistics
    var source: String
  }

  private let entries = Mutex<[Key: Entry]>([:])
  private let capacity: Int

  /// - Parameter capacity: the number of frames, at some two kilobytes each.
  init(capacity: Int = 8192) { self.capacity = capacity }

  /// Forgets everything where so many more frames would be too many; to be called before a check begins, so that what
  /// it finds does not depend on the order of its frames.
  func makeRoom(for count: Int) {
    entries.withLock { if $0.count + count > capacity { $0 = [:] } }
  }

  /// What is known of a frame.
  subscript(key: Key) -> Entry? { entries.withLock { $0[key] } }

  /// Keeps what was found; the first finder stays.
  func keep(_ entry: Entry, as key: Key) {
    entries.withLock { if $0[key] == nil { $0[key] = entry } }
  }
}
