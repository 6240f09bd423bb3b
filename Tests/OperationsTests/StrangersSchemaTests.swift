import FoundationEssentials
import Migrations
import Operations
import Postgres
import TestSupport
import Testing

/// A superuser's tables stand in a schema of somebody else's, who gives it another name while dbtool works on them, and makes tables of his
/// own where they were.
@Suite struct StrangersSchemaTests {
  /// Everything is the superuser's but the schema `m` and what is made in it later.
  static func with(
    _ tables: String, _ body: @Sendable (ScratchDatabase, _ role: String) async throws -> Void
  ) async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(
        """
        CREATE SCHEMA m AUTHORIZATION \(role);
        CREATE SCHEMA mine AUTHORIZATION \(role);
        \(tables)
        """, in: database)
      try await HistoryHoldTests.execute(
        """
        CREATE FUNCTION mine.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
          BEGIN IF quote_ident(current_user) <> \(Quote.literal(role)) THEN PERFORM evil.ran(); END IF; RETURN ''; END $$;
        CREATE FUNCTION mine.t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mine.f(1); RETURN NEW; END $$;
        """, in: database, as: role)
      try await body(database, role)
    }
  }

  static func ran(_ database: ScratchDatabase) async throws -> Bool {
    try await Connection.with(database.target) {
      try await $0.query("SELECT is_called FROM evil.runs")[0].bool(0)
    }
  }

  /// Lets `work` begin while the owner holds a lock, has him exchange the schema when it waits for him, and lets it go on.
  ///
  /// - Parameter lock: what he holds.
  static func exchanging(
    _ lock: String, for tables: String, in database: ScratchDatabase, as role: String,
    _ work: @Sendable () async throws -> Void
  ) async throws -> (any Error)? {
    try await Connection.with(database.target) { owner in
      try await owner.execute("SET client_min_messages = warning; SET ROLE \(role)")
      try await owner.execute("BEGIN")
      try await owner.execute(lock)
      async let outcome: (any Error)? = {
        do {
          try await work()
          return nil
        } catch { return error }
      }()
      try await Connection.with(database.target) { watch in
        try await Waiting.until("dbtool waits for the owner") {
          try await watch.query(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'
                              AND pid <> pg_backend_pid() AND \(try await owner.query("SELECT pg_backend_pid()")[0].int(0)) = ANY (pg_blocking_pids(pid)))
            """, [database.name])[0].bool(0)
        }
        // Where dbtool holds the schema, he gets in between two attempts.
        try await watch.execute("SET client_min_messages = warning; SET ROLE \(role)")
        try await watch.execute("BEGIN")
        for statement in try Script.split(
          "ALTER SCHEMA m RENAME TO m2; CREATE SCHEMA m; GRANT ALL ON SCHEMA m TO PUBLIC; \(tables)")
        {
          try await watch.execute(statement.sql)
        }
        try await watch.execute("COMMIT")
      }
      try await owner.execute("COMMIT")
      return try await outcome
    }
  }

  /// Waits until the session `seeds` waits for a lock.
  static func untilSeedsWait(_ what: String, in database: ScratchDatabase) async throws {
    try await Connection.with(database.target) { watch in
      try await Waiting.until(what) {
        try await watch.query(
          """
          SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND application_name = 'seeds'
                            AND wait_event_type = 'Lock')
          """, [database.name])[0].bool(0)
      }
    }
  }

  static func apply(_ sql: String, in database: ScratchDatabase) async throws {
    let file = MigrationFile(version: "20260101000000", name: "20260101000000_a.sql", text: sql)
    _ = try await Applier(target: database.target, files: [file]).apply { _ in }
  }

  @Test func aBackfillStaysWithItsTable() async throws {
    let rows = "INSERT INTO m.t SELECT n FROM generate_series(1, 30000) n;"
    try await Self.with(
      "CREATE TABLE m.t (id integer PRIMARY KEY, n integer); \(rows) GRANT SELECT, UPDATE ON m.t TO PUBLIC;"
    ) { database, role in
      let error = try await Self.exchanging(
        "SELECT FROM m.t WHERE id = 4000 FOR UPDATE",
        for:
          "CREATE TABLE m.t (id integer PRIMARY KEY, n integer); \(rows) CREATE TRIGGER t BEFORE UPDATE ON m.t EXECUTE FUNCTION mine.t();",
        in: database, as: role
      ) { try await Self.apply("-- dbtool:backfill\nUPDATE m.t SET n = 1;\n", in: database) }
      RedTeam.judge("another table under a backfill", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      #expect(error.map { "\($0)".contains("m.t is another table now, or gone") } == true, "\(error as Any)")
    }
  }

  @Test func aForeignKeyOfPartitionsStaysWithThem() async throws {
    try await Self.with(
      """
      CREATE TABLE public.pk (t text PRIMARY KEY);
      CREATE TABLE public.ev (at integer, t text) PARTITION BY RANGE (at);
      CREATE TABLE m.ev1 PARTITION OF public.ev FOR VALUES FROM (1) TO (9);
      CREATE TABLE m.ev2 PARTITION OF public.ev FOR VALUES FROM (9) TO (19);
      GRANT SELECT, DELETE ON m.ev2 TO PUBLIC;
      """
    ) { database, role in
      let error = try await Self.exchanging(
        "LOCK TABLE m.ev2 IN ROW SHARE MODE; LOCK TABLE m.ev2 IN SHARE UPDATE EXCLUSIVE MODE",
        for: """
          CREATE TABLE m.ev2 (at integer, t text);
          INSERT INTO m.ev2 VALUES (10, 'x');
          CREATE STATISTICS mine.s ON (mine.f(1) || t), at FROM m.ev2;
          """, in: database, as: role
      ) {
        try await Self.apply(
          "-- dbtool:per-partition\nALTER TABLE public.ev ADD CONSTRAINT fk FOREIGN KEY (t) REFERENCES public.pk;\n",
          in: database)
      }
      RedTeam.judge("another partition under a foreign key", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      #expect(error.map { "\($0)".contains("m.ev2 is another table now, or gone") } == true, "\(error as Any)")
    }
  }

  @Test func aRetirementStaysWithItsTable() async throws {
    try await Self.with(
      """
      CREATE TABLE m.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE m.t_2025_01 PARTITION OF m.t FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
      GRANT SELECT, DELETE ON m.t TO PUBLIC;
      """
    ) { database, role in
      let error = try await Self.exchanging(
        "LOCK TABLE ONLY m.t IN SHARE UPDATE EXCLUSIVE MODE",
        for: """
          CREATE TABLE m.t (id integer, at date NOT NULL) PARTITION BY RANGE (at, (mine.f(1) || id));
          CREATE TABLE m.t_2025_01 PARTITION OF m.t FOR VALUES FROM ('2025-01-01', MINVALUE) TO ('2025-02-01', MINVALUE);
          """, in: database, as: role
      ) {
        try await Connection.with(database.target.pinned) { connection in
          try await PartitionTests.set("2026-02-15", connection)
          let manager = PartitionTests.manager("t", schema: "m", ahead: 0, keep: 1, retire: "detach")
          _ = try await manager.retire(connection)
        }
      }
      RedTeam.judge("another table under a retirement", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      #expect(error == nil)
    }
  }

  @Test(arguments: ["m.t", "public.t"])
  func aDivisionIsRefused(table: String) async throws {
    let referred = table == "public.t" ? "m.ref" : "public.ref"
    try await Self.with(
      """
      CREATE TABLE \(referred) (id integer PRIMARY KEY);
      INSERT INTO \(referred) SELECT generate_series(1, 10001);
      CREATE TABLE \(table) (id integer REFERENCES \(referred), at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE \(table)_default PARTITION OF \(table) DEFAULT;
      INSERT INTO \(table) SELECT n, '2026-02-10' FROM generate_series(1, 10001) n;
      ALTER SCHEMA public OWNER TO CURRENT_USER;
      """
    ) { database, role in
      let parts = table.split(separator: ".").map(String.init)
      let outcomes = try await Connection.with(database.target.pinned) { connection in
        try await PartitionTests.set("2026-02-15", connection)
        return try await PartitionTests.manager(parts[1], schema: parts[0], ahead: 0, keep: 0, retire: "detach").create(
          connection)
      }
      let isRefused = outcomes.allSatisfy {
        $0.failure?.contains("or the schema of one of them, or of a type of its key, belongs to") == true
      }
      RedTeam.judge("a division of \(table)", gotThrough: isRefused && !outcomes.isEmpty ? nil : "\(outcomes)")
    }
  }

  /// Ranges of a key name its type and convert its values, which the user's UPDATE does not.
  @Test(arguments: ["CREATE DOMAIN m.code AS integer", "CREATE TYPE m.code AS ENUM ('a', 'b')"])
  func aKeyOfAStrangersTypeIsNotCutIntoRanges(type: String) async throws {
    try await Self.with(
      """
      \(type);
      CREATE TABLE public.t (id m.code PRIMARY KEY, n integer);
      INSERT INTO public.t VALUES (\(type.contains("ENUM") ? "'a'" : "1"), NULL);
      """
    ) { database, role in
      if type.contains("ENUM") {
        try await HistoryHoldTests.execute("ALTER TYPE m.code OWNER TO \(role)", in: database)
        try await HistoryHoldTests.execute(
          """
          CREATE FUNCTION mine.text(m.code) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM mine.f(1); RETURN ''x''; END';
          CREATE CAST (m.code AS text) WITH FUNCTION mine.text(m.code);
          """, in: database, as: role)
      }
      let error = await #expect(throws: (any Error).self) {
        try await Self.apply("-- dbtool:backfill\nUPDATE public.t SET n = 1;\n", in: database)
      }
      RedTeam.judge(
        "a backfill by a key of a stranger's type", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      #expect(
        error.map { "\($0)".contains("whose types belong to PostgreSQL or trusted roles") } == true, "\(error as Any)")
    }
  }

  /// A type of the superuser's, in a schema of his, is as good as PostgreSQL's.
  @Test func aKeyOfATrustedTypeIsCutIntoRanges() async throws {
    try await Self.with(
      """
      CREATE SCHEMA own; CREATE TYPE own.code AS ENUM ('a', 'b');
      CREATE TABLE public.t (id own.code PRIMARY KEY, n integer);
      INSERT INTO public.t VALUES ('a', NULL), ('b', NULL);
      """
    ) { database, role in
      try await Self.apply("-- dbtool:backfill\nUPDATE public.t SET n = 1;\n", in: database)
      let filled = try await Connection.with(database.target) {
        try await $0.query("SELECT count(n) FROM public.t")[0].int(0)
      }
      #expect(filled == 2)
    }
  }

  @Test func aDivisionByAKeyOfAStrangersSchemaIsRefused() async throws {
    try await Self.with(
      """
      CREATE SCHEMA own; CREATE DOMAIN m.code AS integer;
      CREATE TABLE own.t (id m.code, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE own.t_default PARTITION OF own.t DEFAULT;
      INSERT INTO own.t SELECT n, '2026-02-10' FROM generate_series(1, 10001) n;
      """
    ) { database, role in
      let outcomes = try await Connection.with(database.target.pinned) { connection in
        try await PartitionTests.set("2026-02-15", connection)
        return try await PartitionTests.manager("t", schema: "own", ahead: 0, keep: 0, retire: "detach").create(
          connection)
      }
      let owner = role.dropFirst().dropLast()
      let isRefused = outcomes.allSatisfy { $0.failure?.contains("of a type of its key, belongs to \(owner)") == true }
      RedTeam.judge(
        "a division by a key in a stranger's schema", gotThrough: isRefused && !outcomes.isEmpty ? nil : "\(outcomes)")
    }
  }

  @Test func anIndexOfPartitionsStaysWithThem() async throws {
    try await Self.with(
      """
      CREATE TABLE public.ev (at integer, t text) PARTITION BY RANGE (at);
      CREATE TABLE m.ev1 PARTITION OF public.ev FOR VALUES FROM (1) TO (9);
      CREATE TABLE m.ev2 PARTITION OF public.ev FOR VALUES FROM (9) TO (19);
      GRANT SELECT, DELETE ON m.ev1 TO PUBLIC;
      """
    ) { database, role in
      let error = try await Self.exchanging(
        "LOCK TABLE m.ev1 IN SHARE UPDATE EXCLUSIVE MODE",
        for: "CREATE TABLE m.ev2 (at integer, t text); CREATE TABLE m.ev1 (at integer, t text);", in: database, as: role
      ) {
        try await Self.apply("-- dbtool:per-partition\nCREATE UNIQUE INDEX u ON public.ev (at);\n", in: database)
      }
      let isLost = try await Connection.with(database.target) {
        try await $0.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid")[0].int(0) > 0
      }
      RedTeam.judge(
        "a partition that has no part of an index", gotThrough: isLost && error == nil ? "it is not valid" : nil)
      #expect(error.map { "\($0)".contains("is another table now, or gone") } == true, "\(error as Any)")
    }
  }

  /// It is the superuser's: nobody else is asked.
  @Test func aDivisionInASchemaOfOnesOwnGoesOn() async throws {
    try await Self.with(
      """
      CREATE SCHEMA own;
      CREATE TABLE own.t (id integer, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE own.t_default PARTITION OF own.t DEFAULT;
      INSERT INTO own.t SELECT n, '2026-02-10' FROM generate_series(1, 10001) n;
      """
    ) { database, role in
      let outcomes = try await Connection.with(database.target.pinned) { connection in
        try await PartitionTests.set("2026-02-15", connection)
        return try await PartitionTests.manager("t", schema: "own", ahead: 0, keep: 0, retire: "detach").create(
          connection)
      }
      #expect(outcomes.count == 1 && outcomes[0].failure == nil, "\(outcomes)")
    }
  }

  /// A text that PostgreSQL has printed is resolved anew.
  @Test func aFunctionThatFitsBetterIsNotCalled() async throws {
    try await Self.with(
      """
      CREATE FUNCTION m.ok(anyelement) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text > ''5''';
      CREATE TABLE public.t (id integer);
      INSERT INTO public.t VALUES (1);
      ALTER TABLE public.t ADD CONSTRAINT k CHECK (m.ok(id)) NOT VALID;
      """
    ) { database, role in
      try await HistoryHoldTests.execute(
        "CREATE FUNCTION m.ok(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM mine.f(1); RETURN false; END'",
        in: database, as: role)
      let error = await #expect(throws: (any Error).self) {
        try await Self.apply("ALTER TABLE public.t VALIDATE CONSTRAINT k;\n", in: database)
      }
      RedTeam.judge(
        "a function that fits a CHECK's text better", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      #expect(error.map { "\($0)".contains("unless somebody has added functions that fit its names better") } == true)
    }
  }

  /// `pg_depend` has nothing of a conversion by input and output.
  @Test func aCastThatIsMadeLaterIsNotCalled() async throws {
    try await Self.with(
      """
      CREATE TYPE m.e AS ENUM ('a', 'b');
      CREATE TABLE public.t (id m.e);
      INSERT INTO public.t VALUES ('a');
      ALTER TABLE public.t ADD CONSTRAINT k CHECK (id::text <> 'a') NOT VALID;
      """
    ) { database, role in
      try await HistoryHoldTests.execute("ALTER TYPE m.e OWNER TO \(role)", in: database)
      try await HistoryHoldTests.execute(
        """
        CREATE FUNCTION mine.text(m.e) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM mine.f(1); RETURN ''a''; END';
        CREATE CAST (m.e AS text) WITH FUNCTION mine.text(m.e);
        """, in: database, as: role)
      await #expect(throws: (any Error).self) {
        try await Self.apply("ALTER TABLE public.t VALIDATE CONSTRAINT k;\n", in: database)
      }
      RedTeam.judge("a cast that a CHECK's text calls", gotThrough: try await Self.ran(database) ? "it ran" : nil)
    }
  }

  /// What a new partition refers to is what its table refers to.
  @Test func aNewPartitionRefersToTheSameTables() async throws {
    try await Self.with(
      """
      CREATE TABLE m.ref (id integer PRIMARY KEY);
      CREATE TABLE public.t (id integer REFERENCES m.ref, at date NOT NULL) PARTITION BY RANGE (at);
      GRANT SELECT, DELETE ON m.ref TO PUBLIC;
      """
    ) { database, role in
      _ = try await Self.exchanging(
        "LOCK TABLE m.ref IN SHARE UPDATE EXCLUSIVE MODE", for: "CREATE TABLE m.ref (id integer PRIMARY KEY);",
        in: database, as: role
      ) {
        try await Connection.with(database.target.pinned) { connection in
          try await PartitionTests.set("2026-02-15", connection)
          _ = try await PartitionTests.manager("t", ahead: 0, keep: 0).create(connection)
        }
      }
      let referred = try await Connection.with(database.target) {
        try await $0.query(
          "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
        )
        .map { try $0.string(0) }
      }
      RedTeam.judge("a foreign key of a new partition", gotThrough: referred == ["m2.ref"] ? nil : "\(referred)")
    }
  }

  /// The seed's statement draws no number; dbtool asks for the sequence's position.
  @Test func aSequenceStaysTheSequence() async throws {
    let seeds = try Seeds(["010.sql": "INSERT INTO public.t (id, n) VALUES (7, 'x');\n"])
    defer { seeds.remove() }
    try await Self.with("") { database, role in
      try await HistoryHoldTests.execute("CREATE SEQUENCE m.s", in: database, as: role)
      try await HistoryHoldTests.execute(
        "CREATE TABLE public.t (id bigint DEFAULT nextval('m.s'), n text)", in: database)
      try await Connection.with(database.target) { owner in
        try await owner.execute("SET ROLE \(role)")
        for sql in [
          "BEGIN", "ALTER SEQUENCE m.s RENAME TO s2", "CREATE TABLE m.s (last_value bigint, is_called boolean, n text)",
          "INSERT INTO m.s VALUES (1, true, 'x')", "CREATE STATISTICS mine.st ON (mine.f(1) || n), last_value FROM m.s",
        ] { try await owner.execute(sql) }
        async let loaded: Void = Connection.with(database.target, applicationName: "seeds") { try await seeds.load($0) }
        try await Self.untilSeedsWait("dbtool waits for the sequence", in: database)
        try await owner.execute("COMMIT")
        _ = try? await loaded
      }
      RedTeam.judge("another table in a sequence's place", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      let next = try await Connection.with(database.target) { try await $0.query("SELECT nextval('m.s2')")[0].int(0) }
      #expect(next == 8)
    }
  }
}
