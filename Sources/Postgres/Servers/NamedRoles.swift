/// The roles that SQL names: owners, grantees, members, whom policies and user mappings are for. A scratch server has none of them
/// by itself.
package struct NamedRoles: Sendable {
  private var named: Set<String> = []
  /// Those that the SQL makes itself.
  private var made: Set<String> = []
  /// What `DO` blocks may make.
  private var blocks: [MadeRoles] = []

  /// The roles that have to be there before.
  package var missing: Set<String> {
    named.filter { name in
      !made.contains(name) && !name.hasPrefix("pg_") && !name.isEmpty && !SuperuserStatement.isOwn(name)
        && !blocks.contains { $0.mayMake(name) }
    }
  }

  package init() {}

  package init(_ statements: [ScriptStatement]) { for statement in statements { note(statement.sql) } }

  /// A text of any number of statements.
  package init(_ text: String) {
    if ParseTree.nodeNames(text) != nil {
      note(text)
    } else {
      // Rows, or grammar that is newer than this libpg_query, in some of the statements.
      for statement in (try? Script.splitWithRows(text)) ?? [] { note(statement.sql) }
    }
  }

  package mutating func formUnion(_ other: NamedRoles) {
    named.formUnion(other.named)
    made.formUnion(other.made)
    blocks += other.blocks
  }

  private mutating func note(_ sql: String) {
    named.formUnion(ParseTree.texts(of: "rolename", in: sql))
    // These say it in other words, and are few: comments and new names are of roles seldom.
    let others = ["OBJECT_ROLE", "GrantRoleStmt", "CreateRoleStmt", "VariableSetStmt", "DoStmt", "regrole"]
    ParseTree.visit(sql, having: others) { note($0) }
  }

  private mutating func note(_ node: ParseTree) {
    guard let name = node.nodeName, let body = node[name] else { return }
    switch name {
    case "CommentStmt", "SecLabelStmt":
      if body["objtype"]?.text == "OBJECT_ROLE", let role = body["object"]?["String"]?["sval"]?.text {
        named.insert(role)
      }
    case "RenameStmt":
      guard body["renameType"]?.text == "OBJECT_ROLE" else { return }
      if let old = body["subname"]?.text { named.insert(old) }
      if let new = body["newname"]?.text { made.insert(new) }
    case "GrantRoleStmt":
      named.formUnion((body["granted_roles"]?.elements ?? []).compactMap { $0["AccessPriv"]?["priv_name"]?.text })
    case "CreateRoleStmt": if let role = body["role"]?.text { made.insert(role) }
    case "VariableSetStmt":
      guard ["role", "session_authorization"].contains(body["name"]?.text),
        let role = body["args"]?.elements.first?["A_Const"]?["sval"]?["sval"]?.text, role != "none"
      else { return }
      named.insert(role)
    case "DoStmt":
      blocks += (body["args"]?.elements ?? []).compactMap {
        ($0["DefElem"]?["arg"]?["String"]?["sval"]?.text).map(MadeRoles.init)
      }
    case "TypeCast":
      guard body["typeName"]?["names"]?.names.last == "regrole",
        let role = body["arg"]?["A_Const"]?["sval"]?["sval"]?.text, !role.isEmpty, Int(role) == nil, role != "-"
      else { return }
      named.insert(role.hasPrefix("\"") ? String(role.dropFirst().dropLast().replacing("\"\"", with: "\"")) : role)
    default: break
    }
  }
}
