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
    // What this form does not know, it would leave out: DISTINCT, a limit, the key of ON CONFLICT, ONLY.
    guard insert.has(only: ["relation", "cols", "selectStmt", "onConflictClause", "override"]),
      ["OVERRIDING_NOT_SET", "OVERRIDING_SYSTEM_VALUE"].contains(insert["override"]?.text),
      let conflict = insert["onConflictClause"], conflict.has(only: ["action"]),
      conflict["action"]?.text == "ONCONFLICT_NOTHING",
      let into = insert["relation"], into["inh"]?.isTrue == true, let destination = Self.name(into),
      let select = insert["selectStmt"]?["SelectStmt"],
      select.has(only: ["targetList", "fromClause", "lockingClause", "limitOption", "op"]),
      select["op"]?.text == "SETOP_NONE", Self.locksRows(select["lockingClause"]),
      let from = select["fromClause"]?.elements, from.count == 1, let relation = from[0]["RangeVar"],
      relation["alias"] == nil, relation["inh"]?.isTrue == true, let source = Self.name(relation)
    else { return nil }
    let columns = insert["cols"]?.elements.compactMap { column -> String? in
      guard let target = column["ResTarget"], target.has(only: ["name"]) else { return nil }
      return target["name"]?.text
    }
    let values = select["targetList"]?.elements.map { value -> String? in
      let fields = value["ResTarget"]?["val"]?["ColumnRef"]?["fields"]?.elements ?? []
      return fields.count == 1 ? fields[0]["String"]?["sval"]?.text : nil
    }
    guard let columns, columns.count == insert["cols"]?.elements.count, values == columns.map({ $0 }) else {
      return nil
    }
    self.source = source
    self.destination = destination
    self.columns = columns.map { Quote.identifier($0) }
  }

  /// Whether rows are locked FOR SHARE, waiting for others, as `statement` does.
  private static func locksRows(_ clause: ParseTree?) -> Bool {
    guard let clause else { return true }
    let locks = clause.elements.compactMap { $0["LockingClause"] }
    return locks.count == 1 && locks[0].has(only: ["strength", "waitPolicy"])
      && locks[0]["strength"]?.text == "LCS_FORSHARE" && locks[0]["waitPolicy"]?.text == "LockWaitBlock"
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
