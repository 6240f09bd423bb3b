import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

private struct Readings: Table {
  static let name = RelationName("readings", in: Schema("m"))
  let id = Column("id", .bigint)
  let at = Column("at", .timestamptz)
  var body: TableBody {
    Partitions(.monthly(ahead: 1, keep: 1, retirement: .drop), by: at, runner: .database(schedule: "25 1 * * *"))
  }
}

/// The job of a window in the database runs as who has applied it, and nothing that somebody else wrote.
@Suite struct PartitionRunnerTrustTests {
  private static let states = States(
    database: Database("readings") {
      Schema("m")
      Readings.self
    })

  /// A database as applied by a superuser, with a role that is nobody, and a partition that the window no longer keeps.
  private func with(
    _ setUp: [String], _ body: @Sendable (Connection, _ jobs: [String]) async throws -> Void
  ) async throws {
    let template = try await Self.states.declaredTemplate()
    let server = try await Databases.server.value
    try await Databases.gate.pass {
      try await server.withDatabase(from: template) { database in
        try await Databases.takeOver(database)
        let app = Quote.identifier("app \(database.name)")
        try await Connection.with(database.target) { connection in
          try await connection.execute("CREATE ROLE \(app)")
          for statement in [
            "CREATE SCHEMA mine AUTHORIZATION \(app)",
            "CREATE SEQUENCE mine.runs", "ALTER SEQUENCE mine.runs OWNER TO \(app)",
            """
            CREATE FUNCTION mine.f(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
            BEGIN
              IF pg_catalog.pg_has_role(CURRENT_USER, 'pg_execute_server_program', 'USAGE') THEN PERFORM nextval('mine.runs'); END IF;
              RETURN $1;
            END $$
            """,
            "ALTER FUNCTION mine.f OWNER TO \(app)",
            "CREATE TABLE m.readings_old PARTITION OF m.readings FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')",
          ] + setUp.map({ $0.replacing("app", with: app) }) {
            try await connection.execute(statement)
          }
          _ = await connection.takeNotices()
          let jobs = try await connection.query("SELECT command FROM cron.job ORDER BY jobname").map {
            try $0.string(0)
          }
          try #require(jobs.count == 2)
          try await body(connection, jobs)
          for statement in ["REASSIGN OWNED BY \(app) TO CURRENT_USER", "DROP OWNED BY \(app)", "DROP ROLE \(app)"] {
            try await connection.execute(statement)
          }
        }
      }
    }
  }

  private static let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'm.readings'::regclass"

  @Test func aWindowOfTheJobsOwnRoleIsKept() async throws {
    try await with([
      "CREATE TABLE m.readings_default PARTITION OF m.readings DEFAULT",
      "CREATE TABLE m.referring (id bigint)", "GRANT CREATE ON SCHEMA m TO app",
    ]) { connection, jobs in
      for job in jobs { try await connection.execute(job) }
      let said = await connection.takeNotices()
      #expect(said == [])
      // Three of the window, and the default one.
      #expect(try await connection.query(Self.partitions)[0].int(0) == 4)
    }
  }

  /// The schema belongs to whoever owns the database, by the role `pg_database_owner`.
  @Test func aDatabaseOfSomebodyElseIsHis() async throws {
    try await with([
      "ALTER SCHEMA m OWNER TO pg_database_owner",
      "DO $do$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO ', current_database()) || $q$app$q$; END $do$",
    ]) { connection, jobs in
      for job in jobs {
        let error = await #expect(throws: PostgresError.self) { try await connection.execute(job) }
        #expect(error.map { "\($0)".contains("whose code would run as") } == true)
      }
    }
  }

  /// What a stranger may own around the table, each with code of its own that PostgreSQL would run.
  private static let strangers: KeyValuePairs<String, [String]> = [
    "the table": [
      "ALTER TABLE m.readings ADD CHECK (mine.f(1) > 0)", "ALTER TABLE m.readings OWNER TO app",
    ],
    "its default partition": [
      "CREATE TABLE m.readings_default PARTITION OF m.readings DEFAULT",
      "INSERT INTO m.readings VALUES (1, '2020-01-01')",
      "ALTER TABLE m.readings_default ADD CHECK (mine.f(1) > 0)", "CREATE INDEX ON m.readings_default (mine.f(1))",
      "ALTER TABLE m.readings_default OWNER TO app",
    ],
    "a partition of its default partition": [
      "CREATE TABLE m.readings_default PARTITION OF m.readings DEFAULT PARTITION BY RANGE (id)",
      "CREATE TABLE mine.part PARTITION OF m.readings_default DEFAULT",
      "ALTER TABLE mine.part ADD CHECK (mine.f(1) > 0)", "CREATE INDEX ON mine.part (mine.f(1))",
      "ALTER TABLE mine.part OWNER TO app",
    ],
    "the table above": [
      "CREATE TABLE mine.top (id bigint, at timestamptz NOT NULL) PARTITION BY LIST ((mine.f(id::integer)))",
      "ALTER TABLE mine.top ATTACH PARTITION m.readings DEFAULT", "ALTER TABLE mine.top OWNER TO app",
    ],
    "a table that it refers to": [
      "CREATE TABLE mine.t (id bigint PRIMARY KEY)", "CREATE INDEX ON mine.t (mine.f(1))",
      "ALTER TABLE mine.t OWNER TO app",
      "ALTER TABLE m.readings ADD FOREIGN KEY (id) REFERENCES mine.t",
    ],
    "the function": [
      "ALTER FUNCTION m.readings_partitions_create OWNER TO app",
      "ALTER PROCEDURE m.readings_partitions_retire OWNER TO app",
    ],
    "the schema": ["ALTER SCHEMA m OWNER TO app"],
    "the schema of its default partition": [
      "CREATE SCHEMA lf", "CREATE TABLE lf.rest PARTITION OF m.readings DEFAULT", "ALTER SCHEMA lf OWNER TO app",
    ],
  ]

  @Test(arguments: strangers.map(\.key))
  func whatAStrangerOwnsStopsIt(what: String) async throws {
    let setUp = try #require(Self.strangers.first { $0.key == what }).value
    try await with(setUp) { connection, jobs in
      _ = try await connection.query("SELECT setval('mine.runs', 1, false)")
      var words: [String] = []
      for job in jobs {
        do { try await connection.execute(job) } catch { words.append("\(error)") }
      }
      words += await connection.takeNotices()
      #expect(words.contains { $0.contains("whose code would run as") }, "\(what): \(words)")
      let ran = try await connection.query("SELECT is_called FROM mine.runs")[0].bool(0)
      RedTeam.judge("a job in the database, with \(what) of somebody else", gotThrough: ran ? "\(words)" : nil)
      // To detach one, a default partition is not read.
      let isRetired = try await connection.query("SELECT to_regclass('m.readings_old') IS NULL")[0].bool(0)
      #expect(isRetired == what.contains("default"))
    }
  }

  /// Whoever may create in the schema, before PostgreSQL 15 everybody in `public`, may make the call ambiguous, and no more.
  @Test(arguments: [
    "", "moment timestamp", "VARIADIC moments timestamptz[]", "moment anyelement",
    "moment timestamptz, more integer DEFAULT 1",
  ])
  func aRoutineOfTheSameNameIsNotCalled(parameters: String) async throws {
    try await with(["GRANT CREATE ON SCHEMA m TO app"]) { connection, jobs in
      let kinds = [("FUNCTION", "create", "RETURNS SETOF text"), ("PROCEDURE", "retire", "")]
      for (kind, name, returns) in kinds {
        try await connection.execute(
          """
          CREATE \(kind) m.readings_partitions_\(name)(\(parameters)) \(returns) LANGUAGE plpgsql AS
          $$ BEGIN PERFORM nextval('mine.runs'); END $$
          """)
      }
      var failures: [String] = []
      for job in jobs {
        do { try await connection.execute(job) } catch { failures.append("\(error)") }
      }
      let ran = try await connection.query("SELECT is_called FROM mine.runs")[0].bool(0)
      RedTeam.judge("an overload (\(parameters)) of what a job in the database calls", gotThrough: ran ? "it ran" : nil)
      let said = await connection.takeNotices()
      #expect(said == [])
      let isAmbiguous = parameters.contains("DEFAULT")
      #expect(
        failures.count == (isAmbiguous ? 2 : 0) && failures.allSatisfy { $0.contains("is not unique") }, "\(failures)")
      #expect(try await connection.query(Self.partitions)[0].int(0) == (isAmbiguous ? 1 : 3))
    }
  }
}
