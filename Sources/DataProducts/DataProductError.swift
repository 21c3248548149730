public import Diagnostics

/// What can go wrong when a data product is written; files and FITS have errors of their own.
public struct DataProductError: DiagnosedError, Equatable {
  /// The kinds of failure.
  public enum Kind: String, Sendable, CaseIterable {
    /// Columns of a table have different lengths.
    case raggedTable = "ragged-table"
    /// Two columns of a table have the same name.
    case doubledColumn = "doubled-column"
    /// A table has more rows or columns than a sheet of a workbook.
    case sheetTooLarge = "sheet-too-large"
    /// A picture for a workbook is no PNG, or cannot be read.
    case pictureUnreadable = "picture-unreadable"
    /// libxlsxwriter failed.
    case workbookFailed = "workbook-failed"
  }

  /// The kind of failure.
  public let kind: Kind
  /// What is wrong, as one sentence.
  public let problem: String
  /// The table or file.
  public let place: String?

  init(_ kind: Kind, _ problem: String, place: String?) {
    self.kind = kind
    self.problem = problem
    self.place = place
  }

  public var code: String { kind.rawValue }
  public var remedy: String? {
    switch kind {
    case .raggedTable, .doubledColumn: "this is a defect of the program; please report it"
    case .sheetTooLarge: "write FITS or CSV, or split the table, for example by block"
    case .pictureUnreadable: "make the picture again, as PNG"
    case .workbookFailed: "check the free space and the permissions of the folder"
    }
  }
}
