public import DataProducts
import Detector
public import Warehouse

/// Identification and provenance of data products that are made from test runs.
public enum ProductHeader {
  /// What a product of one test run is: test, block, analysis, program, dates, serial numbers.
  public static func header(_ data: TestRunData) -> [DataProduct.Entry] {
    let run = data.run
    var entries: [DataProduct.Entry] = [
      .init("campaign", .text(run.campaign), "Campaign"), .init("block", .text(run.block), "Block"),
      .init("test", .text(run.test), "Test"), .init("session", .text(run.session), "Session"),
      .init("camera", .text(data.camera.name), "Camera"),
    ]
    entries += analysis(data.analysis)
    for detector in data.camera.detectors {
      entries.append(
        .init(
          "serial_\(detector)", run.serials[detector].map { .text($0) } ?? .missing,
          "Serial number of \(detector)"))
    }
    if let obsids = run.obsids {
      entries += [
        .init("first_obsid", .integer(Int64(obsids.lowerBound)), "First ObsID"),
        .init("last_obsid", .integer(Int64(obsids.upperBound)), "Last ObsID"),
      ]
    }
    return entries
  }

  /// The entries that tell of an analysis.
  public static func analysis(_ analysis: StoredAnalysis) -> [DataProduct.Entry] {
    let record = analysis.record
    return [
      .init("analysis", .text(record.name), "Analysis"),
      .init("ulid", .text(record.ulid), "Analysis, unique in the world"),
      .init("version", .text("vison \(record.programVersion)"), "Program and version"),
      .init("date", .text(record.started), "Start of the analysis, UTC"),
      .init("operator", .text(record.operatorName), "Operator"),
      .init("host", .text(record.host), "Machine"),
    ]
  }

  /// How the numbers were made, and what is thought of them.
  public static func meta(_ data: TestRunData) -> [DataProduct.Entry] {
    let run = data.run
    let failed = data.checks.filter { !$0.passed }.count
    let flags = Set(data.flags.map(\.flag.name)).sorted().joined(separator: " ")
    var entries: [DataProduct.Entry] = [
      .init("state", .text(run.status.rawValue), "State of the run"),
      .init("verdict", .text(run.verdict?.rawValue ?? "none"), "Latest verdict"),
      .init("exposures", .integer(Int64(data.obsids.count)), "Number of exposures"),
      .init("checks", .integer(Int64(data.checks.count)), "Number of checks"),
      .init("checks_failed", .integer(Int64(failed)), "Number of checks that failed"),
      .init("flags", .text(flags.isEmpty ? "none" : flags), "Flags on"),
      .init(
        "configuration_sha256", .text(data.analysis.record.configurationDigest),
        "SHA-256 of the configuration"),
      .init("inputs_sha256", .text(run.inputDigest), "SHA-256 over all inputs"),
      .init("command", .text(data.analysis.record.commandLine), "Command"),
    ]
    for (name, version) in data.analysis.record.libraries.sorted(by: { $0.key < $1.key }) {
      entries.append(.init("library_\(name)", .text(version), "Version of \(name)"))
    }
    return entries
  }

  /// What the numbers were made from: files read, and files made.
  public static func sources(_ data: TestRunData) -> [DataProduct.Source] {
    data.inputs.map { input in
      .init(
        role: input.role.rawValue, name: input.path, checksum: input.sha256,
        note: "\(input.size) bytes")
    }
      + data.artifacts.map { artifact in
        .init(
          role: artifact.role, name: artifact.path, checksum: artifact.sha256, note: artifact.title)
      }
  }
}
