internal import Postgres

/// A statement outside of transactions. PostgreSQL may have done part of it when it is interrupted, so what there is says
/// how to go on.
struct StandaloneStatement {
  private enum Kind {
    case indexBuild(schema: String, table: String, name: String)
    case indexDrop(again: String)
    case detach(parent: String, partition: String)
    /// Nothing is lost by doing it twice.
    case repeatable
    /// May end transactions of its own, and so be done in part: a procedure, a block of code.
    case code
    case other
  }

  /// How an interrupted statement is gone on with.
  enum Continuation {
    case isDone
    /// After these statements, each by itself.
    case again(after: [String])
    case instead([String])
    case unknown
  }

  let sql: String
  private let kind: Kind

  init(_ sql: String) {
    self.sql = sql
    kind = Self.kind(ParseTree(parsing: sql))
  }

  private static func kind(_ tree: ParseTree?) -> Kind {
    if let index = tree?["IndexStmt"], let name = index["idxname"]?.text, let relation = index["relation"],
      let table = relation["relname"]?.text
    {
      return .indexBuild(schema: relation["schemaname"]?.text ?? "", table: table, name: name)
    }
    if let drop = tree?["DropStmt"], drop["removeType"]?.text == "OBJECT_INDEX" {
      let names = drop["objects"]?.elements.compactMap { object in
        object["List"]?["items"]?.names.map(Quote.identifier).joined(separator: ".")
      }
      let word = drop["concurrent"]?.isTrue == true ? "CONCURRENTLY " : ""
      return .indexDrop(again: "DROP INDEX \(word)IF EXISTS \((names ?? []).joined(separator: ", "))")
    }
    if let alter = tree?["AlterTableStmt"], let commands = alter["cmds"]?.elements, commands.count == 1,
      let command = commands[0]["AlterTableCmd"], command["subtype"]?.text == "AT_DetachPartition",
      let parent = name(alter["relation"]), let partition = name(command["def"]?["PartitionCmd"]?["name"])
    {
      return .detach(parent: parent, partition: partition)
    }
    if let node = tree?.nodeName, ["CallStmt", "DoStmt"].contains(node) { return .code }
    let repeatable = [
      "VacuumStmt", "ReindexStmt", "ClusterStmt", "RefreshMatViewStmt", "AlterSystemStmt", "VariableSetStmt",
      "CheckPointStmt",
    ]
    return tree?.nodeName.map(repeatable.contains) == true ? .repeatable : .other
  }

  private static func name(_ relation: ParseTree?) -> String? {
    guard let name = relation?["relname"]?.text else { return nil }
    return relation?["schemaname"]?.text.map { Quote.qualified($0, name) } ?? Quote.identifier(name)
  }

  /// Whether nothing of it is there when the server has refused it: it was one transaction, or its remains were taken away.
  /// A detach may be half done, which `continuation` sees.
  var leavesNothingWhenRefused: Bool {
    switch kind {
    case .indexBuild, .repeatable, .other: true
    case .indexDrop, .detach, .code: false
    }
  }

  /// What is to be done after an apply was interrupted in it.
  func continuation(_ connection: Connection) async throws -> Continuation {
    switch kind {
    case .indexBuild(let schema, let table, let name):
      guard let isValid = try await indexIsValid(schema, table, name, connection) else { return .again(after: []) }
      return isValid ? .isDone : .again(after: [drop(schema, name)])
    case .indexDrop(let again): return .instead([again])
    case .detach(let parent, let partition):
      let pending = try await connection.query(
        """
        SELECT i.inhdetachpending FROM pg_catalog.pg_inherits i
         WHERE i.inhparent = $1::pg_catalog.oid AND i.inhrelid = $2::pg_catalog.oid
        """, [try await connection.relation(parent), try await connection.relation(partition)]
      ).first
      guard let pending else { return .isDone }
      return try pending.bool(0)
        ? .instead(["ALTER TABLE \(parent) DETACH PARTITION \(partition) FINALIZE"]) : .again(after: [])
    case .repeatable: return .again(after: [])
    case .code, .other: return .unknown
    }
  }

  /// What PostgreSQL left behind when it refused the statement: a failed concurrent build leaves an index that slows
  /// writers down and serves nobody.
  func remains(_ connection: Connection) async throws -> [String] {
    guard case .indexBuild(let schema, let table, let name) = kind,
      try await indexIsValid(schema, table, name, connection) == false
    else { return [] }
    return [drop(schema, name)]
  }

  private func drop(_ schema: String, _ name: String) -> String {
    "DROP INDEX CONCURRENTLY " + (schema.isEmpty ? Quote.identifier(name) : Quote.qualified(schema, name))
  }

  /// - Returns: nil when there is no such index on the table.
  private func indexIsValid(
    _ schema: String, _ table: String, _ name: String, _ connection: Connection
  ) async throws -> Bool? {
    let qualified = schema.isEmpty ? Quote.identifier(table) : Quote.qualified(schema, table)
    return try await connection.query(
      """
      SELECT x.indisvalid FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
       WHERE x.indrelid = $1::pg_catalog.oid AND c.relname = $2
      """, [try await connection.relation(qualified), name]
    ).first?.bool(0)
  }

  /// Whether it gives the session a setting that outlasts its transaction.
  static func setsSession(_ sql: String) -> Bool {
    guard let set = ParseTree(parsing: sql)?["VariableSetStmt"], set["is_local"]?.isTrue != true else { return false }
    return ["VAR_SET_VALUE", "VAR_SET_CURRENT", "VAR_SET_MULTI"].contains(set["kind"]?.text)
  }

  /// Whether it works only as long as the session stays the same, which it does not behind a transaction pooler.
  static func needsSession(_ sql: String) -> Bool {
    guard let tree = ParseTree(parsing: sql) else { return false }
    switch tree.nodeName {
    case "VariableSetStmt": return tree["VariableSetStmt"]?["is_local"]?.isTrue != true
    case "ListenStmt", "UnlistenStmt", "PrepareStmt", "ExecuteStmt", "DeallocateStmt", "DiscardStmt": return true
    case "DeclareCursorStmt", "FetchStmt", "ClosePortalStmt", "LoadStmt": return true
    case "CreateStmt": return tree["CreateStmt"]?["relation"]?["relpersistence"]?.text == "t"
    case "CreateTableAsStmt":
      return tree["CreateTableAsStmt"]?["into"]?["rel"]?["relpersistence"]?.text == "t"
    default: return false
    }
  }
}

extension Connection {
  /// The relation of a name as a user's statement has it, which may be without a schema: found by the session's own
  /// `search_path`.
  ///
  /// - Returns: its OID; nil where there is none.
  /// - Throws: `PostgresError`.
  func relation(_ name: String) async throws -> String? {
    try await asSession {
      try await $0.query("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::pg_catalog.int8", [name])[0]
        .optionalString(0)
    }
  }
}
