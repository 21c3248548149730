/// Numbers of things in words.
public enum CountText {
  /// `1 run`, `2 runs`, `0 runs`: a number and what it counts.
  ///
  /// - Parameters:
  ///   - what: the singular.
  ///   - plural: nil where it is the singular with an `s`.
  public static func text(_ number: Int, _ what: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? what : plural ?? what + "s")"
  }
}
