import Campaign
import DurableFiles
import Scripts
import Testing

@Suite("SessionBuilder")
struct SessionBuilderTests {
  func build(_ sessions: String, in workspace: Workspace) throws -> [SessionBuilder.Built] {
    let text = #"{"inpath": "out", "outpath": "sessions", "sessions": {\#(sessions)}}"#
    let path = try workspace.write(text, to: "sessions.json")
    return try SessionBuilder(SessionRequest.load(path)).build()
  }

  func scripts() throws -> Workspace {
    let workspace = try Workspace()
    try write(request(#""BIAS01": 1, "BIAS02.1": 1, "BIAS02.2": 1, "FOCUS00": 1"#), in: workspace)
    return workspace
  }

  @Test("A session's folder holds its scripts, and the sequence in order")
  func build() throws {
    let workspace = try scripts()
    let built = try build(
      #""D11": ["FOCUS00_800", "BIAS01"], "D12": ["BIAS02.2"]"#, in: workspace)
    #expect(built.map(\.name) == ["D11", "D12"])
    #expect(
      try workspace.text("sessions/D11/TEST_SEQUENCE_D11.txt") == """
        vis_CalCamp_FOCUS00_800_01Apr19_v7.5.X.xlsx
        vis_CalCamp_BIAS01_01Apr19_v7.5.X.xlsx

        """)
    #expect(
      try InputFile.names(in: workspace.file("sessions/D12")) == [
        "TEST_SEQUENCE_D12.txt", "vis_CalCamp_BIAS02.2_01Apr19_v7.5.X.xlsx",
      ])
    let name = "vis_CalCamp_BIAS01_01Apr19_v7.5.X.xlsx"
    #expect(
      try InputFile.bytes(of: workspace.file("out/\(name)"))
        == InputFile.bytes(of: workspace.file("sessions/D11/\(name)")))
    // A session that is built again holds nothing of the earlier one.
    _ = try build(#""D11": ["BIAS01"]"#, in: workspace)
    #expect(try InputFile.names(in: workspace.file("sessions/D11")).count == 2)
  }

  @Test("A test without a script stops it, naming the candidates, and nothing is written")
  func missing() throws {
    let workspace = try scripts()
    let message = failure { _ = try build(#""A": ["BIAS01"], "B": ["BIAS02"]"#, in: workspace) }
    #expect(message.contains("error[no-script]") && message.contains("sessions.json:1"))
    #expect(message.contains("BIAS02.1, BIAS02.2"))
    #expect(throws: FileError.self) { try InputFile.names(in: workspace.file("sessions")) }
    #expect(
      failure { _ = try build(#""A": ["PTC01"]"#, in: workspace) }.contains("PTC01 has no script"))
  }

  @Test("A test with two scripts stops it, naming both")
  func ambiguous() throws {
    let workspace = try scripts()
    let bytes = try InputFile.bytes(
      of: workspace.file("out/vis_CalCamp_BIAS01_01Apr19_v7.5.X.xlsx"))
    _ = try workspace.write(bytes, to: "out/vis_CalCamp_BIAS01_02Apr19_v7.5.X.xlsx")
    let message = failure { _ = try build(#""A": ["BIAS01"]"#, in: workspace) }
    #expect(message.contains("error[several-scripts]"))
    #expect(message.contains("_01Apr19_") && message.contains("_02Apr19_"))
    // Another test whose name holds this one's is no candidate.
    #expect(try build(#""A": ["BIAS02.1"]"#, in: workspace).count == 1)
  }

  @Test("A folder with other files is left alone")
  func foreign() throws {
    let workspace = try scripts()
    _ = try build(#""A": ["BIAS01"]"#, in: workspace)
    _ = try workspace.write("precious", to: "sessions/A/notes.txt")
    let message = failure { _ = try build(#""A": ["BIAS01"]"#, in: workspace) }
    #expect(message.contains("error[script-exists]") && message.contains("notes.txt"))
    #expect(try workspace.text("sessions/A/notes.txt") == "precious")
  }

  @Test("Wrong requests are named with their line")
  func refusals() throws {
    let workspace = try scripts()
    func message(_ sessions: String) -> String {
      failure { _ = try build(sessions, in: workspace) }
    }
    #expect(message(#""A": ["BIAS1"]"#).contains("did you mean BIAS01"))
    #expect(message(#""A": ["BIAS01", "BIAS01"]"#).contains("given twice in session 'A'"))
    #expect(message(#""A": ["BIAS01"], "A": ["BIAS01"]"#).contains("config-duplicate-key"))
    #expect(message(#""../A": ["BIAS01"]"#).contains("cannot be the name"))
    #expect(message(#""A": []"#).contains("has no tests"))
    #expect(message("").contains("there are no sessions"))
    #expect(message(#""A": "BIAS01""#).contains("config-wrong-type"))
  }
}
