import FoundationEssentials
import Postgres
import TestSupport
import Testing

// Within the serialised suite: each of these waits for a process, and two at once would leave no thread to the rest.
/// `.sql` files as states: by hand, by pg_dump, by dbtool itself.
@Suite(.serialized) struct FileStateTests {
  private func url(_ database: ScratchDatabase) async throws -> String {
    "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(ScratchServer.superuser)"
  }

  /// What `pg_dump` 15.14 and later writes, rows included.
  private static let dump = #"""
    --
    -- PostgreSQL database dump
    --

    \restrict AbCdEf

    SET statement_timeout = 0;
    SET transaction_timeout = 0;
    SET client_encoding = 'UTF8';
    SET standard_conforming_strings = on;
    SELECT pg_catalog.set_config('search_path', '', false);
    SET of_a_version_that_is_not_this = 'no effect';
    SET default_table_access_method = heap;

    CREATE TABLE public.notes (id integer NOT NULL, body text, CONSTRAINT notes_body CHECK (length(body) > 0));
    ALTER TABLE public.notes OWNER TO postgres;
    COPY public.notes (id, body) FROM stdin;
    1	a; b
    2	CREATE TABLE; it's \\ one
    3	\N
    \.


    COPY public.notes (id, body) FROM stdin WITH (FORMAT csv);
    4,"ä"
    \.
    ALTER TABLE ONLY public.notes ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
    GRANT SELECT ON TABLE public.notes TO a_reader;

    \unrestrict AbCdEf
    """#

  @Test func aFileOfPgDumpIsAStateWithItsRows() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write(Self.dump, to: "dump.sql")
    let printed = try await project.dbtool("dump", "dump.sql")
    #expect(printed.status == 0 && printed.output.contains("notes_pkey"), "\(printed.output)")
    #expect(printed.output.contains("TO a_reader"))
    // The rows are there: a key that they break is told.
    let twice = Self.dump.replacing("\n4,", with: "\n3,")
    try project.write(twice, to: "twice.sql")
    let refused = try await project.dbtool("dump", "twice.sql")
    #expect(refused.status == 1 && refused.output.contains("(id)=(3) is duplicated"), "\(refused.output)")
    #expect(refused.output.contains("twice.sql:27"))
  }

  @Test func rowsThatDoNotFitNameTheirLine() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write("CREATE TABLE t (a int);\n\nCOPY t FROM stdin;\n1\nx\n\\.\n", to: "bad.sql")
    let refused = try await project.dbtool("dump", "bad.sql")
    #expect(refused.status == 1 && refused.output.contains("bad.sql:3") && refused.output.contains(#"column a: "x""#))
  }

  @Test(arguments: [#"\connect other"#, #"\i more.sql"#, #"\echo hello"#, #"SELECT 1 \gexec"#, #"\."#])
  func commandsOfPsqlAreNamedWithTheirLine(command: String) async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write("CREATE TABLE t (a int);\n-- more\n\(command)\n", to: "psql.sql")
    let refused = try await project.dbtool("dump", "psql.sql")
    let word = command.split(separator: " ").first { $0.hasPrefix("\\") } ?? ""
    #expect(
      refused.status == 1 && refused.output.contains("psql.sql:3: \(word) is a command of psql"), "\(refused.output)")
  }

  @Test func rowsInAMigrationAreRefusedWithTheirLine() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      "BEGIN;\nCREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\nCOMMIT;\n",
      to: "migrations/20260101000000_rows.sql")
    let refused = try await project.dbtool("plan")
    #expect(refused.status == 1 && refused.output.contains("rows.sql, line 3"), "\(refused.output)")
  }

  @Test(arguments: ["PGDMP\u{1}\u{e}", "SELECT 'caf\u{e9}';"])
  func whatIsNoTextInUTF8SaysWhatToDo(text: String) async throws {
    let project = try TestProject()
    defer { project.remove() }
    let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    #expect(FileManager.default.createFile(atPath: "\(project.root)/other.sql", contents: Data(bytes)))
    let refused = try await project.dbtool("dump", "other.sql")
    let advice = text.hasPrefix("PGDMP") ? "pg_restore" : "other.sql:1: the file is not UTF-8"
    #expect(refused.status == 1 && refused.output.contains(advice), "\(refused.output)")
  }

  /// All the ways in which SQL names a role that nobody has made.
  private static let roles = """
    CREATE SCHEMA s AUTHORIZATION r_schema;
    CREATE TABLE t (id int, k int);
    CREATE TABLE u (id int);
    ALTER TABLE u OWNER TO postgres;
    ALTER TABLE t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON t TO r_policy, PUBLIC USING (k > 0);
    GRANT SELECT (k), UPDATE ON t TO r_grant WITH GRANT OPTION;
    ALTER DEFAULT PRIVILEGES FOR ROLE r_maker IN SCHEMA s GRANT SELECT ON TABLES TO "r Odd""one";
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
    CREATE USER MAPPING FOR r_mapped SERVER far;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER FUNCTION f() OWNER TO r_function;
    CREATE FUNCTION g() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION g();
    ALTER EVENT TRIGGER e OWNER TO r_watcher;
    COMMENT ON TABLE t IS 'GRANT SELECT ON t TO r_comment';
    """

  @Test(arguments: ["", "\nGRANT r_group TO r_member; COMMENT ON ROLE r_said IS 'x';"])
  func rolesThatAreNamedHaveStandIns(more: String) async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write("CREATE TABLE t (id int, k int); CREATE TABLE u (id int);", to: "old.sql")
    try project.write(Self.roles + more, to: "new.sql")
    for (from, to) in [("old.sql", "new.sql"), ("new.sql", "old.sql")] {
      let proved = try await project.dbtool("diff", "--from", from, "--to", to, "--prove")
      #expect(proved.status == 0 && proved.output.contains("proof: converges"), "\(proved.output)")
      let online = try await project.dbtool("diff", "--from", from, "--to", to, "--strategy", "online")
      #expect(online.status == 0, "\(online.output)")
      let file = try await project.dbtool("diff", "--from", from, "--to", to, "--format", "migration")
      #expect(file.status == 0, "\(file.output)")
    }
    // dbtool reads what it has written.
    try project.write(try await project.dbtool("dump", "new.sql").output, to: "again.sql")
    let same = try await project.dbtool("diff", "--from", "again.sql", "--to", "new.sql", "--check")
    #expect(same.status == 0, "\(same.output)")
  }

  @Test func aRoleThatAFileMakesIsMadeByItEachTime() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let name = "by_hand_\(UInt32.random(in: 0...UInt32.max))"
    for comment in ["once", "twice", "three times"] {
      try project.write(
        """
        -- \(comment)
        CREATE ROLE \(name); CREATE TABLE t (id int); GRANT SELECT ON t TO \(name); ALTER TABLE t OWNER TO \(name);
        DO $$ BEGIN CREATE ROLE \(name)_too; EXECUTE 'GRANT SELECT ON t TO \(name)_too'; END $$;
        """, to: "made.sql")
      let dump = try await project.dbtool("dump", "made.sql")
      #expect(dump.status == 0 && dump.output.contains("TO \(name)_too"), "\(dump.output)")
      let proved = try await project.dbtool("diff", "--from", "empty", "--to", "made.sql", "--prove")
      #expect(proved.status == 0 && proved.output.contains("converges"), "\(proved.output)")
    }
  }

  @Test(arguments: [
    "CREATE EXTENSION dblink; SELECT dblink_connect('dbname=x')",
    "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; "
      + "CREATE FOREIGN TABLE f (a int) SERVER s; SELECT * FROM f",
  ])
  func whatAScratchServerDoesNotRunIsExplained(script: String) async throws {
    let project = try TestProject()
    defer { project.remove() }
    let extensions = try await Databases.with { database in
      try await Connection.with(database.target) {
        try await $0.query("SELECT FROM pg_available_extensions WHERE name IN ('dblink', 'postgres_fdw')")
      }
    }
    guard extensions.count == 2 else { return }
    try project.write(script + ";", to: "calls.sql")
    let refused = try await project.dbtool("lint", "calls.sql")
    #expect(
      refused.status == 1 && refused.output.contains("calls.sql:1")
        && refused.output.contains("a function that a scratch server has but does not run"), "\(refused.output)")
  }

  @Test func newerGrammarSaysWhichServerItNeeds() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let version = try await Databases.server.value.installation.version
    guard version.major < 18 else { return }
    try project.write(
      """
      create table t (a int, v int generated always as (a*2) virtual);
      create function g() returns int language sql begin atomic select 1; end;
      """, to: "new.sql")
    let refused = try await project.dbtool("dump", "new.sql")
    #expect(
      refused.status == 1 && refused.output.contains("PostgreSQL 18") && refused.output.contains("PG_BIN=")
        && refused.output.contains("\(version)"), "\(refused.output)")
  }
}
