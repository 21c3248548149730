/// An instant that an option names: a date, or a date and a time of day, in UTC.
///
/// Read are `2019-03-23`, `2019-03-23T19:36`, `2019-03-23T19:36:47`, `2019-03-23T19:36:47.5`, each time
/// of day with or without `Z`; nothing else, so that no other meaning is guessed.
public struct TimeArgument: Sendable, Hashable {
  private let date: String
  /// "hh:mm:ss" with or without a fraction; nil where only a date is named.
  private let time: String?

  /// Where it begins: a date alone is its first instant. ISO 8601.
  public var begin: String { date + "T" + (time ?? "00:00:00") + "Z" }

  /// Where it ends: a date alone is its last instant, 24:00. ISO 8601.
  public var end: String { date + "T" + (time ?? "24:00:00") + "Z" }

  /// Reads an argument.
  ///
  /// - Throws: `ArgumentProblem`, which says how an instant is written.
  public init(_ argument: String) throws {
    let parts = argument.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let date = TimeArgument.date(first) else {
      throw TimeArgument.problem
    }
    self.date = date
    guard parts.count == 2 else {
      time = nil
      return
    }
    guard let time = TimeArgument.timeOfDay(parts[1]) else { throw TimeArgument.problem }
    self.time = time
  }

  private static let problem = ArgumentProblem(
    "an instant in UTC is written 2019-03-23 or 2019-03-23T19:36:47Z")

  private static func date(_ text: Substring) -> String? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = number(parts[0], digits: 4),
      let month = number(parts[1], digits: 2), let day = number(parts[2], digits: 2),
      year > 0, (1...12).contains(month)
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    return (1...days).contains(day) ? String(text) : nil
  }

  private static func timeOfDay(_ text: Substring) -> String? {
    let text = text.hasSuffix("Z") ? text.dropLast() : text
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let hour = number(parts[0], digits: 2),
      let minute = number(parts[1], digits: 2), hour < 24, minute < 60
    else { return nil }
    guard parts.count == 3 else { return text + ":00" }
    let second = parts[2].split(separator: ".", omittingEmptySubsequences: false)
    guard second.count <= 2, let whole = number(second[0], digits: 2), whole < 60 else { return nil }
    if second.count == 2 {
      guard (1...9).contains(second[1].count), number(second[1], digits: second[1].count) != nil
      else { return nil }
    }
    return String(text)
  }

  private static func number(_ text: Substring, digits: Int) -> Int? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int(text)
  }
}

/// An argument that cannot be read; the option's name and value are shown with it.
public struct ArgumentProblem: Error, Equatable, CustomStringConvertible {
  /// How it is to be written.
  public let description: String

  /// Says how the argument is to be written.
  public init(_ description: String) { self.description = description }
}

/// Numbers of exposures that an option names: one, or a range.
public enum ExposureArgument {
  /// Reads `1200` or `1200-1210`.
  ///
  /// - Throws: `ArgumentProblem`.
  public static func range(_ argument: String) throws -> ClosedRange<Int> {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
    }
    guard numbers.count == parts.count, (1...2).contains(numbers.count), let first = numbers.first,
      let last = numbers.last, first <= last
    else { throw ArgumentProblem("ObsIDs are written 1200 or 1200-1210") }
    return first...last
  }
}
