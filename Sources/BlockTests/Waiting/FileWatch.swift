import DurableFiles
import FITSFiles

/// Tells of files whether they have stopped growing: same size and time of change for a while, which is all
/// that a network disk offers; and of frames whether they are as long as their headers say.
struct FileWatch {
  enum State: Equatable {
    case missing
    /// Changed a moment ago, or seen for the first time.
    case changing
    /// At rest, and not what it should be.
    case unusable(String)
    case whole
  }

  private struct Sight {
    var state: FileState
    var since: Double
    /// What the gate said of this state; nil where it was not asked.
    var problem: String??
  }

  private var sights: [String: Sight] = [:]
  let settleSeconds: Double

  init(settleSeconds: Double) { self.settleSeconds = settleSeconds }

  /// How a file stands now.
  ///
  /// - Parameter isFrame: whether it must be a whole FITS file.
  mutating func state(of path: String, at now: Double, isFrame: Bool) -> State {
    guard let current = FileState(path: path) else {
      sights[path] = nil
      return .missing
    }
    guard var sight = sights[path], sight.state == current else {
      sights[path] = Sight(state: current, since: now, problem: nil)
      return settleSeconds > 0 ? .changing : state(of: path, at: now, isFrame: isFrame)
    }
    guard now - sight.since >= settleSeconds else { return .changing }
    guard isFrame else { return current.size > 0 ? .whole : .unusable("the file is empty") }
    let problem: String?
    if let known = sight.problem {
      problem = known
    } else {
      do throws(FITSError) {
        _ = try FITSGate.check(path: path)
        problem = nil
      } catch {
        problem = error.problem
      }
      sight.problem = .some(problem)
      sights[path] = sight
    }
    return problem.map { .unusable($0) } ?? .whole
  }

  /// Forgets all that was seen, so that every file is looked at anew.
  mutating func reset() { sights = [:] }
}
