import GRDB

/// The list of migrations, in order; each is one file and never edited once released.
///
/// Each runs in one transaction with its line in `grdb_migrations` and its `user_version`.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("M0001-results", migrate: createResults)
    // Only adds tables: a check of all references would read every measurement for nothing.
    migrator.registerMigration(
      "M0002-certification", foreignKeyChecks: .immediate, migrate: createCertification)
    return migrator
  }
}
