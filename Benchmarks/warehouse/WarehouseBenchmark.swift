import ArgumentParser
import DurableFiles
import Foundation
import Warehouse

/// Measures the warehouse at a size that is asked for, beside the plain way to store the same.
@main
struct WarehouseBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "warehouse-benchmark",
    abstract: "Fill a warehouse with generated measurements and time the main questions.",
    discussion: """
      16 blocks x 27 tests x 20 reruns, with curves, exposures, verdicts and product files. The
      plain alternative (one row a value, names as text, the usual indexes) is filled with fewer
      rows, and a second warehouse with as many, for the ratios. Everything is removed afterwards.

        warehouse-benchmark                      100 million; 5 GB of disk, some minutes
        warehouse-benchmark --count 2000000      a quick look
      """)

  @Option(help: "The number of measurements, about.")
  var count = 100_000_000
  @Option(help: "The number for the plain alternative and its warehouse; 0 to leave them out.")
  var plain = 2_000_000
  @Option(help: "The number of reruns of each test; fewer make each of them larger.")
  var reruns = 20
  @Option(help: "A folder on a local disk; what is made in it is removed.")
  var folder = NSTemporaryDirectory()
  @Flag(help: "Keep the generated warehouse.")
  var keep = false

  @Option(help: "Only ask the questions of a warehouse kept from a run with these numbers.")
  var ask: String?

  @Option(
    help: "Benchmarks/warehouse/pandas-alternative.py, to ask pandas the same of the plain table.")
  var pandas: String?

  func run() throws {
    if let ask {
      for question in try QuestionTimes.ask(ask, GenerationPlan(count: count, reruns: reruns)) {
        print(question.text)
      }
      return
    }
    let work = folder + "/warehouse-benchmark-\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(
      atPath: work, withIntermediateDirectories: true)
    defer { if !keep { try? FileManager.default.removeItem(atPath: work) } }
    if count > 0 { try full(work + "/full") }
    if plain > 0 { try comparison(work) }
  }

  private func full(_ path: String) throws {
    let plan = GenerationPlan(count: count, reruns: reruns)
    print("== \(grouped(plan.total)) measurements: \(plan.text)")
    let load = try WarehouseGenerator.fill(path, plan, progress: true)
    print(
      line("load, commits alone", Double(plan.total) / load.seconds / 1000, "k rows/s")
        + ratio("mark", 500, Double(plan.total) / load.seconds / 1000))
    print(line("load, generation included", Double(plan.total) / load.wall / 1000, "k rows/s"))
    print(
      line("memory, peak after the first tenth", load.earlyPeak, "MiB") + "\n"
        + line("memory, peak at the end", Memory.peak(), "MiB"))
    try QuestionTimes.sizes(path, total: plan.total)
    for question in try QuestionTimes.ask(path, plan) { print(question.text) }
  }

  private func comparison(_ work: String) throws {
    let plan = GenerationPlan(count: plain, reruns: min(reruns, 4))
    print("\n== beside the plain alternative: \(grouped(plan.total)) measurements: \(plan.text)")
    let load = try WarehouseGenerator.fill(work + "/small", plan, progress: false)
    let ours = try QuestionTimes.ask(work + "/small", plan)
    let other = try PlainAlternative.fill(work + "/plain.sqlite", plan)
    let theirs = try PlainAlternative.ask(work + "/plain.sqlite", plan)
    func row(_ what: String, _ a: Double, _ b: Double, _ unit: String, _ ratio: Double) {
      print(
        what.padding(toLength: 46, withPad: " ", startingAt: 0)
          + String(format: "%10.2f %10.2f %@  %.1f times better", a, b, unit, ratio))
    }
    print("                                                warehouse      plain")
    let rates = (Double(plan.total) / load.seconds / 1000, Double(plan.total) / other / 1000)
    row("load", rates.0, rates.1, "k/s", rates.0 / rates.1)
    let sizes = (
      QuestionTimes.bytes(work + "/small/warehouse.sqlite") / Double(plan.total),
      QuestionTimes.bytes(work + "/plain.sqlite") / Double(plan.total)
    )
    row("file, bytes a measurement", sizes.0, sizes.1, "B", sizes.1 / sizes.0)
    for question in ours {
      if let plain = theirs[question.what] {
        row(question.what, question.milliseconds, plain, "ms", plain / question.milliseconds)
      }
    }
    guard let pandas else { return }
    // What was printed is to stand before what the script prints.
    fflush(nil)
    let script = Process()
    script.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    script.arguments = ["python3", pandas, work + "/plain.sqlite", work + "/pandas"]
    try script.run()
    script.waitUntilExit()
    if script.terminationStatus != 0 { throw ExitCode(1) }
  }

  private func ratio(_ what: String, _ mark: Double, _ value: Double) -> String {
    String(format: "  mark %.0f, ratio %.2f", mark, value / mark)
  }
}

func grouped(_ number: Int) -> String {
  var digits = String(number)
  var result = ""
  while digits.count > 3 {
    result = " " + digits.suffix(3) + result
    digits.removeLast(3)
  }
  return digits + result
}

func line(_ what: String, _ value: Double, _ unit: String) -> String {
  what.padding(toLength: 46, withPad: " ", startingAt: 0)
    + String(format: "%10.2f ", value) + unit
}

enum Memory {
  /// The process's greatest resident set so far, in MiB.
  static func peak() -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first
        .flatMap { Double($0) }.map { $0 / 1024 } ?? 0
    }
    return 0
  }
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  let spent = (ContinuousClock.now - start).components
  return Double(spent.seconds) + Double(spent.attoseconds) * 1e-18
}
