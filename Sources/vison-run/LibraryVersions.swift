import Analysis
import FITSFiles
import Warehouse

/// The versions that are stored with an analysis.
enum LibraryVersions {
  /// Versions by name: the compiler, and the libraries that numbers pass through.
  static func all(_ warehouse: Warehouse) -> [String: String] {
    var versions = [
      "CFITSIO": CFITSIOLibrary.version, "GSL": GSLLibrary.version, "Swift": compiler,
    ]
    if let answer = try? warehouse.readOnlySQL("SELECT sqlite_version()"),
      case .text(let version)? = answer.rows.first?.first
    {
      versions["SQLite"] = version
    }
    return versions
  }

  private static var compiler: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "before 6.3"
    #endif
  }
}
