/// What a `DO` block does that has the form of one that dbtool writes, where a statement has no form of its own for it. Whoever
/// wrote it, it does that and nothing else: its parts are compared as PostgreSQL's grammar reads them. The block itself is
/// never run: what stands in it is.
enum GeneratedBlock {
  /// Sets a parameter for this database, or for a role in it (`DatabaseSetting.statement`).
  case setting(parameter: String, statement: @Sendable (_ database: String) -> String)
  /// Makes an extension where the server has it (`OptionalExtension`).
  case optionalExtension(name: String, statement: String)
  /// Makes a role where it is missing.
  case role(name: String, statement: String)

  init?(_ block: String) {
    guard let steps = ParseTree.steps(ofBlock: block), steps.count == 1,
      let found = Self.setting(steps[0]) ?? Self.optionalExtension(steps[0]) ?? Self.missingRole(steps[0])
    else { return nil }
    self = found
  }

  private static func query(_ expression: ParseTree?) -> String? { expression?["PLpgSQL_expr"]?["query"]?.text }

  /// `EXECUTE pg_catalog.format('…', pg_catalog.current_database(), '…')`, of which one such statement comes.
  private static func setting(_ step: ParseTree) -> GeneratedBlock? {
    guard let execute = step["PLpgSQL_stmt_dynexecute"], execute["params"] == nil,
      let expression = query(execute["query"]), let values = ParseTree.delivered(by: expression), values.count == 1,
      let call = values[0]["FuncCall"], call["funcname"]?.names == ["pg_catalog", "format"],
      let arguments = call["args"]?.elements, arguments.count == 3,
      let format = arguments[0]["A_Const"]?["sval"]?["sval"]?.text,
      let database = arguments[1]["FuncCall"], database["funcname"]?.names == ["pg_catalog", "current_database"],
      database["args"] == nil, let clause = arguments[2]["A_Const"]?["sval"]?["sval"]?.text
    else { return nil }
    // As format() reads it.
    var parts = format.replacing("%%", with: "\u{0}").split(separator: "%", omittingEmptySubsequences: false)[...]
    guard parts.count == 3, let start = parts.popFirst(), let middle = parts.popFirst(), middle.first == "I",
      parts.popFirst() == "s"
    else { return nil }
    let statement: @Sendable (String) -> String = { database in
      [String(start), database, String(middle.dropFirst()), clause].joined().replacing("\u{0}", with: "%")
    }
    guard let tree = ParseTree(parsing: statement("dbtool")) else { return nil }
    if let role = tree["AlterRoleSetStmt"] {
      // dbtool's own roles are not anybody's to change.
      guard role["database"]?.text == "dbtool", role["role"] == nil || SuperuserStatement.role(role["role"]) != nil
      else { return nil }
    } else if tree["AlterDatabaseSetStmt"]?["dbname"]?.text != "dbtool" {
      return nil
    }
    let set = tree["AlterRoleSetStmt"]?["setstmt"] ?? tree["AlterDatabaseSetStmt"]?["setstmt"]
    return set?["name"]?.text.map { .setting(parameter: $0, statement: statement) }
  }

  /// `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '…') THEN CREATE ROLE …`
  private static func missingRole(_ step: ParseTree) -> GeneratedBlock? {
    guard let choice = step["PLpgSQL_stmt_if"], choice["elsif_list"] == nil, choice["else_body"] == nil,
      let sql = onlyStatement(of: choice),
      let create = ParseTree(parsing: sql)?["CreateRoleStmt"], SuperuserStatement.areOthers(create),
      let role = create["role"]?.text, !SuperuserStatement.isOwn(role),
      isCondition(choice, "NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = \(Quote.literal(role)))")
    else { return nil }
    return .role(name: role, statement: sql)
  }

  /// `IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = '…') THEN CREATE EXTENSION …; ELSE RAISE …`
  private static func optionalExtension(_ step: ParseTree) -> GeneratedBlock? {
    guard let choice = step["PLpgSQL_stmt_if"], choice["elsif_list"] == nil, let sql = onlyStatement(of: choice),
      let create = ParseTree(parsing: sql)?["CreateExtensionStmt"], let name = create["extname"]?.text,
      isCondition(
        choice, "EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = \(Quote.literal(name)))")
    else { return nil }
    let isSaidOnly = (choice["else_body"]?.elements ?? []).allSatisfy { step in
      guard let raise = step["PLpgSQL_stmt_raise"], raise["options"] == nil else { return false }
      return (raise["params"]?.elements ?? []).allSatisfy { parameter in
        query(parameter).flatMap(ParseTree.delivered)?.allSatisfy { $0["A_Const"] != nil } ?? false
      }
    }
    return isSaidOnly ? .optionalExtension(name: name, statement: sql) : nil
  }

  private static func onlyStatement(of choice: ParseTree) -> String? {
    guard let then = choice["then_body"]?.elements, then.count == 1 else { return nil }
    return query(then[0]["PLpgSQL_stmt_execsql"]?["sqlstmt"])
  }

  private static func isCondition(_ choice: ParseTree, _ expected: String) -> Bool {
    guard let condition = query(choice["cond"]), let expected = ParseTree(parsing: "SELECT \(expected)") else {
      return false
    }
    return ParseTree(parsing: "SELECT \(condition)")?.withoutLocations == expected.withoutLocations
  }
}
