/// Makes names from outside (block names, operators' strings) harmless as parts of a path.
public enum SafeName {
  /// A single path component that resembles `name` and cannot leave its folder.
  ///
  /// Letters, digits, `.`, `_`, `-` and `+` of ASCII stay; everything else becomes `_`; a leading dot or dash
  /// gets a `_` before it; at most 80 characters are kept. Where anything was changed, eight digits of the
  /// name's SHA-256 are appended so that two names never share a component.
  public static func component(_ name: String) -> String {
    var result = ""
    for character in name.prefix(80) {
      let keeps =
        character.isASCII
        && (character.isLetter || character.isNumber || "._-+".contains(character))
      result.append(keeps ? character : "_")
    }
    if result.isEmpty || result.hasPrefix(".") || result.hasPrefix("-") { result = "_" + result }
    if result != name { result += "-" + SHA256Digest(of: name).hexadecimal.prefix(8) }
    return result
  }

  /// Whether `path` is relative and stays below the folder that it is relative to.
  public static func staysBelow(_ path: String) -> Bool {
    guard !path.isEmpty, !path.hasPrefix("/"), !path.utf8.contains(0) else { return false }
    return path.split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }
}
