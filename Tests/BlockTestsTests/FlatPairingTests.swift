import Testing

@testable import BlockTests

@Suite struct FlatPairingTests {
  private func flats(_ values: [(String, Double?, Double?)]) -> [FlatPairing.Flat] {
    values.enumerated().map { index, value in
      FlatPairing.Flat(obsid: 100 + index, label: value.0, seconds: value.1, flux: value.2)
    }
  }

  @Test("By time: same column and time, no overlap, the odd one out is named")
  func time() {
    let pairing = FlatPairing(
      flats([
        ("col001", 1, nil), ("col001", 1.0005, nil), ("col001", 2, nil), ("col002", 1, nil),
        ("col001", 1, nil), ("col002", 1, nil),
      ]))
    #expect(pairing.pairs.map { [$0.first, $0.second] } == [[100, 101], [103, 105]])
    #expect(pairing.extras == [104, 102])
    #expect(pairing.lonely == ["col001 (2.000 s)"])
  }

  @Test("By ObsID: neighbours, whatever they are")
  func order() {
    let pairing = FlatPairing(
      flats([("a", 1, nil), ("b", 2, nil), ("b", 2, nil), ("c", nil, nil), ("c", 9, nil)]),
      by: .order)
    #expect(pairing.pairs.map { [$0.first, $0.second] } == [[100, 101], [102, 103]])
    #expect(pairing.extras == [104] && pairing.lonely.isEmpty)
  }

  @Test("By flux: equal readings make a pair over columns; without a reading there is none")
  func flux() {
    let pairing = FlatPairing(
      flats([
        ("a", 1, 5.00), ("b", 2, 10), ("b", 1, 5.04), ("a", 2, .nan), ("a", 2, nil), ("c", 2, 10.2),
        ("c", 2, -10),
      ]), by: .flux(column: "diode"))
    #expect(pairing.pairs.map { [$0.first, $0.second] } == [[100, 102]])
    #expect(pairing.extras == [101, 103, 104, 105, 106])
    #expect(pairing.lonely == ["diode = 10.000", "diode = 10.200", "diode = -10.000"])
  }

  @Test("Nothing makes no pairs")
  func none() {
    for rule in [FlatPairing.Rule.time, .order, .flux(column: "x")] {
      #expect(FlatPairing([], by: rule).pairs.isEmpty)
    }
  }
}
