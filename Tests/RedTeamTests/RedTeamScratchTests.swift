import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Attacks on the scratch server, each against one wall alone.
@Suite struct RedTeamScratchTests {
  /// One that the operating system does not confine.
  private static let open = Task { try await ScratchServer.acquire(universe: "red team", confined: false) }
  /// A library that makes the canary when anybody loads it; nil without a compiler.
  private static func library(_ bait: Bait) async throws -> String? {
    let source = bait.folder.path + "/evil.c"
    try """
    #include <fcntl.h>
    #include <unistd.h>
    __attribute__((constructor)) static void run(void) { close(open("\(bait.canary)", O_CREAT | O_WRONLY, 0666)); }
    """.write(toFile: source, atomically: false, encoding: .utf8)
    let path = bait.folder.path + "/evil.so"
    for compiler in ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"]
    where FileManager.default.isExecutableFile(atPath: compiler) {
      let outcome = try await ChildProcess.run(compiler, ["-shared", "-fPIC", "-o", path, source])
      if outcome.status == 0 { return path }
    }
    return nil
  }

  private func attempt(
    _ attack: ScratchAttack, against wall: String, _ database: ScratchDatabase, directory: String
  ) async throws {
    let found = try await carryOut(attack, database, directory: directory)
    RedTeam.judge("\(attack.name), against \(wall)", gotThrough: found.isEmpty ? nil : found.joined(separator: "; "))
  }

  /// - Returns: what the attacker has got.
  private func carryOut(
    _ attack: ScratchAttack, _ database: ScratchDatabase, directory: String
  ) async throws -> [String] {
    let bait = try Bait()
    defer { bait.remove() }
    if let needed = attack.needs {
      let available = try await Connection.with(database.target) {
        try await $0.query("SELECT FROM pg_available_extensions WHERE name = $1", [needed])
      }
      if available.isEmpty { return [] }
    }
    let library = try await Self.library(bait) ?? "/nonexistent.so"
    try await database.withLoading { session in
      try await session.execute("CREATE TABLE public.loot (t text)")
      for statement in attack.statements {
        var sql = statement
        for (word, value) in [
          ("{canary}", bait.canary), ("{secret}", bait.secretFile), ("{folder}", bait.folder.path),
          ("{socket}", directory), ("{library}", library),
        ] { sql = sql.replacing(word, with: value) }
        // Most are refused; the attacker goes on.
        for statement in (try? Script.split(sql)) ?? [ScriptStatement(sql: sql, line: 1)] {
          _ = try? await session.query(statement.sql)
        }
      }
    }
    // Whoever comes next reads what is there.
    for target in [database.reading, try await database.loading()] {
      _ = try? await Connection.with(target) { _ = try await $0.query("SELECT count(*) FROM pg_catalog.pg_class") }
    }
    let loot = try await Connection.with(database.reading) { connection in
      try await connection.query("SELECT t FROM public.loot").map { try $0.string(0) }
    }
    var found: [String] = []
    if bait.isTaken { found.append("it wrote outside of the server") }
    if loot.contains(where: { $0.contains(bait.secret) }) { found.append("it read a file outside of the server") }
    if loot.contains("connected") { found.append("it connected to a server as a superuser") }
    return found
  }

  /// Without the operating system's help.
  @Test(arguments: ScratchAttack.all)
  func rightsAloneHold(attack: ScratchAttack) async throws {
    let server = try await Self.open.value
    let base = try await server.loadedTemplate(for: Digest(of: "red team")) { try await $0.execute("SELECT") }
    try await Databases.gate.pass {
      try await server.withDatabase(from: base) {
        try await attempt(attack, against: "the loading role", $0, directory: server.directory)
      }
    }
  }

  /// As a superuser of the server. What a superuser connects to within the server is the server's own.
  @Test(
    .enabled(if: Confinement.isAvailable, "this system confines nothing"), arguments: ScratchAttack.all)
  func theOperatingSystemAloneHolds(attack: ScratchAttack) async throws {
    try await Databases.gate.pass {
      // A superuser may make the server of no use to those who come after.
      let server = try await ScratchServer.acquire(
        universe: "red team \(attack.name)", confined: true, idleSeconds: 1)
      try await server.withDatabase {
        try await attempt(attack, against: "the operating system", $0, directory: server.directory)
      }
    }
  }

  /// Without either wall a function that is called gets out: otherwise these tests would prove nothing.
  @Test(arguments: ScratchAttack.calls)
  func withoutWallsAFunctionGetsOut(attack: ScratchAttack) async throws {
    let server = try await Self.open.value
    try await Databases.gate.pass {
      try await server.withDatabase { database in
        let found = try await carryOut(attack, database, directory: server.directory)
        #expect(!found.isEmpty, "\(attack.name) calls nothing")
      }
    }
  }

  /// It has the server take one type for another, so it is a matter of the first wall.
  @Test func rightsAloneTakeNoSupportFunction() async throws {
    let server = try await Self.open.value
    let base = try await server.loadedTemplate(for: Digest(of: "red team")) { try await $0.execute("SELECT") }
    try await server.withDatabase(from: base) { database in
      try await database.withLoading { session in
        try await session.execute("CREATE FUNCTION public.g(bigint, int) RETURNS text LANGUAGE sql AS 'SELECT NULL'")
        for statement in [
          "CREATE FUNCTION public.f(bigint, int) RETURNS text LANGUAGE plpgsql SUPPORT pg_catalog.varchar_support AS ''",
          "ALTER FUNCTION public.g(bigint, int) SUPPORT pg_catalog.varchar_support",
          "ALTER FUNCTION public.g(bigint, int) LEAKPROOF SUPPORT pg_catalog.varchar_support",
        ] {
          await #expect(throws: PostgresError.self, "\(statement)") { try await session.query(statement) }
        }
      }
    }
  }

  /// What projects and dumps say of what only superusers may do.
  @Test func honestStatementsAreLoaded() async throws {
    let server = try await Self.open.value
    let base = try await server.loadedTemplate(for: Digest(of: "red team")) { try await $0.execute("SELECT") }
    try await server.withDatabase(from: base) { database in
      let available = try await Connection.with(database.target) {
        try await $0.query("SELECT name FROM pg_available_extensions").map { try $0.string(0) }
      }
      func having(_ extensions: String..., run statements: String) -> String {
        extensions.allSatisfy(available.contains) ? statements : ""
      }
      try await database.withLoading { session in
        try await session.execute(
          """
          CREATE DOMAIN public.email AS text CHECK (VALUE LIKE '%@%');
          CREATE TYPE public.cube AS ENUM ('a', 'b');
          CREATE TABLE public.point (id int PRIMARY KEY, x float8, c public.cube);
          CREATE TABLE public.people (id int PRIMARY KEY, email public.email);
          CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
          CREATE TRIGGER touch BEFORE UPDATE ON public.people FOR EACH ROW EXECUTE FUNCTION public.touch();
          CREATE VIEW public.everybody AS SELECT * FROM public.people;
          CREATE FUNCTION public.sure(int) RETURNS bool LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT $1 > 0';
          BEGIN;
          CREATE OR REPLACE FUNCTION public.sure(int) RETURNS bool LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT $1 > 1';
          COMMIT;
          CREATE SCHEMA elsewhere;
          \(having("hstore", run: """
            CREATE EXTENSION hstore; CREATE FUNCTION public.similarity(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
            ALTER EXTENSION hstore SET SCHEMA elsewhere; COMMENT ON EXTENSION hstore IS 'pairs'; ALTER EXTENSION hstore UPDATE;
            """))
          \(having("pg_trgm", run: "CREATE EXTENSION pg_trgm;"))
          \(having("cube", "earthdistance", run: """
            DROP TYPE public.cube CASCADE; CREATE EXTENSION earthdistance CASCADE;
            """))
          \(having("pg_stat_statements", run: "CREATE EXTENSION pg_stat_statements;"))
          \(having("plpython3u", run: """
            CREATE EXTENSION plpython3u;
            CREATE FUNCTION public.p() RETURNS int LANGUAGE plpython3u AS 'return 1';
            CREATE OR REPLACE FUNCTION public.p() RETURNS int LANGUAGE plpython3u AS 'return 2';
            """))
          \(having("plperl", run: """
            CREATE LANGUAGE plperl;
            CREATE FUNCTION public.l() RETURNS int LANGUAGE plperl AS 'return 1;'; SELECT public.l();
            """))
          GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
          REVOKE ALL ON FUNCTION public.sure(int) FROM PUBLIC;
          CREATE FUNCTION public.nothing() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
          CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION public.nothing();
          ALTER EVENT TRIGGER seen DISABLE;
          """)
      }
    }
  }

  @Test func withoutWallsProgramsRun() async throws {
    let server = try await Self.open.value
    try await server.withDatabase { database in
      let bait = try Bait()
      defer { bait.remove() }
      try await Connection.with(database.target) { connection in
        try await connection.execute("COPY (SELECT 1) TO PROGRAM 'cat > \(bait.canary)'")
        let read = try await connection.query("SELECT pg_read_file('\(bait.secretFile)')")[0].string(0)
        #expect(read == bait.secret)
      }
      #expect(bait.isTaken)
    }
  }
}
