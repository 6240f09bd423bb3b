import FoundationEssentials
import Migrations
import Postgres
import TestSupport
import Testing

/// What somebody leaves in a live database for the superuser who runs dbtool there.
@Suite(.serialized) struct RedTeamLiveTests {
  /// What takes the name of pg_cron's tables, where the extension is not installed.
  private static let cron: KeyValuePairs = [
    "a view in the place of cron.job": """
    CREATE VIEW cron.job AS SELECT 1::bigint AS jobid, 'x' || evil.f() AS schedule, 'x'::text AS command,
      current_database()::text AS database, true AS active, 'j'::name AS jobname;
    """,
    "cron.job with an index on a call": """
    CREATE TABLE cron.job (jobid bigint, schedule text, command text, database text, active boolean, jobname name);
    CREATE INDEX ON cron.job ((evil.f('x')));
    """,
    "cron.job with a type that is cast": """
    CREATE TYPE cron.pair AS (a int);
    CREATE FUNCTION cron.truth(cron.pair) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM evil.f(); RETURN ''x''; END';
    CREATE CAST (cron.pair AS text) WITH FUNCTION cron.truth(cron.pair) AS IMPLICIT;
    CREATE TABLE cron.job (jobid bigint, schedule text, command text, database cron.pair, active boolean, jobname name);
    INSERT INTO cron.job VALUES (1, 'x', 'x', ROW(1), true, 'j');
    """,
    "cron.job with a policy": """
    CREATE TABLE cron.job (jobid bigint, schedule text, command text, database text, active boolean, jobname name);
    ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON cron.job USING (evil.f() = 1);
    INSERT INTO cron.job VALUES (1, 'x', 'x', current_database(), true, 'j');
    """,
    "a child of cron.job": """
    CREATE TABLE cron.job (jobid bigint, schedule text, command text, database text, active boolean, jobname name);
    CREATE TABLE cron.child () INHERITS (cron.job);
    CREATE INDEX ON cron.child ((evil.f('x')));
    """,
  ]

  private static let isReadable = """
    GRANT SELECT ON ALL TABLES IN SCHEMA cron TO PUBLIC;
    CREATE VIEW cron.job_run_details AS SELECT 1::bigint AS jobid, 'failed' || evil.f() AS status, 'x'::text AS return_message,
      now() AS start_time;
    GRANT SELECT ON cron.job_run_details TO PUBLIC;
    """

  @Test func whatTakesTheNameOfTheJobsIsNotRead() async throws {
    try await LiveAttack.with { attack in
      for (name, sql) in Self.cron {
        try await attack.plant("CREATE SCHEMA cron; GRANT USAGE ON SCHEMA cron TO PUBLIC;" + sql + Self.isReadable)
        attack.reset()
        for command in attack.readers { try await attack.run(name, command) }
        try await attack.plant("DROP SCHEMA cron CASCADE")
      }
    }
  }

  /// A job of a migration is for pg_cron, not for whoever has made a schema of that name.
  @Test func aJobIsNotGivenToWhatTakesTheNameOfPgCron() async throws {
    try await LiveAttack.with(plan: false) { attack in
      try await attack.plant(
        """
        CREATE SCHEMA cron; GRANT USAGE ON SCHEMA cron TO PUBLIC;
        CREATE TABLE cron.job (jobid bigint, jobname name);
        CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN evil.f(); END';
        """)
      try attack.project.write(
        "SELECT cron.schedule('night', '0 3 * * *', 'SELECT 1');\n", to: "to.sql")
      let diff = try await attack.project.dbtool("diff", "--from", "empty", "--to", "to.sql", "--format", "sql")
      try #require(diff.output.contains("cron.schedule"), "\(diff.output)")
      // Notes of the tool stand around it.
      let start = try #require(diff.output.ranges(of: "DO $").first?.lowerBound)
      let end = try #require(diff.output.ranges(of: "$;").last?.upperBound)
      try await attack.execute(String(diff.output[start..<end]))
      RedTeam.judge("a function in the place of cron.schedule", gotThrough: attack.bait.isTaken ? "it was called" : nil)
    }
  }

  /// In a scratch server the stand-in for pg_cron belongs to what is loaded.
  @Test(arguments: [
    """
    ALTER VIEW cron.job RENAME TO gone;
    CREATE VIEW cron.job AS SELECT 1::bigint AS jobid, 'x'||public.evil() AS schedule, 'x'::text AS command,
      current_database()::text AS database, true AS active, 'j'::name AS jobname;
    """,
    "CREATE INDEX ON cron.stored_job ((public.evil('x')));",
    """
    ALTER TABLE cron.stored_job RENAME TO gone;
    CREATE VIEW cron.stored_job AS SELECT 'x'||public.evil() AS schedule, 'x'::text AS command, true AS active, 'j'::name AS jobname;
    """,
  ])
  func theStandInForTheJobsRunsNothing(sql: String) async throws {
    let bait = try Bait()
    defer { bait.remove() }
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      """
      CREATE FUNCTION public.act() RETURNS int LANGUAGE plpgsql AS $evil$ BEGIN
        BEGIN EXECUTE $c$COPY (SELECT current_user) TO PROGRAM 'cat >> \(bait.canary)'$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
        RETURN 1; END $evil$;
      CREATE FUNCTION public.evil(anything text DEFAULT '') RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN public.act(); END';
      \(sql)

      """, to: "evil.sql")
    let outcome = try await project.dbtool(
      ["diff", "--from", "empty", "--to", "evil.sql", "--trust-source"], environment: ["DBTOOL_CONFINEMENT": "off"])
    RedTeam.judge(
      "the stand-in for pg_cron: \(sql.prefix(30))",
      gotThrough: bait.isTaken ? "it ran a program: \(outcome.output)" : nil)
    #expect(outcome.status != 64, "\(outcome.output)")
  }
}

/// Partitions and archives: whose rows they are, and what these make run.
@Suite(.serialized) struct RedTeamPartitionTests {
  private static func archive(_ column: String, parent: String) -> (rows: String, description: String) {
    let rows = "x\n"
    let description = """
      {"format": "dbtool partition archive", "version": 2,
       "server": {"version": "15", "database": "d", "databaseOID": 1, "encoding": "UTF8"},
       "schema": "public", "partition": "restored", "oid": 1, "parentSchema": "evil", "parent": "\(parent)",
       "partitionKey": "LIST (a)", "bound": "DEFAULT", "retiredAt": "2026-01-01T00:00:00.000000Z",
       "writtenAt": "2026-01-01T00:00:00Z",
       "columns": [{"name": "a", "type": "\(column)", "baseType": "\(column)", "modifier": -1, "isNotNull": false}],
       "generatedColumns": [], "constraints": [], "indexes": [], "rows": 1, "bytes": \(rows.utf8.count),
       "sha256": "\(Digest(of: rows))"}
      """
    return (rows, description)
  }

  private func restore(
    _ attack: LiveAttack, _ name: String, _ archive: (rows: String, description: String), _ options: [String]
  )
    async throws
  {
    let folder = attack.project.home + "/archives"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try archive.rows.write(toFile: folder + "/a.copy", atomically: false, encoding: .utf8)
    try archive.description.write(toFile: folder + "/a.copy.json", atomically: false, encoding: .utf8)
    let outcome = try await attack.run(
      name, ["partitions", "restore", folder + "/a.copy", "--database", attack.url] + options)
    #expect(outcome.status == 1 && outcome.output.contains(attack.mallory), "\(outcome.output)")
  }

  @Test func aRestoredArchiveRunsNothingOfStrangers() async throws {
    try await LiveAttack.with(plan: false) { attack in
      try await attack.plant(
        """
        CREATE DOMAIN evil.d AS text CHECK (evil.f(VALUE) = 1);
        CREATE TYPE evil.c AS (x evil.d);
        CREATE TABLE evil.checked (a text CHECK (evil.f(a) = 1)) PARTITION BY LIST (a);
        CREATE TABLE evil.generated (a text, b int GENERATED ALWAYS AS (evil.f(a)) STORED) PARTITION BY LIST (a);
        CREATE TABLE evil.typed (a evil.d) PARTITION BY LIST (a);
        """)
      try await restore(attack, "an archive of a domain", Self.archive("evil.d", parent: "gone"), ["--as-archived"])
      try await restore(
        attack, "an archive of an array of a domain", Self.archive("evil.d[]", parent: "gone"), ["--as-archived"])
      try await restore(
        attack, "an archive of a composite type", Self.archive("evil.c", parent: "gone"), ["--as-archived"])
      try await restore(attack, "an archive of a table with a check", Self.archive("text", parent: "checked"), [])
      try await restore(
        attack, "an archive of a table with a generated column", Self.archive("text", parent: "generated"), [])
      try await restore(attack, "an archive of a table with a domain", Self.archive("evil.d", parent: "typed"), [])
    }
  }

  @Test func whatADatabaseRemembersOfArchivesIsNotReadUnlessItIsOurs() async throws {
    try await LiveAttack.with(plan: false) { attack in
      try await attack.plant(
        """
        CREATE SCHEMA dbtool; GRANT USAGE ON SCHEMA dbtool TO PUBLIC; CREATE TYPE dbtool.ct AS (a int);
        CREATE FUNCTION dbtool.to8(dbtool.ct) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN evil.f(); END';
        CREATE CAST (dbtool.ct AS bigint) WITH FUNCTION dbtool.to8(dbtool.ct) AS IMPLICIT;
        CREATE TABLE dbtool.retired (partition_oid dbtool.ct, schema_name text, partition_name text, checksum text, rows bigint,
          started_at timestamptz);
        INSERT INTO dbtool.retired VALUES (ROW(1), 'x', 'x', 'x', 1, now());
        GRANT SELECT ON dbtool.retired TO PUBLIC;
        """)
      try await restore(
        attack, "a table of retired partitions", Self.archive("text", parent: "gone"), ["--as-archived"])
    }
  }

  /// A superuser who counts what would go plans queries of everybody's tables.
  @Test func countingRowsRunsNothing() async throws {
    try await LiveAttack.with { attack in
      try await attack.plant(
        """
        CREATE TABLE evil.t (id int, a text);
        CREATE INDEX ON evil.t ((evil.f('x')));
        INSERT INTO evil.t VALUES (1, 'x');
        """)
      attack.reset()
      let outcome = try await attack.run("an index on a call", ["reset", "--database", attack.url])
      #expect(outcome.status == 1 && outcome.output.contains("1 row"), "\(outcome.output)")
    }
  }
}

/// Online conversions: what somebody who may create in a schema of the session's path puts beside PostgreSQL's operators.
@Suite(.serialized) struct RedTeamConversionTests {
  private static let shadows = """
    CREATE FUNCTION public.eqv(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM evil.f(); RETURN $1::text = $2::text; END';
    CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.eqv);
    CREATE FUNCTION public.hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN PERFORM evil.f(); RETURN 1; END';
    CREATE FUNCTION public.eqo(oid, regclass) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM evil.f(); RETURN $1::bigint = $2::bigint; END';
    CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = public.eqo);
    CREATE FUNCTION public.format(text, regclass) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM evil.f(); RETURN ''SELECT 1''; END';
    CREATE FUNCTION public.format(text, regclass, name) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM evil.f(); RETURN ''SELECT 1''; END';
    """

  private static let before = "CREATE TABLE public.t (k varchar(10) PRIMARY KEY, n int);\n"

  /// What partitions the table while clients use it.
  private static func conversion(_ attack: LiveAttack) async throws -> [ScriptStatement] {
    try attack.project.write(before, to: "a.sql")
    try attack.project.write(
      """
      CREATE TABLE public.t (k varchar(10) PRIMARY KEY, n int) PARTITION BY HASH (k);
      CREATE TABLE public.t_0 PARTITION OF public.t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES WITH (MODULUS 2, REMAINDER 1);

      """, to: "b.sql")
    let diff = try await attack.project.dbtool(
      "diff", "--from", "a.sql", "--to", "b.sql", "--strategy", "online", "--format", "migration")
    try #require(diff.status == 0 || diff.status == 2, "\(diff.output)")
    try #require(diff.output.contains("dbtool_new"), "\(diff.output)")
    // Notes of the tool stand around it.
    let start = try #require(diff.output.ranges(of: "-- from").first?.lowerBound)
    let end = try #require(diff.output.ranges(of: ";\n").last?.upperBound)
    return try Script.split(String(diff.output[start..<end]))
  }

  /// The owner of a schema can put something else in the place of what a superuser has put there.
  @Test(arguments: ["dbtool_new", "dbtool_old"])
  func aSchemaThatSomebodyMadeBeforeIsRefused(schema: String) async throws {
    try await LiveAttack.with(plan: false) { attack in
      let statements = try await Self.conversion(attack)
      try await attack.execute(Self.before)
      try await attack.plant("CREATE SCHEMA \(schema)")
      let error = await #expect(throws: PostgresError.self) {
        try await Connection.with(attack.target.unpinned) { connection in
          for statement in statements { try await connection.execute(statement.sql) }
        }
      }
      RedTeam.judge(
        "the schema \(schema), made by somebody before a conversion",
        gotThrough: error?.message.contains(attack.mallory) == true
          ? nil : "it was taken: \(error.map { "\($0)" } ?? "no error")")
    }
  }

  /// The owner of a table renames it while it is followed, and a view of the name calls what it likes.
  @Test func whatTakesTheNameOfAFollowedTableIsNotRead() async throws {
    try await LiveAttack.with(plan: false) { attack in
      let statements = try await Self.conversion(attack)
      try await attack.execute(
        Self.before
          + "GRANT CREATE ON SCHEMA public TO PUBLIC; ALTER TABLE public.t OWNER TO \(Quote.identifier(attack.mallory));"
      )
      try await Connection.with(attack.target.unpinned) { connection in
        var isFollowed = false
        for statement in statements {
          try await connection.execute(statement.sql)
          if statement.sql.contains("CREATE TRIGGER") { isFollowed = true }
          if isFollowed, Script.isTransactionCommand(statement.sql) { break }
        }
      }
      try await attack.plant("INSERT INTO public.t VALUES ('a', 1)")
      let error = await #expect(throws: PostgresError.self) {
        try await attack.plant(
          """
          ALTER TABLE public.t RENAME TO real;
          CREATE VIEW public.t AS SELECT k, evil.f() AS n FROM public.real;
          INSERT INTO public.real VALUES ('b', 1);
          """)
      }
      RedTeam.judge(
        "a view in the place of a followed table",
        gotThrough: attack.bait.isTaken ? "it was read: \(error.map { "\($0)" } ?? "")" : nil)
      #expect(error?.message.contains("began to be followed") == true)
      // With its name back it is followed as before.
      try await attack.plant(
        "DROP VIEW public.t; ALTER TABLE public.real RENAME TO t; UPDATE public.t SET n = 2; INSERT INTO public.t VALUES ('b', 1)"
      )
      #expect(try await attack.ask("SELECT string_agg(k || n, ',' ORDER BY k) FROM dbtool_new.t") == "a2,b1")
    }
  }

  @Test func whatFollowsATableFindsPostgresqlsOwnOperators() async throws {
    try await LiveAttack.with(plan: false) { attack in
      let statements = try await Self.conversion(attack)
      try await attack.execute(
        Self.before + "INSERT INTO public.t VALUES ('a', 1); GRANT CREATE ON SCHEMA public TO PUBLIC;")
      try await attack.plant(Self.shadows)
      attack.reset()
      // Both halves, as a superuser whose path has public in it; a client writes between them.
      try await Connection.with(attack.target.unpinned) { connection in
        var isFollowed = false
        for statement in statements {
          try await connection.execute(statement.sql)
          if statement.sql.contains("CREATE TRIGGER") { isFollowed = true }
          guard isFollowed, Script.isTransactionCommand(statement.sql), statement.sql.contains("COMMIT") else {
            continue
          }
          isFollowed = false
          try await attack.execute("INSERT INTO public.t VALUES ('b', 2); UPDATE public.t SET n = 3;")
        }
      }
      RedTeam.judge(
        "an operator beside PostgreSQL's in an online conversion",
        gotThrough: attack.bait.isTaken ? "it was called" : nil)
      #expect(try await attack.ask("SELECT relkind::text FROM pg_class WHERE oid = 'public.t'::regclass") == "p")
    }
  }
}

/// Passwords in what errors repeat.
@Suite struct RedTeamSecretTests {
  @Test(arguments: [
    "ALTER ROLE nobody PASSWORD 'SeKr3t'", "ALTER ROLE nobody PASSWORD $$SeKr3t$$",
    "ALTER ROLE nobody PASSWORD $a$SeKr3t$a$",
    "ALTER ROLE nobody PASSWORD E'SeKr3t'", "ALTER ROLE nobody PASSWORD U&'SeKr3t'",
    "ALTER ROLE nobody PASSWORD /* c */ 'SeKr3t'", "ALTER ROLE nobody PASSWORD -- c\n 'SeKr3t'",
    "SELECT nothing(password => 'SeKr3t')", #"SELECT nothing('{"password": "SeKr3t"}')"#,
    "SELECT nothing(format('ALTER ROLE nobody PASSWORD %L', 'SeKr3t'))",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere OPTIONS (user 'me', password 'SeKr3t')",
    "CREATE SUBSCRIPTION s CONNECTION 'host=h password=SeKr3t' PUBLICATION p, p",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE nobody PASSWORD %L', 'SeKr3t'); END $$",
    "DO $$ DECLARE password text := 'SeKr3t'; BEGIN RAISE EXCEPTION 'it was %', password; END $$",
    "DO $$ BEGIN EXECUTE 'ALTER ROLE nobody PASSWORD ''SeKr3t'''; END $$",
    "ALTER ROLE nobody PASSWORD 'SeKr3t' PASSWORD", "SELECT 'SeKr3t' PASSWORD 'SeKr3t",
  ])
  func errorsShowNoPassword(sql: String) async throws {
    let server = try await ScratchServer.acquire(universe: "red team, live", confined: false)
    try await server.withDatabase { database in
      let error = await #expect(throws: PostgresError.self) {
        try await Connection.with(database.target) { _ = try await $0.query(sql) }
      }
      let failure = try #require(error)
      let told = ApplyError.statement(
        file: "f.sql", line: 1, sql: sql, failure, segmentsDone: 0, segments: 1, isTransaction: true)
      let shown =
        "\(failure)\n\(told)\n\(Secrets.withoutConstants(sql))\n\(Secrets.withoutConstants(String(sql.dropLast(3))))"
      RedTeam.judge("a password in \(sql.prefix(40))", gotThrough: shown.contains("SeKr3t") ? shown : nil)
    }
  }

  @Test func whatIsNoSecretIsShown() {
    let sql = "INSERT INTO t VALUES ('a', $$b$$) -- c"
    #expect(Secrets.hidden(inStatement: sql) == sql)
    #expect(Secrets.withoutConstants(sql) == "INSERT INTO t VALUES ('…', '…') -- c")
  }

  /// Something that listens in the place of a server of ours gets no password that is meant for others.
  @Test func aServerOfOursIsGivenNoPassword() throws {
    let target = ConnectionTarget(socketDirectory: "/nowhere", user: "u", database: "d")
    let isGiven = target.settings["password"]?.isEmpty != false || target.settings["passfile"] != "/dev/null"
    RedTeam.judge("a password for a server of ours", gotThrough: isGiven ? "\(target.settings)" : nil)
  }
}
