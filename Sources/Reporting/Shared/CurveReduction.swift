/// Curves with fewer points, for pictures of limited resolution.
public enum CurveReduction {
  /// Means over groups of neighbouring points, so that at most `limit` remain.
  ///
  /// - Returns: the reduced curve and the number of points that each of its points stands for.
  public static func averaged(
    x: [Double], y: [Double], limit: Int
  ) -> (x: [Double], y: [Double], per: Int) {
    let count = min(x.count, y.count)
    let per = max(1, (count + max(1, limit) - 1) / max(1, limit))
    guard per > 1 else { return (Array(x.prefix(count)), Array(y.prefix(count)), 1) }
    var result: (x: [Double], y: [Double], per: Int) = ([], [], per)
    for start in stride(from: 0, to: count, by: per) {
      let end = min(start + per, count)
      let size = Double(end - start)
      result.x.append(x[start..<end].reduce(0, +) / size)
      result.y.append(y[start..<end].reduce(0, +) / size)
    }
    return result
  }
}
