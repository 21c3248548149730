public import Campaign
public import Ingest

extension CampaignOrder {
  /// Takes over what a campaign file says.
  ///
  /// - Throws: `SimulatorError` for a fault, date or part of the truth that is not known.
  public mutating func apply(_ file: CampaignFile) throws(SimulatorError) {
    if let name = file.campaign { campaign = name }
    if let name = file.camera { cameraName = name }
    if let value = file.seed { seed = value }
    if let value = file.firstObsID { firstObsID = value }
    if let version = file.elvis { elvis = version }
    if let names = file.blocks { blocks = names }
    if let text = file.start { start = try Self.date(text) }
    tests = file.tests.map { Test($0.name, inputs: $0.inputs, script: $0.script) }
    faults = []
    for text in file.faults { faults.append(try Fault(parsing: text)) }
    for (name, value) in file.truth.sorted(by: { $0.key < $1.key }) {
      truth[try TruthParameter.named(name)] = value
    }
  }

  /// A date as orders give it.
  ///
  /// - Throws: `SimulatorError` for a text that is none.
  public static func date(_ text: String) throws(SimulatorError) -> ElvisDate {
    guard let date = ElvisDate(iso: text.replacing(" ", with: "T")) else {
      throw SimulatorError(
        .badOption, "the start '\(text)' is no date", remedy: "write it as 2019-03-23T19:36:47")
    }
    return date
  }
}
