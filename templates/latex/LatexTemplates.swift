/// The LaTeX templates that travel inside the program.
///
/// The files are those of the folder `templates/latex`; each is embedded when the package is built.
public enum LatexTemplates {
  /// The frame of every report; `<<name>>` marks what is filled in.
  public static let visonReport = String(
    decoding: PackageResources.vison_report_tex, as: UTF8.self)
}
