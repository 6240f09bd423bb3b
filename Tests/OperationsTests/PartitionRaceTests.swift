import Migrations
import Operations
import Postgres
import Synchronization
import TestSupport
import Testing

/// Somebody owns a table, its schema and the database, and changes them while a superuser's dbtool is at its partitions.
@Suite struct PartitionRaceTests {
  private static let tables = """
    CREATE SCHEMA m;
    CREATE TABLE m.q (id integer PRIMARY KEY);
    INSERT INTO m.q VALUES (1);
    CREATE TABLE m.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE m.t_default PARTITION OF m.t DEFAULT;
    CREATE TABLE m.t_old (id integer, at date NOT NULL);
    INSERT INTO m.t VALUES (1, '2026-02-10');
    INSERT INTO m.t_old VALUES (1, '2025-01-10');
    INSERT INTO dbtool.retired (partition_oid, parent, schema_name, partition_name, action, bound)
    VALUES ('m.t_old'::regclass::oid, 'm.t', 'm', 't_old', 'detach', $$FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')$$);
    """

  static func withTables(
    _ body: @Sendable (ScratchDatabase, _ role: String) async throws -> Void
  ) async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(
        tables + """
          -- Whoever owns it calls it when it is put into an index.
          CREATE FUNCTION m.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
            BEGIN IF quote_ident(current_user) <> \(Quote.literal(role)) THEN PERFORM evil.ran(); END IF; RETURN ''; END $$;
          """, in: database, as: role)
      try await body(database, role)
    }
  }

  static func manager(_ retire: String) -> PartitionManager {
    PartitionTests.manager("t", schema: "m", ahead: 0, keep: 1, retire: retire)
  }

  /// Runs `body` as a superuser who has the clock of the tables.
  static func asSuperuser<Result: Sendable>(
    _ database: ScratchDatabase, _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    try await Connection.with(database.target.pinned, applicationName: "superuser") { connection in
      try await PartitionTests.set("2026-02-15", connection)
      return try await body(connection)
    }
  }

  static func ran(_ database: ScratchDatabase) async throws -> Bool {
    try await Connection.with(database.target) {
      try await $0.query("SELECT is_called FROM evil.runs")[0].bool(0)
    }
  }

  /// When the transaction began in which the superuser waits for a lock; nil while he does not.
  static func waiting(
    _ watch: Connection, _ database: ScratchDatabase, at event: String = "relation"
  ) async throws -> String? {
    try await watch.query(
      """
      SELECT xact_start::text FROM pg_stat_activity
       WHERE datname = $1 AND application_name = 'superuser' AND wait_event_type = 'Lock' AND wait_event = $2
      """, [database.name, event]
    ).first?.string(0)
  }

  enum Moment: String, CaseIterable, Sendable {
    case create, drop, archive, restore

    /// What keeps dbtool waiting in the midst.
    var obstacle: String {
      switch self {
      case .create: "LOCK TABLE m.t_default IN ACCESS SHARE MODE"
      case .drop: "LOCK TABLE m.t_old IN ACCESS SHARE MODE"
      case .archive: "LOCK TABLE m.t_old IN ROW EXCLUSIVE MODE"
      case .restore: "LOCK TABLE ONLY m.t IN SHARE UPDATE EXCLUSIVE MODE"
      }
    }
  }

  @Test(arguments: Moment.allCases)
  func theSchemaKeepsItsName(_ moment: Moment) async throws {
    try await Self.withTables { database, role in
      let folder = ForgetfulFolder()
      if moment == .restore {
        let archived = try await Self.asSuperuser(database) {
          try await Self.manager("archive").retire($0, archive: { folder })
        }
        #expect(archived.count == 1 && archived[0].failure == nil, "\(archived)")
      }
      try await Connection.with(database.target) { owner in
        try await owner.execute("SET ROLE \(role)")
        try await owner.execute("BEGIN")
        try await owner.execute(moment.obstacle)
        async let work: String? = Self.asSuperuser(database) { connection in
          switch moment {
          case .create: return try await Self.manager("detach").create(connection)[0].failure
          case .drop: return try await Self.manager("drop").retire(connection)[0].failure
          case .archive: return try await Self.manager("archive").retire(connection, archive: { folder })[0].failure
          case .restore:
            let file = try #require(folder.contents().keys.filter { $0.hasSuffix(".copy") }.first)
            _ = try await PartitionRestore(folder, file).run(connection, attach: true)
            return nil
          }
        }
        let error = try await Connection.with(database.target) { other in
          for setting in ["ROLE \(role)", "lock_timeout = '1ms'"] { try await other.execute("SET \(setting)") }
          return try await Connection.with(database.target) { watch in
            // It waits for a second, gives way, and begins anew.
            try await Waiting.value("an attempt within one transaction") { () -> PostgresError?? in
              guard let before = try await Self.waiting(watch, database) else { return nil }
              var error: PostgresError?
              do { try await other.execute("BEGIN; ALTER SCHEMA m RENAME TO n") } catch let found as PostgresError {
                error = found
              }
              try await other.execute("ROLLBACK")
              return try await Self.waiting(watch, database) == before ? .some(error) : nil
            }
          }
        }
        RedTeam.judge(
          "another schema of the name meanwhile: \(moment)",
          gotThrough: error?.sqlState == .lockNotAvailable ? nil : "\(error as Any)")
        try await owner.execute("COMMIT")
        #expect(try await work == nil)
      }
    }
  }

  /// What has been a default partition a moment ago is no business of dbtool's.
  @Test func aDefaultPartitionThatLeavesIsNotRead() async throws {
    try await Self.withTables { database, role in
      try await Connection.with(database.target) { owner in
        let lock = AdvisoryKey.partitions(of: "m.t").arguments
        try await owner.execute("SET ROLE \(role)")
        // dbtool has looked at everything once, and waits for the lock that it takes for each partition.
        try await owner.execute("SELECT pg_advisory_lock(\(lock))")
        async let work = Self.asSuperuser(database) { try await Self.manager("detach").create($0) }
        try await Connection.with(database.target) { watch in
          try await Waiting.until("dbtool waits for its own lock") {
            try await Self.waiting(watch, database, at: "advisory") != nil
          }
          for sql in [
            "BEGIN", "ALTER TABLE m.t DETACH PARTITION m.t_default", "CREATE INDEX ON m.t_default ((m.f(1)))",
            "SELECT pg_advisory_unlock(\(lock))",
          ] { try await owner.execute(sql) }
          try await Waiting.until("dbtool waits for the owner") {
            try await Self.waiting(watch, database) != nil
          }
        }
        try await owner.execute("COMMIT")
        let outcomes = try await work
        #expect(!outcomes.isEmpty && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
        #expect(try await owner.query("SELECT count(*) FROM m.t_default")[0].int(0) == 1)
      }
      RedTeam.judge("a default partition that leaves", gotThrough: try await Self.ran(database) ? "it ran" : nil)
    }
  }

  /// Batches are written without a lock, beside the owner of the table, who owns the database as well.
  @Test func aLargeDefaultPartitionOfTheDatabasesOwnerIsNotDivided() async throws {
    try await Self.withTables { database, role in
      try await HistoryHoldTests.execute(
        """
        ALTER TABLE m.t ADD PRIMARY KEY (id, at);
        INSERT INTO m.t SELECT n, '2026-02-10' FROM generate_series(2, 10002) n;
        """, in: database, as: role)
      let outcomes = try await Self.asSuperuser(database) { try await Self.manager("detach").create($0) }
      #expect(
        outcomes.count == 2 && outcomes.allSatisfy { $0.failure?.contains("whose code would run") == true },
        "\(outcomes)")
    }
  }

  /// To look whether a new partition keeps a foreign key, PostgreSQL plans a query of the table that is referred to.
  @Test func whatATableRefersToIsNotPlanned() async throws {
    try await Self.withTables { database, role in
      try await HistoryHoldTests.execute(
        """
        ALTER TABLE m.t ADD CONSTRAINT known FOREIGN KEY (id) REFERENCES m.q ON DELETE CASCADE DEFERRABLE;
        CREATE INDEX ON m.q ((m.f(1)));
        """, in: database, as: role)
      let folder = ForgetfulFolder()
      let failures = try await Self.asSuperuser(database) { connection in
        let created = try await Self.manager("archive").create(connection)
        let archived = try await Self.manager("archive").retire(connection, archive: { folder })
        let file = try #require(folder.contents().keys.filter { $0.hasSuffix(".copy") }.first)
        // Whatever looks the rows up would run what the owner of the other table has left for it.
        let error = await #expect(throws: ArchiveError.self) {
          try await PartitionRestore(folder, file).run(connection, attach: true)
        }
        #expect("\(error as Any)".contains("the foreign key known refers"))
        _ = try await PartitionRestore(folder, file).run(connection)
        #expect(!created.isEmpty)
        return (created + archived).compactMap(\.failure)
      }
      #expect(failures == [])
      RedTeam.judge(
        "an index of a table that is referred to", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      // Each partition has the table's own foreign key, and no other.
      let keys = try await Connection.with(database.target) {
        try await $0.query(
          """
          SELECT c.relname || ' ' || pg_get_constraintdef(k.oid), k.conparentid = p.oid, k.convalidated
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid,
                 (SELECT oid FROM pg_constraint WHERE conrelid = 'm.t'::regclass AND contype = 'f') p
           WHERE k.contype = 'f' AND c.relispartition ORDER BY 1
          """)
      }
      #expect(keys.count == 3)
      for key in keys {
        let (text, isInherited, isValid) = (try key.string(0), try key.bool(1), try key.bool(2))
        #expect(text.hasSuffix("FOREIGN KEY (id) REFERENCES m.q(id) ON DELETE CASCADE DEFERRABLE"))
        #expect(isInherited && isValid, "\(text)")
      }
    }
  }

  /// The new partition's foreign key goes by another index than its table's, and PostgreSQL would not take it for its part.
  @Test func aForeignKeyThatIsNotTheTablesIsRefused() async throws {
    try await Self.withTables { database, role in
      try await HistoryHoldTests.execute(
        """
        DROP TABLE m.t_default;
        CREATE TABLE m.pk (r pg_catalog.pg_inherits);
        INSERT INTO m.pk VALUES (ROW(1,2,3,false)), (ROW(1,2,3,false));
        """, in: database, as: role)
      try await Connection.with(database.target) { owner in
        try await owner.execute("SET ROLE \(role)")
        await #expect(throws: PostgresError.self) {
          try await owner.execute("CREATE UNIQUE INDEX CONCURRENTLY a ON m.pk (r)")
        }
        for sql in [
          "DELETE FROM m.pk", "CREATE UNIQUE INDEX b ON m.pk (r record_image_ops)",
          "ALTER TABLE m.t ADD COLUMN r pg_catalog.pg_inherits",
          "ALTER TABLE m.t ADD CONSTRAINT fk FOREIGN KEY (r) REFERENCES m.pk (r)", "REINDEX INDEX m.a",
          "CREATE INDEX ON m.pk ((left(m.f(1), (r).inhseqno)))",
        ] { try await owner.execute(sql) }
      }
      let outcomes = try await Self.asSuperuser(database) { try await Self.manager("detach").create($0) }
      #expect(
        !outcomes.isEmpty && outcomes.allSatisfy { $0.failure?.contains("the foreign key fk refers") == true },
        "\(outcomes)")
      RedTeam.judge(
        "a foreign key that changes its operator", gotThrough: try await Self.ran(database) ? "it ran" : nil)
    }
  }

  /// When a partition leaves, PostgreSQL plans a query of tables that refer to its table, and computes the partition's checks.
  @Test(arguments: ["detach", "drop", "archive"], [true, false])
  func whatReferredToAPartitionDoesNotRun(_ action: String, isReferred: Bool) async throws {
    try await Self.withTables { database, role in
      try await HistoryHoldTests.execute(
        """
        ALTER TABLE m.t ADD PRIMARY KEY (id, at);
        DROP TABLE m.t_default;
        DELETE FROM dbtool.retired;
        CREATE TABLE m.t_2024 PARTITION OF m.t FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        INSERT INTO m.t VALUES (1, '2024-01-10');
        \(isReferred
          ? "CREATE TABLE m.ref (id integer, at date, FOREIGN KEY (id, at) REFERENCES m.t); CREATE INDEX ON m.ref ((m.f(1)));"
          : "ALTER TABLE m.t_2024 ADD CHECK (m.f(1) IS NOT NULL);")
        """, in: database, as: role)
      let folder = ForgetfulFolder()
      let outcomes = try await Self.asSuperuser(database) {
        try await Self.manager(action).retire($0, archive: { folder })
      }
      RedTeam.judge(
        "a partition that leaves: \(action)", gotThrough: try await Self.ran(database) ? "it ran" : nil)
      let what = isReferred ? "m.ref computes, which refers to it" : "the function m.f"
      #expect(outcomes.count == 1 && outcomes[0].failure?.contains(what) == true, "\(outcomes)")
    }
  }

  /// To take a partition away PostgreSQL computes what is constant in its table's key, and in those above.
  @Test(arguments: ["detach", "drop", "archive"])
  func theKeyOfATableThatLosesAPartitionDoesNotRun(_ action: String) async throws {
    for isAbove in [true, false] {
      try await Self.withTables { database, role in
        try await HistoryHoldTests.execute(
          """
          DROP TABLE m.t;
          DELETE FROM dbtool.retired;
          \(isAbove
            ? "CREATE TABLE m.top (id integer, at date NOT NULL) PARTITION BY LIST ((m.f(1) || id)); CREATE TABLE m.t PARTITION OF m.top FOR VALUES IN ('1') PARTITION BY RANGE (at);"
            : "CREATE TABLE m.t (id integer, at date NOT NULL) PARTITION BY RANGE (at, (m.f(1) || id));")
          CREATE TABLE m.t_2024 PARTITION OF m.t FOR VALUES FROM ('2024-01-01'\(isAbove ? "" : ", MINVALUE")) TO ('2024-02-01'\(isAbove ? "" : ", MINVALUE"));
          """, in: database, as: role)
        let folder = ForgetfulFolder()
        let outcomes = try await Self.asSuperuser(database) {
          try await Self.manager(action).create($0) + Self.manager(action).retire($0, archive: { folder })
        }
        RedTeam.judge(
          "the key of a table that loses a partition: \(action)",
          gotThrough: try await Self.ran(database) ? "it ran" : nil)
        #expect(
          !outcomes.isEmpty && outcomes.allSatisfy { $0.failure?.contains("the function m.f") == true }, "\(outcomes)")
      }
    }
  }
}
