/// A command line as it could be typed again.
public enum CommandText {
  /// The arguments with blanks between them; those that a shell would take apart or replace are in
  /// single quotes.
  public static func text(_ arguments: [String]) -> String {
    arguments.map(quoted).joined(separator: " ")
  }

  private static func quoted(_ argument: String) -> String {
    let plain = argument.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "-_./,:=@%+".unicodeScalars.contains(scalar)
    }
    if plain, !argument.isEmpty { return argument }
    return "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
