/// What a `DO` block does that has the form of one that dbtool writes, where a statement has no form of its own for it. Whoever
/// wrote it, it does that and nothing else: its parts are compared as PostgreSQL's grammar reads them.
enum GeneratedBlock {
  /// Sets a parameter for this database, or for a role in it (`DatabaseSetting.statement`).
  case setting(parameter: String)
  /// Makes an extension where the server has it (`OptionalExtension`).
  case optionalExtension
  /// Makes a role where it is missing.
  case role(String)

  init?(_ block: String) {
    guard let steps = ParseTree.steps(ofBlock: block), steps.count == 1 else { return nil }
    if let parameter = Self.parameter(setBy: steps[0]) {
      self = .setting(parameter: parameter)
    } else if Self.isOptionalExtension(steps[0]) {
      self = .optionalExtension
    } else if let role = Self.missingRole(steps[0]) {
      self = .role(role)
    } else {
      return nil
    }
  }

  private static func query(_ expression: ParseTree?) -> String? { expression?["PLpgSQL_expr"]?["query"]?.text }

  /// `EXECUTE pg_catalog.format('…', pg_catalog.current_database(), '…')`, of which one such statement comes.
  private static func parameter(setBy step: ParseTree) -> String? {
    guard let execute = step["PLpgSQL_stmt_dynexecute"], execute["params"] == nil,
      let expression = query(execute["query"]), let select = ParseTree(parsing: "SELECT \(expression)"),
      let targets = select["SelectStmt"]?["targetList"]?.elements, targets.count == 1,
      let call = targets[0]["ResTarget"]?["val"]?["FuncCall"], call["funcname"]?.names == ["pg_catalog", "format"],
      let arguments = call["args"]?.elements, arguments.count == 3,
      let format = arguments[0]["A_Const"]?["sval"]?["sval"]?.text,
      let database = arguments[1]["FuncCall"], database["funcname"]?.names == ["pg_catalog", "current_database"],
      database["args"] == nil, let clause = arguments[2]["A_Const"]?["sval"]?["sval"]?.text
    else { return nil }
    // As format() reads it, with any name for the database.
    var parts = format.replacing("%%", with: "\u{0}").split(separator: "%", omittingEmptySubsequences: false)[...]
    guard parts.count == 3, let start = parts.popFirst(), let middle = parts.popFirst(), middle.first == "I",
      parts.popFirst() == "s"
    else { return nil }
    let statement = "\(start)dbtool\(middle.dropFirst())\(clause)".replacing("\u{0}", with: "%")
    guard let tree = ParseTree(parsing: statement) else { return nil }
    if let role = tree["AlterRoleSetStmt"] {
      return role["database"]?.text == "dbtool" ? role["setstmt"]?["name"]?.text : nil
    }
    return tree["AlterDatabaseSetStmt"]?["setstmt"]?["name"]?.text
  }

  /// `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '…') THEN CREATE ROLE …`
  private static func missingRole(_ step: ParseTree) -> String? {
    guard let choice = step["PLpgSQL_stmt_if"], choice["elsif_list"] == nil, choice["else_body"] == nil,
      let condition = query(choice["cond"]), let then = choice["then_body"]?.elements, then.count == 1,
      let sql = query(then[0]["PLpgSQL_stmt_execsql"]?["sqlstmt"]),
      let create = ParseTree(parsing: sql)?["CreateRoleStmt"], SuperuserStatement.areOthers(create),
      let role = create["role"]?.text
    else { return nil }
    let expected = ParseTree(
      parsing: "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = \(Quote.literal(role)))")
    guard let expected, ParseTree(parsing: "SELECT \(condition)")?.withoutLocations == expected.withoutLocations else {
      return nil
    }
    return role
  }

  /// `IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = '…') THEN CREATE EXTENSION …; ELSE RAISE …`
  private static func isOptionalExtension(_ step: ParseTree) -> Bool {
    guard let choice = step["PLpgSQL_stmt_if"], choice["elsif_list"] == nil, let condition = query(choice["cond"]),
      let then = choice["then_body"]?.elements, then.count == 1,
      let sql = query(then[0]["PLpgSQL_stmt_execsql"]?["sqlstmt"]),
      let create = ParseTree(parsing: sql)?["CreateExtensionStmt"], let name = create["extname"]?.text
    else { return false }
    let expected = ParseTree(
      parsing: "SELECT EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = \(Quote.literal(name)))")
    guard let expected, ParseTree(parsing: "SELECT \(condition)")?.withoutLocations == expected.withoutLocations else {
      return false
    }
    return (choice["else_body"]?.elements ?? []).allSatisfy { step in
      guard let raise = step["PLpgSQL_stmt_raise"], raise["options"] == nil else { return false }
      return (raise["params"]?.elements ?? []).allSatisfy { parameter in
        query(parameter).flatMap { ParseTree(parsing: "SELECT \($0)") }.map {
          $0["SelectStmt"]?["targetList"]?.elements.allSatisfy { $0["ResTarget"]?["val"]?["A_Const"] != nil } == true
        } ?? false
      }
    }
  }
}
