import Postgres
import TestSupport
import Testing

// Within the serialised suite: each of these waits for a process, and two at once would leave no thread to the rest.
/// Commands that take states of databases nobody declared.
@Suite(.serialized) struct StateTests {
  private func url(_ database: ScratchDatabase) async throws -> String {
    "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(ScratchServer.superuser)"
  }

  @Test func whatADumpBuildsHasTheFingerprintOfWhatWasDumped() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { a in
      try await Databases.withinGate { b in
        let script = """
          CREATE TABLE t (id int PRIMARY KEY, n text DEFAULT 'n'); CREATE VIEW v AS SELECT id, n FROM t;
          ALTER VIEW v ALTER COLUMN n SET DEFAULT 'of the view';
          DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET search_path = "$user", public, "Odd, one"', current_database());
            EXECUTE format('ALTER DATABASE %I SET app.jwt_secret = ''s3cr3t''', current_database());
          END $$;
          """
        #expect(try await Databases.psql(script, on: a).status == 0)
        let dump = try await project.dbtool("dump", "--strict", try await url(a))
        #expect(dump.status == 0 && !dump.output.contains("s3cr3t"), "\(dump.output)")
        let loaded = try await Databases.psql(dump.output, on: b)
        #expect(loaded.status == 0, "\(loaded.output)")
        let first = try await project.dbtool("fingerprint", try await url(a))
        let second = try await project.dbtool("fingerprint", try await url(b))
        #expect(first.status == 0 && first.output.hasPrefix("sha256:"), "\(first.output)")
        #expect(first.output == second.output)
        #expect(try await Databases.psql("ALTER TABLE t ADD COLUMN more int", on: b).status == 0)
        #expect(try await project.dbtool("fingerprint", try await url(b)).output != first.output)
      }
    }
  }

  @Test func whatIsNotModelledIsNamedAndStrictRefusesIt() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try await Databases.with { database in
      let name = "far_\(database.name)"
      let made = try await Databases.psql(
        "CREATE SUBSCRIPTION \(name) CONNECTION 'host=nowhere password=s3cr3t' PUBLICATION p WITH (connect = false)",
        on: database)
      #expect(made.status == 0, "\(made.output)")
      // What a subscription connects with is a superuser's to read.
      let state = try await url(database) + "&options=-c%20role%3Dpg_monitor"
      let dump = try await project.dbtool("dump", state)
      #expect(dump.status == 0 && dump.output.contains("subscription \(name)"), "\(dump.output)")
      #expect(!dump.output.contains("s3cr3t"))
      #expect(try await project.dbtool("dump", "--strict", state).status == 3)
      let known = try await project.dbtool("dump", "--strict", try await url(database))
      #expect(
        known.status == 0 && known.output.contains("CREATE SUBSCRIPTION") && !known.output.contains("s3cr3t"),
        "\(known.output)")
    }
  }

  @Test func aTableThatLooksLikeOneThatIsGoneIsAskedAbout() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.write("CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL, age int);", to: "old.sql")
    try project.write("CREATE TABLE persons (id int PRIMARY KEY, mail text NOT NULL, age int);", to: "new.sql")
    func diff(_ mode: String) async throws -> ChildProcess.Outcome {
      try await project.dbtool("diff", "--from", "old.sql", "--to", "new.sql", "--format", "sql", "--renames", mode)
    }
    #expect(try await diff("auto").output.contains("ALTER TABLE public.people RENAME TO persons"))
    let asked = try await diff("ask").output
    #expect(asked.contains("table public.persons looks like table public.people: 3 of 3 columns are the same"))
    #expect(asked.contains("DROP TABLE"))
    let off = try await diff("off").output
    #expect(!off.contains("looks like") && off.contains("DROP TABLE"))
  }
}
