internal import Postgres

/// An index that a statement makes, and whether one that is there is the same.
///
/// PostgreSQL says so: it makes the statement's on an empty temporary table with the same columns, and prints both
/// (`pg_get_indexdef`). That runs what the expressions call with the rights of whoever is connected, and not of the table's owner, as
/// the statement itself does: so an index that computes something is compared only where the owner is trusted.
struct IndexComparison {
  /// What is there under the index's name.
  enum Found {
    /// Nothing, or nothing on the table: PostgreSQL makes the index, or refuses its name.
    case nothing
    case same(isValid: Bool)
    /// Something else, in words.
    case other(String)
    /// The server process that builds it, and what that calls itself.
    case inTheMaking(pid: Int, application: String)
    /// The statement's could not be made for a comparison.
    case unknown
  }

  let name: String
  private let schema: String?
  private let table: String
  private let isUnique: Bool
  /// Whether it computes something.
  private let hasExpressions: Bool
  /// What the statement says after the table's name.
  private let definition: String

  /// - Returns: nil where it is no CREATE INDEX with a name.
  init?(_ tree: ParseTree?, of sql: String) {
    guard let index = tree?["IndexStmt"], let name = index["idxname"]?.text, let relation = index["relation"],
      let table = relation["relname"]?.text, let place = TextAroundRelation(relation, in: sql)
    else { return nil }
    self.name = name
    schema = relation["schemaname"]?.text
    self.table = table
    isUnique = index["unique"]?.isTrue == true
    hasExpressions =
      index["whereClause"] != nil
      || index["indexParams"]?.elements.contains { $0["IndexElem"]?["expr"] != nil } == true
    definition = place.after
  }

  /// The index, as SQL names it.
  var sqlName: String { schema.map { Quote.qualified($0, name) } ?? Quote.identifier(name) }
  private var tableName: String { schema.map { Quote.qualified($0, table) } ?? Quote.identifier(table) }

  /// What an index says after the table's name, in PostgreSQL's words: of `x` (`pg_index`), `ic` and `c` (`pg_class` of the index
  /// and of the table) and `n` (`pg_namespace` of the table).
  static let tail = """
    pg_catalog.substr(pg_catalog.pg_get_indexdef(x.indexrelid), 1 + pg_catalog.length(pg_catalog.format(
      'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, ic.relname,
      CASE WHEN ic.relkind = 'I' THEN 'ONLY ' ELSE '' END,
      CASE WHEN c.relpersistence = 't' THEN 'pg_temp' ELSE n.nspname END, c.relname)))
    """

  /// What a query for `tail` reads from.
  static let relations = """
    pg_catalog.pg_index x JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
      JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    """

  /// Looks for it on its table, with the names that the session's own `search_path` finds.
  ///
  /// - Throws: `PostgresError`.
  func found(_ connection: Connection) async throws -> Found {
    guard let table = try await connection.relation(tableName) else { return .nothing }
    let rows = try await connection.query(
      """
      SELECT x.indexrelid::pg_catalog.int8, x.indisvalid, pg_catalog.pg_get_indexdef(x.indexrelid), p.pid,
             coalesce(a.application_name, '')
        FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
        LEFT JOIN pg_catalog.pg_stat_progress_create_index p
          ON p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
         AND p.index_relid = x.indexrelid
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
       WHERE x.indrelid = $1::pg_catalog.oid AND ic.relname = $2
      """, [table, name])
    guard let row = rows.first else { return .nothing }
    let (index, isValid) = (try row.string(0), try row.bool(1))
    if let pid = try row.optionalString(3).flatMap({ Int($0) }) {
      return .inTheMaking(pid: pid, application: try row.string(4))
    }
    switch try await isSame(index, connection) {
    case true?: return .same(isValid: isValid)
    case false?: return .other("it is \(try row.string(2))")
    case nil: return .unknown
    }
  }

  /// What there is under its name in the schema of its table, which may be no index of that table.
  ///
  /// - Throws: `PostgresError`.
  func foundByName(_ connection: Connection) async throws -> Found {
    let found = try await found(connection)
    guard case .nothing = found, let index = try await connection.relation(sqlName) else { return found }
    let row = try await connection.query(
      "SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, $1::pg_catalog.oid, 0)",
      [index])[0]
    return .other("there is \(try row.optionalString(0) ?? "something else") of that name")
  }

  private struct Undone: Error { var isSame: Bool }

  /// What makes the same on another table.
  func statement(on other: String, concurrently: Bool = false) -> String {
    "CREATE \(isUnique ? "UNIQUE " : "")INDEX \(concurrently ? "CONCURRENTLY " : "")ON \(other)\(definition)"
  }

  /// - Returns: nil where PostgreSQL does not make the statement's, or must not.
  private func isSame(_ index: String, _ connection: Connection) async throws -> Bool? {
    let owned = try await connection.query(
      "SELECT x.indrelid::pg_catalog.regclass::text FROM pg_catalog.pg_index x WHERE x.indexrelid = $1::pg_catalog.oid",
      [index])
    guard let table = try owned.first?.string(0) else { return nil }
    if hasExpressions, try await !TrustedRoles.owns(table, connection) { return nil }
    let copy = "pg_temp.\(Quote.identifier(self.table))"
    do {
      try await connection.asSession { connection in
        // Nothing of it stays.
        try await connection.transaction { connection in
          try await connection.execute("SET LOCAL client_min_messages = warning")
          try await connection.query(
            "CREATE TEMPORARY TABLE \(Quote.identifier(self.table)) (LIKE \(tableName)) ON COMMIT DROP")
          try await connection.query(statement(on: copy))
          let isSame = try await connection.pinned { connection in
            try await connection.query(
              """
              WITH definitions AS (
                SELECT x.indexrelid, x.indrelid, x.indisunique, \(Self.tail) AS tail FROM \(Self.relations)
                 WHERE x.indexrelid = $1::pg_catalog.oid OR x.indrelid = pg_catalog.to_regclass($2))
              SELECT EXISTS (SELECT FROM definitions a JOIN definitions b ON b.indrelid <> a.indrelid AND b.tail = a.tail
                                AND b.indisunique = a.indisunique)
              """, [index, copy])[0].bool(0)
          }
          throw Undone(isSame: isSame)
        }
      }
      return nil
    } catch let outcome as Undone {
      return outcome.isSame
    } catch let error as PostgresError where error.kind == .server {
      return nil
    }
  }
}
