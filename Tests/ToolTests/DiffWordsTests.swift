import Postgres
import TestSupport
import Testing

/// What `diff` and `dump` say beside the SQL, and of which databases.
@Suite(.serialized) struct DiffWordsTests {
  private func url(_ database: ScratchDatabase, _ user: String = ScratchServer.superuser) async throws -> String {
    "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(user)"
  }

  @Test func sqlSaysWhatTheTextFormSays() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write("CREATE TABLE t (id int, gone text);", to: "old.sql")
    try project.write("CREATE TABLE t (id int);", to: "new.sql")
    let shell = "\(project.binary) diff --from old.sql --to new.sql --format sql"
    func run(_ redirection: String) async throws -> String {
      try await ChildProcess.run(
        "/bin/sh", ["-c", "\(shell) \(redirection)"],
        environment: ["HOME": project.home, "PATH": "/usr/bin:/bin"].merging(TestProject.passedOn) { $1 },
        in: project.root
      ).output
    }
    let (sql, errors) = (try await run("2>/dev/null"), try await run("2>&1 >/dev/null"))
    #expect(sql.contains("-- refused data-loss:") && sql.contains("-- not tried on a server"), "\(sql)")
    #expect(errors.contains("refused data-loss:"), "\(errors)")
    let text = try await project.dbtool("diff", "--from", "old.sql", "--to", "new.sql").output
    #expect(text.contains("refused data-loss:") && text.contains("not tried on a server"), "\(text)")
    let proved = try await project.dbtool("diff", "--from", "old.sql", "--to", "new.sql", "--prove").output
    #expect(!proved.contains("not tried"), "\(proved)")
  }

  /// PostgreSQL prints a list of varchar values otherwise once it has read what it printed.
  @Test(arguments: ["text", "migration"]) func aProofGoesByTheMeaningOfExpressions(format: String) async throws {
    let project = try TestProject()
    defer { project.remove() }
    let table = "CREATE TABLE t (id int PRIMARY KEY, v varchar(9)"
    let condition = "v IN ('x', 'y')"
    try project.write("\(table)); ALTER TABLE t ENABLE ROW LEVEL SECURITY;", to: "old.sql")
    try project.write(
      """
      \(table), g bool GENERATED ALWAYS AS (\(condition)) STORED, CONSTRAINT c CHECK (\(condition)));
      ALTER TABLE t ENABLE ROW LEVEL SECURITY;
      CREATE INDEX i ON t (id) WHERE \(condition);
      CREATE POLICY p ON t USING (\(condition));
      CREATE VIEW w AS SELECT id FROM t WHERE \(condition);
      CREATE DOMAIN d AS varchar(9) CHECK (value IN ('x', 'y'));
      CREATE FUNCTION f(v varchar) RETURNS bool LANGUAGE sql BEGIN ATOMIC SELECT \(condition); END;
      """, to: "new.sql")
    for strategy in ["direct", "online"] {
      let outcome = try await project.dbtool(
        "diff", "--from", "old.sql", "--to", "new.sql", "--prove", "--strategy", strategy, "--format", format)
      #expect(outcome.status == 0 && outcome.output.contains("converges"), "\(outcome.output)")
    }
  }

  @Test func ofTwoDatabasesNothingIsLeftOut() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { a in
      try await Databases.withinGate { b in
        let made = try await Databases.psql(
          "CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY); CREATE SCHEMA storage; CREATE EXTENSION pg_stat_statements;",
          on: a)
        #expect(made.status == 0, "\(made.output)")
        let dump = try await project.dbtool("dump", try await url(a))
        #expect(dump.output.contains("auth.users") && dump.output.contains("pg_stat_statements"), "\(dump.output)")
        #expect(!dump.output.contains("left out"))
        #expect(try await Databases.psql(dump.output, on: b).status == 0)
        let same = try await project.dbtool("diff", "--from", try await url(a), "--to", try await url(b), "--check")
        #expect(same.status == 0, "\(same.output)")
        let gone = try await project.dbtool("diff", "--from", try await url(a), "--to", "empty")
        #expect(gone.output.contains("table auth.users"), "\(gone.output)")
        // What the project leaves to others is named.
        let own = try await project.dbtool("diff", "--from", try await url(a), "--to", "schema")
        #expect(own.output.contains("left out of") && own.output.contains("schema auth"), "\(own.output)")
      }
    }
  }

  @Test func theFileOfPgDumpIsTheDatabaseWhoeverOwnsIt() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { other in
      let owner = "owner_\(other.name)"
      try await Databases.withinGate { a in
        let made = try await Databases.psql(
          """
          CREATE ROLE \(owner); CREATE ROLE \(owner)_2; GRANT CREATE ON SCHEMA public TO \(owner), \(owner)_2;
          SET ROLE \(owner);
          CREATE TABLE t (id serial PRIMARY KEY, n text); CREATE VIEW v AS SELECT id FROM t; INSERT INTO t (n) VALUES ('x');
          CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
          ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO \(owner)_2;
          RESET ROLE; SET ROLE \(owner)_2; CREATE TABLE u (id int);
          RESET ROLE; ALTER DATABASE "\(a.name)" OWNER TO \(owner);
          """, on: a)
        #expect(made.status == 0, "\(made.output)")
        let dump = try await Databases.run("pg_dump", ["--exclude-schema=cron"], on: a)
        try project.write(dump.output, to: "dump.sql")
        for (from, to) in [("dump.sql", try await url(a)), (try await url(a), "dump.sql")] {
          let same = try await project.dbtool("diff", "--from", from, "--to", to, "--check", "--prove")
          #expect(same.status == 0, "\(same.output)")
        }
        let own = try await project.dbtool("dump", try await url(a))
        try project.write(own.output, to: "own.sql")
        let same = try await project.dbtool("diff", "--from", "own.sql", "--to", "dump.sql", "--check")
        #expect(same.status == 0, "\(same.output)")
      }
    }
  }

  @Test func whatIsNotComparedIsSaid() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let function = "CREATE EXTENSION hstore; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    try project.write(function, to: "old.sql")
    let hasOwn = try await Databases.server.value.installation.version.major < 17
    for (further, words) in [
      ("ALTER FUNCTION f() DEPENDS ON EXTENSION hstore;", "dependence on extension hstore of function public.f()"),
      ("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;", "privileges language plpgsql"),
      (
        "CREATE TABLE p (id int NOT NULL) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
          + "ALTER TABLE p1 ALTER id ADD GENERATED ALWAYS AS IDENTITY;", "identity of its own of public.p1.id"
      ),
      (
        "CREATE TABLE p (id int NOT NULL); CREATE TABLE c () INHERITS (p);"
          + "ALTER TABLE c ALTER id ADD GENERATED ALWAYS AS IDENTITY;", "identity of its own of public.c.id"
      ),
    ] {
      // From 17 on, the identities of partitions are their table's.
      if further.contains("PARTITION OF"), !hasOwn { continue }
      try project.write(function + further, to: "new.sql")
      let diff = try await project.dbtool("diff", "--from", "old.sql", "--to", "new.sql")
      #expect(diff.status == 0 && diff.output.contains("not modelled, so not compared: \(words)"), "\(diff.output)")
      let strict = try await project.dbtool("diff", "--from", "old.sql", "--to", "new.sql", "--strict")
      #expect(strict.status == 3, "\(strict.output)")
    }
  }

  @Test func sqlSaysItsEncodingAndWhatABackslashIs() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write("CREATE TABLE t (\"größe\" text DEFAULT 'C:\\new ä');", to: "new.sql")
    try await Databases.with { a in
      let server = try await Databases.server.value
      let name = "latin_\(a.name)"
      let create = "CREATE DATABASE \(name) ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
      #expect(try await Databases.psql(create, on: a).status == 0)
      let off = "ALTER DATABASE \(name) SET standard_conforming_strings = off"
      #expect(try await Databases.psql(off, on: a).status == 0)
      let target = "postgres:///\(name)?host=\(server.directory)&user=\(ScratchServer.superuser)"
      let sql = try await project.dbtool("diff", "--from", target, "--to", "new.sql", "--format", "sql")
      #expect(sql.status == 0, "\(sql.output)")
      try project.write(sql.output, to: "change.sql")
      let run = try await ChildProcess.run(
        "\(server.installation.bin)/psql",
        [
          "-X", "-v", "ON_ERROR_STOP=1", "-f", "\(project.root)/change.sql", "-h", server.directory, "-U", "dbtool",
          name,
        ],
        environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"])
      #expect(run.status == 0, "\(run.output)")
      let same = try await project.dbtool("diff", "--from", target, "--to", "new.sql", "--check")
      #expect(same.status == 0, "\(same.output)")
      #expect(try await Databases.psql("DROP DATABASE \(name) WITH (FORCE)", on: a).status == 0)
    }
  }
}
