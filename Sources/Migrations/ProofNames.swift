package import Postgres

/// Something that clients could use before a plan and can use after it, and that is not there after one of the plan's
/// transactions.
package struct Gap: Sendable, Hashable, CustomStringConvertible {
  /// How many of the plan's steps are done then.
  package var step: Int
  package var use: ClientUse
  package var description: String { "\(use)" }
}

/// What clients can use, looked at before a plan, after each of its transactions, and in the end.
struct ProofNames {
  private let connection: Connection

  /// A table that becomes a view is there all the time; that a table is not logged is nothing that clients use.
  private static let query = """
    SELECT CASE WHEN u.kind IN ('table', 'view') THEN 'relation' WHEN u.kind = 'column of view' THEN 'column'
                WHEN u.kind = 'privilege of everybody' THEN 'privilege' ELSE u.kind END AS kind,
           u.name, u.owner FROM (\(ClientUse.query)) u WHERE u.kind NOT IN ('unlogged', 'policy without a condition')
    """

  /// Remembers what is there before a plan.
  ///
  /// - Throws: `PostgresError`.
  init(_ connection: Connection) async throws {
    self.connection = connection
    try await connection.execute(
      """
      CREATE TEMP TABLE dbtool_named AS \(Self.query);
      CREATE TEMP TABLE dbtool_missing
        (step pg_catalog.int4, kind pg_catalog.text, name pg_catalog.text, owner pg_catalog.text)
      """)
  }

  /// Looks at what is missing after so many steps, in between two transactions.
  ///
  /// - Throws: `PostgresError`.
  func look(after step: Int) async throws {
    try await connection.execute(
      """
      INSERT INTO pg_temp.dbtool_missing
      SELECT \(step), m.* FROM (SELECT * FROM pg_temp.dbtool_named EXCEPT (\(Self.query))) m
      """)
  }

  /// What was missing meanwhile and is there in the end.
  ///
  /// - Throws: `PostgresError`.
  func gaps() async throws -> [Gap] {
    let rows = try await connection.query(
      """
      SELECT pg_catalog.min(m.step), m.kind, m.name, m.owner FROM pg_temp.dbtool_missing m
       WHERE (m.kind, m.name) IN (SELECT n.kind, n.name FROM (\(Self.query)) n)
       GROUP BY m.kind, m.name, m.owner ORDER BY 1, 2, 3
      """)
    return try rows.map {
      Gap(step: try $0.int(0), use: ClientUse(kind: try $0.string(1), name: try $0.string(2), owner: try $0.string(3)))
    }
  }
}
