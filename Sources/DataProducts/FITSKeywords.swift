/// The header keys of data products that have a keyword in FITS headers.
///
/// FITS keywords have eight characters; everything else, under its full name, is in the table META.
public enum FITSKeywords {
  /// Key in lower case without separators, keyword, and the keyword's comment.
  public static let all: [(key: String, keyword: String, comment: String)] = [
    ("title", "TITLE", "what the product is"),
    ("origin", "ORIGIN", "who made the file"),
    ("creator", "CREATOR", "program that made the file"),
    ("version", "PROCVERS", "version of that program"),
    ("date", "DATE", "when the product was made, UTC"),
    ("instrument", "INSTRUME", "instrument"),
    ("camera", "CAMERA", "description of the camera"),
    ("campaign", "CAMPAIGN", "calibration campaign"),
    ("chamber", "CHAMBER", "vacuum chamber"),
    ("block", "BLOCKID", "block: one ROE, one RPSU, three CCDs"),
    ("test", "TESTNAME", "test"),
    ("session", "SESSION", "session of the test"),
    ("analysis", "ANALYSIS", "identifier of the analysis"),
    ("analysisid", "ANALYSIS", "identifier of the analysis"),
    ("verdict", "VERDICT", "accepted, rejected or pending"),
    ("focalplane", "FPADESI", "design of the focal plane"),
    ("fpadesign", "FPADESI", "design of the focal plane"),
    ("metatest", "METATEST", "metatest"),
    ("product", "PRODUCT", "name of the product"),
    ("warehouse", "WHOUSE", "identifier of the warehouse"),
    ("revision", "WHREV", "revision of the warehouse"),
    ("configuration", "CONFIGUR", "SHA-256 of the configuration, shortened"),
  ]

  /// The keyword for a key; nil where it has none.
  public static func keyword(for key: String) -> (keyword: String, comment: String)? {
    let plain = key.lowercased().filter { $0.isLetter || $0.isNumber }
    return all.first { $0.key == plain }.map { ($0.keyword, $0.comment) }
  }
}
