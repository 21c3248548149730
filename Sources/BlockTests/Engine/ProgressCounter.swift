import Synchronization

/// Counts finished pieces of work from any task and tells the share that is done.
final class ProgressCounter: Sendable {
  private let done = Atomic<Int>(0)
  private let total: Int
  private let report: @Sendable (Double) -> Void

  init(total: Int, report: @escaping @Sendable (Double) -> Void) {
    self.total = max(1, total)
    self.report = report
  }

  func advance() {
    let count = done.add(1, ordering: .relaxed).newValue
    report(Double(count) / Double(total))
  }
}
