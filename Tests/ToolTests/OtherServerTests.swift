import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Servers that are not as the scratch server is: other encodings, rights, words.
@Suite(.serialized) struct OtherServerTests {
  private func url(_ database: ScratchDatabase) async throws -> String {
    "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(ScratchServer.superuser)"
  }

  @Test func bytesThatAreNoTextAreNamedByTheirObject() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { database in
      let name = "junk_\(database.name)"
      let create = "CREATE DATABASE \(name) ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
      #expect(try await Databases.psql(create, on: database).status == 0)
      let server = try await Databases.server.value
      let made = try await ChildProcess.run(
        "\(server.installation.bin)/psql",
        [
          "-X", "-h", server.directory, "-U", "dbtool", "-d", name, "-v", "ON_ERROR_STOP=1", "-c",
          "CREATE TABLE fine (a int); CREATE TABLE junk (a text DEFAULT E'x\\344')",
        ])
      #expect(made.status == 0, "\(made.output)")
      let dump = try await project.dbtool(
        "dump", "postgres:///\(name)?host=\(server.directory)&user=\(ScratchServer.superuser)")
      #expect(dump.status == 1 && dump.output.contains("default public.junk.a"), "\(dump.output)")
      #expect(!dump.output.contains("fine"))
      #expect(try await Databases.psql("DROP DATABASE \(name) WITH (FORCE)", on: database).status == 0)
    }
  }

  @Test func aComparisonThatCannotBeMadeIsTold() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { a in
      try await Databases.withinGate { b in
        // What a scratch server refuses to rebuild, and a check that is worded differently once it was dumped.
        let far =
          "CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE f (a text) SERVER s OPTIONS (filename '/nowhere');"
        let check = "CREATE TABLE t (v varchar(9), CONSTRAINT c CHECK (v IN ('a', 'b')));"
        #expect(try await Databases.psql(far + check, on: a).status == 0)
        let dump = try await Databases.run("pg_dump", ["--schema-only", "--exclude-schema=cron"], on: a)
        #expect(try await Databases.psql(dump.output, on: b).status == 0)
        let diff = try await project.dbtool("diff", "--from", try await url(a), "--to", try await url(b))
        #expect(diff.output.contains("differs in wording only cannot be told"), "\(diff.output)")
      }
    }
  }

  @Test func aSettledFingerprintIsThatOfWhatWasRestored() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { a in
      try await Databases.withinGate { b in
        let check = "CREATE TABLE t (v varchar(9), CONSTRAINT c CHECK (v IN ('a', 'b')));"
        #expect(try await Databases.psql(check, on: a).status == 0)
        let dump = try await Databases.run("pg_dump", ["--schema-only", "--exclude-schema=cron"], on: a)
        #expect(try await Databases.psql(dump.output, on: b).status == 0)
        let first = try await project.dbtool("fingerprint", "--settled", try await url(a))
        let second = try await project.dbtool("fingerprint", "--settled", try await url(b))
        #expect(first.status == 0 && first.output == second.output, "\(first.output) \(second.output)")
        #expect(try await Databases.psql("ALTER TABLE t ADD w int", on: b).status == 0)
        #expect(try await project.dbtool("fingerprint", "--settled", try await url(b)).output != first.output)
      }
    }
  }

  @Test func publishedTablesSayInWhichOrderServersChange() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let before = """
      CREATE TABLE sent (id int PRIMARY KEY, gone int, kind int);
      CREATE TABLE listed (id int PRIMARY KEY); CREATE TABLE own (id int);
      CREATE PUBLICATION p FOR TABLE sent, listed (id);
      """
    try project.write(before, to: "old.sql")
    try project.write(
      """
      CREATE TABLE sent (id int PRIMARY KEY, kind bigint, more int); CREATE TABLE listed (id int PRIMARY KEY, unlisted int);
      CREATE TABLE own (id int, more int); CREATE PUBLICATION p FOR TABLE sent, listed (id);
      """, to: "new.sql")
    let diff = try await project.dbtool("diff", "--from", "old.sql", "--to", "new.sql", "--format", "sql").output
    #expect(diff.contains("public.sent is published by p: more is added here after it was added on the subscribers"))
    #expect(diff.contains("gone is dropped here first, and on the subscribers last"))
    #expect(diff.contains("kind gets its type here after"), "\(diff)")
    #expect(!diff.contains("unlisted is added") && !diff.contains("public.own is published"))
    try project.write("BEGIN;\n\(before)COMMIT;\n", to: "migrations/20260101000000_start.sql")
    try project.write(
      "SET lock_timeout = '1s';\nALTER TABLE sent ADD more int;\nALTER TABLE sent DROP gone;\nALTER TABLE own ADD more int;\n",
      to: "change.sql")
    let lint = try await project.dbtool("lint", "change.sql").output
    #expect(
      lint.contains("public.sent is published by p: more is added") && lint.contains("gone is dropped"), "\(lint)")
    #expect(!lint.contains("public.own is published"))
  }

  /// `DBTOOL_OTHER_PG_BIN` names the programs of another version.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["DBTOOL_OTHER_PG_BIN"] != nil))
  func anotherVersionPrintsTheSameSchemaInOtherWords() async throws {
    let bin = try #require(ProcessInfo.processInfo.environment["DBTOOL_OTHER_PG_BIN"])
    let project = try TestProject()
    defer { project.remove() }
    let schema = """
      CREATE TABLE p (a int, b text) PARTITION BY RANGE ((a + 1), lower(b));
      CREATE TABLE c (v varchar(9) CHECK (v IN ('a', 'b')), d date DEFAULT now()::date);
      CREATE VIEW v AS SELECT a, b FROM p WHERE b IN ('x', 'y');
      CREATE INDEX ON c (lower(v)) WHERE v <> 'q';
      CREATE FUNCTION f(n int DEFAULT 1 + 1) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT count(*)::int FROM c; END;
      """
    try project.write(schema, to: "schema.sql")
    let other = try await ScratchServer.acquire(installation: try Installation.find(environment: ["PG_BIN": bin]))
    try await other.withDatabase { database in
      try await Connection.with(database.target) { _ = try await $0.execute(schema) }
      let target = "postgres:///\(database.name)?host=\(other.directory)&user=\(ScratchServer.superuser)"
      for (from, to) in [("schema.sql", target), (target, "schema.sql")] {
        let same = try await project.dbtool("diff", "--from", from, "--to", to, "--check")
        #expect(same.status == 0, "\(same.output)")
      }
      let first = try await project.dbtool("fingerprint", "--settled", target).output
      #expect(first == (try await project.dbtool("fingerprint", "--settled", "schema.sql").output))
    }
  }

  /// `DBTOOL_OTHER_PG_BIN` names the programs of another major version. NOT NULL has a name since 18.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["DBTOOL_OTHER_PG_BIN"] != nil))
  func namesOfNotNullAreNoDriftAcrossVersions() async throws {
    let bin = try #require(ProcessInfo.processInfo.environment["DBTOOL_OTHER_PG_BIN"])
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      """
      BEGIN;
      CREATE TABLE public.t (a integer CONSTRAINT chosen NOT NULL, b integer NOT NULL, c serial);
      CREATE TABLE public.p (k integer NOT NULL, v integer NOT NULL) PARTITION BY LIST (k);
      CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES IN (1);
      CREATE TABLE public.p2 (k integer NOT NULL, v integer CONSTRAINT own NOT NULL);
      ALTER TABLE public.p ATTACH PARTITION public.p2 FOR VALUES IN (2);
      CREATE TABLE public.q (a integer NOT NULL, b integer NOT NULL, c integer);
      CREATE TABLE public.q1 (a integer, b integer NOT NULL, d integer) INHERITS (public.q);
      ALTER TABLE public.q1 ALTER c SET NOT NULL;
      CREATE TABLE public.q2 () INHERITS (public.q);
      ALTER TABLE public.q2 ALTER b SET NOT NULL;
      CREATE TABLE public.before (id integer NOT NULL PRIMARY KEY);
      ALTER TABLE public.before RENAME TO afterwards;
      CREATE DOMAIN public.d AS integer CONSTRAINT chosen NOT NULL;
      COMMIT;

      """, to: "migrations/20260101000000_a.sql")
    let own = try await Databases.server.value
    let other = try await ScratchServer.acquire(installation: try Installation.find(environment: ["PG_BIN": bin]))
    for (environment, server) in [([:], other), (["PG_BIN": bin], own)] {
      let plan = try await project.dbtool("plan", "--update-lock", environment: environment)
      try #require(plan.status == 0, "\(plan.output)")
      try await server.withDatabase { database in
        let target = "postgres:///\(database.name)?host=\(server.directory)&user=\(ScratchServer.superuser)"
        let apply = try await project.dbtool("apply", "--database", target, environment: environment)
        try #require(apply.status == 0, "\(apply.output)")
        let same = try await project.dbtool("drift", "--database", target, environment: environment)
        #expect(same.status == 0, "\(same.output)")
        try await Connection.with(database.target) { connection in
          _ = try await connection.execute(
            "ALTER TABLE public.q2 ALTER c SET NOT NULL; ALTER TABLE public.t ALTER b DROP NOT NULL")
        }
        let drift = try await project.dbtool("drift", "--database", target, environment: environment)
        #expect(drift.status == 2 && drift.output.contains("public.t.b") && drift.output.contains("public.q2"))
      }
    }
  }

  /// `DBTOOL_OTHER_PG_BIN` names the programs of another major version.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["DBTOOL_OTHER_PG_BIN"] != nil))
  func aLockKeepsItsWordsUnderAnotherVersion() async throws {
    let bin = try #require(ProcessInfo.processInfo.environment["DBTOOL_OTHER_PG_BIN"])
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    // Version 16 leaves out the table's name where there is one table; others say other things in other words.
    try project.write(
      """
      BEGIN;
      CREATE TABLE public.t (a integer, b text CHECK (b IN ('x', 'y')), at timestamptz DEFAULT now());
      CREATE TABLE public.p (a integer, b text) PARTITION BY RANGE ((a + 1), lower(b));
      CREATE VIEW public.v AS SELECT a, b FROM public.t WHERE b IN ('x', 'y');
      CREATE MATERIALIZED VIEW public.m AS SELECT a, extract(year FROM at) AS year FROM public.t;
      CREATE FUNCTION public.f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(a) FROM public.t WHERE b <> 'z'; END;
      CREATE POLICY few ON public.t USING (EXISTS (SELECT FROM public.p WHERE p.a = t.a));
      CREATE RULE r AS ON DELETE TO public.t DO ALSO UPDATE public.p SET a = old.a WHERE b = old.b;
      COMMIT;

      """, to: "migrations/20260101000000_a.sql")
    func facts() throws -> [String] {
      try project.read("schema.lock").split(separator: "\n").filter { $0.contains(" definition=") }.map(String.init)
    }
    func update(_ environment: [String: String]) async throws {
      let plan = try await project.dbtool("plan", "--update-lock", environment: environment)
      try #require(plan.status == 0, "\(plan.output)")
    }
    try await update([:])
    let first = try facts()
    #expect(first.contains { $0.contains("public") })
    try await update(["PG_BIN": bin])
    let same = try facts()
    #expect(same == first)
    try project.write("CREATE VIEW public.w AS SELECT a FROM public.p;\n", to: "migrations/20260102000000_b.sql")
    try await update(["PG_BIN": bin])
    let second = try facts()
    #expect(Set(second).isSuperset(of: first) && second.count > first.count)
    try await update([:])
    let third = try facts()
    #expect(Set(third).isSuperset(of: first))
    let check = try await project.dbtool("plan", "--check", environment: ["PG_BIN": bin])
    // The declarations are of something else; the lock is what the migrations lead to.
    #expect(!check.output.contains("Take schema.lock back"), "\(check.output)")
  }
}
