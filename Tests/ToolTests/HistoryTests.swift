import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Histories that are not those of the files: told, repaired, squashed, and exchanged with the Supabase CLI's.
@Suite(.serialized) struct HistoryTests {
  /// A small database's project with migrations of its own, applied.
  private func applied(_ migrations: KeyValuePairs<String, String>) async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    for (name, sql) in migrations { try project.write(sql, to: "migrations/\(name).sql") }
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await project.dbtool("apply")
    try #require(apply.status == 0, "\(apply.output)")
    return project
  }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private func relock(_ project: TestProject) async throws {
    try FileManager.default.removeItem(atPath: project.root + "/schema.lock")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
  }

  private func move(_ project: TestProject, _ old: String, _ new: String) throws {
    try FileManager.default.moveItem(
      atPath: "\(project.root)/migrations/\(old)", toPath: "\(project.root)/migrations/\(new)")
  }

  private let three: KeyValuePairs = [
    "20260101000000_a": "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text);",
    "20260102000000_b": "CREATE TABLE b (id int);\nCREATE INDEX CONCURRENTLY b_idx ON b (id);\n",
    "20260103000000_c": "CREATE VIEW c AS SELECT id FROM b;",
  ]

  @Test func whatWasMovedIsRecognised() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    #expect(try await project.dbtool("repair").output.contains("nothing to repair"))
    try move(project, "20260102000000_b.sql", "20260102120000_b.sql")
    try move(project, "20260103000000_c.sql", "20260104000000_other.sql")
    try await relock(project)
    let status = try await project.dbtool("status")
    #expect(status.output.contains("20260102000000  -      not here"), "\(status.output)")
    #expect(status.output.contains("dbtool repair") && status.output.contains("20260102120000  here   pending"))
    #expect(try await project.dbtool("apply").status == 1)
    let preview = try await project.dbtool("repair", "--dry-run")
    #expect(preview.output.contains("20260103000000 is 20260104000000_other.sql now"), "\(preview.output)")
    #expect(try await project.dbtool("apply").status == 1)
    let repair = try await project.dbtool("repair")
    #expect(repair.status == 0, "\(repair.output)")
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0 && apply.output.contains("nothing to apply"), "\(apply.output)")
    #expect(try await project.dbtool("drift").status == 0)
  }

  @Test func aHistoryIsCorrectedOnlyWhereTheSchemaAgrees() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    // The same in other words, and a migration that is gone because another does its work.
    try project.write(
      "CREATE TABLE b (id int); CREATE VIEW c AS SELECT b.id FROM b; CREATE INDEX b_idx ON b (id);",
      to: "migrations/20260102000000_b.sql")
    try FileManager.default.removeItem(atPath: project.root + "/migrations/20260103000000_c.sql")
    try await relock(project)
    #expect(try await project.dbtool("apply").status == 1)
    _ = try await psql(project, "ALTER TABLE b ADD COLUMN more int")
    let refused = try await project.dbtool("repair")
    #expect(refused.status == 1 && refused.output.contains("extra column public.b.more"), "\(refused.output)")
    _ = try await psql(project, "ALTER TABLE b DROP COLUMN more")
    let repair = try await project.dbtool("repair")
    #expect(repair.status == 0 && repair.output.contains("20260103000000: no longer"), "\(repair.output)")
    #expect(try await project.dbtool("apply").output.contains("nothing to apply"))
  }

  @Test func whatIsSaidIsWritten() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    let reverted = try await project.dbtool("repair", "--reverted", "20260103000000")
    #expect(reverted.status == 0 && reverted.output.contains("1 difference"), "\(reverted.output)")
    #expect(try await project.dbtool("status").output.contains("1 to apply"))
    let applied = try await project.dbtool("repair", "--applied", "20260103000000")
    #expect(applied.status == 0 && applied.output.contains("is what its history leads to"), "\(applied.output)")
    #expect(try await project.dbtool("status").output.contains("up to date"))
    for arguments in [["--applied", "20260109000000"], ["--reverted", "x"]] {
      let refused = try await project.dbtool(["repair"] + arguments)
      #expect(refused.status == 1 && refused.output.contains("dbtool status"), "\(refused.output)")
    }
    #expect(try await project.dbtool("repair", "--to-supabase", "--from-supabase").status == 64)
  }

  @Test func severalDatabasesStandSideBySide() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    _ = try await psql(project, "CREATE DATABASE other")
    let socket = try await CommandTests().socket(project)
    let urls = ["library", "other"].map { "postgres:///\($0)?host=\(socket)&user=postgres" }
    #expect(try await project.dbtool("apply", "--to", "20260102000000", "--database", urls[1]).status == 0)
    let both = ["--database", urls[0], "--database", urls[1]]
    let status = try await project.dbtool(["status"] + both)
    #expect(status.output.contains("20260102000000  here   applied  applied  b\n"), "\(status.output)")
    #expect(status.output.contains("20260103000000  here   applied  pending  c\n"), "\(status.output)")
    #expect(status.output.contains("2: 1 to apply"), "\(status.output)")
    let json = try await project.dbtool(["status", "--format", "json"] + both)
    #expect(json.output.contains("\"state\" : \"pending\""), "\(json.output)")
    // One that cannot be reached does not hide the others.
    let gone = try await project.dbtool(
      ["status", "--database", "postgres:///nowhere?host=\(socket)&user=postgres"] + both)
    #expect(
      gone.status == 1 && gone.output.contains("2: 1 to apply") && gone.output.contains("nowhere"), "\(gone.output)")
  }

  @Test func oldMigrationsBecomeOne() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    let preview = try await project.dbtool("squash", "--before", "20260103000000", "--dry-run")
    #expect(preview.status == 0 && preview.output.contains("2 migrations become"), "\(preview.output)")
    _ = try await psql(project, "CREATE DATABASE half")
    _ = try await psql(project, "CREATE DATABASE fresh")
    let socket = try await CommandTests().socket(project)
    func url(_ name: String) -> String { "postgres:///\(name)?host=\(socket)&user=postgres" }
    #expect(try await project.dbtool("apply", "--to", "20260101000000", "--database", url("half")).status == 0)
    let squash = try await project.dbtool("squash", "--before", "20260103000000")
    #expect(squash.status == 0, "\(squash.output)")
    #expect(try project.migrations == ["20260102000000_baseline.sql", "20260103000000_c.sql"])
    #expect(try await project.dbtool("status").output.contains("applied in parts"))
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0 && apply.output.contains("nothing to apply"), "\(apply.output)")
    let status = try await project.dbtool("status")
    #expect(status.output.contains("up to date") && !status.output.contains("in parts"), "\(status.output)")
    #expect(try await project.dbtool("drift").status == 0)
    let half = try await project.dbtool("apply", "--database", url("half"))
    #expect(half.status == 1 && half.output.contains("has only some"), "\(half.output)")
    #expect(try await project.dbtool("apply", "--database", url("fresh")).status == 0)
    #expect(try await project.dbtool("drift", "--database", url("fresh")).status == 0)
    let nothing = try await project.dbtool("squash", "--before", "20260103000000")
    #expect(nothing.status == 1 && nothing.output.contains("not two migrations"), "\(nothing.output)")
  }

  @Test func baselinesBecomeOneAgain() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    // This one has stopped before the first of them.
    for name in ["20260104000000_d": "CREATE TABLE d ();", "20260105000000_e": "CREATE TABLE e ();"].sorted(by: {
      $0.key < $1.key
    }) {
      try project.write(name.value, to: "migrations/\(name.key).sql")
    }
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    #expect(try await project.dbtool("apply", "--to", "20260104000000").status == 0)
    #expect(try await project.dbtool("squash", "--before", "20260103000000").status == 0)
    let again = try await project.dbtool("squash", "--before", "20260105000000", "--name", "all")
    #expect(again.status == 0, "\(again.output)")
    #expect(try project.migrations == ["20260104000000_all.sql", "20260105000000_e.sql"])
    #expect(try await project.dbtool("status").output.contains("applied in parts"))
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0 && apply.output.contains("applied 1 migration"), "\(apply.output)")
    #expect(try await project.dbtool("drift").status == 0)
    #expect(!(try await project.dbtool("status").output.contains("not here")))
  }

  @Test func whatIsHalfSquashedCanBeRepaired() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    #expect(try await project.dbtool("squash", "--before", "20260103000000").status == 0)
    _ = try await psql(project, "DELETE FROM dbtool.migrations WHERE version = '20260102000000'")
    #expect(try await project.dbtool("apply").status == 1)
    let repair = try await project.dbtool("repair", "--applied", "20260102000000")
    #expect(repair.status == 0, "\(repair.output)")
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0 && apply.output.contains("nothing to apply"), "\(apply.output)")
  }

  /// A migration that was interrupted, finished by hand, and written anew.
  @Test func whatIsChangedAndHalfDoneIsDone() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    _ = try await psql(
      project,
      "UPDATE dbtool.migrations SET segments_done = 1, finished_at = NULL, attempted = 1 WHERE version = '20260102000000'"
    )
    try project.write(
      "BEGIN;\nCREATE TABLE b (id int);\nCREATE INDEX b_idx ON b (id);\nCOMMIT;\n",
      to: "migrations/20260102000000_b.sql")
    try await relock(project)
    let repair = try await project.dbtool("repair")
    #expect(repair.status == 0, "\(repair.output)")
    let status = try await project.dbtool("status")
    #expect(status.output.contains("up to date") && !status.output.contains("part "), "\(status.output)")
  }

  @Test func whatWasMovedMayAlsoBeSaid() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    try move(project, "20260103000000_c.sql", "20260104000000_c.sql")
    try await relock(project)
    let repair = try await project.dbtool("repair", "--applied", "20260104000000")
    #expect(repair.status == 0, "\(repair.output)")
    #expect(try await project.dbtool("status").output.contains("up to date"))
  }

  @Test func positionsAndViewsAreKeptOrRefused() async throws {
    let project = try await applied([
      "20260101000000_a": "CREATE SEQUENCE numbers; SELECT setval('numbers', 5000);",
      "20260102000000_b":
        "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY, up int, n text); ALTER TABLE a ADD UNIQUE (id), ADD FOREIGN KEY (up) REFERENCES a (id);",
      "20260103000000_c": #"INSERT INTO a (n) VALUES (E'two\n\\lines'); ALTER TABLE a ALTER id RESTART WITH 10000;"#,
      "20260104000000_d": "CREATE MATERIALIZED VIEW m AS SELECT n FROM a;",
      "20260105000000_e": "CREATE VIEW e AS SELECT 1;",
    ])
    defer { project.remove() }
    let refused = try await project.dbtool("squash", "--before", "20260102000000")
    #expect(refused.status == 1)
    let lost = try await project.dbtool("squash", "--before", "20260105000000")
    for name in ["public.a", "public.a_id_seq", "public.numbers", "public.m"] {
      #expect(lost.output.contains(name), "\(lost.output)")
    }
    let squash = try await project.dbtool("squash", "--before", "20260105000000", "--keep-data")
    #expect(squash.status == 0, "\(squash.output)")
    #expect(try await project.dbtool("reset").status == 0)
    let found = try await psql(
      project, #"SELECT n = E'two\n\\lines', nextval('numbers'), nextval('a_id_seq'), (SELECT count(*) FROM m) FROM a"#)
    #expect(found.hasSuffix("t|5001|10000|1"), "\(found)")
  }

  @Test func rowsAreKeptOrRefused() async throws {
    let project = try await applied([
      "20260101000000_a":
        "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text, at timestamptz DEFAULT now());",
      "20260102000000_rows": #"INSERT INTO a (n) VALUES (E'it''s\\ "q"; --'), ('ünï'), (NULL);"#,
      "20260103000000_gone": "CREATE TABLE g (); DELETE FROM a WHERE n IS NULL;",
      "20260104000000_c": "CREATE VIEW c AS SELECT id FROM a;",
    ])
    defer { project.remove() }
    let refused = try await project.dbtool("squash", "--before", "20260104000000")
    #expect(
      refused.status == 1
        && refused.output.contains("leave rows, or positions of sequences, in public.a, public.a_id_seq"),
      "\(refused.output)")
    let squash = try await project.dbtool("squash", "--before", "20260104000000", "--keep-data")
    #expect(squash.status == 0, "\(squash.output)")
    let reset = try await project.dbtool("reset")
    #expect(reset.status == 0, "\(reset.output)")
    #expect(
      try await psql(
        project, "INSERT INTO a DEFAULT VALUES; SELECT string_agg(id || coalesce(n, '-'), '|' ORDER BY id) FROM a"
      )
      .hasSuffix(#"1it's\ "q"; --|2ünï|4-"#))
  }

  @Test func aSupabaseProjectGoesOverAndBack() async throws {
    let project = try await applied(three)
    defer { project.remove() }
    #expect(try await project.dbtool("repair", "--from-supabase").status == 1)
    let written = try await project.dbtool("repair", "--to-supabase")
    #expect(written.status == 0 && written.output.contains("wrote 3"), "\(written.output)")
    #expect(try await project.dbtool("repair", "--to-supabase").output.contains("wrote 0"))
    let sql =
      "SELECT name, array_length(statements, 1) FROM supabase_migrations.schema_migrations WHERE version = '20260102000000'"
    #expect(try await psql(project, sql).hasSuffix("b|2"))
    // As if dbtool had never been there.
    _ = try await psql(project, "DROP SCHEMA dbtool CASCADE")
    #expect(try await project.dbtool("status").output.contains("3 to apply"))
    let read = try await project.dbtool("repair", "--from-supabase")
    #expect(read.status == 0 && read.output.contains("is what its history leads to"), "\(read.output)")
    #expect(try await project.dbtool("apply").output.contains("nothing to apply"))
    _ = try await psql(
      project, "INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('20260105000000')")
    let missing = try await project.dbtool("repair", "--from-supabase")
    #expect(missing.status == 1 && missing.output.contains("no files of 20260105000000"), "\(missing.output)")
  }
}
