internal import Postgres

/// A table that several transactions work on by its name: each makes sure that the name still means the same table.
///
/// What a single statement of PostgreSQL's does by the table's OID takes dbtool several, and whoever owns the schema could give it another
/// name in between, and make a table of his own where it was.
struct TableAnchor: Sendable {
  /// A lock's mode (documentation, section 13.3.1, Table-Level Locks).
  enum Mode: String {
    case accessShare = "ACCESS SHARE"
    case shareUpdateExclusive = "SHARE UPDATE EXCLUSIVE"
    case shareRowExclusive = "SHARE ROW EXCLUSIVE"
  }

  /// As the user's statement names it, perhaps without a schema.
  let name: String
  let oid: String
  private let schema: String
  private let relation: String
  /// Who has privileges on columns alone may not lock it, and is no superuser.
  private let mayRead: Bool

  var sqlName: String { Quote.qualified(schema, relation) }

  /// - Returns: nil where there is no such table.
  /// - Throws: `PostgresError`.
  init?(_ name: String, _ connection: Connection) async throws {
    guard let oid = try await connection.relation(name) else { return nil }
    try await self.init(name, oid: oid, connection)
  }

  /// - Parameter oid: what the name means.
  /// - Returns: nil where it has gone.
  /// - Throws: `PostgresError`.
  init?(_ name: String, oid: String, _ connection: Connection) async throws {
    let found = try await connection.query(
      """
      SELECT n.nspname, c.relname, pg_catalog.has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.oid = $1::pg_catalog.oid
      """, [oid])
    guard var row = found.first?.reader else { return nil }
    self.name = name
    self.oid = oid
    schema = try row.string()
    relation = try row.string()
    mayRead = try row.bool()
  }

  /// Whether the user's statement means it: without a schema, by the session's own `search_path`.
  ///
  /// - Parameter connection: as the user's session.
  /// - Throws: `PostgresError`.
  func isMeant(_ connection: Connection) async throws -> Bool { try await connection.relation(name) == oid }

  /// Keeps it what it is until the transaction ends: its name, and for a superuser its schema's.
  ///
  /// - Parameters:
  ///   - mode: of the lock that it takes.
  ///   - connection: in a transaction.
  /// - Returns: false where the name means another table by now.
  /// - Throws: `PostgresError`.
  func hold(_ mode: Mode, _ connection: Connection) async throws -> Bool {
    guard try await connection.pinned({ try await SchemaHold.keep([schema], $0) }) else { return false }
    // With the timeouts of whoever works on it. What the lock had to wait for may have changed it.
    let lookup = Statement("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::pg_catalog.int8", [sqlName])
    let lock = Statement("LOCK TABLE ONLY \(sqlName) IN \(mode.rawValue) MODE")
    let locks = mode != .accessShare || mayRead ? [lock] : []
    let results = try await connection.pipeline(locks + [lookup])
    for result in results {
      if case .failure(let error) = result {
        if error.sqlState == .undefinedTable { return false }
        throw error
      }
    }
    return try results.last?.get().first?.optionalString(0) == oid
  }
}
