/// What may gain a superuser's rights in a scratch server, if any wall has a hole: it gets a server that nobody uses after it.
///
/// Two ways lead there. What is signed runs with these rights. And the owner of a database may make extensions that are
/// trusted, whose scripts run with them: not by a statement that dbtool sees, but by a function that executes one. What may set
/// parameters of databases, which all belong to one role, counts too.
extension Script {
  /// Statements that a superuser carries out, and that do nothing but say whose something is, what it is called, or who may use
  /// it. All others that are signed count.
  private static let harmless: Set<String> = [
    "AlterOwnerStmt", "AlterTableStmt", "CommentStmt", "CreateSchemaStmt", "AlterDefaultPrivilegesStmt",
    "CreateRoleStmt", "AlterRoleStmt", "AlterRoleSetStmt", "GrantRoleStmt", "DropRoleStmt",
  ]

  /// Whether a text has a statement that may gain rights. What cannot be read may do anything.
  package static func mayGainRights(_ text: String) -> Bool {
    // Most texts have none of the kinds that have to be looked into.
    if let names = ParseTree.nodeNames(text), names.allSatisfy({ !isWorthALook($0) }) { return false }
    guard let statements = try? splitWithRows(text) else { return true }
    return statements.contains { statementMayGainRights($0.sql) }
  }

  /// The same of one statement.
  static func statementMayGainRights(_ sql: String) -> Bool {
    ParseTree.look(at: sql) { name, tree in isWorthALook(name) && mayGainRights(sql, name, tree) } ?? !isEmpty(sql)
  }

  private static func isWorthALook(_ name: String) -> Bool {
    name == "DoStmt" || name == "VariableSetStmt" || SuperuserStatement.isCandidate(name) && !harmless.contains(name)
  }

  private static func isEmpty(_ sql: String) -> Bool { ParseTree.nodeNames(sql)?.isEmpty == true }

  private static func mayGainRights(_ sql: String, _ name: String, _ tree: () -> ParseTree?) -> Bool {
    guard let node = tree()?[name] else { return true }
    switch name {
    case "DoStmt":
      // One that makes a role is for roles, which are looked after by themselves. One that sets a parameter of the database would
      // lose it (`ScratchSettling.swift`).
      if case .role = GeneratedBlock(sql) { return false }
      return true
    case "VariableSetStmt":
      // From then on the server reads constants otherwise than they were read here. `pg_dump` turns it on.
      return node["name"]?.text == "standard_conforming_strings"
        && (node["args"]?.elements ?? []).contains { !isOn($0["A_Const"]?["sval"]?["sval"]?.text) }
    case "GrantStmt":
      return SuperuserStatement(name, tree) != nil && !namesWhatItGives(node)
    case "CreateFunctionStmt":
      let body = (SuperuserStatement.options(node["options"]).first { $0.name == "as" }?.value?["List"]?["items"])?
        .names
      return SuperuserStatement(name, tree) != nil || SuperuserStatement.saysLeakproof(node)
        || (body ?? []).contains(where: mayExecuteUtility)
    default: return SuperuserStatement(name, tree) != nil
    }
  }

  private static func isOn(_ value: String?) -> Bool { ["on", "true", "yes", "1"].contains(value?.lowercased() ?? "") }

  /// Whether a grant names what it is about, or is about all that is in schemas that are nobody's but the loader's.
  private static func namesWhatItGives(_ grant: ParseTree) -> Bool {
    switch grant["targtype"]?.text {
    case "ACL_TARGET_OBJECT": true
    case "ACL_TARGET_ALL_IN_SCHEMA":
      (grant["objects"]?.names ?? ["pg_catalog"]).allSatisfy { !$0.hasPrefix("pg_") && $0 != "information_schema" }
    default: false
    }
  }

  /// Whether a function's body may make an extension, or say something about a database. In SQL and PL/pgSQL the words stand
  /// there: statements are made of keywords, which cannot be written otherwise, and what is put together from pieces is carried
  /// out by EXECUTE alone. A body within the body is written in a constant, with escapes for any word: CREATE, a DO that is not ON CONFLICT's or a rule's,
  /// and a backslash count as well. Words that stand there and mean nothing only cost a server.
  private static func mayExecuteUtility(_ body: String) -> Bool {
    if body.unicodeScalars.contains("\\") { return true }
    let words = body.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "$") }
    let isBlock = zip(words, words.dropFirst() + [""]).contains {
      $0 == "do" && !["nothing", "update", "instead", "also"].contains($1)
    }
    let known = Set(words)
    return isBlock || !known.isDisjoint(with: ["execute", "extension", "create"])
      || known.contains("database") && !known.isDisjoint(with: ["alter", "comment", "grant", "revoke", "drop"])
  }
}
