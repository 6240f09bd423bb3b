import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Privileges that somebody granted who held them with the grant option, and was not the owner.
@Suite(.serialized) struct GrantorTests {
  @Test func aFileOfPgDumpWithOtherGrantorsIsAState() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { database in
      let (middle, reader) = ("middle_\(database.name)", "reader_\(database.name)")
      let schema = """
        CREATE ROLE \(middle); CREATE ROLE \(reader); CREATE SCHEMA s;
        CREATE TABLE s.t (a int, b int); CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        GRANT USAGE ON SCHEMA s TO \(middle) WITH GRANT OPTION; GRANT SELECT ON s.t TO \(middle) WITH GRANT OPTION;
        GRANT EXECUTE ON FUNCTION s.f() TO \(middle) WITH GRANT OPTION;
        SET ROLE \(middle);
        GRANT USAGE ON SCHEMA s TO \(reader); GRANT SELECT ON s.t TO \(reader); GRANT EXECUTE ON FUNCTION s.f() TO \(reader);
        RESET ROLE;
        """
      let made = try await Databases.psql(schema, on: database)
      try #require(made.status == 0, "\(made.output)")
      let dump = try await Databases.run("pg_dump", ["--exclude-schema=cron", "--no-owner"], on: database)
      #expect(dump.output.contains("SET SESSION AUTHORIZATION"))
      try project.write(dump.output, to: "dump.sql")
      let url =
        "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(ScratchServer.superuser)"
      let own = try await project.dbtool("dump", url)
      try project.write(own.output, to: "own.sql")
      for (from, to) in [("dump.sql", url), (url, "dump.sql"), ("own.sql", "dump.sql")] {
        let same = try await project.dbtool("diff", "--from", from, "--to", to, "--check")
        #expect(same.status == 0, "\(from), \(to): \(same.output)")
      }
      // Somebody else's grant is no grant of the owner's.
      let byOwner = own.output.replacing("SET LOCAL ROLE \(middle);", with: "").replacing("RESET ROLE;", with: "")
      try project.write(byOwner, to: "owner.sql")
      let other = try await project.dbtool("diff", "--from", "owner.sql", "--to", url, "--check", "--prove")
      #expect(other.status == 2 && other.output.contains("converges"), "\(other.output)")
      _ = try await Databases.psql(
        "DROP OWNED BY \(middle), \(reader) CASCADE; DROP ROLE \(middle), \(reader)", on: database)
    }
  }

  @Test func driftTakesBackWhatAGranteeGranted() async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": """
      BEGIN;
      CREATE TABLE public.t (a integer, b integer);
      GRANT SELECT, UPDATE ON public.t TO middle WITH GRANT OPTION;
      SET LOCAL ROLE middle;
      GRANT UPDATE (a) ON public.t TO reader;
      RESET ROLE;
      COMMIT;
      """
    ])
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE ROLE middle; CREATE ROLE reader", in: "postgres")
    let apply = try await hostile.on("library", "apply")
    #expect(apply.status == 0, "\(apply.output)")
    let clean = try await hostile.on("library", "drift")
    #expect(clean.status == 0, "\(clean.output)")
    try await hostile.execute(
      "SET ROLE middle; GRANT SELECT ON public.t TO reader; GRANT SELECT (b) ON public.t TO PUBLIC; RESET ROLE",
      in: "library")
    let drift = try await hostile.on("library", "drift")
    #expect(drift.status == 2 && drift.output.contains("widened-grant"), "\(drift.output)")
    let reads =
      "SELECT has_table_privilege('reader', 'public.t', 'SELECT') OR has_column_privilege('reader', 'public.t', 'b', 'SELECT')"
    #expect(try await hostile.ask(reads, in: "library") == "t")
    let fix = try await hostile.on("library", "drift", "--fix")
    #expect(fix.status == 0, "\(fix.output)")
    try await hostile.execute(fix.output, in: "library")
    #expect(try await hostile.ask(reads, in: "library") == "f")
    #expect(try await hostile.on("library", "drift").status == 0)
    let updates = "SELECT has_column_privilege('reader', 'public.t', 'a', 'UPDATE')"
    #expect(try await hostile.ask(updates, in: "library") == "t")
  }
}
