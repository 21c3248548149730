import GRDB

/// The list of migrations, in order; each is one file and never edited once released.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("M0001-results", migrate: createResults)
    return migrator
  }
}
