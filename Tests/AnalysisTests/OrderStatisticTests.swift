import Testing

@testable import Analysis

@Suite struct OrderStatisticTests {
  @Test("The values of ranks are those of the sorted list, whatever its order", arguments: 0..<7)
  func ranks(kind: Int) {
    var state: UInt64 = 11
    func random() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / 1000 - 8000
    }
    for count in [1, 2, 3, 5, 17, 100, 1001, 20_000] {
      let values = (0..<count).map { index -> Float in
        switch kind {
        case 0: random()
        case 1: Float(index)
        case 2: Float(-index)
        case 3: 5
        case 4: Float(index % 3)
        case 5: Float(min(index, count - index))
        default: index == count / 2 ? .infinity : random().rounded()
        }
      }
      let sorted = values.sorted()
      let ranks = [0, count / 4, count / 2, count * 3 / 4, count - 1]
      var mine = values
      #expect(orderStatistics(ranks, of: &mine) == ranks.map { sorted[$0] }, "\(count)")
      #expect(mine.sorted() == sorted)
    }
  }
}
