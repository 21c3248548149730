/// Applies `body` to every element, at most `workers` at a time, and returns the results in the
/// order of the elements, so that nothing downstream depends on the number of workers.
///
/// The error of the first element, in order, that failed is thrown.
func parallelMap<Element: Sendable, Result: Sendable>(
  _ elements: [Element], workers: Int, _ body: @escaping @Sendable (Element) throws -> Result
) async throws -> [Result] {
  let outcomes = await withTaskGroup(of: (Int, Swift.Result<Result, any Error>).self) { group in
    var outcomes = [Swift.Result<Result, any Error>?](repeating: nil, count: elements.count)
    var next = 0
    func start() {
      guard next < elements.count else { return }
      let index = next
      let element = elements[index]
      next += 1
      group.addTask { (index, Swift.Result { try body(element) }) }
    }
    for _ in 0..<max(1, workers) { start() }
    while let (index, outcome) = await group.next() {
      outcomes[index] = outcome
      start()
    }
    return outcomes
  }
  return try outcomes.compactMap { try $0?.get() }
}
