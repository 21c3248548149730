import Campaign
import Ingest
import Testing

@Suite("ExposureMatcher")
struct ExposureMatcherTests {
  @Test("A faultless acquisition is consistent, and every key of the definition was compared")
  func faultless() throws {
    let report = try Acquisition().report()
    #expect(report.isConsistent && report.lines.isEmpty)
    #expect(report.exposures.map(\.obsid) == [1000, 1001, 1002, 1003])
    #expect(report.exposures.allSatisfy { $0.column == "col001" && $0.rows.count == 3 })
    // These are in no log.
    #expect(report.notCompared == ["comments", "e_shuttr", "roe-tab", "shuttr"])
  }

  @Test("A missing exposure in the middle is named, and the others keep their places")
  func missingInTheMiddle() throws {
    var acquisition = try Acquisition()
    acquisition.remove(1001)
    let report = try acquisition.report()
    #expect(report.missing.map(\.obsid) == [1001] && report.missing[0].detector == nil)
    #expect(report.lines == ["missing: the exposure of col001, frame 2 (ObsID 1001)"])
    #expect(report.exposures.map(\.obsid) == [1000, 1002, 1003])
  }

  @Test("A missing first exposure is named where the ObsID limits tell")
  func missingFirst() throws {
    var acquisition = try Acquisition()
    acquisition.remove(1000)
    #expect(try acquisition.report(1000...1003).missing.first?.obsid == 1000)
    #expect(try acquisition.report().missing.count == 1)
  }

  @Test("A missing detector is named")
  func missingDetector() throws {
    var acquisition = try Acquisition()
    acquisition.remove(1002, "CCD2")
    let report = try acquisition.report()
    #expect(report.lines == ["missing: the frame of CCD2 of col001, frame 3 (ObsID 1002)"])
    #expect(report.exposures.count == 4)
  }

  @Test("Extra exposures are named")
  func extra() throws {
    let acquisition = try Acquisition(frames: 6)
    let few = try Acquisition(frames: 4)
    let report = ExposureMatcher(few.definition, detectors: few.detectors)
      .match(try acquisition.log().rows)
    #expect(report.extra == [1004, 1005])
    #expect(report.lines == ["extra: ObsID 1004-1005"])
    #expect(report.exposures.count == 4 && !report.isConsistent)
  }

  @Test("A duplicated frame is named with its lines, and the first is used")
  func duplicated() throws {
    var acquisition = try Acquisition()
    acquisition.rows.append(acquisition.rows[4])
    let report = try acquisition.report()
    #expect(report.duplicates.count == 1 && report.missing.isEmpty && report.extra.isEmpty)
    #expect(
      report.lines == [
        "duplicated: ObsID 1001 CCD2 in EXP_LOG_250719.txt:6, EXP_LOG_250719.txt:14"
      ])
  }

  @Test(
    "A different value is named with key, expected, found and ObsIDs",
    arguments: [
      ("sn_roe", ScriptValue.string("FM01"), "sn_roe is 'FM01' instead of 'FM14'"),
      ("exptime", .double(0.5), "exptime is '0.5' instead of '0'"),
      ("RD_T", .double(16.2), "RD_T is '16.2' instead of '16'"),
      ("rdmode", .string("rwd_bas_v"), "rdmode is 'rwd_bas_v' instead of 'fwd_bas'"),
      ("IPHI", .string("I2I3"), "IPHI is 'I2I3' instead of 'I1I2I3'"),
      ("v_tp_mod", .int(132), "v_tp_mod is '132' instead of '123'"),
      ("vend", .string("nan"), "vend is 'nan' instead of '86'"),
    ])
  func different(key: String, value: ScriptValue, text: String) throws {
    var acquisition = try Acquisition()
    for obsid in 1001...1002 { acquisition.change(obsid, key, value) }
    let report = try acquisition.report()
    #expect(report.lines == ["different: \(text) in col001, ObsID 1001-1002, CCD1 CCD2 CCD3"])
    #expect(report.failedKeys == [key] && report.failedColumns == ["col001"])
  }

  @Test("Small differences, ignored keys and unstated equipment are no differences")
  func tolerated() throws {
    var acquisition = try Acquisition()
    acquisition.change(1000, "RD_T", .double(16.05))
    acquisition.change(1001, "motr_siz", .int(7))
    acquisition.change(1002, "sn_rpsu", .string("any"))
    #expect(try acquisition.report().isConsistent)
  }

  @Test("Other tests between the exposures do not disturb")
  func interleaved() throws {
    var acquisition = try Acquisition(frames: 4)
    let other = try Acquisition("BIAS02", frames: 2, first: 1004)
    for (old, new) in [(1003, 1007), (1002, 1006)] { acquisition.change(old, "ObsID", .int(new)) }
    acquisition.rows += other.rows
    let report = try acquisition.report()
    #expect(report.isConsistent, "\(report.lines)")
    #expect(report.exposures.map(\.obsid) == [1000, 1001, 1006, 1007])
  }

  @Test("ObsID limits select, both included; limits that exclude everything are named")
  func selection() throws {
    let acquisition = try Acquisition(frames: 4)
    let report = try acquisition.report(1001...1002)
    #expect(report.exposures.map(\.obsid) == [1001, 1002])
    let empty = try acquisition.report(1...2)
    #expect(!empty.isConsistent)
    #expect(
      empty.lines == [
        "no exposure labelled BIAS01 lies within the task's ObsID limits [1, 2]: "
          + "the log has BIAS01 at ObsID [1000, 1003]"
      ])
    #expect { try empty.requireData() } throws: { ($0 as? IngestError)?.kind == .noData }
    #expect(report.exclusion == nil)
  }

  @Test("A label that the log does not have is said with those that it has, limits or not")
  func otherLabel() throws {
    let acquisition = try Acquisition(frames: 2)
    let other = try Acquisition("BIAS02", frames: 2)
    for limits in [nil, 1000...1001, 1...2] {
      let report = ExposureMatcher(
        other.definition, detectors: other.detectors, obsids: limits
      ).match(try acquisition.log().rows)
      #expect(report.lines == ["no exposure is labelled BIAS02: the log holds BIAS01 (6 rows)"])
    }
  }

  @Test("Exposures of other detectors are not blamed on the ObsID limits")
  func otherDetectors() throws {
    let acquisition = try Acquisition(frames: 2)
    let report = ExposureMatcher(acquisition.definition, detectors: ["CCD9"], obsids: 1...2)
      .match(try acquisition.log().rows)
    #expect(report.exclusion == .detectorOrFilter(labelled: 1000...1001))
    #expect(
      report.lines == [
        "no exposure labelled BIAS01 has the camera's detectors and the test's filter: "
          + "the log has BIAS01 at ObsID [1000, 1001]"
      ])
  }

  @Test("ObsIDs at the ends of the number range do not trap")
  func extremes() throws {
    var acquisition = try Acquisition(frames: 2)
    acquisition.change(1001, "ObsID", .int(.max))
    acquisition.change(1000, "ObsID", .int(0))
    #expect(try acquisition.report().exposures.map(\.obsid) == [0, .max])
    #expect(try acquisition.report(0...Int.max).exposures.count == 2)
    #expect(try acquisition.report(Int.min...Int.max).exposures.count == 2)
    acquisition.remove(0)
    let report = try acquisition.report()
    #expect(report.exposures.map(\.obsid) == [.max] && report.missing.map(\.obsid) == [nil])
  }
}
