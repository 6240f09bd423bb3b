import FoundationEssentials
import Migrations
import Operations
import Postgres
import TestSupport
import Testing

/// Archives become tables again, and nothing else.
@Suite struct PartitionRestoreTests {
  /// Columns of every kind that has a text form of its own, with names that have to be quoted.
  private static let table = #"""
    CREATE TYPE mood AS ENUM ('it''s', 'a,b', 'c\d');
    CREATE TYPE pair AS (x numeric(6,2), "y z" text);
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE SCHEMA other;
    CREATE TABLE other.t (
      id bigint GENERATED ALWAYS AS (n * 2) STORED, n integer NOT NULL DEFAULT 7, at timestamptz NOT NULL,
      "a""b" text COLLATE "C", "x,y" numeric(10,2), "sel
    ect" varchar(9)[], f float8, r real, m money, b bytea, j jsonb, js json, i interval, d date, tt timetz, bits bit(3),
      v varbit, c "char", ch char(5), e mood, p pair, ps pair[], po positive, ip inet, u uuid, ra int4range, ts tsvector, x xml,
      z pg_lsn, o regclass, CHECK (n < 1000)) PARTITION BY RANGE (at);
    CREATE TABLE other.t_old PARTITION OF other.t FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
    INSERT INTO other.t (n, at, "a""b", "x,y", "sel
    ect", f, r, m, b, j, js, i, d, tt, bits, v, c, ch, e, p, ps, po, ip, u, ra, ts, x, z, o)
    SELECT k, timestamptz '2026-01-01 00:00+00' + k * interval '1 hour 1 microsecond', E'\\N\t\n\r\b\v\\.\u00e9 ' || k, k / 100.0,
      ARRAY['\', '"', NULL, 'a b'], k / 3.0, k / 7.0, (k || '.05')::numeric::money, decode('00ff5c0a', 'hex'), '{"k": "\\u00e9\\n"}',
      '{"a":1, "a":2}', interval '1 year -3 days 04:05:06.789', 'infinity', '23:59:59.5+05:30', B'101', B'1', E'\\', 'x',
      'c\d', ROW(k, 'a"b,c)')::pair, ARRAY[ROW(1, NULL)::pair, NULL], k, '::1/64', '00000000-0000-0000-0000-000000000001', '[1,5)',
      'a:1 b:2', '<a>&amp;</a>', '16/B374D848', 'pg_catalog.pg_class'
      FROM generate_series(1, 200) k;
    INSERT INTO other.t (at) VALUES ('2026-01-31 12:00+00');
    UPDATE other.t SET "a""b" = repeat('large', 400000) WHERE n = 5;
    """#

  private func with(
    _ body: @Sendable (Connection, ScratchDatabase, ForgetfulFolder, String) async throws -> Void
  ) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for statement in try Script.split(Self.table) { try await connection.execute(statement.sql) }
        try await connection.execute("CREATE TABLE before AS SELECT * FROM other.t_old")
        try await PartitionTests.set("2026-06-10", connection)
        try await connection.execute(
          "SET datestyle = 'SQL, DMY'; SET intervalstyle = 'iso_8601'; SET timezone = 'Asia/Tokyo'; SET bytea_output = escape; SET extra_float_digits = -5"
        )
        let manager = PartitionTests.manager("t", schema: "other", ahead: 0, keep: 0, retire: "archive")
        let folder = ForgetfulFolder()
        let outcomes = try await manager.retire(connection, archive: { folder })
        #expect(outcomes.map(\.failure) == [nil], "\(outcomes)")
        let file = try #require(folder.contents().keys.filter { $0.hasSuffix(".copy") }.first)
        try await connection.execute(
          "SET datestyle = 'ISO, MDY'; SET intervalstyle = 'sql_standard'; SET bytea_output = hex")
        try await body(connection, database, folder, file)
      }
    }
  }

  /// Rows that one of two tables has, and the other has not.
  private static func differences(_ table: String, _ connection: Connection) async throws -> Int {
    // JSON and XML have no equality: their texts have.
    try await connection.query(
      """
      SELECT count(*) FROM (
        (SELECT old::text FROM before old EXCEPT ALL SELECT new::text FROM \(table) new)
        UNION ALL (SELECT new::text FROM \(table) new EXCEPT ALL SELECT old::text FROM before old)) differences
      """)[0].int(0)
  }

  @Test func everyValueComesBack() async throws {
    try await with { connection, _, folder, file in
      let archive = try PartitionRestore(folder, file)
      let beside = try await archive.run(connection, into: "other.\"Back Again\"")
      #expect(beside.table == "other.\"Back Again\"" && beside.rows == 201 && beside.isRemembered && !beside.isAttached)
      #expect(try await Self.differences(beside.table, connection) == 0)
      let attached = try await archive.run(connection, attach: true)
      #expect(attached.table == "other.t_old" && attached.isAttached)
      #expect(try await Self.differences("other.t", connection) == 0)
      // What the table has it has again.
      await #expect(throws: PostgresError.self) {
        try await connection.execute("INSERT INTO other.t_old (n, at) VALUES (2000, '2026-01-02 00:00+00')")
      }
      // The window is done with it once more.
      let manager = PartitionTests.manager("t", schema: "other", ahead: 0, keep: 0, retire: "archive")
      #expect(try await manager.expired(connection).map(\.partition.name) == ["t_old"])
      #expect(try await manager.retire(connection, archive: { folder }).map(\.failure) == [nil])
      #expect(folder.contents().count == 4)
    }
  }

  @Test func aTableComesBackWithoutItsParent() async throws {
    try await with { connection, _, folder, file in
      try await connection.execute("DROP TABLE other.t")
      let archive = try PartitionRestore(folder, file)
      await #expect(throws: ArchiveError.self) { try await archive.run(connection) }
      let outcome = try await archive.run(connection, asArchived: true)
      #expect(outcome.rows == 201)
      // All but the generated column.
      try await connection.execute("ALTER TABLE before DROP COLUMN id")
      #expect(try await Self.differences(outcome.table, connection) == 0)
      let collation = try await connection.query(
        "SELECT collation_name FROM information_schema.columns WHERE table_name = 't_old' AND column_name = 'a\"b'")
      #expect(try collation[0].string(0) == "C")
    }
  }

  /// Rows of people are not shown to whom default privileges would show them.
  @Test func nobodyElseMayReadWhatIsRestored() async throws {
    try await with { connection, _, folder, file in
      try await connection.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT ALL ON TABLES TO PUBLIC")
      let archive = try PartitionRestore(folder, file)
      for (name, attach) in [("one", false), ("two", true)] {
        let outcome = try await archive.run(connection, into: "other.\(name)", attach: attach)
        let open = try await connection.query(
          "SELECT count(*) FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = $1::regclass AND x.grantee <> c.relowner",
          [outcome.table])
        #expect(try open[0].int(0) == 0)
      }
    }
  }

  @Test func whatDoesNotFitIsRefused() async throws {
    let changes: [(String, String?, Bool, String)] = [
      ("CREATE TABLE other.t_old (a integer)", nil, false, "is there already"),
      ("CREATE VIEW other.v AS SELECT 1", "other.v", false, "is there already"),
      ("ALTER TABLE other.t DROP COLUMN f", nil, false, "has no column f"),
      (
        "ALTER TABLE other.t ALTER COLUMN f TYPE numeric", nil, true, "is numeric, and the archive has double precision"
      ),
      ("ALTER TABLE other.t ALTER COLUMN \"x,y\" TYPE numeric(5,1)", nil, false, "is numeric(5,1)"),
      ("ALTER TABLE other.t RENAME TO u", nil, false, "no partitioned table other.t"),
      ("SELECT 1", "nowhere.t", false, "no schema nowhere"),
      ("SELECT 1", "a.b.c", false, "no name of the form"),
      ("SELECT 1", "other.\(String(repeating: "a", count: 64))", false, "longer than the 63 bytes"),
      ("SELECT 1", "information_schema.y", false, "of PostgreSQL's own"),
      ("SELECT 1", "pg_catalog.y", false, "of PostgreSQL's own"),
      ("SELECT 1", "other.t; DROP TABLE before", false, "is no name of a table"),
      (
        "CREATE TABLE other.now PARTITION OF other.t FOR VALUES FROM ('2026-01-05 00:00+00') TO ('2026-01-06 00:00+00')",
        nil, true, "would overlap"
      ),
      ("ALTER TABLE other.t ADD CONSTRAINT c CHECK (n > 3)", nil, false, "violates check constraint"),
      ("UPDATE dbtool.retired SET checksum = 'x'", nil, false, "somebody has changed it"),
    ]
    for (change, into, attach, reason) in changes {
      try await with { connection, _, folder, file in
        try await connection.execute(change)
        let tables = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')"
        let before = try await connection.query(tables)[0].int(0)
        let archive = try PartitionRestore(folder, file)
        do {
          _ = try await archive.run(connection, into: into, attach: attach)
          Issue.record("restored after \(change)")
        } catch { #expect("\(error)".contains(reason), "\(change): \(error)") }
        #expect(try await connection.query(tables)[0].int(0) == before)
      }
    }
  }

  /// An archive that an enemy has written.
  @Test func whatWasTamperedWithIsRefusedAndRunsNothing() async throws {
    try await with { connection, _, folder, file in
      let json = JSONText(folder.contents()[file + ".json"] ?? [])
      let rows = folder.contents()[file] ?? []
      try await connection.execute("CREATE TABLE public.victim (a integer)")
      let drop = "integer); DROP TABLE public.victim; --"
      let tampered: [(String, [UInt8], [UInt8])] = [
        ("a row more", rows + Array("x\n".utf8), json.bytes),
        (
          "a row less",
          Array(rows.split(separator: 10, omittingEmptySubsequences: false).dropLast(2).joined(separator: [10])) + [10],
          json.bytes
        ),
        ("another value", [UInt8(ascii: "9")] + rows.dropFirst(), json.bytes),
        ("an end of rows", Array("\\.\n".utf8) + rows, json.bytes),
        ("no JSON", rows, Array("{".utf8)),
        ("nothing", rows, []),
        ("another format", rows, json.replacing("dbtool partition archive", "tar")),
        ("a later version", rows, json.replacing("\"version\" : 2,", "\"version\" : 3,")),
        ("a type", rows, json.replacing("\"double precision\"", "\"\(drop)\"")),
        (
          "a type's name alone", rows,
          json.replacing("\"baseType\" : \"double precision\"", "\"baseType\" : \"\(drop)\"")
        ),
        ("a column", rows, json.replacing("\"name\" : \"f\"", "\"name\" : \"f\\\" \(drop)\"")),
        ("a column that is not there", rows, json.replacing("\"name\" : \"f\"", "\"name\" : \"g\"")),
        ("a modifier", rows, json.replacing("\"modifier\" : 655366", "\"modifier\" : 99999999")),
        (
          "a parent", rows, json.replacing("\"parent\" : \"t\"", "\"parent\" : \"t\\\"; DROP TABLE public.victim; --\"")
        ),
        ("a bound", rows, json.replacing("FOR VALUES FROM (", "DEFAULT; DROP TABLE public.victim; --")),
        ("a bound that calls", rows, json.replacing("'2026-01-01 00:00:00+00'", "lower('2026-01-01 00:00:00+00')")),
      ]
      for (what, rows, description) in tampered {
        let other = ForgetfulFolder()
        other.put(file, rows)
        other.put(file + ".json", description)
        for asArchived in [false, true] {
          // With the bound alone, there is nothing to attach.
          if asArchived, what.hasPrefix("a bound") || what == "a parent" { continue }
          // What the table has today is not taken from the archive.
          if !asArchived, ["a type's name alone", "a modifier"].contains(what) { continue }
          let error = await #expect(throws: (any Error).self, "\(what)") {
            // A name that is quoted is only a name: without its table, nothing tells that it is not the column's.
            _ = try await PartitionRestore(other, file).run(connection, attach: !asArchived, asArchived: asArchived)
            if asArchived, what.hasPrefix("a column") {
              try await connection.execute("DROP TABLE other.t_old")
              throw ArchiveError.refused("it made a column of that name")
            }
          }
          #expect(error is ArchiveError || error is PostgresError, "\(what): \(error.map { "\($0)" } ?? "")")
        }
        #expect(
          try await connection.query(
            "SELECT to_regclass('public.victim') IS NOT NULL, to_regclass('other.t_old') IS NULL"
          )
          .allSatisfy { try $0.bool(0) && $0.bool(1) }, "\(what)")
      }
    }
  }

  /// A text in which something is replaced.
  private struct JSONText {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    func replacing(_ one: String, _ other: String) -> [UInt8] {
      let text = String(decoding: bytes, as: UTF8.self)
      let result = text.replacing(one, with: other)
      #expect(result != text, "there is no \(one) in \(text)")
      return Array(result.utf8)
    }
  }
}
