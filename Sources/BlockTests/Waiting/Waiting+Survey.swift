import Campaign
import Detector
import Ingest

extension Waiting {
  /// Whether a test can be run.
  enum Readiness {
    case waiting
    /// All is there, and may still be growing.
    case settling
    /// On these ObsIDs, without these files.
    case ready(ClosedRange<Int>, AttemptFiles)
  }

  // MARK: - What the log shows

  /// Reads from the log what was acquired of a test, and says what is odd.
  func survey(_ index: Int, _ rows: [ExposureRow]) throws {
    let test = tests[index]
    let name = test.task.test
    if test.state == .open, !engine.options.startsAfresh,
      let found = try engine.finishedRun(
        of: test, session: session, rows: rows, from: options.firstObsid,
        besides: tests.compactMap { $0.task.test == name ? nil : alike($0, test) ? $0.used : nil })
    {
      tests[index].state = .done(found.obsids)
      tests[index].earlier = "\(WaitedTest.text(found.obsids)), analysis \(found.analysis)"
      say(
        .done, name, found.obsids,
        "is done already: \(WaitedTest.text(found.obsids)) in analysis \(found.analysis)")
    }
    let attempts = AcquisitionAttempts(
      test.definition, rows: rows, detectors: engine.configuration.camera.detectors,
      from: options.firstObsid, prefersOldest: test.isRepeatedOnPurpose)
    tests[index].attempts = attempts
    if let used = tests[index].used {
      if !test.isRepeatedOnPurpose { surveySurplus(index, attempts, used) }
    } else {
      surveyOpen(index, attempts)
    }
  }

  /// Whether two tests have the same exposures to choose from.
  private func alike(_ a: WaitedTest, _ b: WaitedTest) -> Bool {
    a.definition.label == b.definition.label && a.definition.family == b.definition.family
      && a.isRepeatedOnPurpose && b.isRepeatedOnPurpose
  }

  /// What came after a test was run.
  private func surveySurplus(
    _ index: Int, _ attempts: AcquisitionAttempts, _ used: ClosedRange<Int>
  ) {
    let later = (attempts.whole + attempts.partial).flatMap(\.shots)
      .filter { $0.obsid > used.upperBound }.map(\.obsid).sorted()
    guard let low = later.first, let high = later.last else { return }
    let frames = tests[index].definition.frames
    let isOpen = (attempts.whole.last?.isOpen ?? false) || attempts.current != nil
    if later.count % max(1, frames) == 0, !isOpen || later.count >= frames {
      sayOnce(
        index, .repeated, low...high,
        "was acquired again: \(WaitedTest.text(low...high)); to analyse that, run again with -O \(low)"
      )
    } else if !isOpen {
      let begin = high - frames + 1
      let advice =
        begin > used.lowerBound && begin <= used.upperBound
        ? "if it was aborted and submitted again at ObsID \(begin), run again with -O \(begin)"
        : "it was run on \(WaitedTest.text(used))"
      sayOnce(
        index, .partial, low...high,
        "\(later.count) more exposures (\(WaitedTest.text(low...high))) came after those that were run; "
          + advice)
    }
  }

  private func surveyOpen(_ index: Int, _ attempts: AcquisitionAttempts) {
    let expected = tests[index].definition.frames
    let all = (attempts.whole + attempts.partial).flatMap(\.shots).map(\.obsid)
    if let first = all.min() {
      sayOnce(
        index, .begun, first...first,
        "has begun with ObsID \(first); \(expected) exposures are commanded", once: "begun")
    }
    for attempt in attempts.partial where !attempt.isOpen {
      let missing = expected - attempt.shots.count
      let skipped =
        attempt.skippedObsIDs.isEmpty
        ? ""
        : ", ObsID \(AcquisitionReport.ranges(attempt.skippedObsIDs)) is not in the log"
      let text =
        missing > 0
        ? "\(attempt.text): \(attempt.shots.count) of \(expected) exposures, \(missing) missing\(skipped)"
          + (attempt.isOverWithGaps ? "" : "; aborted")
        : "\(attempt.text): \(attempt.shots.count) exposures instead of \(expected); "
          + "they do not fit the test's columns"
      sayOnce(index, .partial, attempt.obsids, text)
    }
    if attempts.whole.count > 1, !tests[index].isRepeatedOnPurpose, let last = attempts.whole.last {
      let earlier = attempts.whole.dropLast().map(\.text).joined(separator: ", ")
      sayOnce(
        index, .repeated, last.obsids,
        "was acquired \(attempts.whole.count) times; the last is taken, \(last.text), not \(earlier)"
      )
    }
  }

  // MARK: - What can be run

  /// Whether a test's newest whole acquisition can be read; also sets where the test stands.
  func readiness(of index: Int, at now: Double) -> Readiness {
    let test = tests[index]
    guard let attempts = test.attempts, let attempt = candidate(for: test, attempts) else {
      tests[index].standing = Self.standing(test)
      return .waiting
    }
    let obsids = attempt.obsids
    if test.listed?.obsids != obsids { tests[index].listed = (obsids, now) }
    let waited = now - (tests[index].listed?.since ?? now)
    if !attempt.repeatedObsIDs.isEmpty {
      sayOnce(
        index, .repeated, obsids,
        "ObsID \(AcquisitionReport.ranges(attempt.repeatedObsIDs)) was given to more than one exposure"
      )
    }
    var folders = FolderNames()
    let files = AttemptFiles(
      attempt, camera: engine.configuration.camera, folders: &folders, watch: &watch, at: now)
    let skipped = attempt.skippedObsIDs
    let doubt =
      attempt.isWhole
      ? (attempt.fitsColumns || !attempt.isOpen ? nil : "its exposures do not fit its columns")
      : "ObsID \(AcquisitionReport.ranges(skipped)) is not in the log"
    sayOnce(
      index, .acquired, obsids,
      "\(attempt.shots.count) of \(attempt.expected) exposures are in the log (\(attempt.text))")
    if files.changing > 0 {
      tests[index].standing = "waits for \(files.changing) files to stop growing"
      return .settling
    }
    let problem = [doubt, files.lacking.isEmpty ? nil : files.text].compactMap(\.self)
      .joined(separator: "; ")
    guard !problem.isEmpty, waited < options.lateSeconds else { return .ready(obsids, files) }
    tests[index].standing = "waits for \(problem)"
    sayOnce(
      index, .lacking, obsids,
      "waiting for \(problem); at most \(Self.duration(options.lateSeconds - waited))",
      once: "lacking \(obsids)")
    return .waiting
  }

  /// The attempt that would be run; nil where none has come to its end.
  private func candidate(
    for test: WaitedTest, _ attempts: AcquisitionAttempts
  ) -> AcquisitionAttempts.Attempt? {
    if test.isRepeatedOnPurpose {
      let used = tests.compactMap { alike($0, test) ? $0.used : nil }
      return attempts.whole.first { attempt in !used.contains { $0.overlaps(attempt.obsids) } }
    }
    return attempts.whole.last ?? attempts.partial.last { $0.isOverWithGaps }
  }

  private static func standing(_ test: WaitedTest) -> String {
    guard let attempts = test.attempts, let last = attempts.current ?? attempts.partial.last else {
      return "nothing in the log yet"
    }
    let expected = test.definition.frames
    return "\(last.shots.count) of \(expected) exposures, \(last.text)"
      + (last.isOpen ? "" : "; aborted")
  }

  /// Says a thing of a test unless it was said.
  private func sayOnce(
    _ index: Int, _ kind: WaitEvent.Kind, _ obsids: ClosedRange<Int>, _ text: String,
    once key: String? = nil
  ) {
    if tests[index].said.insert(key ?? text).inserted {
      say(kind, tests[index].task.test, obsids, text)
    }
  }
}
