import CommandLineStyle
import Metatests
import Warehouse

/// A certification as commands print it.
struct CertificationRow: Encodable {
  let collection, type: String
  @NullAsNull var variant: String?
  let camera, block: String
  @NullAsNull var ccd: String?
  @NullAsNull var serial: String?
  @NullAsNull var begin: String?
  @NullAsNull var end: String?
  @NullAsNull var beginTAI: Int64?
  @NullAsNull var endTAI: Int64?
  let path, sha256: String
  let size: Int
  let run: Int64
  let analysis, test: String
  @NullAsNull var verdict: String?
  let author, reason, time: String
  let forced: Bool

  init(_ stored: StoredCertification) {
    let range = stored.range
    collection = stored.collection
    type = stored.data.type
    variant = stored.data.variant.isEmpty ? nil : stored.data.variant
    camera = stored.data.camera
    block = stored.block
    ccd = stored.detector
    serial = stored.data.serial.isEmpty ? nil : stored.data.serial
    begin = range.begin == .openBegin ? nil : range.begin.utc
    end = range.end == .openEnd ? nil : range.end.utc
    beginTAI = range.begin == .openBegin ? nil : range.begin.nanoseconds
    endTAI = range.end == .openEnd ? nil : range.end.nanoseconds
    path = stored.path
    sha256 = stored.sha256
    size = stored.size
    run = stored.run.id
    analysis = stored.analysis
    test = stored.test
    verdict = stored.verdict?.rawValue
    author = stored.decision.author
    reason = stored.decision.reason
    time = stored.decision.time
    forced = stored.isForced
  }

  static func text(_ rows: [CertificationRow], as format: Query.Format) throws -> String {
    switch format {
    case .json: return try JSONText.text(rows)
    case .csv:
      return CSVText.text(
        header: [
          "collection", "type", "variant", "camera", "block", "ccd", "serial", "begin", "end",
          "beginTAI", "endTAI", "path", "sha256", "size", "run", "analysis", "test", "verdict",
          "author", "reason", "time", "forced",
        ], rows: rows.map(\.cells))
    case .table:
      var table = TextTable([
        .init("COLLECTION"), .init("TYPE"), .init("VARIANT"), .init("BLOCK"), .init("CCD"),
        .init("SERIAL"), .init("BEGIN"), .init("END"), .init("RUN", .right), .init("VERDICT"),
        .init("AUTHOR"), .init("REASON"), .init("SHA-256"),
      ])
      for row in rows {
        table.append([
          row.collection, row.type, row.variant ?? "-", row.block, row.ccd ?? "-",
          row.serial ?? "-", row.begin ?? "open", row.end ?? "open", String(row.run),
          row.verdict ?? "-", row.author, row.forced ? "FORCED: \(row.reason)" : row.reason,
          String(row.sha256.prefix(12)),
        ])
      }
      return table.text(for: .current(.output))
    }
  }

  private var cells: [CSVText.Cell] {
    func text(_ text: String?) -> CSVText.Cell { text.map { .text($0) } ?? .empty }
    func number(_ number: Int64?) -> CSVText.Cell { number.map { .integer(Int($0)) } ?? .empty }
    return [
      text(collection), text(type), text(variant), text(camera), text(block), text(ccd),
      text(serial), text(begin), text(end), number(beginTAI), number(endTAI), text(path),
      text(sha256), .integer(size), number(run), text(analysis), text(test), text(verdict),
      text(author), text(reason), text(time), .integer(forced ? 1 : 0),
    ]
  }
}

/// An entry of the journal as commands print it.
struct CertificationEventRow: Encodable {
  let collection, action, type: String
  @NullAsNull var variant: String?
  let camera: String
  @NullAsNull var block: String?
  @NullAsNull var ccd: String?
  @NullAsNull var serial: String?
  @NullAsNull var begin: String?
  @NullAsNull var end: String?
  let path, sha256, author, reason, time: String
  let forced: Bool

  init(_ event: CertificationEvent) {
    func some(_ text: String) -> String? { text.isEmpty ? nil : text }
    collection = event.collection
    action = event.action.rawValue
    type = event.data.type
    variant = some(event.data.variant)
    camera = event.data.camera
    block = some(event.data.block)
    ccd = some(event.data.detector)
    serial = some(event.data.serial)
    begin = event.range.begin == .openBegin ? nil : event.range.begin.utc
    end = event.range.end == .openEnd ? nil : event.range.end.utc
    path = event.path
    sha256 = event.sha256
    author = event.decision.author
    reason = event.decision.reason
    time = event.decision.time
    forced = event.isForced
  }

  static func text(_ rows: [CertificationEventRow], as format: Query.Format) throws -> String {
    switch format {
    case .json: return try JSONText.text(rows)
    case .csv:
      return CSVText.text(
        header: [
          "time", "collection", "action", "type", "variant", "camera", "block", "ccd", "serial",
          "begin", "end", "path", "sha256", "author", "reason", "forced",
        ],
        rows: rows.map { row in
          [
            row.time, row.collection, row.action, row.type, row.variant, row.camera, row.block,
            row.ccd, row.serial, row.begin, row.end, row.path, row.sha256, row.author, row.reason,
          ].map { $0.map { .text($0) } ?? .empty } + [.integer(row.forced ? 1 : 0)]
        })
    case .table:
      var table = TextTable([
        .init("TIME"), .init("COLLECTION"), .init("ACTION"), .init("TYPE"), .init("DEVICE"),
        .init("BEGIN"), .init("END"), .init("AUTHOR"), .init("REASON"), .init("SHA-256"),
      ])
      for row in rows {
        let device = row.serial ?? [row.block, row.ccd].compactMap { $0 }.joined(separator: " ")
        let type = row.variant.map { "\(row.type) (\($0))" } ?? row.type
        table.append([
          row.time, row.collection, row.action, type, device, row.begin ?? "open",
          row.end ?? "open", row.author, row.forced ? "FORCED: \(row.reason)" : row.reason,
          String(row.sha256.prefix(12)),
        ])
      }
      return table.text(for: .current(.output))
    }
  }
}
