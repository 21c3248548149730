public import Campaign
public import Detector

/// A manifest drafted from the headers of frames: what they tell is filled in, the rest is named.
public struct ManifestDraft: Sendable, Hashable {
  /// The header of one frame.
  public struct Header: Sendable, Hashable {
    /// The frame's path, relative to where the manifest will be.
    public let file: String
    /// The header's values by keyword.
    public let keywords: [String: ScriptValue]

    /// A header.
    public init(file: String, keywords: [String: ScriptValue]) {
      self.file = file
      self.keywords = keywords
    }
  }

  /// The CSV text.
  public let text: String
  /// What the headers do not tell, one line each, for people; also in the text as comments.
  public let notes: [String]
}

extension Manifest {
  /// Drafts a manifest from headers.
  ///
  /// Nothing is guessed: a frame's `type` is `unknown` unless a keyword tells it, an exposure time that
  /// no keyword holds stays empty, and `group` (the test's label) is always left for the user.
  ///
  /// - Parameters:
  ///   - headers: of the frames, in the order of the manifest.
  ///   - dictionary: which keywords of the camera hold what; nil where the camera names none.
  public static func draft(
    from headers: [ManifestDraft.Header], dictionary: HeaderDictionary?
  ) -> ManifestDraft {
    var notes: [String] = []
    let type = Field("type", "the kind of frame", dictionary?.kind)
    let time = Field("exptime", "the exposure time", dictionary?.exposureTime)
    let number = Field("obsid", "the exposure's number", dictionary?.exposureNumber)
    let date = Field("date", "the time of the exposure", dictionary?.date)
    for field in [type, time, number, date] { notes += field.notes(headers) }
    notes.append(
      "fill in 'group': the label of the test that each frame belongs to, such as BIAS01")
    var columns = ["file", "type", "exptime", "group"]
    if number.keyword != nil { columns.append("obsid") }
    if date.keyword != nil { columns.append("date") }
    var lines = notes.map { "# \($0)" } + [columns.joined(separator: ",")]
    for header in headers {
      let seconds = time.value(header)?.number.map { $0 * (dictionary?.exposureTimeScale ?? 1) }
      var fields = [
        header.file, type.value(header)?.description ?? "unknown",
        seconds.map { ScriptValue.double($0).description } ?? "", "",
      ]
      if number.keyword != nil { fields.append(number.value(header)?.description ?? "") }
      if date.keyword != nil { fields.append(date.value(header)?.description ?? "") }
      lines.append(fields.map(CSVRecords.quoted).joined(separator: ","))
    }
    return ManifestDraft(text: lines.joined(separator: "\n") + "\n", notes: notes)
  }

  /// A column of the manifest and the keyword that it comes from.
  private struct Field {
    let column: String
    let meaning: String
    let keyword: String?

    init(_ column: String, _ meaning: String, _ keyword: String?) {
      self.column = column
      self.meaning = meaning
      self.keyword = keyword
    }

    func value(_ header: ManifestDraft.Header) -> ScriptValue? {
      keyword.flatMap { header.keywords[$0] }
    }

    func notes(_ headers: [ManifestDraft.Header]) -> [String] {
      guard let keyword else {
        return ["the camera names no keyword for \(meaning): '\(column)' must be filled in"]
      }
      let lacking = headers.filter { $0.keywords[keyword] == nil }
      guard let first = lacking.first else { return [] }
      return [
        "\(lacking.count) of \(headers.count) headers lack \(keyword) (\(meaning)), first "
          + "\(first.file.map { $0.isNewline ? " " : String($0) }.joined())"
      ]
    }
  }
}
