/// What a scratch server does with a statement that is loaded.
enum LoadedStatement {
  /// It runs with the rights of the loading role.
  case asWritten
  /// It is signed, and runs with a superuser's rights.
  case asSuperuser(SuperuserStatement)
  /// It is about the server, or another database of it, and no part of a database's schema.
  case leftOut

  private static let foreign: Set<String> = [
    "AlterSystemStmt", "CreatedbStmt", "DropdbStmt", "AlterDatabaseStmt", "AlterDatabaseSetStmt",
    "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterTableSpaceOptionsStmt", "CheckPointStmt",
  ]

  /// - Parameter isConfined: whether the operating system keeps in what native code does.
  init(_ sql: String, isConfined: Bool) {
    let form = ParseTree.look(at: sql) { name, tree -> LoadedStatement in
      if Self.foreign.contains(name) { return .leftOut }
      guard let right = SuperuserStatement(sql, name, tree), isConfined || !right.isNative else { return .asWritten }
      return .asSuperuser(right)
    }
    // What this grammar does not know is PostgreSQL's to judge.
    self = form ?? .asWritten
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
    if let known = ParseTree.holds(text, nodes: shared) { return known }
    // Rows, or newer grammar: what cannot be read may say anything.
    guard let statements = try? splitWithRows(text) else { return true }
    return statements.contains { ParseTree.holds($0.sql, nodes: shared) ?? true }
  }
}
