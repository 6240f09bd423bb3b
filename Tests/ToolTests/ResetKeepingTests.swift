import Postgres
import TestSupport
import Testing

/// What `reset` puts in a database's place is what that was, but for its contents; and where that cannot be, nothing goes.
@Suite struct ResetKeepingTests {
  private func psql(_ project: TestProject, _ sql: String, in database: String = "postgres") async throws -> String {
    let outcome = try await project.dbtool(
      "postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-d", database, "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  /// A database of somebody's beside the embedded one, with a table and a row.
  private func project() async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write("CREATE TABLE a (id int);\n", to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let apply = try await project.dbtool("apply")
    try #require(apply.status == 0, "\(apply.output)")
    for sql in [
      "CREATE ROLE dev LOGIN", "CREATE ROLE reader", "CREATE ROLE maker LOGIN CREATEDB",
      """
      CREATE DATABASE "Odd ""one" OWNER dev TEMPLATE template0 ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C' CONNECTION LIMIT 17
      """,
      "REVOKE ALL ON DATABASE \"Odd \"\"one\" FROM PUBLIC",
      "GRANT CONNECT ON DATABASE \"Odd \"\"one\" TO reader WITH GRANT OPTION",
      "ALTER DATABASE \"Odd \"\"one\" SET search_path = \"$user\", public, \"Odd\"",
      "ALTER DATABASE \"Odd \"\"one\" SET work_mem = '7MB'",
      "ALTER ROLE reader IN DATABASE \"Odd \"\"one\" SET DateStyle = 'SQL, DMY'",
      "COMMENT ON DATABASE \"Odd \"\"one\" IS 'it''s dev''s'",
    ] { _ = try await psql(project, sql) }
    return project
  }

  private static let properties = """
    SELECT datdba::regrole, pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, datacl,
           shobj_description(oid, 'pg_database'),
           (SELECT string_agg(setrole::text || setconfig::text, ' ' ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid)
      FROM pg_database d WHERE datname = 'Odd "one'
    """
  private static let others = "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database"

  private func url(_ project: TestProject, as user: String) async throws -> String {
    "host='\(try await CommandTests().socket(project))' user=\(user) dbname='Odd \"one'"
  }

  @Test func theNewDatabaseIsWhatTheOldOneWas() async throws {
    let project = try await project()
    defer { project.remove() }
    let (before, others) = (try await psql(project, Self.properties), try await psql(project, Self.others))
    _ = try await psql(project, "CREATE TABLE old (id int)", in: "Odd \"one")
    let reset = try await project.dbtool(
      "reset", "--database", try await url(project, as: "postgres"), "--drop-database", "Odd \"one")
    #expect(reset.status == 0, "\(reset.output)")
    #expect(try await psql(project, Self.properties) == before)
    #expect(try await psql(project, Self.others) == others)
    #expect(
      try await psql(
        project, "SELECT to_regclass('public.old') IS NULL AND to_regclass('public.a') IS NOT NULL", in: "Odd \"one")
        == "t")
  }

  /// Locales that are another provider's than the template's.
  @Test func anotherProvidersLocaleIsKept() async throws {
    let project = try await project()
    defer { project.remove() }
    _ = try await psql(project, "DROP DATABASE \"Odd \"\"one\"")
    _ = try await psql(
      project,
      "CREATE DATABASE \"Odd \"\"one\" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk' ENCODING 'UTF8'"
    )
    let reset = try await project.dbtool(
      "reset", "--database", try await url(project, as: "postgres"), "--drop-database", "Odd \"one")
    #expect(reset.status == 0, "\(reset.output)")
    let locale =
      "SELECT datlocprovider, coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale') FROM pg_database d"
    #expect(try await psql(project, "\(locale) WHERE datname = 'Odd \"one'") == "i|de-u-co-phonebk")
  }

  /// Whoever may drop a database may not be able to make one; and the template may be in use.
  @Test(arguments: ["no CREATEDB", "template1 in use", "not a member of the owner"])
  func nothingGoesWhereNoneCanBeMade(reason: String) async throws {
    let project = try await project()
    defer { project.remove() }
    let socket = try await CommandTests().socket(project)
    var user = "dev"
    var session: Connection?
    switch reason {
    case "template1 in use":
      user = "postgres"
      _ = try await psql(project, "DROP DATABASE \"Odd \"\"one\"")
      _ = try await psql(project, "CREATE DATABASE \"Odd \"\"one\"")
      session = try await Connection.open(
        ConnectionTarget(socketDirectory: socket, user: "postgres", database: "template1"))
    case "not a member of the owner":
      user = "maker"
      _ = try await psql(project, "GRANT ALL ON DATABASE \"Odd \"\"one\" TO maker")
    default: break
    }
    _ = try await psql(project, "CREATE TABLE old (id int); INSERT INTO old VALUES (1)", in: "Odd \"one")
    _ = try await psql(
      project,
      "CREATE SUBSCRIPTION \"S 1\" CONNECTION 'host=/nowhere dbname=x' PUBLICATION p WITH (connect = false, slot_name = 'kept')",
      in: "Odd \"one")
    _ = try await psql(
      project, "GRANT ALL ON old TO dev, maker; GRANT ALL ON SCHEMA public TO dev, maker", in: "Odd \"one")
    let (before, others) = (try await psql(project, Self.properties), try await psql(project, Self.others))
    let reset = try await project.dbtool(
      "reset", "--database", try await url(project, as: user), "--drop-database", "Odd \"one")
    #expect(reset.status == 1 && reset.output.contains("Nothing was changed"), "\(reset.output)")
    #expect(try await psql(project, Self.properties) == before)
    #expect(try await psql(project, Self.others) == others)
    #expect(try await psql(project, "SELECT count(*) FROM old", in: "Odd \"one") == "1")
    #expect(try await psql(project, "SELECT subname, subslotname FROM pg_subscription", in: "Odd \"one") == "S 1|kept")
    if let session { await session.close() }
  }
}
