extension TestDefinition {
  /// The estimated duration of the test's acquisition in seconds.
  ///
  /// Exposure, flush, read-out and transfer of each frame, with injection and pumping where commanded.
  /// The serial line counts 29 over-scan columns, as the script writer of the campaign did.
  public var duration: Double { columns.reduce(0) { $0 + $1.secondsPerFrame * Double($1.frames) } }
}

extension TestDefinition.Column {
  /// The estimated duration of one frame in seconds, the 20 s of its transfer included.
  public var secondsPerFrame: Double {
    func value(_ key: String) -> Double { values[key]?.number ?? 0 }
    let line = 14.3e-6 * (51 + 2048 + 29)
    let rows = value("vend") - value("vstart")
    var seconds = value("exptime") + 20
    if value("siflsh") == 1 { seconds += value("siflsh_p") * 1e-3 }
    seconds += 2066 * 4 * value("toi_fl") * 1e-6
    seconds += rows * (4 * value("toi_ro") * 1e-6 + line)
    if value("chinj") == 1 || value("s_tpump") == 1 || value("v_tpump") == 1 {
      seconds += 2066 * (4 * value("toi_ch") * 1e-6 + line * value("chin_dly"))
    }
    if value("s_tpump") == 1 {
      seconds += rows * (2 * 14.3e-6 + value("dwell_s") * 1e-6) * value("s_tp_cnt")
    }
    if value("v_tpump") == 1 {
      seconds += (4 * value("toi_tp") * 1e-6 + value("dwell_v") * 1e-6) * value("v_tp_cnt")
    }
    return seconds
  }
}
