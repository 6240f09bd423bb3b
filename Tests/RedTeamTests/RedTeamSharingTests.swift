import FoundationEssentials
import Migrations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What one run loads into a scratch server reaches no other run.
@Suite(.serialized) struct RedTeamSharingTests {
  /// One that strangers share, and that no other test uses.
  private static let shared = Task {
    try await SourceTrust.$current.withValue(.vouchedFor) {
      try await ScratchServer.acquire(confined: Confinement.isAvailable, idleSeconds: 5)
    }
  }

  private func states() -> States { States(database: Database("sharing") {}) }

  /// What tells servers apart that are not for the same: the folder, without the number of those that were let go before,
  /// as any test may let one go meanwhile.
  private static func settings(of server: ScratchServer) -> [Substring] {
    Array(server.directory.split(separator: "/").last?.split(separator: "-").prefix(2) ?? [])
  }

  private func asOthers<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    try await SourceTrust.$current.withValue(.vouchedFor) { try await body() }
  }

  // MARK: Who shares a server

  @Test func whatOthersWroteSharesNoServerWithTheUsersOwn() async throws {
    let own = Self.settings(of: try await states().scratch())
    let others = Self.settings(of: try await asOthers { try await states().scratch() })
    #expect(own != others)
    // Of the same run, too.
    let both = states()
    let first = Self.settings(of: try await both.scratch())
    let second = Self.settings(of: try await asOthers { try await both.scratch() })
    #expect(first == own && second == others)
  }

  @Test func whatMayGainRightsGetsAServerThatNobodyUsesAfterIt() async throws {
    let texts = ["CREATE EXTENSION hstore;"]
    let run = states()
    let first = try await asOthers { try await run.scratch(loading: texts) }
    // Within a run it is the same.
    #expect(try await asOthers { try await run.scratch(loading: texts) } === first)
    let next = try await asOthers { try await states().scratch(loading: texts) }
    let shared = try await asOthers { try await states().scratch() }
    let settings = Set([first, next, shared].map(Self.settings(of:)))
    #expect(settings.count == 3)
    // The user's own keeps its templates.
    let usual = Self.settings(of: try await states().scratch())
    let loading = Self.settings(of: try await states().scratch(loading: texts))
    #expect(loading == usual)
  }

  /// What others named has a stand-in that nobody finds who names others.
  @Test func aStandInIsFoundByNobodyElse() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let ghost = "ghost_\(UInt32.random(in: 0...UInt32.max))"
    try project.write("CREATE TABLE public.t (a int);\nGRANT SELECT ON public.t TO \(ghost);\n", to: "names.sql")
    try project.write(
      "CREATE VIEW public.v AS SELECT 1 AS a;\nCREATE TABLE public.t AS SELECT 1 / (to_regrole('\(ghost)') IS NULL)::int AS a;\n",
      to: "asks.sql")
    for command in [["lint", "names.sql"], ["dump", "names.sql"]] {
      let named = try await project.dbtool(command)
      #expect(named.status == 0, "\(named.output)")
      let asked = try await project.dbtool("dump", "asks.sql")
      #expect(asked.status == 0, "\(asked.output)")
    }
    let own = Self.settings(of: try await states().scratch())
    let named = Self.settings(of: try await states().scratch(loading: [], naming: [ghost]))
    #expect(named == own)
  }

  @Test func aServerOfOneRunGoesWithIt() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let runtime = "/tmp/dbtool-alone-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileManager.default.removeItem(atPath: runtime) }
    try project.write("CREATE EXTENSION hstore;\nCREATE TABLE public.t (h hstore);\n", to: "some.sql")
    // However long others stay.
    let lint = try await project.dbtool(
      "lint", "some.sql", environment: ["DBTOOL_RUNTIME_DIR": runtime, "DBTOOL_SCRATCH_IDLE_SECONDS": "600"])
    #expect(lint.status == 0, "\(lint.output)")
    func servers() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: runtime)) ?? []).filter { !$0.contains(".") }
    }
    try await Waiting.until("the server of the run goes") { servers().isEmpty }
    try project.write("CREATE TABLE public.t (a int);\n", to: "some.sql")
    let plain = try await project.dbtool(
      "lint", "some.sql", environment: ["DBTOOL_RUNTIME_DIR": runtime, "DBTOOL_SCRATCH_IDLE_SECONDS": "2"])
    #expect(plain.status == 0, "\(plain.output)")
    #expect(servers().count == 1)
  }

  @Test(arguments: [
    "CREATE EXTENSION hstore", "ALTER EXTENSION hstore UPDATE", "DROP EXTENSION hstore",
    "CREATE LANGUAGE mine HANDLER plpgsql_call_handler", "GRANT ALL ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plperl AS 'return 1;'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SUPPORT g AS 'SELECT 1'", "ALTER FUNCTION f() LEAKPROOF",
    "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()", "CREATE FOREIGN DATA WRAPPER w",
    "CREATE TYPE t (INPUT = i, OUTPUT = o)", "CREATE CAST (int AS text) WITHOUT FUNCTION",
    "DO $$ BEGIN PERFORM 1; END $$", DatabaseSetting.statement("SET work_mem TO '5MB'", role: ""),
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'x'; RETURN 1; END $$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS E'BEGIN \\145xecute x(); RETURN 1; END'",
    "CREATE PROCEDURE p() LANGUAGE plpgsql AS U&'BEGIN \\0045XECUTE x(); END'",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'CREATE/**/EXTENSION cube'",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER DATABASE x SET work_mem = 1; END'",
    "CREATE TABLE t (a int); CREATE EXTENSION hstore; CREATE TABLE u (a int)", "CREATE NONSENSE x",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DO $x$ BEGIN PERFORM 1; END $x$; RETURN 1; END $$",
    // A body within a body, and one that the server reads otherwise than it is read here.
    #"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS E'BEGIN \\145xecute x(); RETURN 1; END'; RETURN 1; END $$"#,
    "SET standard_conforming_strings = off",
    #"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN \\145xecute x(); RETURN 1; END'"#,
  ])
  func whatMayGainRightsIsTold(_ text: String) { #expect(Script.mayGainRights(text)) }

  @Test(arguments: [
    "", "-- nothing", "CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t OWNER TO somebody;",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := 1; RETURN NEW; END $$",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT current_database()'",
    "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING'",
    "GRANT EXECUTE ON FUNCTION f() TO somebody", "GRANT SELECT ON ALL TABLES IN SCHEMA app TO somebody",
    "GRANT USAGE ON SCHEMA app TO somebody", "COMMENT ON EXTENSION plpgsql IS 'x'",
    "CREATE SCHEMA app AUTHORIZATION somebody", "SET ROLE somebody", "SET standard_conforming_strings = on",
    "ALTER DEFAULT PRIVILEGES FOR ROLE somebody GRANT SELECT ON TABLES TO PUBLIC",
    "CREATE AGGREGATE a(int) (SFUNC = int4pl, STYPE = int)", "COPY t (a) FROM stdin;\n1\n\\.\n",
  ])
  func whatGainsNoRightsSharesAServer(_ text: String) { #expect(!Script.mayGainRights(text)) }

  /// Wherever it comes from, as from a plan that is proved.
  @Test func aSharedServerIsLetGoBeforeAStatementThatMayGainRightsIsSent() async throws {
    try await asOthers {
      let server = try await ScratchServer.acquire(idleSeconds: 2)
      let base = try await ScratchBase.loadedTemplate(server)
      try await server.withDatabase(from: base) { database in
        try await database.withLoading { session in
          // Whether it succeeds is all the same. That others are let stay, the next test says: this one any test may let go.
          _ = try? await session.query("CREATE EXTENSION nonesuch")
          let next = try await ScratchServer.acquire(idleSeconds: 2)
          #expect(next.directory != server.directory)
        }
      }
    }
  }

  /// Nobody comes after its last user: it does not wait for anybody, which on a busy machine would be dozens of servers.
  @Test func aServerThatWasLetGoEndsWithItsLastUser() async throws {
    let universe = "let go \(UInt64.random(in: 0...UInt64.max))"
    @Sendable func use() async throws -> String {
      let server = try await ScratchServer.acquire(universe: universe, idleSeconds: 600)
      let base = try await ScratchBase.loadedTemplate(server)
      try await server.withDatabase(from: base) {
        try await $0.withLoading { _ = try await $0.query("DO $$ BEGIN PERFORM 1; END $$") }
      }
      return server.directory
    }
    let directory = try await asOthers { try await use() }
    try await Waiting.until("the server ends") { !FileManager.default.fileExists(atPath: directory) }
  }

  /// Also where it is for one text: a plan's statements are another.
  @Test func aServerOfOneTextIsLetGoBeforeAStatementThatMayGainRightsIsSent() async throws {
    let universe = "one text \(UInt64.random(in: 0...UInt64.max))"
    try await asOthers {
      let server = try await ScratchServer.acquire(universe: universe, idleSeconds: 2)
      let base = try await ScratchBase.loadedTemplate(server)
      try await server.withDatabase(from: base) { database in
        try await database.withLoading { session in
          _ = try await session.query("CREATE ROLE sharing_somebody")
          #expect(try await ScratchServer.acquire(universe: universe).directory == server.directory)
          _ = try? await session.query("DO $$ BEGIN PERFORM 1; END $$")
          #expect(try await ScratchServer.acquire(universe: universe).directory != server.directory)
        }
      }
    }
  }

  // MARK: Templates

  /// What a load says of its own database is nobody's to read.
  @Test func notesOfWhatWasLeftOutAreNotForged() async throws {
    let key = Digest(of: "forged \(UInt64.random(in: 0...UInt64.max))")
    for _ in 0..<2 {
      let server = try await ScratchServer.acquire()
      let template = try await server.notedTemplate(for: key) { session in
        _ = try await session.query(
          "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''0:1:forged''', current_database()); END $$")
        return []
      }
      #expect(template.leftOut.isEmpty)
    }
  }

  @Test func aDatabaseThatSaysItIsATemplateIsDropped() async throws {
    let server = try await Databases.server.value
    let base = try await ScratchBase.loadedTemplate(server)
    let name = try await server.withDatabase(from: base) { database in
      try await database.withLoading {
        _ = try await $0.query(
          "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); END $$")
      }
      return database.name
    }
    let left = try await Connection.with(server.target(database: "postgres")) {
      try await $0.query("SELECT FROM pg_database WHERE datname = $1", [name])
    }
    #expect(left.isEmpty)
  }

  // MARK: Settings

  private static func settings(_ server: ScratchServer, of name: String) async throws -> String {
    try await Connection.with(server.target(database: "postgres")) {
      try await $0.query(
        """
        SELECT coalesce(string_agg(s.setconfig::text, ' '), '') FROM pg_db_role_setting s
          JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = $1
        """, [name])[0].string(0)
    }
  }

  /// The other run strikes while the template is made.
  @Test func aRunLeavesNoSettingInAnothersTemplate() async throws {
    let server = try await Self.shared.value
    let empty = try await ScratchBase.loadedTemplate(server)
    // As stand-ins are made.
    let base = try await server.template(for: Digest(of: "settings of a superuser"), from: empty) { connection in
      let name = try await connection.query("SELECT current_database()")[0].string(0)
      _ = try await connection.execute("ALTER DATABASE \(Quote.identifier(name)) SET work_mem TO '5MB'")
    }
    #expect(try await Self.settings(server, of: base.name) == "{work_mem=5MB}")
    try await server.withDatabase(from: base) { attacker in
      try await attacker.withLoading { attack in
        @Sendable func set(_ parameter: String, on name: String) async throws {
          try await attack.connection.execute("ALTER DATABASE \(Quote.identifier(name)) SET \(parameter)")
        }
        let key = Digest(of: "settings \(UInt64.random(in: 0...UInt64.max))")
        let template = try await server.loadedTemplate(for: key, from: base) { session in
          let name = try await session.query("SELECT current_database()")[0].string(0)
          try await set("TimeZone = 'Pacific/Auckland'", on: name)
          try await set("search_path = 'elsewhere'", on: name)
          try await set("work_mem = '9MB'", on: name)
        }
        #expect(try await Self.settings(server, of: template.name) == "{work_mem=5MB}")
        await #expect(throws: PostgresError.self) { try await set("TimeZone = 'Pacific/Auckland'", on: template.name) }
        try await server.withDatabase(from: template) { copy in
          let settings = try await Self.settings(server, of: copy.name)
          #expect(settings == "{work_mem=5MB}")
        }
      }
    }
  }

  /// Nor does anybody load under a setting that another run gave the database.
  @Test func whatAnotherRunHasSetIsFoundBeforeAnythingIsLoaded() async throws {
    try await asOthers {
      let server = try await ScratchServer.acquire(idleSeconds: 5)
      let base = try await ScratchBase.loadedTemplate(server)
      try await server.withDatabase(from: base) { attacker in
        try await server.withDatabase(from: base) { victim in
          try await attacker.withLoading {
            try await $0.connection.execute(
              "ALTER DATABASE \(Quote.identifier(victim.name)) SET search_path = 'pg_temp'")
          }
          let error = await #expect(throws: ServerError.self) {
            try await victim.withLoading { try await $0.execute("CREATE TABLE t (a int)") }
          }
          #expect("\(error.map { "\($0)" } ?? "")".contains("Run the command again"))
          // On another server.
          let next = try await ScratchServer.acquire(idleSeconds: 5)
          #expect(next.directory != server.directory)
          try await next.withDatabase(from: try await ScratchBase.loadedTemplate(next)) { database in
            try await database.withLoading { try await $0.execute("CREATE TABLE t (a int)") }
          }
        }
      }
    }
  }

  /// Nor does it strike while a superuser makes one.
  @Test func aRunSetsNothingInWhatASuperuserMakes() async throws {
    let server = try await Self.shared.value
    let base = try await ScratchBase.loadedTemplate(server)
    try await server.withDatabase(from: base) { attacker in
      try await attacker.withLoading { attack in
        let key = Digest(of: "a superuser's \(UInt64.random(in: 0...UInt64.max))")
        _ = try await server.template(for: key, from: base) { connection in
          let name = try await connection.query("SELECT current_database()")[0].string(0)
          await #expect(throws: PostgresError.self) {
            try await attack.connection.execute(
              "ALTER DATABASE \(Quote.identifier(name)) SET search_path = 'elsewhere'")
          }
        }
      }
    }
  }

  /// What is loaded has the rights of its database's owner, in copies as well, whoever is connected: foreign keys are looked at as
  /// the owner of their table, and a schema may be closed to everybody else.
  @Test func whatIsLoadedHasTheRightsOfTheDatabasesOwner() async throws {
    for server in [try await Databases.server.value, try await Self.shared.value] {
      let template = try await server.loadedTemplate(
        for: Digest(of: "owner's rights"), from: try await ScratchBase.loadedTemplate(server)
      ) {
        try await $0.execute(
          """
          REVOKE ALL ON SCHEMA public FROM PUBLIC;
          CREATE TABLE public.a (id int PRIMARY KEY);
          CREATE TABLE public.b (a int REFERENCES public.a);
          CREATE FUNCTION public.make() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'CREATE TABLE public.made (a int)';
          """)
      }
      try await server.withDatabase(from: template) { copy in
        try await Connection.with(copy.target) {
          _ = try await $0.execute(
            "INSERT INTO public.a VALUES (1); INSERT INTO public.b VALUES (1); SELECT public.make()")
        }
      }
    }
  }

  /// What the other run has set, and commits only when the template is there.
  @Test func aSettingThatIsCommittedLaterIsWaitedFor() async throws {
    let server = try await Self.shared.value
    let base = try await ScratchBase.loadedTemplate(server)
    try await server.withDatabase(from: base) { attacker in
      try await attacker.withLoading { attack in
        let key = Digest(of: "late setting \(UInt64.random(in: 0...UInt64.max))")
        let making = Task {
          try await server.loadedTemplate(for: key, from: base) { session in
            let name = try await session.query("SELECT current_database()")[0].string(0)
            try await attack.connection.execute(
              "BEGIN; ALTER DATABASE \(Quote.identifier(name)) SET search_path = 'elsewhere'")
          }
        }
        try await Waiting.until("the template waits for the other's transaction, or is there") {
          try await Connection.with(server.target(database: "postgres")) {
            try await !$0.query(
              """
              SELECT FROM pg_locks WHERE NOT granted AND relation = 'pg_db_role_setting'::regclass
              UNION ALL SELECT FROM pg_database WHERE datname = $1
              """, ["template_" + key.short]
            ).isEmpty
          }
        }
        try await attack.connection.execute("COMMIT")
        #expect(try await Self.settings(server, of: try await making.value.name) == "")
      }
    }
  }

  /// Where a text has a server of its own, it keeps what it sets, in whatever way.
  @Test func aTextKeepsItsOwnSettings() async throws {
    let server = try await ScratchServer.acquire(universe: "own settings", idleSeconds: 1)
    let template = try await server.loadedTemplate(for: Digest(of: "settings \(UInt64.random(in: 0...UInt64.max))")) {
      _ = try await $0.query(
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || ' SET work_mem = ''7MB'''; END $$")
    }
    #expect(try await Self.settings(server, of: template.name) == "{work_mem=7MB}")
  }
}
