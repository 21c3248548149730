import CGSL

/// Which GNU Scientific Library the program runs with.
public enum GSLLibrary {
  /// The version, such as `2.7.1`.
  public static var version: String { String(cString: vison_gsl_version()) }
}
