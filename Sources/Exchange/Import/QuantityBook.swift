import Detector
import Diagnostics
import Warehouse

/// The quantities that an import uses: those known before, and new ones.
///
/// A known quantity must have its unit. A new one needs a unit in the FITS spelling and a meaning,
/// and
/// must not lie below a first word that this program's own quantities have.
struct QuantityBook {
  private let known: [String: StoredQuantity]
  private let reserved: Set<String>
  private let options: ImportOptions
  private var defined: [String: StoredQuantity] = [:]
  private var numbers: [String: Int] = [:]
  /// The quantities that rows use, in the order of their first rows.
  private(set) var used: [StoredQuantity] = []
  private(set) var isNew: [Bool] = []

  /// What is wrong with a quantity or its unit.
  struct Problem: Error {
    let column: ExchangeColumn
    let value: String
    let problem: String
    let remedy: String
  }

  /// - Parameters:
  ///   - stored: those of the warehouse, which go first.
  ///   - own: those that this program declares.
  init(stored: [StoredQuantity], own: [Quantity], options: ImportOptions) {
    let declared = own.map {
      StoredQuantity(
        name: $0.name, unit: $0.unit.rawValue, digits: $0.digits, dimensions: $0.dimensions,
        meaning: $0.meaning)
    }
    known = Dictionary((stored + declared).map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    reserved = Set(own.compactMap { $0.name.split(separator: ".").first.map(String.init) })
    self.options = options
  }

  /// Takes over what a file itself says of a quantity.
  mutating func define(_ quantity: StoredQuantity) {
    let name = fullName(quantity.name)
    defined[name] = StoredQuantity(
      name: name, unit: quantity.unit, digits: min(max(quantity.digits, 0), 15),
      dimensions: quantity.dimensions, meaning: String(quantity.meaning.prefix(4000)))
  }

  private func fullName(_ name: String) -> String {
    options.prefix.map { "\($0).\(name)" } ?? name
  }

  /// Whether a text is a name of a quantity: words of letters, digits, - and _ with points between.
  static func isName(_ name: String) -> Bool {
    guard (1...100).contains(name.utf8.count), let first = name.first, first.isLetter else {
      return false
    }
    return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty
        && word.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            || $0 == 0x5F || $0 == 0x2D
        }
    }
  }

  /// The number of a quantity in `used`.
  mutating func number(of given: String, unit: String) throws(Problem) -> Int {
    let name = fullName(given)
    if let number = numbers[name] {
      try require(unit, of: used[number])
      return number
    }
    func fail(_ problem: String, _ remedy: String) -> Problem {
      Problem(column: .quantity, value: String(name.prefix(60)), problem: problem, remedy: remedy)
    }
    guard Self.isName(name) else {
      throw fail(
        "it is no name of a quantity", "write words with points between, such as pipe.gain")
    }
    let quantity: StoredQuantity
    let isNew = known[name] == nil
    if let known = known[name] {
      try require(unit, of: known)
      quantity = known
    } else {
      if let remedy = FITSUnitSyntax.remedy(for: unit) {
        throw Problem(
          column: .unit, value: String(unit.prefix(40)), problem: "it is no unit", remedy: remedy)
      }
      if let own = defined[name] {
        try require(unit, of: own)
        quantity = own
      } else {
        let word = name.split(separator: ".").first.map(String.init) ?? name
        guard !reserved.contains(word) else {
          let near = nearestName(to: name, among: known.keys.sorted())
          throw fail(
            "a new quantity cannot be below \(word), where those of this program are",
            (near.map { "did you mean \($0)? " } ?? "") + "--prefix NAME puts it below another word"
          )
        }
        guard let meaning = options.meanings[name], !meaning.isEmpty else {
          throw fail("a new quantity needs a meaning", "give it with --meaning '\(name)=TEXT'")
        }
        quantity = StoredQuantity(
          name: name, unit: unit, digits: 3, dimensions: [], meaning: meaning)
      }
    }
    numbers[name] = used.count
    used.append(quantity)
    self.isNew.append(isNew)
    return used.count - 1
  }

  private func require(_ unit: String, of quantity: StoredQuantity) throws(Problem) {
    guard unit != quantity.unit else { return }
    func quoted(_ unit: String) -> String { unit.isEmpty ? "no unit" : unit }
    throw Problem(
      column: .unit, value: String(unit.prefix(40)),
      problem: "\(quantity.name) is in \(quoted(quantity.unit))",
      remedy: "convert the values, or import them as another quantity with --prefix")
  }

  /// Adds what a value belongs to to the dimensions of a quantity that no file described.
  mutating func note(_ place: ResultPlace, of number: Int) {
    let old = used[number]
    guard isNew[number], defined[old.name] == nil else { return }
    var dimensions = old.dimensions
    if place.detector != nil { dimensions.insert(.detector) }
    if place.amplifier != nil { dimensions.insert(.amplifier) }
    if place.obsid != nil { dimensions.insert(.exposure) }
    if place.item != nil { dimensions.insert(.item) }
    guard dimensions != old.dimensions else { return }
    used[number] = StoredQuantity(
      name: old.name, unit: old.unit, digits: old.digits, dimensions: dimensions,
      meaning: old.meaning)
  }
}
