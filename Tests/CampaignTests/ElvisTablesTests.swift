import Campaign
import Testing

@Suite("ELVIS tables")
struct ElvisTablesTests {
  @Test("Column lists of every version are those of the record")
  func columns() throws {
    for line in try table("log-columns.tsv") {
      let version = try #require(ElvisVersion.named(line[0]))
      #expect(version.logColumns.map(\.name) == Array(line.dropFirst()))
    }
  }

  @Test(
    "Each version has its number of columns and keys",
    arguments: [
      ("7.5.X", 81, 83), ("7.2.X", 81, 80), ("6.5.X", 81, 76), ("6.3.0", 81, 72), ("6.1.0", 78, 59),
      ("6.0.0", 78, 59), ("5.7.09", 77, 55), ("5.7.05", 69, 0), ("5.7.04", 77, 53),
      ("5.7.02", 74, 53), ("FPA", 5, 0),
    ])
  func counts(name: String, columns: Int, keys: Int) throws {
    let version = try ElvisVersion.require(name)
    #expect(version.logColumns.count == columns)
    #expect(version.housekeepingKeys.count == keys)
  }

  @Test("An unknown version is refused")
  func unknown() {
    #expect { try ElvisVersion.require("7.9") } throws: {
      ($0 as? CampaignError)?.kind == .unknownElvisVersion
    }
  }

  @Test("The tests check 32 keys; bottom gates go with bottom commands")
  func housekeeping() throws {
    let table = HousekeepingTable.standard
    #expect(table.keys.count == 82)
    #expect(table.checkedKeys.count == 32)
    for number in 1...3 {
      #expect(table.key(named: "CCD\(number)_IG1_B")?.command == "IG1_\(number)_B")
      #expect(
        table.key(named: "CCD\(number)_TEMP_T")?.performance == .absolute(LimitRange(-121, -119)))
    }
    #expect(table.key(named: "FPGA_BIAS_ID2")?.command == "IDL")
    #expect(table.key(named: "SPW_STATUS_REG")?.safe == .identity(12192))
    // Every checked key is a key of the file, and every command a column of the log.
    let keys = Set(ElvisVersion.flight.housekeepingKeys)
    let columns = Set(ElvisVersion.flight.logColumns.map(\.name))
    for key in table.keys {
      #expect(keys.contains(key.name))
      if let command = key.command { #expect(columns.contains(command)) }
    }
  }

  @Test("Limits are strict, and NaN passes none")
  func limits() {
    let relative = HousekeepingTable.Limit.relative(LimitRange(-0.2, 0.2))
    #expect(relative.admits(26.1, command: 26))
    #expect(!relative.admits(26.3, command: 26))
    #expect(!relative.admits(26, command: nil))
    #expect(!relative.admits(.nan, command: 26))
    let absolute = HousekeepingTable.Limit.absolute(LimitRange(0, 1))
    #expect(!absolute.admits(0, command: nil) && !absolute.admits(1, command: nil))
    #expect(!HousekeepingTable.Limit.identity(0).admits(.nan, command: nil))
    let range = LimitRange(0.86, 1.44)
    #expect(!range.admits(0.86) && range.admits(1.44) && !range.admits(.nan))
    #expect(range.contains(0.86) && !range.contains(.nan))
  }

  @Test("Flags have 31 consecutive bits, unique names, and masks that go there and back")
  func flags() {
    #expect(Flag.allCases.count == 31)
    #expect(Flag.allCases.map(\.rawValue) == Array(0...30))
    #expect(Set(Flag.allCases.map(\.name)).count == 31)
    // The original raised 14 of them; dead quadrants and detectors, which it knew, are told as well.
    #expect(Flag.allCases.count(where: \.isRaised) == 16)
    #expect(Flag.readNoiseOutOfLimits.name == "RON_OOL" && Flag.readNoiseOutOfLimits.bit == 262_144)
    #expect(Flag(name: "NONSATURATION")?.bit == 1 << 30)
    #expect(Flag(name: "nothing") == nil)
    let some: [Flag] = [.missingData, .housekeepingOutOfLimits, .nonSaturation]
    #expect(Flag.flags(of: Flag.mask(of: some)) == some)
    #expect(Flag.flags(of: 1 << 31).isEmpty)
  }

  @Test("The script has 70 keywords in the order of its sheet")
  func script() {
    #expect(ScriptKeyword.all.count == 70)
    #expect(ScriptKeyword.all.first?.name == "frames")
    #expect(ScriptKeyword.all.last?.name == "roe-tab")
    #expect(ScriptKeyword.defaults()["siflsh"] == .int(1))
    #expect(ScriptKeyword.defaults(elvis: "6.3.0")["siflsh"] == .int(0))
    #expect(ScriptKeyword.defaults(elvis: "6.3.0")["roe-tab"] == nil)
  }
}
