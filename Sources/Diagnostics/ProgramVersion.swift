/// The version of the program suite.
public enum ProgramVersion {
  /// The version that is stored with every analysis and product.
  public static let current = "0.1.0"
}
