import Campaign
import Detector
import Ingest
import Testing

@Suite("Manifest")
struct ManifestTests {
  func parse(_ text: String, strict: Bool = false) throws -> Manifest {
    try Manifest.parse(Array(text.utf8), path: "m/list.csv", detectors: ["CCD1"], isStrict: strict)
  }

  @Test("Frames are read with their folder, group and commanded values")
  func reads() throws {
    let manifest = try parse(
      """
      # two bias frames
      file,type,exptime,group,date,RD_T
      "a, b.fit",bias,0.2,BIAS01,2019-09-30T18:00:00,16.5

      sub/c.fit,bias,,BIAS01,,
      """)
    #expect(manifest.rows.count == 2 && manifest.issues.isEmpty)
    let first = manifest.rows[0]
    #expect(first.fileName == "a, b.fit" && first.origin.folder == "m" && first.origin.line == 3)
    #expect(first.obsid == 1 && first.detector == "CCD1" && first.test == "BIAS01")
    #expect(first.exposureTime == 0.2 && first.number("RD_T") == 16.5)
    #expect(first.date?.isoText == "2019-09-30T18:00:00Z")
    #expect(manifest.rows[1].origin.folder == "m/sub" && manifest.rows[1].fileName == "c.fit")
    #expect(manifest.rows[1].exposureTime == nil && manifest.rows[1].origin.line == 5)
  }

  @Test("A manifest's frames match a test by what the manifest tells")
  func matches() throws {
    let manifest = try parse("file,type,exptime,group\na.fit,bias,0,BIAS01\nb.fit,bias,0,BIAS01\n")
    let test = try TestCatalog.definition(
      of: "BIAS01", camera: CameraCatalog.camera("esis-ccd230"), inputs: ["N": .int(2)])
    let report = ExposureMatcher(test, detectors: ["CCD1"]).match(manifest.rows)
    #expect(report.isConsistent, "\(report.lines)")
    #expect(report.notCompared.contains("RD_T"))
  }

  @Test(
    "Bad lines are named with their numbers",
    arguments: [
      ("a.fit,bias,0", "3 fields"), (",bias,0,X", "no file"), ("a,bias,-1,X", "exposure time"),
      ("a,bias,x,X", "exposure time"), ("a,bias,nan,X", "exposure time"), ("a,b,0,X,", "5 fields"),
    ])
  func badLines(line: String, problem: String) throws {
    let text = "file,type,exptime,group\n\(line)\nok,bias,0,X\n"
    let manifest = try parse(text)
    #expect(manifest.rows.map(\.fileName) == ["ok"])
    #expect(manifest.issues.first?.line == 2)
    #expect(manifest.issues.first?.problem.contains(problem) == true)
    #expect { try parse(text, strict: true) } throws: {
      ($0 as? IngestError)?.place == "m/list.csv:2"
    }
  }

  @Test(
    "Headers and quotes that cannot be understood are refused",
    arguments: [
      "", "file,type,group\n", "file,type,exptime,group,group\n", "file,type,exptime,group\n\"a\n",
      "file,type,exptime,group\n\u{0}\n",
    ])
  func refusals(text: String) {
    #expect(throws: IngestError.self) { try parse(text) }
  }

  @Test("A misspelt column is doubted, a nearly right one named")
  func columns() throws {
    #expect(
      try parse("file,type,exptime,group,RDT\n").issues.first?.problem.contains("'RD_T'") == true)
    #expect { try parse("file,type,exptme,group\n") } throws: {
      ($0 as? IngestError)?.problem.contains("is 'exptme' meant") == true
    }
  }

  @Test("A draft fills in what headers tell and names what they lack")
  func draft() throws {
    let camera = try CameraCatalog.camera("esis-ccd230")
    let draft = Manifest.draft(
      from: [
        .init(
          file: "a,1.fit",
          keywords: [
            "IMG_EXP": .int(4002), "IMG_ISN": .int(7), "IMG_TS": .string("2019-09-30T18:00:00"),
          ]),
        .init(
          file: "b.fit", keywords: ["IMG_ISN": .int(8), "IMG_TS": .string("2019-09-30T18:01:00")]),
      ], dictionary: camera.header)
    #expect(
      draft.notes == [
        "the camera names no keyword for the kind of frame: 'type' must be filled in",
        "1 of 2 headers lack IMG_EXP (the exposure time), first b.fit",
        "fill in 'group': the label of the test that each frame belongs to, such as BIAS01",
      ])
    let manifest = try parse(draft.text)
    #expect(manifest.rows.map(\.fileName) == ["a,1.fit", "b.fit"])
    #expect(manifest.rows.map(\.obsid) == [7, 8])
    #expect(manifest.rows[0].exposureTime == 4.002 && manifest.rows[1].exposureTime == nil)
    #expect(manifest.rows[0].text("type") == "unknown" && manifest.rows[0].test == "")
  }

  @Test("Without a dictionary nothing is guessed")
  func draftWithoutDictionary() throws {
    let draft = Manifest.draft(
      from: [.init(file: "a.fit", keywords: ["EXPTIME": .int(1)])], dictionary: nil)
    #expect(draft.notes.count == 5)
    #expect(try parse(draft.text).rows[0].exposureTime == nil)
  }
}
