import Detector
import Diagnostics

extension BlockConfiguration {
  /// A commented configuration for a block, to be edited; it loads without errors as it is.
  ///
  /// Serial numbers, chamber and offsets are those of the focal plane where it knows the block.
  public static func template(block name: String) -> String {
    let known = (try? CameraCatalog.focalPlane())?.block(named: name)
    var lines = [
      "# Configuration of the analysis of one block. Every key is explained in docs/configuration.md;",
      "# editors can check it with the schema that 'vison-run schema' prints.",
      "# Paths are relative to the folder of this file.",
      "version: 1",
      "block: \(quoted(name))",
      "# filled_in_by: your name",
      "campaign: default              # what the results belong to; metatests select by it",
      "camera: euclid-vis             # or esis-ccd230, tiny, or the path of a camera's YAML file",
      known.map { "chamber: \(quoted($0.chamber))" } ?? "# chamber: B_EINSTEIN",
      "elvis: 7.5.X",
      "",
      "paths:",
      "  data_root: data              # parent of the day folders; only ever read",
      "  results_root: results        # folder of the warehouse",
      "  products: calproducts        # input calibration products",
      "",
      "# As the logs have them: the acquisition is compared with these. Delete a line not to compare it.",
      "equipment:",
      "  operator: unk",
    ]
    for number in 1...3 {
      lines.append(equipmentLine("sn_ccd\(number)", known?.serials["CCD\(number)"]))
    }
    lines.append(equipmentLine("sn_roe", known?.roe))
    lines.append(equipmentLine("sn_rpsu", known?.rpsu))
    lines += [
      "",
      "# Limits that differ from the generic ones; what is left out keeps its value.",
      "# limits:",
      "#   offset_margin: [-50, 50]     # ADU about the expected offset",
      "#   expected_offsets:",
      "#     CCD1: {\(offsets(known))}",
      "#   offset_gradients: {image: [-10, 10], overscan: [-10, 10]}",
      "#   read_noise: [0.86, 1.44]     # ADU; or by detector: {CCD1: [0.86, 1.44]}",
      "#   saturated_fraction: [0, 0.1]",
      "#   housekeeping:",
      "#     CCD1_TEMP_T: {performance: [-121, -119]}",
      "#   absolute_performance: true   # false: CCD temperatures are held to the safe limits only",
      "",
      "# How the offset is subtracted. median: one value an amplifier and frame, as unless given;",
      "# row: one value a row; none: the master bias keeps it.",
      "# preprocessing:",
      "#   offset: {method: median, scan: pre, trim: [25, 5], skip_parallel_overscan: true}",
      "",
      "# products:",
      "#   mask: {CCD1: masks/CCD1.fits, CCD2: masks/CCD2.fits, CCD3: masks/CCD3.fits}",
      "",
      "report: true",
      "draft_report: false",
      "",
      "# A session groups tests; vison-run -R D11 runs one. Steps are "
        + (TestCatalog.entries.first?.todoNames.joined(separator: ", ") ?? "") + ".",
      "sessions:",
      "  D11:",
      "    data: [25_Jul_19]          # day folders; their exposure logs are merged",
      "    tasks:",
      "      - test: BIAS01",
      "        obsid: null            # or [first, last]",
      "        inputs: {N: 10}        # number of exposures",
      "      - test: BIAS02",
      "        obsid: null",
      "        todo: [\(TestCatalog.entries.first?.todoNames.joined(separator: ", ") ?? "init")]",
      "        # script: {RD_T: 16.0}  # commanded values that differ in this run",
      "  # Frames without an exposure log are listed in a manifest (vis-tools manifest drafts one):",
      "  # LAB:",
      "  #   manifest: manifest.csv",
      "  #   tasks:",
      "  #     - {test: BIAS01, inputs: {N: 2}}",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func equipmentLine(_ key: String, _ value: String?) -> String {
    guard let value, !value.isEmpty else { return "  # \(key): ..." }
    return "  \(key): \(quoted(value))"
  }

  private static func offsets(_ block: FocalPlane.Block?) -> String {
    let values = block?.expectedOffsets["CCD1"] ?? ["E": 2800, "F": 2800, "G": 2800, "H": 2800]
    return values.sorted { $0.key < $1.key }
      .map { "\($0.key): \(ScriptValue.double($0.value))" }.joined(separator: ", ")
  }

  /// A text as a YAML scalar: plain where that is safe, else in double quotes with escapes.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    let words = ["null", "true", "false", "yes", "no", "on", "off"]
    if isPlain, text.first?.isLetter == true, !words.contains(text.lowercased()) { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default:
        if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
          || (0x2028...0x2029).contains(scalar.value) || scalar.value == 0xFEFF
        {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
