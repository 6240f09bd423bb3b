import Migrations
import Operations
import Postgres
import Synchronization
import TestSupport
import Testing

/// While dbtool writes to its history, whoever owns the tables can give them nothing that would run with the writer's rights.
@Suite struct HistoryHoldTests {
  /// A database of a role that has made the history itself.
  static func withOwnedDatabase(
    _ body: @Sendable (ScratchDatabase, _ role: String) async throws -> Void
  ) async throws {
    try await Databases.with { database in
      let role = Quote.identifier("owner \(database.name)")
      let name = Quote.identifier(database.name)
      try await execute(
        Shadowing.trap + """
          CREATE ROLE \(role);
          ALTER DATABASE \(name) OWNER TO \(role);
          GRANT ALL ON SCHEMA evil, public TO \(role);
          GRANT SELECT ON evil.runs TO \(role);
          CREATE FUNCTION evil.super() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM evil.ran(); RETURN NULL; END';
          CREATE FUNCTION evil.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
            'BEGIN PERFORM evil.ran(); RETURN ''''; END';
          """, in: database)
      try await Connection.with(database.target) { connection in
        try await connection.execute("SET ROLE \(role)")
        try await History.ensure(connection)
      }
      try await body(database, role)
      try await execute(
        "ALTER DATABASE \(name) OWNER TO CURRENT_USER; DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)", in: database)
    }
  }

  static func execute(_ sql: String, in database: ScratchDatabase, as role: String? = nil) async throws {
    try await Connection.with(database.target) { connection in
      try await connection.execute("SET client_min_messages = warning")
      if let role { try await connection.execute("SET ROLE \(role)") }
      for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
    }
  }

  /// What a write runs, or is planned with.
  private static let changes = [
    "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON dbtool.%@ EXECUTE FUNCTION evil.super()",
    "CREATE RULE r AS ON INSERT TO dbtool.%@ DO ALSO SELECT evil.ran()",
    "CREATE STATISTICS evil.s ON (evil.f(1)), (evil.f(2)) FROM dbtool.%@",
    "CREATE INDEX ON dbtool.%@ ((evil.f(1)))",
    "CREATE INDEX CONCURRENTLY ON dbtool.%@ ((evil.f(1)))",
    "CREATE TABLE evil.child () INHERITS (dbtool.%@)",
    "ALTER TABLE dbtool.%@ ADD COLUMN x text DEFAULT evil.f(1)",
    "ALTER TABLE dbtool.%@ ADD CHECK (evil.f(1) = '')",
    "ALTER TABLE dbtool.%@ ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "CREATE POLICY p ON dbtool.%@ USING (evil.ran())",
    "ALTER TABLE dbtool.%@ RENAME TO elsewhere",
    "ALTER TABLE dbtool.%@ SET SCHEMA evil",
    "ALTER SCHEMA dbtool RENAME TO elsewhere",
    "DROP SCHEMA dbtool CASCADE",
  ]

  @Test(arguments: History.Table.allCases)
  func whatIsWrittenToStaysWhatItIs(_ table: History.Table) async throws {
    try await Self.withOwnedDatabase { database, role in
      try await Connection.with(database.target.pinned) { connection in
        try await History.writing(table, to: connection) { _ in
          try await Connection.with(database.target) { owner in
            for setting in ["ROLE \(role)", "lock_timeout = '1ms'"] { try await owner.execute("SET \(setting)") }
            for change in Self.changes {
              let sql = change.replacing("%@", with: table.rawValue)
              let error = await #expect(throws: PostgresError.self, "\(sql)") { try await owner.execute(sql) }
              RedTeam.judge(
                "meanwhile: \(sql)", gotThrough: error?.sqlState == .lockNotAvailable ? nil : "\(error as Any)")
            }
          }
        }
      }
    }
  }

  /// The owner's change is committed while a retirement waits for it.
  @Test(arguments: [
    "CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON dbtool.retired EXECUTE FUNCTION evil.super()",
    "CREATE STATISTICS evil.s ON (evil.f(1)), (evil.f(2)) FROM dbtool.retired",
    "CREATE TABLE evil.child () INHERITS (dbtool.retired)",
  ])
  func whatTheOwnerAddsWhilePartitionsAreRetiredDoesNotRun(_ change: String) async throws {
    try await Self.withOwnedDatabase { database, role in
      try await Self.execute(
        """
        CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE public.t_2025_01 PARTITION OF public.t FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
        """, in: database, as: role)
      let manager = PartitionTests.manager(ahead: 1, keep: 1, retire: "drop")
      let error = try await Connection.with(database.target) { owner in
        try await owner.execute("SET ROLE \(role)")
        try await owner.execute("BEGIN")
        try await owner.execute(change)
        let hasEnded = Mutex(false)
        async let retired = Connection.with(database.target.pinned, applicationName: "retires") { connection in
          defer { hasEnded.withLock { $0 = true } }
          return await #expect(throws: HistoryError.self, "\(change)") { try await manager.retire(connection) }
        }
        try await Connection.with(database.target) { watch in
          try await Waiting.until("the retirement waits for the owner, or does not") {
            if hasEnded.withLock({ $0 }) { return true }
            return try await watch.query(
              """
              SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND application_name = 'retires'
                                AND wait_event_type = 'Lock')
              """, [database.name])[0].bool(0)
          }
        }
        try await owner.execute("COMMIT")
        return try await retired
      }
      let left = try await Connection.with(database.target) { connection in
        try await connection.query(
          "SELECT NOT is_called AND to_regclass('public.t_2025_01') IS NOT NULL FROM evil.runs")[0].bool(0)
      }
      RedTeam.judge("retirement beside: \(change)", gotThrough: left && error != nil ? nil : "\(error as Any)")
    }
  }
}
