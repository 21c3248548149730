import Campaign
import Detector
import Ingest

/// The rows of exposure logs, and the header cards that repeat them.
struct LogRows {
  let plan: BlockPlan
  let camera: Camera
  let underscoreInNames: Bool

  /// The name of a frame's file, without suffix.
  func fileName(_ exposure: BlockPlan.Exposure, _ detector: String) -> String {
    let name = RawFrameLocator.fileName(
      obsid: exposure.obsid, date: exposure.date, detector: detector)
    guard underscoreInNames else { return name }
    let stamp = exposure.date.logText
    return name.replacing(stamp, with: stamp.replacing("D", with: "D_"))
  }

  /// The values of one row by column of 7.5.X, and by the names that older versions use.
  func values(_ exposure: BlockPlan.Exposure, _ detector: String) -> [String: ScriptValue] {
    var row = exposure.column.expectedLogValues
    row["ObsID"] = .int(exposure.obsid)
    row["File_name"] = .string(fileName(exposure, detector))
    row["CCD"] = .string(detector)
    row["ROE"] = .string("ROE1")
    row["date"] = .string(exposure.date.logText)
    row["test"] = .string(exposure.test)
    row["calscrpt"] = .string("vis_CalCamp_\(exposure.test)_v\(plan.version.name).xlsx")
    row["BUNIT"] = .string("ADU")
    row["con_file"] = .string("vis_roe_config_cotsqm_273_vn.txt")
    row["fl_rdout"] = .int(0)
    row["ci_rdout"] = .int(0)
    row["cdpu_clk"] = .int(0)
    row["fpga_ver"] = .string("2AC")
    row["egse_ver"] = .string(plan.version.name)
    for (index, name) in camera.detectors.prefix(3).enumerated() {
      let mine = plan.truth[name]
      for (sensor, letter) in ["T", "B"].enumerated() {
        let value = mine.flatMap {
          $0.temperatures.indices.contains(sensor) ? $0.temperatures[sensor] : nil
        }
        let shift = exposure.celsiusShift
        row["R1C\(index + 1)_T\(letter)"] = .double(
          TruthGenerator.rounded((value ?? -120) + shift, 2))
      }
      if plan.has(.wrongSerial, exposure, name) {
        row["sn_ccd\(index + 1)"] = .string("00000-00-00")
      }
    }
    if plan.has(.wrongExposureTime, exposure) {
      row["exptime"] = .double((row["exptime"]?.number ?? 0) + 1.5)
    }
    for (old, new) in [
      ("spw_clk", "cdpu_clk"), ("v_tpmod", "v_tp_mod"), ("s_tpmod", "s_tp_mod"),
      ("motr_on", "motr"),
    ] {
      row[old] = row[new]
    }
    return row
  }

  /// The bytes of the log of the given exposures, faults included.
  func bytes(_ exposures: [BlockPlan.Exposure]) -> [UInt8] {
    exposures.reduce(into: ExposureLog.bytes(version: plan.version, rows: [])) { $0 += lines($1) }
  }

  /// The lines of one exposure.
  func lines(_ exposure: BlockPlan.Exposure) -> [UInt8] {
    var lines: [UInt8] = []
    let repeats = plan.has(.duplicateObsID, exposure) ? 2 : 1
    for _ in 0..<repeats {
      for detector in camera.detectors {
        let all = ExposureLog.bytes(version: plan.version, rows: [values(exposure, detector)])
        var line = Array(all[((all.firstIndex(of: 0x0A) ?? -1) + 1)...])
        if plan.has(.corruptedLogLine, exposure, detector) {
          line = line.prefix(line.count / 2) + [0x01, 0xFF, 0xFE] + Array("?!\r\n".utf8)
        }
        lines += line
      }
    }
    return lines
  }
}
