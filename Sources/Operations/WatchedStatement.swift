internal import Migrations
internal import Planning
internal import Postgres

/// What is looked at before a statement of a linted file, and again after it.
struct WatchedStatement {
  private enum Subject {
    /// `IF NOT EXISTS`, with the name that is there already.
    case existing(String)
    /// What may set where numbers go on, with the columns whose next number a row has.
    case numbers(Set<String>)
    /// `REINDEX` without `CONCURRENTLY`.
    case reindex
  }

  private let subject: Subject

  /// - Parameter existing: what `existingName` has found.
  /// - Returns: nil for a statement that there is nothing to look at for.
  /// - Throws: `PostgresError`.
  init?(_ node: ParseTree?, existing: String?, before connection: Connection) async throws {
    if let reindex = node?["ReindexStmt"] {
      let isConcurrent =
        reindex["params"]?.elements.contains { $0["DefElem"]?["defname"]?.text == "concurrently" } ?? false
      guard !isConcurrent else { return nil }
      subject = .reindex
    } else if let name = Self.nameIfNotExists(node) {
      guard try await connection.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", [name])[0].bool(0) else {
        return nil
      }
      subject = .existing(name)
    } else if node.map(Self.setsNumbers) == true {
      subject = .numbers(Set(try await ProofNumbers.taken(connection).map(\.sqlName)))
    } else {
      return nil
    }
  }

  /// The name of a statement with `IF NOT EXISTS`, where there is something of that name.
  ///
  /// - Parameter connection: with the settings that the statement runs with: a name without a schema is found by them.
  static func existingName(_ node: ParseTree?, _ connection: Connection) async throws -> String? {
    guard let name = nameIfNotExists(node) else { return nil }
    let isThere = try await connection.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", [name])[0].bool(0)
    return isThere ? name : nil
  }

  /// What a relation is to be called, unless there is one of that name.
  private static func nameIfNotExists(_ node: ParseTree?) -> String? {
    func name(_ relation: ParseTree?, _ own: String?) -> String? {
      guard let relation, let own = own ?? relation["relname"]?.text else { return nil }
      return relation["schemaname"]?.text.map { Quote.qualified($0, own) } ?? Quote.identifier(own)
    }
    if let index = node?["IndexStmt"], index["if_not_exists"]?.isTrue == true {
      return index["idxname"].flatMap { name(index["relation"], $0.text) }
    }
    for (kind, member) in [("CreateStmt", "relation"), ("CreateSeqStmt", "sequence")] {
      if let create = node?[kind], create["if_not_exists"]?.isTrue == true { return name(create[member], nil) }
    }
    guard let create = node?["CreateTableAsStmt"], create["if_not_exists"]?.isTrue == true else { return nil }
    return name(create["into"]?["IntoClause"]?["rel"] ?? create["into"]?["rel"], nil)
  }

  private static func setsNumbers(_ node: ParseTree) -> Bool {
    if node["AlterSeqStmt"] != nil { return true }
    let commands = node["AlterTableStmt"]?["cmds"]?.elements ?? []
    return commands.contains { command in
      ["AT_AddIdentity", "AT_SetIdentity", "AT_ColumnDefault"].contains(
        command["AlterTableCmd"]?["subtype"]?.text ?? "")
    }
  }

  /// To rebuild an index keeps away whoever plans a query of its table, readers too.
  func reworded(_ hazards: [Hazard]) -> [Hazard] {
    guard case .reindex = subject else { return hazards }
    return hazards.map { hazard in
      guard hazard.code == .blocksWrites, let table = hazard.table else { return hazard }
      return Hazard(
        .blocksReads,
        "builds indexes of \(table) anew; nobody can read or write it meanwhile: queries wait for its indexes",
        table: table, lock: hazard.lock, takesTime: true)
    }
  }

  /// - Throws: `PostgresError`.
  func hazards(after connection: Connection) async throws -> [Hazard] {
    switch subject {
    case .existing(let name):
      [
        Hazard(
          .skipsExisting,
          "there is something called \(name) already, so nothing is done, whatever that is: another table or index, one that is not valid, "
            + "or one whose longer name begins alike")
      ]
    case .numbers(let before):
      try await ProofNumbers.taken(connection).map(\.sqlName).filter { !before.contains($0) }.sorted().map {
        Hazard(
          .takesNumbers,
          "the numbers that \($0) gets next are those of rows that are there: inserts fail, or rows share one")
      }
    case .reindex: []
    }
  }
}
