import CCFITSIO

/// Which CFITSIO the program runs with.
public enum CFITSIOLibrary {
  /// The version, such as `4.2.0`.
  public static var version: String {
    var number: Float = 0
    _ = ffvers(&number)
    // CFITSIO packs 4.2.0 as 4.02 and, from 4.0 on, the patch level into the fourth digit.
    let thousandths = Int((number * 10_000).rounded())
    return "\(thousandths / 10_000).\(thousandths / 100 % 100).\(thousandths % 100)"
  }
}
