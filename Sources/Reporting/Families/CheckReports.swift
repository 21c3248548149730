import Detector
import LatexReport
import Warehouse

/// The report of tests whose results so far are those of the data check.
struct CheckReport: BlockReportFamily {
  /// The beginnings of the tests' names.
  let prefixes: [String]
  let complianceTitle: String
  let productName: String
  /// The numbers for the summary: heading and quantity.
  var columns: [(heading: String, quantity: String)] = []
  /// The figures beside those of offsets and scatter.
  let figures: @Sendable () -> [LevelFigure]

  func covers(_ test: String) -> Bool { prefixes.contains { test.hasPrefix($0) } }

  func headline(_ data: TestRunData) -> [ReportPart] {
    let shown = columns.filter { !data.measurements(of: $0.quantity).isEmpty }
    guard !shown.isEmpty else { return [] }
    return [
      QuantityTables.byAmplifier(
        shown.map { QuantityTables.Column(heading: $0.heading, quantity: $0.quantity) },
        caption: "Results of the data check", label: "table:headline", data)
    ]
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    LockSection.parts(data) + CheckFigures.trends(data, footer: footer)
      + CheckFigures.changes(data, footer: footer)
      + figures().flatMap { $0.parts(data, footer: footer) }
  }

  func results(_ data: TestRunData, footer: String) -> [ReportPart] { [] }

  /// All such families.
  static let all: [CheckReport] = [
    dark, flat, chinj01, chinj02, injection, focus, points, other,
  ]

  private static let dark = CheckReport(
    prefixes: ["DARK01"], complianceTitle: "Levels", productName: "DARK"
  ) {
    [
      LevelFigure(
        name: "background", words: "Dark background", quantity: "check.background",
        axis: "image − scans", abscissa: .time, check: "dark_fluence", isKey: true)
    ]
  }

  static let flat = CheckReport(
    prefixes: ["FLAT", "PTC", "BF01", "MOT_FF"], complianceTitle: "Levels and fluences",
    productName: "FLAT", columns: [("Saturation time", "check.saturation.time")]
  ) {
    [
      LevelFigure(
        name: "fluence", words: "Fluence", quantity: "check.fluence", axis: "image − over-scan",
        abscissa: .exposureSeconds, check: "image_fluence", isKey: true, showsFilters: true),
      LevelFigure(
        name: "fluence-time", words: "Fluence against time", quantity: "check.fluence",
        axis: "image − over-scan", abscissa: .time, check: nil, showsFilters: true),
      LevelFigure(
        name: "image-std", words: "Scatter of the image area", quantity: "check.image.std",
        axis: "scatter", abscissa: .exposureSeconds, check: nil, showsFilters: true),
    ]
  }

  private static func injectionFigures(_ abscissa: LevelFigure.Abscissa) -> [LevelFigure] {
    [
      LevelFigure(
        name: "injection-level", words: "Injected level", quantity: "check.injection.level",
        axis: "injected − pre-scan", abscissa: abscissa, check: "injection_level", isKey: true),
      LevelFigure(
        name: "injection-std", words: "Scatter of the injected lines",
        quantity: "check.injection.std", axis: "scatter", abscissa: abscissa,
        check: "injection_noise"),
      LevelFigure(
        name: "injection-blank", words: "Lines without injection",
        quantity: "check.injection.blank", axis: "blank − pre-scan", abscissa: abscissa, check: nil),
    ]
  }

  private static let chinj01 = CheckReport(
    prefixes: ["CHINJ01"], complianceTitle: "Levels and injection", productName: "CHINJ"
  ) { injectionFigures(.commanded("IG1_1_T", name: "IG1", unit: "V")) }

  private static let chinj02 = CheckReport(
    prefixes: ["CHINJ02"], complianceTitle: "Levels and injection", productName: "CHINJ"
  ) { injectionFigures(.commanded("IDL", name: "IDL", unit: "V")) }

  private static let injection = CheckReport(
    prefixes: ["CHINJ", "TP"], complianceTitle: "Levels and injection", productName: "INJECTION"
  ) { injectionFigures(.time) }

  private static func spotFigures(_ abscissa: LevelFigure.Abscissa) -> [LevelFigure] {
    [
      LevelFigure(
        name: "spot-fwhmx", words: "Width of spots, x",
        quantity: "check.spot.fwhmx", axis: "FWHM x", abscissa: abscissa, check: nil, isKey: true),
      LevelFigure(
        name: "spot-fwhmy", words: "Width of spots, y",
        quantity: "check.spot.fwhmy", axis: "FWHM y", abscissa: abscissa, check: nil),
      LevelFigure(
        name: "spot-peak", words: "Peak of spots", quantity: "check.spot.peak", axis: "peak",
        abscissa: abscissa, check: "spot_peak", isKey: true),
      LevelFigure(
        name: "spot-fluence", words: "Flux of spots", quantity: "check.spot.fluence", axis: "flux",
        abscissa: abscissa, check: "spot_fluence"),
      LevelFigure(
        name: "background", words: "Background between the spots", quantity: "check.background",
        axis: "image − pre-scan", abscissa: .time, check: "background"),
    ]
  }

  private static let focus = CheckReport(
    prefixes: ["FOCUS"], complianceTitle: "Levels and spots", productName: "FOCUS",
    columns: [("Peak saturation time", "check.peak.saturation.time")]
  ) { spotFigures(.commanded("mirr_pos", name: "mirror", unit: "mm")) }

  private static let points = CheckReport(
    prefixes: ["PSF"], complianceTitle: "Levels and spots", productName: "PSF",
    columns: [("Peak saturation time", "check.peak.saturation.time")]
  ) { spotFigures(.exposureSeconds) }

  private static let other = CheckReport(
    prefixes: ["PERSIST", "MOT_WARM", "COSMETICS", "STRAY"], complianceTitle: "Levels",
    productName: "CHECK"
  ) {
    [
      LevelFigure(
        name: "background", words: "Background", quantity: "check.background",
        axis: "image − scans", abscissa: .time, check: "background", isKey: true),
      LevelFigure(
        name: "fluence", words: "Fluence", quantity: "check.fluence", axis: "image − over-scan",
        abscissa: .time, check: nil),
      LevelFigure(
        name: "injection-level", words: "Injected level", quantity: "check.injection.level",
        axis: "injected − pre-scan", abscissa: .time, check: nil),
      LevelFigure(
        name: "saturated-share", words: "Share of saturated pixels",
        quantity: "check.saturated.fraction", axis: "share", abscissa: .time, check: nil,
        isHiddenWhenZero: true),
    ]
  }
}

/// Where the pattern of point sources lies, by detector and script column.
enum LockSection {
  static func parts(_ data: TestRunData) -> [ReportPart] {
    let locks = data.measurements(of: "lock.matches")
    guard !locks.isEmpty else { return [] }
    let columns: [(heading: String, quantity: String)] = [
      ("Found", "lock.matches"), ("Scale", "lock.scale"), ("Rotation, rad", "lock.rotation"),
      ("Shift x", "lock.shift.x"), ("Shift y", "lock.shift.y"), ("Residual", "lock.residual"),
    ]
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    var reasons: [Document.Text] = []
    for detector in data.camera.detectors {
      let mine = locks.filter { $0.place.detector == detector }
      for (index, lock) in mine.enumerated() {
        if case .missing(let reason) = lock.value {
          reasons.append(.init("\(detector) \(lock.place.item ?? ""): \(reason)"))
          rows.append(
            [
              index == 0 ? .words(detector) : "", .words(lock.place.item ?? ""),
              .status(.fail, "not found"),
            ] + columns.dropFirst().map { _ in .empty(reason: "") })
          continue
        }
        rows.append(
          [index == 0 ? .words(detector) : "", .words(lock.place.item ?? "")]
            + columns.map { column in
              NumberText.cell(
                data.value(column.quantity, detector, item: lock.place.item),
                digits: data.display(column.quantity).digits)
            })
      }
      rules.insert(rows.count)
    }
    return [
      .section(2, "Point sources", label: "lock"),
      .table(
        Document.Table(
          [.init("CCD"), .init("Column")]
            + columns.map { column in
              .init(
                DefinitionLabel.link(column.heading, column.quantity),
                unit: data.display(column.quantity).unit, .right)
            },
          rows: rows,
          caption: "Where the pattern of point sources lies, relative to the nominal one",
          label: "table:lock", size: .footnote, rulesAfter: rules)),
    ] + (reasons.isEmpty ? [] : [.node(.bullets(reasons))])
  }
}
