import ArgumentParser
import CommandLineStyle
import Warehouse

/// Whether values in ADU are printed in electrons.
struct ElectronOption: ParsableArguments {
  @Flag(
    name: .long,
    help:
      "Values in ADU as electrons, with the gain of their quadrant from the PTC01 run that stands for the block; its uncertainty is included, and the run is named."
  )
  var electrons = false

  /// The gains of the warehouse; nil where electrons are not asked for.
  func gains(of warehouse: Warehouse, asOf: String?) throws -> GainTable? {
    electrons ? try warehouse.gains(asOf: asOf) : nil
  }

  /// Names the runs of the gains, beside the answer.
  func printSources(_ gains: GainTable) {
    let sources = gains.sources
    if sources.isEmpty {
      printNote("vis-meta: no gain: no finished \(StandingGains.test) in the warehouse")
    } else {
      printNote("vis-meta: gains of " + sources.joined(separator: "; "))
    }
  }
}
