internal import Postgres

/// `INSERT INTO one (columns) SELECT columns FROM other FOR SHARE ON CONFLICT DO NOTHING`, for a range of rows at a time.
struct TableCopy {
  /// The tables, as SQL names them.
  let source: String
  private let destination: String
  private let columns: [String]

  /// - Parameter insert: an `InsertStmt` of PostgreSQL's parse tree.
  /// - Returns: nil for any other form.
  init?(_ insert: ParseTree) {
    guard let into = insert["relation"].flatMap(Self.name), let select = insert["selectStmt"]?["SelectStmt"],
      let from = select["fromClause"]?.elements, from.count == 1, let relation = from[0]["RangeVar"],
      relation["alias"] == nil, let source = Self.name(relation), select["whereClause"] == nil,
      select["withClause"] == nil, insert["withClause"] == nil, insert["returningList"] == nil,
      insert["onConflictClause"]?["action"]?.text == "ONCONFLICT_NOTHING"
    else { return nil }
    let columns = insert["cols"]?.elements.compactMap { $0["ResTarget"]?["name"]?.text } ?? []
    let values = select["targetList"]?.elements.map { value -> String? in
      let fields = value["ResTarget"]?["val"]?["ColumnRef"]?["fields"]?.elements ?? []
      return fields.count == 1 ? fields[0]["String"]?["sval"]?.text : nil
    }
    guard !columns.isEmpty, values == columns.map({ $0 }) else { return nil }
    self.source = source
    destination = into
    self.columns = columns.map { Quote.identifier($0) }
  }

  /// A relation of a parse tree (`RangeVar`), as SQL names it.
  static func name(_ relation: ParseTree) -> String? {
    guard let name = relation["relname"]?.text else { return nil }
    return relation["schemaname"]?.text.map { Quote.qualified($0, name) } ?? Quote.identifier(name)
  }

  /// Rows that are locked are copied as they are in the end; a client that wants to change one waits for the batch, and
  /// then finds its copy.
  func statement(_ range: String) -> String {
    let list = columns.joined(separator: ", ")
    return "INSERT INTO \(destination) (\(list)) OVERRIDING SYSTEM VALUE SELECT \(list) FROM \(source) WHERE \(range) "
      + "FOR SHARE ON CONFLICT DO NOTHING"
  }
}
