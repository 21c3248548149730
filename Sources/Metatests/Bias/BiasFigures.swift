import BlockTests
import Detector
import LatexReport
import Plots
import Synchronization
import Warehouse

/// The figures of one test, each with its name and its place in the report.
struct BiasFigures: Sendable {
  let data: BiasData
  let plane: PlaneFigures
  let results: [RequirementResult]

  var test: String { data.test }

  // MARK: - Maps

  func electrons(_ map: ChannelMap) -> Figure {
    let result = results.first { $0.requirement == MetaBias.electronLimit && $0.test == test }
    return plane.heatMap(
      map, name: "\(test): RON, over-scan [e⁻]", colours: .cividis,
      failing: result?.failing ?? [], failureMeaning: "above 4.5 e⁻",
      footer: data.footer("bias.ron [ove] × ptc.gain"))
  }

  func temperature(_ map: ChannelMap) -> Figure {
    ChannelFigures.temperature(
      map, test: test, selections: data.selections, temperatures: data.temperatures,
      footer: data.footer(map.quantity))
  }

  // MARK: - Structure

  /// Profiles of the master bias along columns (the first hundred) or along rows.
  func profiles(alongColumns: Bool) -> Figure {
    let name =
      alongColumns ? BiasQuantities.masterColumnProfile : BiasQuantities.masterRowProfile
    let curves = data.reader.curves(named: name)
    let first = alongColumns ? 100 : nil
    let x =
      alongColumns
      ? Axis("column", unit: "pixel", limits: .fixed(0, 100)) : Axis("row", unit: "pixel")
    return plane.profiles(
      curves, name: "\(test): master bias, mean of each \(alongColumns ? "column" : "row")",
      x: x, y: Axis("δ", unit: "ADU", limits: range(curves, first: first)), first: first,
      footer: data.footer(name))
  }

  /// The customary range where the profiles fit into it, else that of the profiles.
  private func range(_ curves: [ChannelPlace: CurveRecord], first: Int?) -> Axis.Limits {
    let values = curves.sorted { $0.key < $1.key }.flatMap {
      PlaneFigures.reduced($0.value, first: first).y
    }.sorted()
    guard let low = values.first, let high = values.last else { return .fixed(-5, 5) }
    let margin = max(0.05 * (high - low), 0.05)
    return .fixed(max(low - margin, -5), min(high + margin, first == nil ? 5 : 25))
  }

  func mosaic(_ images: [String: PlotImage]) -> Figure {
    plane.mosaic(
      images, name: "\(test): master bias", value: Axis("master bias", unit: "ADU"),
      scale: .robust, footer: data.footer("master-bias"))
  }
}

/// Reduced images that are made while products are written, for the figures that come after.
final class ImageShelf: Sendable {
  private let images = Mutex<[String: PlotImage]>([:])

  /// Keeps the image of a slot.
  func put(_ image: PlotImage, at slot: String) { images.withLock { $0[slot] = image } }

  /// All images by slot.
  var all: [String: PlotImage] { images.withLock { $0 } }
}
