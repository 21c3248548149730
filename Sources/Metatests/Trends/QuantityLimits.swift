import Detector

/// Limits that apply to a quantity as it is stored.
enum QuantityLimits {
  /// Requirements on the quantity itself, of this item; those on something derived from it, such as
  /// the offset less its expectation, are not meant.
  static func requirements(of quantity: String, item: String?) -> [Requirement] {
    MetaBias.noiseLimits.filter { $0.quantity.name == quantity && $0.region == item }
      .map(\.requirement)
  }
}
