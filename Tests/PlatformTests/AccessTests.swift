import Platform
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Who can do what: everybody tries everything with a row of every table, of their own tenant and of another; the
/// expected answers stand beside the policies.
@Suite struct AccessTests {
  private typealias Commands = Access.Commands

  /// The server's role and the login of somebody who belongs to the first tenant.
  private static func identity(_ persona: String) -> (role: String, user: String?) {
    switch persona {
    case "anon": ("anon", nil)
    case "nobody": ("authenticated", World.id(9, 99))
    case "customer": ("authenticated", World.customer(1))
    case "staff": ("authenticated", World.staff(1))
    case "admin": ("authenticated", World.admin(1))
    default: ("service_role", nil)
    }
  }
  private static let personas = ["anon", "nobody", "customer", "staff", "admin", "service"]

  /// A table with what is needed to try.
  private struct Subject {
    var name: String
    var columns: [String]
    var keyColumns: [String]
    /// The columns of the primary key: whoever may read some of a table's columns may read these.
    var key: String { keyColumns.joined(separator: ", ") }
  }

  @Test(arguments: personas)
  func whatIsExpectedIsSo(persona: String) async throws {
    try await PlatformDatabase.connected { connection in
      let transactions = try await World.build(connection)
      let (role, user) = Self.identity(persona)
      let expectations = Platform.database.accessExpectations.filter { $0.persona.name == persona }
      var wrong: [String] = []
      for table in try await Self.tables(connection) {
        for tenant in World.tenants {
          let transaction = try #require(transactions[tenant])
          let rows = try await connection.query(
            "SELECT to_jsonb(t), \(table.key) FROM \(table.name) t WHERE xmin::text = $1", [transaction]
          ).map { row in
            (json: try row.string(0), key: try table.keyColumns.indices.map { Quote.literal(try row.string($0 + 1)) })
          }
          #expect(!rows.isEmpty, "the world has no row of \(table.name)")
          var can: Commands = []
          for row in rows {
            can.formUnion(try await Self.tries(row.json, row.key, table, role, user, connection))
          }
          let declared = expectations.first { "\($0.table.schema.name).\($0.table.name)" == table.name }
          let expected = (tenant == 1 ? declared?.own : declared?.other) ?? []
          if can != expected {
            wrong.append(
              "\(persona) with \(tenant == 1 ? "an own" : "another's") row of \(table.name): \(can), not \(expected)")
          }
        }
      }
      #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }
  }

  /// Somebody is expected to do something with every table of ours, and whoever is named is tried.
  @Test func everyTableIsInTheMatrix() async throws {
    try await PlatformDatabase.connected { connection in
      let expectations = Platform.database.accessExpectations
      let declared = Set(expectations.map { "\($0.table.schema.name).\($0.table.name)" })
      #expect(Set(expectations.map(\.persona.name)) == Set(Self.personas))
      let names = try await Self.tables(connection).map(\.name)
      #expect(names.count > 25)
      #expect(Set(names) == declared)
    }
  }

  private static func tables(_ connection: Connection) async throws -> [Subject] {
    try await connection.query(
      """
      SELECT n.nspname || '.' || c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum),
             array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE a.attnum = ANY (i.indkey))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN (\(PlatformDatabase.schemaList))
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
       GROUP BY 1 ORDER BY 1
      """
    ).map { row in
      var reader = row.reader
      return Subject(name: try reader.string(), columns: try reader.strings(), keyColumns: try reader.strings())
    }
  }

  /// What somebody can do with one row. Everything is undone.
  private static func tries(
    _ json: String, _ key: [String], _ table: Subject, _ role: String, _ user: String?, _ connection: Connection
  ) async throws -> Commands {
    let list = table.columns.joined(separator: ", ")
    let row = "(\(table.key)) = (\(key.joined(separator: ", ")))"
    // The column that they may change, if there is one.
    let column = try await connection.query(
      """
      SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attidentity = ''
       ORDER BY has_column_privilege($2, attrelid, attnum, 'UPDATE') DESC, attnum LIMIT 1
      """, [table.name, role])[0].string(0)
    // Without RETURNING, which asks for the right to read.
    let insert =
      "INSERT INTO \(table.name) (\(list)) OVERRIDING SYSTEM VALUE "
      + "SELECT \(list) FROM jsonb_populate_record(NULL::\(table.name), \(Quote.literal(json)))"
    let attempts: [(Commands, String, String)] = [
      (.select, "", "SELECT FROM \(table.name) WHERE \(row)"),
      (.update, "", "UPDATE \(table.name) SET \(column) = \(column) WHERE \(row)"),
      (.delete, "", "DELETE FROM \(table.name) WHERE \(row)"),
      (.insert, "DELETE FROM \(table.name) WHERE \(row);", insert),
    ]
    let claims = World.claims(user, role)
    var can: Commands = []
    for (command, before, statement) in attempts {
      // Triggers and foreign keys have no say in who may do what.
      try await connection.execute(
        """
        BEGIN; SET LOCAL session_replication_role = replica; \(before)
        SET LOCAL request.jwt.claims = '\(claims)'; SET LOCAL app.session_token = '\(World.token(of: user))'; SET LOCAL ROLE \(role)
        """)
      do {
        let rows = try await connection.query(statement)
        if rows.count + rows.affected > 0 { can.insert(command) }
      } catch let error as PostgresError where error.sqlState == "42501" {
        // No right, or a policy that says no.
      }
      try await connection.execute("ROLLBACK")
    }
    return can
  }
}
