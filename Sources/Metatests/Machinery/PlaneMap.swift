import Detector
import Plots
import Warehouse

/// A map of one quantity over the plane: its heat map, histogram, table and columns are made from it.
struct PlaneMap: Sendable {
  /// Part of the files' names, and the column of the table.
  let key: String
  let quantity: Quantity
  var item: String?
  let title: String
  /// What values are multiplied by, for numbers far below one; the unit then says so.
  var factor = 1.0
  /// The unit for people, where it is not the quantity's.
  var unit: String?
  var colours = ColourMap.cividis
  var scale = ValueScale.robust
  /// Digits after the point in the cells.
  var decimals = 2
  /// The requirement whose failures are marked.
  var requirement: String?
  /// Whether the requirement is on the departure from an expected value, which no common line of a histogram shows.
  var isOnDepartures = false
  /// Whether the values are multiplied by the gains.
  var isInElectrons = false
  /// Whether the distribution over quadrants is drawn.
  var hasHistogram = true
  /// The name of the heat map, where it is not `<test>_<key>_MAP`.
  var file: String?
  var hasPreview = false

  /// The unit for people.
  var shownUnit: String {
    unit ?? (isInElectrons ? Unit.electron : quantity.unit).display
  }
  /// The title with the unit.
  var heading: String { shownUnit.isEmpty ? title : "\(title) [\(shownUnit)]" }

  /// The name of the heat map of a test.
  func mapName(_ test: String) -> String { file ?? "\(test)_\(key)_MAP" }
  /// The name of the histogram of a test.
  func histogramName(_ test: String) -> String { "\(test)_\(key)_HIST" }
}
