import FoundationEssentials
import Postgres
import Synchronization
import TestSupport
import Testing

/// The owner of a database changes the history while a superuser applies, seeds or marks: between dbtool's first look and what it
/// writes. What he has changed is seen once it can change no more, and nothing of it runs.
@Suite(.serialized) struct HistoryRaceTests {
  private static let migrations: KeyValuePairs = [
    "20260101000000_a":
      "CREATE TABLE public.a (id integer PRIMARY KEY, n integer);\nINSERT INTO public.a VALUES (1), (2);\n",
    "20260102000000_b": "BEGIN;\nALTER TABLE public.a ADD COLUMN b integer;\nCOMMIT;\n",
    "20260103000000_c": "BEGIN ISOLATION LEVEL SERIALIZABLE;\nUPDATE public.a SET n = 1;\nCOMMIT;\n",
    "20260104000000_d": "CREATE INDEX CONCURRENTLY a_n ON public.a (n);\n",
    "20260105000000_e": "-- dbtool:backfill\nUPDATE public.a SET n = 2 WHERE n = 1;\n",
    "20260106000000_f": "BEGIN READ ONLY;\nSELECT 1;\nCOMMIT;\n",
  ]

  struct Moment: Sendable, CustomTestStringConvertible {
    var name: String
    /// What is applied before.
    var after: String
    var table = "migrations"
    var command: [String]
    /// Whether the superuser acts as the owner by himself, which a function can take back.
    var acts = false
    var user = "postgres"
    var testDescription: String { name }
  }

  private static let moments = [
    Moment(name: "a transaction", after: "20260101000000", command: ["apply", "--to", "20260102000000"]),
    Moment(
      name: "a superuser who acts as the owner", after: "20260101000000", command: ["apply", "--to", "20260102000000"],
      acts: true),
    Moment(
      name: "no superuser, who acts as one", after: "20260101000000", command: ["apply", "--to", "20260102000000"],
      user: "dba"),
    Moment(
      name: "one of another isolation level", after: "20260102000000", command: ["apply", "--to", "20260103000000"]),
    Moment(
      name: "a statement outside of transactions", after: "20260103000000",
      command: ["apply", "--to", "20260104000000"]),
    Moment(
      name: "a backfill", after: "20260104000000", table: "backfills", command: ["apply", "--to", "20260105000000"]),
    Moment(name: "what only reads", after: "20260105000000", command: ["apply"]),
    Moment(name: "an apply's marks", after: "20260101000000", table: "settings", command: ["apply"]),
    Moment(
      name: "a mark", after: "20260101000000", table: "settings",
      command: ["mark", "--from", "development", "--to", "test"]),
    Moment(name: "seeds", after: "20260106000000", table: "seeds", command: ["seed"]),
    Moment(name: "a repair", after: "20260101000000", command: ["repair", "--applied", "20260102000000"]),
  ]

  /// Changes that dbtool cannot see before they are committed, with what it says of them.
  private static func changes(_ table: String) -> [(sql: [String], says: String)] {
    let column = ["settings": "key", "seeds": "path"][table] ?? "version"
    return [
      (
        ["CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON dbtool.\(table) EXECUTE FUNCTION evil.super()"],
        "dbtool.\(table) has the trigger t"
      ),
      // What an UPDATE is planned with.
      (
        ["CREATE STATISTICS dbtool.s ON (evil.f(1) || \(column)), \(column) FROM dbtool.\(table)"],
        "dbtool.\(table) has the statistics s"
      ),
      (
        [
          "CREATE TABLE evil.child (LIKE dbtool.\(table) INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
          "CREATE INDEX ON evil.child ((evil.f(1)))", "ALTER TABLE evil.child INHERIT dbtool.\(table)",
        ], "dbtool.\(table) has parents or children"
      ),
      (
        [
          "ALTER SCHEMA dbtool RENAME TO before", "CREATE SCHEMA dbtool",
          "CREATE TABLE dbtool.\(table) (LIKE before.\(table) INCLUDING ALL)",
          "CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON dbtool.\(table) EXECUTE FUNCTION evil.super()",
        ], "the schema dbtool"
      ),
    ]
  }

  @Test(arguments: moments)
  func whatTheOwnerAddsMeanwhileDoesNotRun(_ moment: Moment) async throws {
    let hostile = try await HostileProject(Self.migrations)
    defer { hostile.project.remove() }
    try FileManager.default.createDirectory(
      atPath: hostile.project.root + "/seeds/development", withIntermediateDirectories: true)
    try hostile.project.write("INSERT INTO public.a VALUES (3);\n", to: "seeds/development/010_a.sql")
    try await hostile.execute(
      "CREATE ROLE app LOGIN; CREATE DATABASE base OWNER app; CREATE ROLE dba LOGIN IN ROLE postgres; "
        + "ALTER ROLE dba SET role = postgres", in: "postgres")
    let first = try await hostile.on(
      "base", as: "app", "apply", "--to", moment.after, "--environment", "development")
    try #require(first.status == 0, "\(first.output)")
    try await hostile.execute(
      Shadowing.trap + """
        GRANT ALL ON SCHEMA evil TO app; GRANT SELECT ON evil.runs TO app;
        CREATE FUNCTION evil.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
          BEGIN IF session_user <> 'app' THEN PERFORM evil.ran(); END IF; RETURN ''; END $$;
        CREATE FUNCTION evil.super() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM evil.ran(); RESET ROLE; ALTER ROLE app SUPERUSER; RETURN NULL; END $$;
        """, in: "base")
    for (number, change) in Self.changes(moment.table).enumerated() {
      let database = "race_\(number)"
      try await hostile.execute("CREATE DATABASE \(database) TEMPLATE base OWNER app", in: "postgres")
      if moment.acts {
        try await hostile.execute("ALTER ROLE postgres IN DATABASE \(database) SET role = app", in: "postgres")
      }
      let owner = try ConnectionTarget(hostile.url(database, as: "app")).unpinned
      let outcome = try await Connection.with(owner, applicationName: "owner") { owner in
        try await owner.execute("BEGIN")
        for sql in change.sql { try await owner.execute(sql) }
        let hasEnded = Mutex(false)
        let command = moment.command + ["--database", hostile.url(database, as: moment.user)]
        async let run = {
          defer { hasEnded.withLock { $0 = true } }
          return try await hostile.project.dbtool(command)
        }()
        try await Connection.with(try ConnectionTarget(hostile.url("postgres"))) { watch in
          try await Waiting.until("dbtool waits for the owner, or does not") {
            if hasEnded.withLock({ $0 }) { return true }
            return try await watch.query(
              """
              SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'dbtool%'
                                AND wait_event_type = 'Lock')
              """, [database])[0].bool(0)
          }
        }
        try await owner.execute("COMMIT")
        return try await run
      }
      #expect(outcome.status == 1 && outcome.output.contains(change.says), "\(outcome.output)")
      #expect(outcome.output.contains("at work") || outcome.output.contains("Nothing was changed"), "\(outcome.output)")
      #expect(try await hostile.runs(in: database) == "0")
      #expect(
        try await hostile.ask("SELECT rolsuper::text FROM pg_roles WHERE rolname = 'app'", in: database) == "false")
    }
  }

  /// Who only reads takes no lock that would keep a schema from getting another name: what has come into a table's place then is
  /// read, and nothing of it runs, nor is it planned.
  @Test(arguments: [["status"], ["drift"], ["apply"], ["partitions", "status"], ["repair", "--dry-run"]])
  func whatHasTakenATablesPlaceIsReadAndNoMore(_ command: [String]) async throws {
    let hostile = try await HostileProject(Self.migrations)
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE ROLE app LOGIN; CREATE DATABASE race OWNER app", in: "postgres")
    let first = try await hostile.on("race", as: "app", "apply", "--environment", "development")
    try #require(first.status == 0, "\(first.output)")
    try await hostile.execute(
      Shadowing.trap + """
        GRANT ALL ON SCHEMA evil TO app;
        CREATE FUNCTION evil.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
          BEGIN
            -- In a transaction that only reads there is nothing to count with.
            IF session_user <> 'app' THEN RAISE EXCEPTION 'it ran'; END IF;
            RETURN '';
          END $$;
        """, in: "race")
    for table in ["settings", "migrations", "retired"] {
      let owner = try ConnectionTarget(hostile.url("race", as: "app")).unpinned
      let outcome = try await Connection.with(owner, applicationName: "owner") { owner in
        for sql in [
          "BEGIN", "LOCK TABLE dbtool.\(table)", "ALTER SCHEMA dbtool RENAME TO before", "CREATE SCHEMA dbtool",
          "CREATE TABLE dbtool.\(table) (LIKE before.\(table) INCLUDING ALL)",
          "INSERT INTO dbtool.\(table) SELECT * FROM before.\(table)",
          "CREATE INDEX ON dbtool.\(table) ((evil.f(1)))",
        ] { try await owner.execute(sql) }
        let hasEnded = Mutex(false)
        async let run = {
          defer { hasEnded.withLock { $0 = true } }
          return try await hostile.project.dbtool(command + ["--database", hostile.url("race")])
        }()
        try await Connection.with(try ConnectionTarget(hostile.url("postgres"))) { watch in
          try await Waiting.until("dbtool waits for the owner, or does not") {
            if hasEnded.withLock({ $0 }) { return true }
            return try await watch.query(
              """
              SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = 'race' AND application_name LIKE 'dbtool%'
                                AND wait_event_type = 'Lock')
              """)[0].bool(0)
          }
        }
        try await owner.execute("COMMIT")
        return try await run
      }
      #expect(!outcome.output.contains("it ran"), "\(table): \(outcome.output)")
      try await hostile.execute("DROP SCHEMA dbtool CASCADE; ALTER SCHEMA before RENAME TO dbtool", in: "race")
    }
  }
}
