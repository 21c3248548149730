/// The key of a measurement: its series (a quantity in a test run) and its place, in one number.
///
/// The schema packs them in the same way (`series << 28 | place`); the checks of the tables
/// `series` and `place` keep either from running over.
enum MeasurementKey {
  /// The greatest place: 28 bits.
  static let placeMask: Int64 = 0x0FFF_FFFF
  /// The greatest series: 35 bits.
  static let greatestSeries: Int64 = 0x7_FFFF_FFFF

  static func first(of series: Int64) -> Int64 { series << 28 }
  static func last(of series: Int64) -> Int64 { series << 28 | placeMask }
  static func key(series: Int64, place: Int64) -> Int64 { series << 28 | place }
  static func place(of key: Int64) -> Int64 { key & placeMask }
}
