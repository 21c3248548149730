import Campaign
import Detector
import Ingest

/// The configuration that lets `vison-run` analyse a simulated block.
enum ConfigurationText {
  /// The text of `vison.yaml`.
  ///
  /// - Parameter cameraName: the camera as the configuration is to name it.
  static func text(
    plan: BlockPlan, camera: Camera, cameraName: String, order: CampaignOrder
  ) -> String {
    var folders: [String] = []
    for exposure in plan.exposures where !folders.contains(exposure.date.folderName) {
      folders.append(exposure.date.folderName)
    }
    var lines = [
      "# A simulated block; what is true of it stands in truth.json.",
      "version: 1", "block: \(quoted(plan.block.name))", "filled_in_by: vis-tools simulate",
      "campaign: \(quoted(order.campaign))", "camera: \(quoted(cameraName))",
      "chamber: \(quoted(plan.block.chamber))", "elvis: \(quoted(plan.version.name))",
      "paths:", "  data_root: data", "  results_root: \(quoted(order.resultsRoot))",
      "equipment:", "  operator: cpf",
    ]
    for (index, detector) in camera.detectors.prefix(3).enumerated() {
      lines.append("  sn_ccd\(index + 1): \(quoted(plan.truth[detector]?.serial ?? ""))")
    }
    lines += [
      "  sn_roe: \(quoted(plan.block.roe))", "  sn_rpsu: \(quoted(plan.block.rpsu))",
      "report: true",
      "sessions:", "  D11:", "    data: [\(folders.map(quoted).joined(separator: ", "))]",
      "    tasks:",
    ]
    for attempt in plan.attempts {
      lines.append("      - test: \(attempt.test.name)")
      lines.append("        obsid: [\(attempt.range.lowerBound), \(attempt.range.upperBound)]")
      for (key, values) in [
        ("inputs", plan.inputs(of: attempt, order: order)), ("script", attempt.order.script),
      ] where !values.isEmpty {
        let texts = values.sorted { $0.key < $1.key }.map { "\($0.key): \(scalar($0.value))" }
        lines.append("        \(key): {\(texts.joined(separator: ", "))}")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func scalar(_ value: ScriptValue) -> String {
    if case .string(let text) = value { return quoted(text) }
    return value.description
  }

  /// A text as a double-quoted YAML scalar.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
