import Dispatch

/// Threads of their own for what waits for other programs.
///
/// Swift's shared threads are as many as processors, and heavy computing may hold all of them for minutes; a time limit would
/// then strike a program that ended long ago, only because nobody came to look.
final class OwnThreads: TaskExecutor {
  static let shared = OwnThreads()

  private let queue = DispatchQueue(label: "vison.latex", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
