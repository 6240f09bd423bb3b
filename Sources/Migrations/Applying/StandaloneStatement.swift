internal import Postgres

/// A statement outside of transactions. PostgreSQL may have done part of it when it is interrupted, so what there is says
/// how to go on.
struct StandaloneStatement {
  private enum Kind {
    case indexBuild(IndexComparison)
    case reindex(Rebuild)
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
    /// Something is in its place that it has not made: what, and what to do.
    case occupied(String)
  }

  let sql: String
  private let kind: Kind

  init(_ sql: String) {
    self.sql = sql
    kind = Self.kind(ParseTree(parsing: sql), sql)
  }

  private static func kind(_ tree: ParseTree?, _ sql: String) -> Kind {
    if let index = IndexComparison(tree, of: sql) { return .indexBuild(index) }
    if let rebuild = Rebuild(tree) { return .reindex(rebuild) }
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

  /// Whether some of it may be done for good when the server has refused the rest, so that to try again would do that twice.
  var mayBePartlyDone: Bool { if case .code = kind { true } else { false } }

  /// Whether nothing of it is there when the server has refused it: it was one transaction, or its remains were taken away.
  /// A detach may be half done, which `continuation` sees.
  var leavesNothingWhenRefused: Bool {
    switch kind {
    case .indexBuild, .reindex, .repeatable, .other: true
    case .indexDrop, .detach, .code: false
    }
  }

  /// What is to be done after an apply was interrupted in it.
  func continuation(_ connection: Connection) async throws -> Continuation {
    switch kind {
    case .indexBuild(let index):
      switch try await index.found(connection) {
      case .nothing: return .again(after: [])
      case .same(let isValid): return isValid ? .isDone : .again(after: [drop(index)])
      case .other(let what):
        return .occupied(
          "index \(index.sqlName) is there and is not what the statement makes: \(what). Rename or drop it")
      case .inTheMaking(let pid, let application):
        let who = application.isEmpty ? "process \(pid)" : "process \(pid) (\(application))"
        return .occupied("\(who) builds an index \(index.sqlName). Wait until it has ended")
      case .unknown: return .unknown
      }
    case .reindex(let rebuild): return .again(after: try await rebuild.remains(connection).map(Rebuild.drop))
    case .indexDrop(let again): return .instead([again])
    case .detach(let parent, let partition):
      // Under another name it may still be on its way out.
      guard let whole = try await connection.relation(parent), let part = try await connection.relation(partition)
      else { return .unknown }
      let pending = try await connection.query(
        """
        SELECT i.inhdetachpending FROM pg_catalog.pg_inherits i
         WHERE i.inhparent = $1::pg_catalog.oid AND i.inhrelid = $2::pg_catalog.oid
        """, [whole, part]
      ).first
      guard let pending else { return .isDone }
      return try pending.bool(0)
        ? .instead(["ALTER TABLE \(parent) DETACH PARTITION \(partition) FINALIZE"]) : .again(after: [])
    case .repeatable: return .again(after: [])
    case .code, .other: return .unknown
    }
  }

  /// What is there already that a failure of the statement may leave: none of it is the statement's.
  func before(_ connection: Connection) async throws -> Set<String> {
    guard case .reindex(let rebuild) = kind else { return [] }
    return Set(try await rebuild.remains(connection))
  }

  /// What PostgreSQL left behind when it refused the statement: a failed concurrent build leaves an index that slows
  /// writers down and serves nobody.
  ///
  /// - Parameters:
  ///   - error: what the server has said. Where the name was taken, what has it is somebody else's.
  ///   - known: what was there before.
  func remains(of error: PostgresError, besides known: Set<String>, _ connection: Connection) async throws -> [String] {
    switch kind {
    case .indexBuild(let index):
      guard error.sqlState != .duplicateTable, case .same(isValid: false) = try await index.found(connection) else {
        return []
      }
      return [drop(index)]
    case .reindex(let rebuild):
      return try await rebuild.remains(connection).filter { !known.contains($0) }.map(Rebuild.drop)
    default: return []
    }
  }

  private func drop(_ index: IndexComparison) -> String { "DROP INDEX CONCURRENTLY \(index.sqlName)" }

  /// Whether it gives the session a setting that outlasts its transaction.
  static func setsSession(_ sql: String) -> Bool {
    guard let set = ParseTree(parsing: sql)?["VariableSetStmt"] else { return callsSetConfig(sql) }
    return set["is_local"]?.isTrue != true
      && ["VAR_SET_VALUE", "VAR_SET_CURRENT", "VAR_SET_MULTI"].contains(set["kind"]?.text)
  }

  /// `set_config` for longer than the transaction, as `pg_dump` writes it (documentation, "System Administration Functions").
  private static func callsSetConfig(_ sql: String) -> Bool {
    var isFound = false
    ParseTree.visit(sql, having: ["\"set_config\""]) { node in
      guard let call = node["FuncCall"], call["funcname"]?.names.last == "set_config" else { return }
      let isLocal = call["args"]?.elements.last?["A_Const"]?["boolval"]?["boolval"]?.isTrue == true
      if !isLocal { isFound = true }
    }
    return isFound
  }

  /// What a part of a migration that is done leaves in its session, for the parts after it.
  enum Legacy {
    case nothing
    /// It can be carried out again.
    case setting
    /// A temporary table, a prepared statement.
    case other
  }

  static func legacy(of sql: String) -> Legacy {
    if callsSetConfig(sql) {
      // Whatever else it does was done.
      let isAlone = ParseTree(parsing: sql)?["SelectStmt"]?.has(only: ["targetList", "limitOption", "op"]) == true
      return isAlone ? .setting : .other
    }
    guard needsSession(sql) else { return .nothing }
    switch ParseTree(parsing: sql)?.nodeName {
    case "VariableSetStmt", "LoadStmt": return .setting
    case "DeallocateStmt", "ExecuteStmt", "FetchStmt", "ClosePortalStmt", "UnlistenStmt": return .nothing
    default: return .other
    }
  }

  /// Whether it works only as long as the session stays the same, which it does not behind a transaction pooler.
  static func needsSession(_ sql: String) -> Bool {
    guard let tree = ParseTree(parsing: sql) else { return false }
    if callsSetConfig(sql) { return true }
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
