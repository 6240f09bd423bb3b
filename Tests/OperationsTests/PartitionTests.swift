import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Windows of partitions: what is created, retired and told, at moments of every kind.
@Suite struct PartitionTests {
  /// A window of a table, as the lock holds it.
  static func manager(
    _ table: String = "t", schema: String = "public", unit: String = "month", ahead: Int = 2, keep: Int = 2,
    zone: String = "UTC", retire: String? = nil
  ) -> PartitionManager {
    var catalog = Catalog()
    catalog.insert(window(table, schema: schema, unit: unit, ahead: ahead, keep: keep, zone: zone, retire: retire))
    return PartitionManager(catalog: catalog)
  }

  static func window(
    _ table: String = "t", schema: String = "public", unit: String, ahead: Int, keep: Int, zone: String = "UTC",
    retire: String?
  ) -> Fact {
    Fact(
      FactID(.partitionWindow, schema: schema, name: table),
      [
        .unit: .text(unit), .ahead: .integer(ahead), .keep: .integer(keep), .column: .text("at"),
        .timeZone: .text(zone), .drop: retire.map { .text($0) },
      ])
  }

  func with(
    _ sql: String, now: String, _ body: @Sendable (Connection, ScratchDatabase) async throws -> Void
  ) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(sql)
        try await Self.set(now, connection)
        try await body(connection, database)
      }
    }
  }

  static func set(_ now: String, _ connection: Connection) async throws {
    try await connection.query("SELECT set_config('dbtool.now', $1, false)", [now])
  }

  static let moments = [
    "2026-12-31 23:59:59.999999+00", "2028-02-29 12:00+00", "2026-03-29 00:59:59+00", "2026-10-25 01:30+00",
    "2027-01-01 00:00+00", "2026-07-15 03:00+00",
  ]

  /// Every width, by every kind of key, in three zones, at the ends of years, on leap days and while clocks are changed.
  @Test(
    arguments: ["day", "week", "month", "year"],
    ["timestamptz", "timestamp", "date", "uuid"])
  func thereIsAPlaceForEveryMoment(unit: String, type: String) async throws {
    for zone in ["UTC", "Europe/Zurich", "America/New_York"] {
      let manager = Self.manager(unit: unit, zone: zone)
      try await with(
        "CREATE TABLE t (at \(type) NOT NULL, n integer) PARTITION BY RANGE (at)", now: Self.moments[0]
      ) { connection, _ in
        for now in Self.moments {
          try await Self.set(now, connection)
          #expect(try await manager.create(connection).allSatisfy { $0.failure == nil })
          #expect(try await manager.create(connection).isEmpty)
          let coverage = try await manager.coverage(connection)
          #expect(coverage[0].missing.isEmpty && coverage[0].slots.count == 5)
          // A row for each moment from the window's first to its last, and one at each of its ends.
          let value =
            switch type {
            case "uuid":
              "(overlay(lpad(to_hex((extract(epoch FROM m) * 1000)::bigint), 12, '0') PLACING '-' FROM 9 FOR 0) || '-7abc-8def-0123456789ab')::uuid"
            case "timestamptz": "m"
            default: "(m AT TIME ZONE '\(zone)')::\(type)"
            }
          let inserted = try await connection.query(
            """
            WITH w AS (SELECT date_trunc($1, $2::timestamptz AT TIME ZONE $3) AS start, ('1 ' || $1)::interval AS one),
            moments AS (
              SELECT (start + k * one) AT TIME ZONE $3 AS m FROM w, generate_series(-2, 2) k
              UNION ALL SELECT (start + k * one - interval '1 ms') AT TIME ZONE $3 FROM w, generate_series(-1, 3) k
              UNION ALL SELECT $2::timestamptz)
            INSERT INTO t SELECT \(value), 1 FROM moments
            """, [unit, now, zone]
          ).affected
          #expect(inserted == 11)
          // The last moment of the window is in its last partition, and the next in none.
          // Moments of other rounds may have their own partitions.
          guard now == Self.moments[0] else { continue }
          let past = await #expect(throws: PostgresError.self) {
            try await connection.query(
              """
              WITH w AS (SELECT (date_trunc($1, $2::timestamptz AT TIME ZONE $3) + 3 * ('1 ' || $1)::interval)
                                AT TIME ZONE $3 AS m)
              INSERT INTO t SELECT \(value), 1 FROM w
              """, [unit, now, zone])
          }
          #expect(past?.sqlState == "23514")
        }
      }
    }
  }

  @Test func aPartitionIsAsItsParent() async throws {
    // Roles are the server's.
    let suffix = UInt32.random(in: 0...UInt32.max)
    let (owner, reader) = ("partition_owner_\(suffix)", "partition_reader_\(suffix)")
    try await with(
      """
      CREATE ROLE \(owner); CREATE ROLE \(reader);
      GRANT \(owner) TO current_user;
      CREATE TABLE o (id bigint PRIMARY KEY);
      CREATE TABLE t (id bigint GENERATED ALWAYS AS (n * 2) STORED, n integer DEFAULT 3 CHECK (n > 0), at date NOT NULL,
        o_id bigint REFERENCES o, PRIMARY KEY (n, at)) PARTITION BY RANGE (at);
      CREATE INDEX ON t (o_id);
      CREATE STATISTICS t_both ON n, o_id FROM t;
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;
      COMMENT ON TABLE t IS 'It''s said'; COMMENT ON COLUMN t.n IS 'How many';
      ALTER TABLE t OWNER TO \(owner);
      GRANT SELECT, INSERT ON t TO \(reader) WITH GRANT OPTION; GRANT SELECT ON t TO PUBLIC;
      """, now: "2026-05-05"
    ) { connection, _ in
      let manager = Self.manager()
      #expect(try await manager.create(connection).count == 5)
      let different = try await connection.query(
        """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
         WHERE p.relname = 't' AND (
           c.relowner <> p.relowner OR c.relrowsecurity <> p.relrowsecurity OR c.relforcerowsecurity <> p.relforcerowsecurity
           OR (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(c.relacl) x)
              <> (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(p.relacl) x)
           OR obj_description(c.oid, 'pg_class') IS DISTINCT FROM obj_description(p.oid, 'pg_class')
           OR (SELECT count(*) FROM pg_index WHERE indrelid = c.oid) <> (SELECT count(*) FROM pg_index WHERE indrelid = p.oid)
           OR (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid)
              <> (SELECT count(*) FROM pg_constraint WHERE conrelid = p.oid)
           OR (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) <> (SELECT count(*) FROM pg_trigger WHERE tgrelid = p.oid)
           OR (SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = c.oid) <> 1
           OR col_description(c.oid, 2) IS DISTINCT FROM 'How many')
        """
      ).map { try $0.string(0) }
      #expect(different == [])
      try await connection.execute("DROP OWNED BY \(owner), \(reader); DROP ROLE \(owner), \(reader)")
    }
  }

  @Test func rowsOfTheDefaultPartitionFindTheirPlace() async throws {
    try await with(
      """
      CREATE TABLE t (id bigint, at timestamptz NOT NULL, twice bigint GENERATED ALWAYS AS (id * 2) STORED,
        PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE rest (at timestamptz NOT NULL, id bigint NOT NULL, twice bigint GENERATED ALWAYS AS (id * 2) STORED);
      ALTER TABLE t ATTACH PARTITION rest DEFAULT;
      INSERT INTO t SELECT i, timestamptz '2026-04-01 00:00+00' + i * interval '1 day' FROM generate_series(0, 99) i;
      CREATE TABLE child (t_id bigint, t_at timestamptz, FOREIGN KEY (t_id, t_at) REFERENCES t ON DELETE CASCADE);
      INSERT INTO child SELECT id, at FROM t;
      CREATE TABLE heard (what text);
      CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO heard VALUES (TG_OP); RETURN NULL; END';
      CREATE TRIGGER hear AFTER INSERT OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION hear();
      """, now: "2026-05-05"
    ) { connection, _ in
      let outcomes = try await Self.manager().create(connection)
      #expect(outcomes.count == 5 && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
      let rows = try await connection.query(
        """
        SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child), (SELECT count(*) FROM heard),
               (SELECT count(*) FROM rest), (SELECT sum(twice)::bigint FROM t)
        """)[0]
      // From April to July, what is asked for; the rest stays where it is.
      let counts = try (0..<5).map { try rows.int($0) }
      #expect(counts == [100, 100, 0, 0, 9900])
      #expect(try await Self.manager().coverage(connection)[0].insertsFailFrom == nil)
    }
  }

  @Test func aLargeDefaultPartitionThatCannotBeDividedIsLeftAlone() async throws {
    try await with(
      """
      CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE rest PARTITION OF t DEFAULT;
      INSERT INTO t SELECT date '2026-04-01' + i % 30 FROM generate_series(1, 20000) i;
      """, now: "2026-05-05"
    ) { connection, _ in
      let outcomes = try await Self.manager().create(connection)
      #expect(outcomes.count == 5)
      #expect(outcomes.allSatisfy { $0.failure?.contains("it has no primary key") == true }, "\(outcomes)")
      #expect(try await Self.manager().coverage(connection)[0].hasRowsInDefault)
    }
  }

  /// Its rows go where they belong while clients write, and no partition is read while a lock is held.
  @Test func aLargeDefaultPartitionIsDivided() async throws {
    let before = """
      CREATE TABLE p (id integer PRIMARY KEY);
      CREATE TABLE t (id integer, at timestamptz NOT NULL, p_id integer REFERENCES p ON DELETE CASCADE, n integer CHECK (n > 0),
        twice integer GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE INDEX t_n ON t (n);
      ALTER TABLE t ENABLE ROW LEVEL SECURITY;
      COMMENT ON TABLE t IS 'By time';
      CREATE TABLE t_2026_03 PARTITION OF t FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00');
      CREATE TABLE rest PARTITION OF t DEFAULT WITH (fillfactor = 70);
      GRANT SELECT ON rest TO PUBLIC;
      COMMENT ON TABLE rest IS 'The others';
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := NEW.n + 1; RETURN NEW; END';
      CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();

      """
    try await with(
      before + """
        INSERT INTO p SELECT generate_series(1, 10);
        INSERT INTO t SELECT i, timestamptz '2026-02-01 00:00Z' + i % 200 * interval '1 day', 1 + i % 10, i
          FROM generate_series(1, 30000) i;
        """, now: "2026-05-05"
    ) { connection, database in
      let dump = try await Databases.dump(database)
      let end = End()
      let writing = Task {
        var inserted: [Int] = []
        try await Connection.with(database.target) { client in
          while await !end.isReached {
            let id = 100_000 + inserted.count
            try await client.query(
              "INSERT INTO t SELECT $1::int, timestamptz '2026-02-01 00:00Z' + $1::int % 300 * interval '1 day', 1, 5",
              [String(id)])
            inserted.append(id)
            try await client.query(
              "UPDATE t SET n = n + 1, at = at + interval '20 days' WHERE id = $1::int",
              [String(1 + (id * 7919) % 30000)])
          }
        }
        return inserted
      }
      try await connection.execute("SET client_min_messages = debug1")
      let outcomes = try await Self.manager().create(connection)
      try await connection.execute("RESET client_min_messages")
      await end.reach()
      let inserted = try await writing.value
      #expect(outcomes.count == 4 && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
      let counts = try await connection.query(
        """
        SELECT (SELECT count(*) FROM t WHERE id <= 30000), (SELECT count(*) FROM t WHERE id > 30000),
               (SELECT count(*) FROM rest WHERE at >= '2026-03-01 00:00Z' AND at < '2026-08-01 00:00Z'),
               (SELECT count(*) FROM t_2026_05 WHERE at >= '2026-05-01 00:00Z' AND at < '2026-06-01 00:00Z'),
               (SELECT count(*) FROM t_2026_05), (SELECT count(*) FROM rest WHERE twice = 2 * n)
        """)[0]
      let numbers = try (0..<6).map { try counts.int($0) }
      #expect(numbers[0] == 30000 && numbers[1] == inserted.count && numbers[2] == 0)
      #expect(numbers[3] == numbers[4] && numbers[4] > 0 && numbers[5] > 0)
      let faults = try await Self.manager().faults(connection).filter {
        !["table rest", "table t_2026_03"].contains($0.partition)
      }
      #expect(faults.isEmpty, "\(faults)")
      // The four and the new default were attached without a look at their rows.
      let unread = await connection.takeNotices().filter { "\($0)".contains("is implied by existing constraints") }
      #expect(unread.count == 5, "\(unread)")
      // Nothing else of the schema is another.
      for slot in try await Self.manager().coverage(connection)[0].slots where slot.partition != "t_2026_03" {
        try await connection.query("DROP TABLE public.\(slot.partition)")
      }
      #expect(try await Databases.dump(database) == dump)
    }
  }

  @Test(arguments: [
    ("CREATE ROLE dbtool_stranger; ALTER TABLE t_2026_05 OWNER TO dbtool_stranger", "belongs to"),
    ("ALTER TABLE t_2026_05 DISABLE ROW LEVEL SECURITY", "no row level security"),
    ("ALTER TABLE t_2026_05 NO FORCE ROW LEVEL SECURITY", "does not force"),
    ("GRANT INSERT ON t_2026_05 TO PUBLIC", "lets everybody INSERT"),
    ("CREATE INDEX own ON t_2026_05 (n)", "has the index own"),
    ("ALTER TABLE t_2026_05 ADD CONSTRAINT own CHECK (n < 9)", "has the constraint own"),
    ("ALTER TABLE t_2026_05 ADD CONSTRAINT own UNIQUE (n)", "has the constraint own"),
    ("ALTER TABLE t_2026_05 ALTER n SET DEFAULT 7", "column n has another default"),
    ("ALTER TABLE t_2026_05 ALTER n DROP DEFAULT", "column n has another default"),
    ("ALTER TABLE t_2026_05 DISABLE TRIGGER touch", "trigger touch is not enabled"),
    ("ALTER TABLE t_2026_05 ADD CONSTRAINT own CHECK (n < 9) NOT VALID", "own is not validated"),
  ])
  func whatIsUnlikeItsTableIsTold(change: String, fault: String) async throws {
    try await with(
      """
      CREATE TABLE t (id integer, at timestamptz NOT NULL, n integer DEFAULT 3 CHECK (n > 0), PRIMARY KEY (id, at))
        PARTITION BY RANGE (at);
      CREATE INDEX t_n ON t (n);
      ALTER TABLE t ENABLE ROW LEVEL SECURITY;
      ALTER TABLE t FORCE ROW LEVEL SECURITY;
      CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();
      """, now: "2026-05-05"
    ) { connection, _ in
      _ = try await Self.manager().create(connection)
      #expect(try await Self.manager().faults(connection).isEmpty)
      try await connection.execute(change)
      let faults = try await Self.manager().faults(connection)
      #expect(faults.contains { $0.partition == "table t_2026_05" && $0.text.contains(fault) }, "\(faults)")
      if change.hasPrefix("CREATE ROLE") {
        try await connection.execute("DROP TABLE t_2026_05; DROP ROLE dbtool_stranger")
      }
    }
  }

  @Test func whatCannotGoDoesNotHoldUpTheOthers() async throws {
    try await with(
      """
      CREATE TABLE t (id integer, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE child (id integer, at date, FOREIGN KEY (id, at) REFERENCES t);
      """, now: "2026-01-10"
    ) { connection, _ in
      let manager = Self.manager(ahead: 1, keep: 0, retire: "drop")
      _ = try await manager.create(connection)
      try await connection.execute(
        "INSERT INTO t VALUES (1, '2026-01-05'), (2, '2026-02-05'); INSERT INTO child VALUES (1, '2026-01-05')")
      try await Self.set("2026-03-10", connection)
      #expect(try await manager.create(connection).count == 2)
      let outcomes = try await manager.retire(connection)
      #expect(outcomes.map { $0.failure == nil } == [false, true], "\(outcomes)")
      #expect(outcomes[0].failure?.contains("violates foreign key constraint") == true, "\(outcomes)")
      let rows = try await connection.query("SELECT count(*) FROM t")
      #expect(try rows[0].int(0) == 1)
    }
  }

  /// Two at once: one makes each partition, and neither fails.
  @Test func twoRunsDoNotMeet() async throws {
    try await with("CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at)", now: "2026-01-10") { _, database in
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              try await Self.set("2026-01-10", connection)
              let made = try await Self.manager(unit: "day", ahead: 10, keep: 10).create(connection)
              #expect(made.allSatisfy { $0.failure == nil }, "\(made)")
              return made.count
            }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(counts.reduce(0, +) == 21, "\(counts)")
    }
  }
}

/// Tells a client to stop between two statements.
private actor End {
  private(set) var isReached = false
  func reach() { isReached = true }
}
