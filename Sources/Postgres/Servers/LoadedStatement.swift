/// What a scratch server does with a statement that is loaded: the statements that are sent in its place.
enum LoadedStatement {
  /// It is about the server, or another database of it, and no part of a database's schema. It has a name for people.
  case leftOut(String)
  case sent([Part])
  /// It sets the role that what follows is done by; none for the one that loads.
  case role(Part, RoleScope)

  enum RoleScope { case none, transaction, session }

  struct Part {
    var sql: String
    /// Whether it is signed, and runs with a superuser's rights; otherwise with those of the loading role.
    var right: SuperuserStatement?
  }

  private static let foreign: [String: String] = [
    "AlterSystemStmt": "ALTER SYSTEM", "CreatedbStmt": "CREATE DATABASE", "DropdbStmt": "DROP DATABASE",
    "AlterDatabaseStmt": "ALTER DATABASE", "AlterDatabaseSetStmt": "ALTER DATABASE",
    "AlterDatabaseRefreshCollStmt": "ALTER DATABASE", "CreateTableSpaceStmt": "CREATE TABLESPACE",
    "DropTableSpaceStmt": "DROP TABLESPACE", "AlterTableSpaceOptionsStmt": "ALTER TABLESPACE",
    "CheckPointStmt": "CHECKPOINT",
  ]

  /// Kinds of object that no database has for itself.
  private static let foreignKinds: [String: String] = [
    "OBJECT_DATABASE": "DATABASE", "OBJECT_TABLESPACE": "TABLESPACE", "OBJECT_PARAMETER_ACL": "PARAMETER",
  ]

  /// The name of a statement that is about the server or another database.
  private static func foreign(_ name: String, _ tree: () -> ParseTree?) -> String? {
    if let name = foreign[name] { return name }
    let verb: String
    let kindKey: String
    switch name {
    case "GrantStmt": (verb, kindKey) = ("GRANT", "objtype")
    case "CommentStmt": (verb, kindKey) = ("COMMENT", "objtype")
    case "SecLabelStmt": (verb, kindKey) = ("SECURITY LABEL", "objtype")
    case "AlterOwnerStmt": (verb, kindKey) = ("ALTER", "objectType")
    case "RenameStmt": (verb, kindKey) = ("ALTER", "renameType")
    default: return nil
    }
    guard let node = tree()?[name], let kind = node[kindKey]?.text.flatMap({ foreignKinds[$0] }) else { return nil }
    if name == "GrantStmt" { return "\(node["is_grant"]?.isTrue == true ? "GRANT" : "REVOKE") ON \(kind)" }
    return verb == "ALTER" ? "ALTER \(kind)" : "\(verb) ON \(kind)"
  }

  /// - Parameters:
  ///   - database: the one that it is loaded into.
  ///   - isConfined: whether the operating system keeps in what native code does.
  ///   - asRole: whether the session has set a role: what that grants, it grants itself.
  init(_ sql: String, database: String, isConfined: Bool, asRole: Bool) {
    let form = ParseTree.look(at: sql) { name, tree -> LoadedStatement in
      if let name = Self.foreign(name, tree) { return .leftOut(name) }
      if name == "DoStmt", let block = GeneratedBlock(sql) { return .sent([Self.part(block, database)]) }
      if name == "CreateFunctionStmt", let node = tree()?[name], let parts = Self.leakproof(sql, node) {
        return .sent(parts)
      }
      if name == "VariableSetStmt", let node = tree()?[name], let role = Self.role(sql, node) { return role }
      guard let right = SuperuserStatement(name, tree), isConfined || !right.isNative,
        !(asRole && right.kind == .grant)
      else {
        return .sent([Part(sql: sql)])
      }
      return .sent([Part(sql: sql, right: right)])
    }
    // What this grammar does not know is PostgreSQL's to judge.
    self = form ?? .sent([Part(sql: sql)])
  }

  /// `SET ROLE`, and what pg_dump writes for privileges that others than the owner granted: `SET SESSION AUTHORIZATION`.
  private static func role(_ sql: String, _ node: ParseTree) -> LoadedStatement? {
    guard let name = node["name"]?.text, ["role", "session_authorization"].contains(name) else { return nil }
    let isLocal = node["is_local"]?.isTrue == true
    guard let value = node["args"]?.elements.first?["A_Const"]?["sval"]?["sval"]?.text,
      !(name == "role" && value == "none")
    else { return .role(Part(sql: "RESET ROLE"), RoleScope.none) }
    guard !SuperuserStatement.isOwn(value) else { return nil }
    // The session itself sets it, once it may.
    let set = "SET \(isLocal ? "LOCAL " : "")ROLE \(Quote.identifier(value))"
    return .role(
      Part(sql: set, right: SuperuserStatement(.member, role: value)), isLocal ? .transaction : .session)
  }

  private static func part(_ block: GeneratedBlock, _ database: String) -> Part {
    switch block {
    case .setting(let parameter, let statement):
      Part(sql: statement(Quote.identifier(database)), right: SuperuserStatement(.setting, role: parameter))
    case .optionalExtension(let name, let statement):
      Part(sql: statement, right: SuperuserStatement(.availableExtension, role: name, hasOwnPath: true))
    case .role(let name, let statement):
      Part(sql: statement, right: SuperuserStatement(.role, role: name, hasOwnPath: true))
    }
  }

  /// A function that says it is leakproof, which only a superuser's may, is made without that, as the loading role's; then it
  /// is said of it. So no default and no body is looked at with a superuser's rights.
  private static func leakproof(_ sql: String, _ node: ParseTree) -> [Part]? {
    let options = SuperuserStatement.options(node["options"])
    let language = options.first { $0.name == "language" }?.value?["String"]?["sval"]?.text?.lowercased()
    guard !["c", "internal"].contains(language), !options.contains(where: { $0.name == "support" }),
      let option = (node["options"]?.elements ?? []).compactMap({ $0["DefElem"] }).first(where: {
        $0["defname"]?.text == "leakproof" && $0["arg"]?["Boolean"]?["boolval"]?.isTrue == true
      }), let start = option["location"]?.number, let name = node["funcname"]?.names,
      let types = argumentTypes(node["parameters"]?.elements ?? [])
    else { return nil }
    // The word stands there, in ASCII.
    var bytes = Array(sql.utf8)
    let word = start..<start + "leakproof".utf8.count
    guard word.upperBound <= bytes.count else { return nil }
    bytes.replaceSubrange(word, with: repeatElement(UInt8(ascii: " "), count: word.count))
    let kind = node["is_procedure"]?.isTrue == true ? "PROCEDURE" : "FUNCTION"
    let signature = name.map { Quote.identifier($0) }.joined(separator: ".") + "(\(types.joined(separator: ", ")))"
    return [
      Part(
        sql: String(decoding: bytes, as: UTF8.self),
        right: SuperuserStatement("CreateFunctionStmt") { .object(["CreateFunctionStmt": node]) }),
      Part(sql: "ALTER \(kind) \(signature) LEAKPROOF", right: SuperuserStatement(.function)),
    ]
  }

  /// The types that tell a function from others of its name.
  private static func argumentTypes(_ parameters: [ParseTree]) -> [String]? {
    var types: [String] = []
    for parameter in parameters.compactMap({ $0["FunctionParameter"] }) {
      if ["FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"].contains(parameter["mode"]?.text) { continue }
      guard let type = parameter["argType"], let names = type["names"]?.names else { return nil }
      let suffix = type["pct_type"]?.isTrue == true ? "%TYPE" : ""
      let bounds = type["arrayBounds"] == nil ? "" : "[]"
      types.append(names.map { Quote.identifier($0) }.joined(separator: ".") + suffix + bounds)
    }
    return types
  }
}

extension Script {
  /// Statements that change what the databases of a server share: roles, settings, other databases.
  private static let shared = [
    "CreateRoleStmt", "AlterRoleStmt", "AlterRoleSetStmt", "DropRoleStmt", "GrantRoleStmt", "DoStmt", "CreatedbStmt",
    "AlterDatabaseStmt", "AlterDatabaseSetStmt", "CreateTableSpaceStmt", "ReassignOwnedStmt", "DropOwnedStmt",
  ]

  /// Whether a text says, or may say, something about what the databases of a server share. A `DO` block may; what a function
  /// does is seen only when it was called.
  package static func concernsServer(_ text: String) -> Bool {
    switch ParseTree.holds(text, nodes: shared) {
    case true?: return true
    case false? where ParseTree.holds(text, nodes: ["CommentStmt"]) == false: return false
    default: break
    }
    // Rows, or newer grammar: what cannot be read may say anything.
    guard let statements = try? splitWithRows(text) else { return true }
    return statements.contains { (ParseTree.holds($0.sql, nodes: shared) ?? true) || isCommentOnShared($0.sql) }
  }

  /// Whether a statement says something about what is not one database's.
  private static func isCommentOnShared(_ sql: String) -> Bool {
    ParseTree.look(at: sql) { name, tree in
      name == "CommentStmt"
        && ["OBJECT_ROLE", "OBJECT_DATABASE", "OBJECT_TABLESPACE"].contains(tree()?[name]?["objtype"]?.text)
    } ?? false
  }
}
