import Campaign
import FITSFiles

/// The header of a raw frame as ELVIS 6.3 and later write it: upper-case twins of the log's columns.
enum HeaderCards {
  /// Keyword, the log's column it repeats, and its comment.
  private static let columns: [(keyword: String, column: String, comment: String)] = [
    ("PROGRAM", "program", "campaign"), ("OBJECT", "test", "test"),
    ("OBSID", "ObsID", "exposure number"), ("OPERATOR", "operator", "operator"),
    ("CON_FILE", "con_file", "ROE configuration file"), ("CALSCRPT", "calscrpt", "script file"),
    ("COMMENTS", "comments", "comment of the script"), ("DATE", "date", "ddmmyyDhhmmssT"),
    ("EXPTIME", "exptime", "[s] exposure time"), ("FL_RDOUT", "fl_rdout", "flush to readout"),
    ("CI_RDOUT", "ci_rdout", "injection to readout"), ("IPHI", "IPHI", "image phases high"),
    ("CHINJ", "chinj", "charge injection"), ("CHINJ_ON", "chinj_on", "injected rows"),
    ("CHINJ_OF", "chinj_of", "rows not injected"), ("ID_WID", "id_wid", "[us] ID pulse width"),
    ("ID_DLY", "id_dly", "[us] ID pulse delay"), ("CHIN_DLY", "chin_dly", "injection delay"),
    ("V_TPUMP", "v_tpump", "vertical pumping"), ("S_TPUMP", "s_tpump", "serial pumping"),
    ("V_TP_MOD", "v_tp_mod", "vertical mode"), ("S_TP_MOD", "s_tp_mod", "serial mode"),
    ("V_TP_CNT", "v_tp_cnt", "vertical shuffles"), ("S_TP_CNT", "s_tp_cnt", "serial shuffles"),
    ("DWELL_V", "dwell_v", "[us] vertical dwell"), ("DWELL_S", "dwell_s", "[us] serial dwell"),
    ("TOI_FL", "toi_fl", "[us] flush"), ("TOI_TP", "toi_tp", "[us] pumping"),
    ("TOI_RO", "toi_ro", "[us] readout"), ("TOI_CH", "toi_ch", "[us] injection"),
    ("SIFLSH", "siflsh", "S. Inv. flush"), ("SIFLSH_P", "siflsh_p", "[ms] its period"),
    ("FLUSHES", "flushes", "number of flushes"), ("VSTART", "vstart", "first row"),
    ("VEND", "vend", "end of rows"), ("RDMODE", "rdmode", "readout mode"),
    ("SWELLW", "swellw", "[us] summing well width"), ("SWELLDLY", "swelldly", "[us] its delay"),
    ("INISWEEP", "inisweep", "initial sweep"), ("SPW_CLK", "cdpu_clk", "CDPU clock"),
    ("FPGA_VER", "fpga_ver", "firmware"), ("EGSE_VER", "egse_ver", "ELVIS version"),
    ("MOTR", "motr", "source motor"), ("MOTR_CNT", "motr_cnt", "motor positions"),
    ("MOTR_SIZ", "motr_siz", "motor step"), ("SOURCE", "source", "light source"),
    ("WAVE", "wave", "filter wheel"), ("POS_MIRR", "mirr_pos", "[mm] mirror"),
    ("SN_CCD1", "sn_ccd1", "serial"), ("SN_CCD2", "sn_ccd2", "serial"),
    ("SN_CCD3", "sn_ccd3", "serial"), ("SN_ROE", "sn_roe", "serial"),
    ("SN_RPSU", "sn_rpsu", "serial"),
  ]

  private static let temperatures = [
    "R1C1_TT", "R1C1_TB", "R1C2_TT", "R1C2_TB", "R1C3_TT", "R1C3_TB",
  ]

  private static let voltages = [
    "IDL", "IDH", "IG1_1_T", "IG1_2_T", "IG1_3_T", "IG1_1_B", "IG1_2_B", "IG1_3_B", "IG2_T",
    "IG2_B",
    "OD_1_T", "OD_2_T", "OD_3_T", "OD_1_B", "OD_2_B", "OD_3_B", "RD_T", "RD_B",
  ]

  /// The cards of a frame.
  ///
  /// - Parameters:
  ///   - row: the values of the frame's row in the log.
  ///   - fullPath: where the frame was written, below the data folder.
  static func cards(row: [String: ScriptValue], fullPath: String) -> [FITSCard] {
    var cards = [FITSCard("BUNIT", .text("ADU"), "unit of the pixels")]
    for (index, entry) in columns.enumerated() {
      if index == 4 {
        cards.append(FITSCard("FULLPATH", .text(fullPath), "where it was written"))
        cards.append(FITSCard("LAB_VER", .text("15.0"), "LabVIEW version"))
      }
      guard let value = row[entry.column] else { continue }
      cards.append(FITSCard(entry.keyword, fits(value), entry.comment))
    }
    for keyword in temperatures {
      if let value = row[keyword] { cards.append(FITSCard(keyword, fits(value), "[deg_C] CCD")) }
    }
    for keyword in voltages {
      if let value = row[keyword] { cards.append(FITSCard(keyword, fits(value), "[V] commanded")) }
    }
    return cards
  }

  private static func fits(_ value: ScriptValue) -> FITSValue {
    switch value {
    case .int(let value): .integer(value)
    case .double(let value): value.isFinite ? .real(value) : .undefined
    case .string(let text): .text(text)
    case .numbers: .text(value.description)
    }
  }
}
