import FoundationEssentials
import Migrations
import Operations
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What seed files may be, and what is left when they are loaded.
@Suite struct SeedRunnerTests: SeedSuite {
  // MARK: Sessions

  /// What a statement can make of its session, and what a later file would see of it.
  private static let leaks: [(makes: String, sees: String)] = [
    ("SET search_path = elsewhere", "current_setting('search_path')"),
    ("SET my.word = 'left'", "coalesce(current_setting('my.word', true), '')"),
    ("SELECT set_config('my.other', 'left', false)", "coalesce(current_setting('my.other', true), '')"),
    ("SET app.environment = 'left'", "current_setting('app.environment')"),
    ("SET DateStyle = 'German'", "current_setting('DateStyle')"),
    ("SET client_encoding = 'LATIN1'", "current_setting('client_encoding')"),
    ("SET session_replication_role = replica", "current_setting('session_replication_role')"),
    ("CREATE TEMPORARY TABLE seen (what text)", "coalesce(to_regclass('pg_temp.seen')::text, '')"),
    ("SET default_transaction_read_only = on", "current_setting('default_transaction_read_only')"),
    ("LISTEN news", "(SELECT count(*) FROM pg_listening_channels())::text"),
    (
      "SELECT pg_advisory_lock(4711)",
      "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())::text"
    ),
    ("PREPARE left_over AS SELECT 1", "(SELECT count(*) FROM pg_prepared_statements)::text"),
    ("DECLARE left_over CURSOR WITH HOLD FOR SELECT 1", "(SELECT count(*) FROM pg_cursors WHERE is_holdable)::text"),
    ("SELECT nextval('public.numbers')", "public.last_number()"),
    ("SELECT setseed(0.5)", "(random() = (SELECT value FROM public.seeded))::text"),
    ("SET ROLE pg_monitor", "current_user"),
  ]

  @Test func eachFileBeginsInTheSameSession() async throws {
    let schema = """
      SELECT setseed(0.5); CREATE TABLE seeded AS SELECT random() AS value; GRANT ALL ON seeded TO PUBLIC;
      CREATE TABLE seen (file text, number int, what text); GRANT ALL ON seen TO PUBLIC; CREATE SEQUENCE numbers;
      CREATE FUNCTION last_number() RETURNS text LANGUAGE plpgsql AS
        'BEGIN RETURN lastval(); EXCEPTION WHEN object_not_in_prerequisite_state THEN RETURN ''none''; END';
      """
    let sees = Self.leaks.enumerated().map {
      "INSERT INTO public.seen VALUES (current_setting('my.file'), \($0), \($1.sees));\n"
    }.joined()
    @Sendable func file(_ name: String, _ rest: String) -> String {
      "SET LOCAL my.file = \(Quote.literal(name));\n\(rest)"
    }
    try await with(schema, ["1.sql": file("first", sees)]) { own, seeds in
      let connection = try await Connection.open(own.target.pinned)
      // Each by itself: some keep others from working.
      for (index, leak) in Self.leaks.enumerated() {
        try seeds.write(leak.makes + ";\n", to: "2\(index)_leak.sql")
        try seeds.write(file("after \(leak.makes)", sees), to: "2\(index)_look.sql")
      }
      try await seeds.load(connection)
      let first = try await connection.query(
        "SELECT number, what FROM public.seen WHERE file = 'first' ORDER BY number")
      #expect(first.count == Self.leaks.count)
      let others = try await connection.query(
        """
        SELECT s.file, s.number, s.what, f.what FROM public.seen s JOIN public.seen f USING (number)
         WHERE f.file = 'first' AND s.file <> 'first' AND s.what IS DISTINCT FROM f.what
        """)
      #expect(try others.map { "\(try $0.string(0)): \(try $0.string(2)), at first \(try $0.string(3))" } == [])
      let count = try await one(connection, "SELECT count(DISTINCT file) FROM public.seen")
      #expect(count == "\(Self.leaks.count + 1)")
      await connection.close()
    }
  }

  /// They were to see what the file has set.
  @Test func whatIsPutOffUntilTheEndSeesTheFilesSession() async throws {
    let schema = """
      CREATE TABLE t (id int); CREATE TABLE log (what text);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO public.log VALUES (current_setting(''my.word'')); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
      """
    try await with(schema, ["1.sql": "SET my.word = 'mine';\nINSERT INTO public.t VALUES (1);\n"]) {
      connection, seeds in
      try await seeds.load(connection)
      #expect(try await one(connection, "SELECT what FROM public.log") == "mine")
    }
  }

  @Test func whereThereAreNoSeedsNoneAreKnown() async throws {
    let seeds = try Seeds()
    defer { seeds.remove() }
    try FileManager.default.removeItem(atPath: seeds.root + "/seeds/development")
    let error = #expect(throws: SeedError.self) { try SeedRunner.verify("test", in: seeds.root) }
    #expect(error.map { "\($0)".contains("There are none for any other either.") } == true)
  }

  // MARK: CSV

  @Test(arguments: [
    "id, note\n1,x\n", "\u{FEFF}id,note\n1,x\n", "id,note\r\n1,x\r\n", "\u{FEFF}\"id\", \"note\" \r\n1,x\r\n",
    "id,note\r1,x\r",
    "note,id\nx,1", "id\t,note\n1,x\n",
  ])
  func aHeaderIsReadAsItIsMeant(text: String) async throws {
    try await with("CREATE TABLE t (id int PRIMARY KEY, note text)", ["010_public.t.csv": text]) { connection, seeds in
      let outcome = try await seeds.load(connection)
      #expect(outcome.loaded.map(\.rows) == [1])
      #expect(try await one(connection, "SELECT id || note FROM t") == "1x")
    }
  }

  @Test func namesMayHoldWhatSeparatesThem() async throws {
    let schema = #"CREATE TABLE t ("id" int PRIMARY KEY, "a, b" text, "say ""hi""" text, "two\#nlines" text)"#
    let csv = "id,\"a, b\",\"say \"\"hi\"\"\",\"two\nlines\"\n1,a,b,\"c, \"\"d\"\"\ne\"\n"
    for text in [csv, csv.replacing("\n", with: "\r\n")] {
      try await with(schema, ["010_public.t.csv": text]) { connection, seeds in
        try await seeds.load(connection)
        #expect(
          try await one(connection, "SELECT array_to_string(ARRAY[t.*::text], '') FROM t")
            == "(1,a,b,\"c, \"\"d\"\"\ne\")")
        // And is kept by a second load.
        try seeds.write(text + "2,a,b,c\n", to: "010_public.t.csv")
        #expect(try await seeds.load(connection).loaded.map(\.rows) == [2])
      }
    }
  }

  @Test(arguments: [
    ("", "first line has to name the columns"), ("\n1,x\n", "first line has to name the columns"),
    ("id,,note\n", "column 2 has no name"),
    ("id,id\n", "id is named twice"), ("id,nothing\n1,x\n", "has no column nothing"),
    ("id,note\n1,x\n2,y\nthree,z\n", "t.csv, line 4: invalid input syntax"), ("\"id\",\"no\nte\"\n", "has no column"),
    // For an older server the file would end there.
    ("id,note\n1,\"\n\\.\n\"\n\\.\n2,b\n", "t.csv, line 5: for PostgreSQL before"),
    ("id,note\r\n1,x\r\n\\.", "line 3: for PostgreSQL before"),
    ("id,note\n\\.\r\n2,x\n", "line 2: for PostgreSQL before"),
    ("id,note\n1,\"a\nb\"\nx,c\n", "line 4: invalid input"), ("id,note\n1\n", "line 2: missing data"),
  ])
  func whatIsWrongIsToldWithItsLine(text: String, reason: String) async throws {
    try await with("CREATE TABLE t (id int PRIMARY KEY, note text)", ["010_public.t.csv": text]) { connection, seeds in
      let error = await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      let text = error?.description ?? ""
      #expect(text.contains(reason), "\(text)")
      let left = try await one(connection, "SELECT count(*) FROM dbtool.seeds")
      #expect(left == "0")
    }
  }

  // MARK: Line ends

  @Test func lineEndsAreNoContent() async throws {
    let (sql, csv) = ("INSERT INTO t VALUES (1, 'two\nlines');\n", "id,note\n2,\"two\nlines\"\n")
    try await with("CREATE TABLE t (id int PRIMARY KEY, note text)", ["010.sql": sql, "020_public.t.csv": csv]) {
      connection, seeds in
      try await seeds.load(connection)
      // What dbtool has always written of such files.
      let rows = try await connection.query("SELECT string_agg(checksum, ' ' ORDER BY path) FROM dbtool.seeds")
      #expect(try rows[0].string(0) == "\(Digest(of: sql)) \(Digest(of: csv))")
      try seeds.write(sql.replacing("\n", with: "\r\n"), to: "010.sql")
      try seeds.write(csv.replacing("\n", with: "\r\n"), to: "020_public.t.csv")
      #expect(try await seeds.load(connection).unchanged.count == 2)
      // What an older dbtool has written of these.
      try await connection.query(
        "UPDATE dbtool.seeds SET checksum = $1 WHERE path LIKE '%sql'",
        ["\(Digest(of: sql.replacing("\n", with: "\r\n")))"])
      #expect(try await seeds.load(connection).unchanged.count == 2)
      try await connection.execute("TRUNCATE dbtool.seeds, t")
      #expect(try await seeds.load(connection).loaded.count == 2)
      #expect(try await one(connection, "SELECT count(*) FROM t WHERE note = E'two\\nlines'") == "2")
    }
  }

  /// Pieces end anywhere: between the two characters of a line end too.
  @Test func aFileOfManyPiecesIsTheSameFile() async throws {
    let lines = (0..<40_000).map { "\($0),\(String(repeating: "x", count: $0 % 7))\r\n" }.joined()
    try await with(
      "CREATE TABLE t (id int PRIMARY KEY, note text)", ["010_public.t.csv": "\u{FEFF}id,note\r\n" + lines]
    ) {
      connection, seeds in
      let outcome = try await seeds.load(connection)
      #expect(outcome.loaded.map(\.rows) == [40_000])
      #expect(
        try await one(connection, "SELECT checksum FROM dbtool.seeds")
          == "\(Digest(of: "id,note\n" + lines.replacing("\r\n", with: "\n")))")
      #expect(try await one(connection, "SELECT count(*) FROM t WHERE coalesce(length(note), 0) = id % 7") == "40000")
    }
  }

  @Test func whatKnowsOfTheScaleIsAnotherFileAtAnother() async throws {
    // The word lies across the end of a piece.
    let long = String(repeating: " ", count: (1 << 16) - 20) + "SELECT current_setting('app.scale');\n"
    try await with("", ["010.sql": long, "020.sql": "SELECT 1;\n"]) { connection, seeds in
      try await seeds.load(connection)
      #expect(try await seeds.load(connection, scale: 2).loaded.map(\.path) == ["development/010.sql"])
      #expect(
        try await one(connection, "SELECT checksum FROM dbtool.seeds ORDER BY path")
          == "\(Digest(of: long + "2.0"))")
    }
  }

  // MARK: What is no seed

  @Test func whatLiesElsewhereIsNotRead() async throws {
    try await with("CREATE TABLE t (id int)", [:]) { connection, seeds in
      let manager = FileManager.default
      try "root:x:secret words".write(toFile: seeds.outside + "/secret", atomically: false, encoding: .utf8)
      let folder = seeds.root + "/seeds/development"
      for name in ["010.sql", "010_public.t.csv"] {
        try manager.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: seeds.outside + "/secret")
        let error = await #expect(throws: SeedError.self) { try await seeds.load(connection) }
        let text = error?.description ?? ""
        #expect(text.contains("leads out of the project's folder") && !text.contains("secret words"), "\(text)")
        #expect(!text.contains("root:x"))
        try manager.removeItem(atPath: "\(folder)/\(name)")
      }
      // A folder, or all of them.
      try manager.createDirectory(atPath: seeds.outside + "/other/demo", withIntermediateDirectories: true)
      try "SELECT 1;".write(toFile: seeds.outside + "/other/demo/010.sql", atomically: false, encoding: .utf8)
      try manager.createSymbolicLink(
        atPath: seeds.root + "/seeds/demo", withDestinationPath: seeds.outside + "/other/demo")
      await #expect(throws: SeedError.self) { try await seeds.load(connection, "demo") }
      try manager.removeItem(atPath: seeds.root + "/seeds")
      try manager.createSymbolicLink(atPath: seeds.root + "/seeds", withDestinationPath: seeds.outside + "/other")
      await #expect(throws: SeedError.self) { try await seeds.load(connection, "demo") }
      // One that stays in the project is a name for it.
      try manager.removeItem(atPath: seeds.root + "/seeds")
      try manager.createDirectory(atPath: seeds.root + "/seeds/development", withIntermediateDirectories: true)
      try "SELECT 1;".write(toFile: seeds.root + "/shared.sql", atomically: false, encoding: .utf8)
      try manager.createSymbolicLink(atPath: folder + "/010.sql", withDestinationPath: seeds.root + "/shared.sql")
      #expect(try await seeds.load(connection).loaded.count == 1)
    }
  }

  @Test func whatIsNoFileIsRefused() async throws {
    try await with("", [:]) { connection, seeds in
      let folder = seeds.root + "/seeds/development"
      try FileManager.default.createDirectory(atPath: folder + "/010.sql", withIntermediateDirectories: true)
      await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      try FileManager.default.removeItem(atPath: folder + "/010.sql")
      // Nobody writes into it: whoever opened it would wait.
      #expect(mkfifo(folder + "/010.sql", 0o600) == 0)
      let pipe = await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      #expect(pipe?.description.contains("is a pipe") == true)
      try FileManager.default.removeItem(atPath: folder + "/010.sql")
      try FileManager.default.createSymbolicLink(atPath: folder + "/010.sql", withDestinationPath: "/dev/null")
      await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      try FileManager.default.removeItem(atPath: folder + "/010.sql")
      // PostgreSQL would read it up to the NUL.
      try seeds.write("SELECT 1;\u{0} DROP TABLE t;", to: "010.sql")
      let binary = await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      #expect(binary?.description.contains("is not text") == true)
      for name in ["../outside", "", "/etc", "..", "a/b", "a\nb"] {
        await #expect(throws: SeedError.self) { try await seeds.load(connection, name) }
      }
    }
  }

  /// What loads nothing because of its name is no seed that was meant.
  @Test(arguments: ["010_public.t.CSV", "010.SQL", "010.Sql"])
  func anEndingInCapitalsIsRefused(name: String) async throws {
    try await with("CREATE TABLE t (id int PRIMARY KEY)", [name: "id\n1\n"]) { connection, seeds in
      let error = await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      #expect(error?.description.contains("in small letters") == true)
    }
  }

  /// Only digits before the first `_` are an order.
  @Test func aNameThatBeginsWithAnUnderscoreIsTheTables() async throws {
    let schema =
      "CREATE SCHEMA _app; CREATE SCHEMA app; CREATE TABLE _app.u (id int PRIMARY KEY); CREATE TABLE app.u (id int)"
    try await with(schema, ["_app.u.csv": "id\n1\n"]) { connection, seeds in
      try await seeds.load(connection)
      #expect(try await one(connection, "SELECT count(*) FROM _app.u") == "1")
      #expect(try await one(connection, "SELECT count(*) FROM app.u") == "0")
    }
  }

  /// Without its key nothing tells which rows of a changed file are there already.
  @Test(arguments: [
    "CREATE TABLE t (n text)", "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text)",
  ])
  func aChangedFileWithoutAKeyDoublesNothing(schema: String) async throws {
    try await with(schema, ["public.t.csv": "n\na\n"]) { connection, seeds in
      try await seeds.load(connection)
      try seeds.write("n\na\nb\n", to: "public.t.csv")
      let error = await #expect(throws: SeedError.self) { try await seeds.load(connection) }
      #expect(error?.description.contains("which rows are the same cannot be told") == true)
      #expect(try await one(connection, "SELECT count(*) FROM t") == "1")
    }
  }

  @Test func whatIsCommonIsLoadedOnceWhicheverEnvironmentItIsLoadedFor() async throws {
    try await with("CREATE TABLE t (n int)", ["000.sql": "SELECT 1;\n"]) { connection, seeds in
      let folder = seeds.root + "/seeds/"
      for name in ["common", "demo"] {
        try FileManager.default.createDirectory(atPath: folder + name, withIntermediateDirectories: true)
      }
      try "INSERT INTO t VALUES (1);\n".write(toFile: folder + "common/010.sql", atomically: false, encoding: .utf8)
      for name in ["development", "common", "demo"] { _ = try await seeds.load(connection, name) }
      #expect(try await one(connection, "SELECT count(*) FROM t") == "1")
    }
  }
}
