import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What a window keeps no longer.
extension PartitionTests {
  @Test func whatIsOldIsRetired() async throws {
    let table = "CREATE TABLE t (id integer, at date NOT NULL, note text) PARTITION BY RANGE (at);"
    for retire in ["detach", "drop", "archive", "stay"] {
      let manager = Self.manager(ahead: 1, keep: 1, retire: retire)
      try await with(table, now: "2026-01-10") { connection, _ in
        _ = try await manager.create(connection)
        try await connection.execute(
          #"INSERT INTO t SELECT i, date '2025-12-01' + i % 80, E'a\\b\n' || i FROM generate_series(1, 800) i"#)
        try await Self.set("2026-04-10", connection)
        _ = try await manager.create(connection)
        let expired = try await manager.expired(connection).map(\.partition.name)
        #expect(expired == (retire == "stay" ? [] : ["t_2025_12", "t_2026_01", "t_2026_02"]))
        let folder = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if retire == "archive" {
          let refused = try await manager.retire(connection)
          #expect(refused.allSatisfy { $0.failure?.contains("--archive-to") == true })
        }
        let place: ArchivePlace = { try DiskFolder(folder) }
        let outcomes = try await manager.retire(connection, archive: place)
        #expect(outcomes.count == expired.count && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
        #expect(try await manager.expired(connection).isEmpty)
        #expect(try await manager.retire(connection, archive: place).isEmpty)
        let left = try await connection.query(
          "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^t_' AND NOT relispartition ORDER BY 1"
        ).map { try $0.string(0) }
        #expect(left == (retire == "detach" ? expired : []))
        guard retire == "archive" else { return }
        // What was written is what was there.
        try await connection.execute("CREATE TABLE back (id integer, at date, note text)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".copy") }
        for name in expired {
          let file = try #require(files.filter { $0.contains(".public.\(name).") }.first)
          var text = Array(try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).utf8) as [UInt8]?
          try await connection.copy("COPY back FROM STDIN") {
            defer { text = nil }
            return text
          }
        }
        let back = try await connection.query(
          #"SELECT count(*), count(*) FILTER (WHERE note = E'a\\b\n' || id AND at = date '2025-12-01' + id % 80) FROM back"#
        )
        #expect(try back[0].int(0) == 800 && back[0].int(1) == 800)
      }
    }
  }

  /// A window that detaches leaves tables behind, which somebody wanted.
  @Test(arguments: ["day", "week", "month", "year"])
  func whatAWindowHasDetachedIsNoDrift(unit: String) async throws {
    let states = States(database: Database("retired") {})
    for retire in ["detach", "drop"] {
      let manager = Self.manager(unit: unit, ahead: 1, keep: 1, retire: retire)
      try await with(
        "CREATE TABLE t (at timestamptz NOT NULL) PARTITION BY RANGE (at); CREATE TABLE t_2020 (at date)",
        now: "2026-12-30"
      ) { connection, _ in
        try await connection.execute(unit == "year" ? "DROP TABLE t_2020" : "")
        var expected = try await states.reader.read(connection).removing { $0.id.kind == .role }
        expected.insert(Self.window(unit: unit, ahead: 1, keep: 1, retire: retire))
        _ = try await manager.create(connection)
        for partition in try await connection.query("SELECT inhrelid::regclass::text FROM pg_inherits") {
          try await connection.execute("ALTER TABLE t DETACH PARTITION \(try partition.string(0))")
        }
        try await Self.set("2037-06-01", connection)
        _ = try await manager.create(connection)
        let tables = try await connection.query(
          "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^t_' AND NOT relispartition")[0].int(0)
        let report = try await DriftReport.make(states: states, expected: expected, connection)
        let notes = report.findings.filter { $0.code == "retired-partition" }
        #expect(report.hasFindings() == (retire == "drop"), "\(report.findings.map(\.message))")
        #expect(notes.count == (retire == "drop" ? 0 : 1) && tables > 0)
        let (actual, _) = try await DriftReport.comparands(states: states, expected: expected, connection)
        #expect(actual.contains(FactID(.table, schema: "public", name: "t_2020")) == (unit != "year"))
      }
    }
  }

  /// What dbtool has detached stays what it is when the window is to drop from then on.
  @Test func whatWasDetachedIsRemembered() async throws {
    let states = States(database: Database("retired") {})
    let manager = Self.manager(ahead: 1, keep: 1, retire: "detach")
    try await with("CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at)", now: "2026-01-10") { connection, _ in
      var expected = try await states.reader.read(connection).removing { $0.id.kind == .role }
      expected.insert(Self.window(unit: "month", ahead: 1, keep: 1, retire: "drop"))
      _ = try await manager.create(connection)
      try await Self.set("2037-06-01", connection)
      _ = try await manager.create(connection)
      #expect(try await manager.retire(connection).count == 3)
      let report = try await DriftReport.make(states: states, expected: expected, connection)
      #expect(report.findings.map(\.code) == ["retired-partition"], "\(report.findings.map(\.message))")
      try await connection.execute("ALTER TABLE t_2026_01 RENAME TO kept; CREATE TABLE public.t_2026_01 (at date)")
      let renamed = try await DriftReport.make(states: states, expected: expected, connection)
      #expect(renamed.findings.filter { $0.code == "extra-table" }.count == 2, "\(renamed.findings.map(\.message))")
    }
  }

  /// What an interrupted run has begun is ended by the word of today.
  @Test func aWindowThatWasCorrectedKeepsWhatWasBegun() async throws {
    try await with("CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at)", now: "2026-01-10") { connection, _ in
      let hasty = Self.manager(ahead: 2, keep: 0, retire: "drop")
      _ = try await hasty.create(connection)
      try await connection.execute("INSERT INTO t VALUES ('2026-01-10'), ('2026-02-10'), ('2026-03-10')")
      try await Self.set("2026-05-10", connection)
      // Noted, and no more: the first is attached still, the second has left its table already.
      try await History.ensure(connection)
      try await connection.execute(
        """
        INSERT INTO dbtool.retired (partition_oid, parent, schema_name, partition_name, action, bound)
        SELECT c.oid::bigint, 'public.t', 'public', c.relname, 'drop', pg_get_expr(c.relpartbound, c.oid) FROM pg_class c
         WHERE c.relname IN ('t_2026_01', 't_2026_02', 't_2026_03')
        """)
      try await connection.execute("ALTER TABLE t DETACH PARTITION t_2026_02")
      for retire in ["stay", "drop"] {
        let corrected = Self.manager(ahead: 2, keep: 24, retire: retire)
        let outcomes = try await corrected.retire(connection)
        #expect(outcomes.allSatisfy { $0.failure == nil && $0.text == "detached" }, "\(outcomes)")
        let rows = try await connection.query("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM t_2026_02)")[0]
        #expect(try rows.int(0) == 2 && rows.int(1) == 1)
        #expect(try await corrected.begun(connection).isEmpty)
      }
      // And what it wants gone goes.
      let outcomes = try await Self.manager(ahead: 2, keep: 2, retire: "drop").retire(connection)
      #expect(outcomes.map(\.partition) == ["public.t_2026_01"] && outcomes[0].text == "dropped", "\(outcomes)")
    }
  }

  /// A window that the lock has and the declarations have otherwise retires nothing.
  @Test func aDisputedWindowRetiresNothing() async throws {
    try await with("CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at)", now: "2026-01-10") { connection, _ in
      _ = try await Self.manager(ahead: 0, keep: 0).create(connection)
      try await Self.set("2026-05-10", connection)
      var lock = Catalog()
      lock.insert(Self.window("t", unit: "month", ahead: 0, keep: 0, retire: "drop"))
      let table = FactID(.table, schema: "public", name: "t")
      for declarations in [[], [Self.window("t", unit: "month", ahead: 0, keep: 24, retire: "stay")]] {
        let manager = PartitionManager(catalog: lock, declarations: declarations, of: [table])
        #expect(try await manager.expired(connection).isEmpty)
        let outcomes = try await manager.retire(connection)
        #expect(outcomes.count == 1 && outcomes[0].failure?.contains("differ about its window") == true, "\(outcomes)")
        #expect(try await connection.query("SELECT FROM t_2026_01").isEmpty)
      }
    }
  }

  /// A reader holds on to the partition; the detach is interrupted, and the next run ends it.
  @Test func aHalfDetachedPartitionIsFinished() async throws {
    try await with("CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at)", now: "2026-01-10") {
      connection, database in
      let manager = Self.manager(ahead: 0, keep: 0)
      _ = try await manager.create(connection)
      try await Connection.with(database.target) { reader in
        try await reader.execute("BEGIN; SELECT * FROM t")
        let detaching = Task {
          try await Connection.with(database.target) {
            try await $0.query("ALTER TABLE t DETACH PARTITION t_2026_01 CONCURRENTLY")
          }
        }
        try await Waiting.until("the detach is half done") {
          try await connection.query("SELECT FROM pg_inherits WHERE inhdetachpending").count == 1
        }
        try await connection.query(
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE t DETACH%'")
        await #expect(throws: PostgresError.self) { try await detaching.value }
        try await reader.execute("COMMIT")
      }
      try await Self.set("2026-02-10", connection)
      // It does not keep the next month from being made.
      #expect(try await manager.create(connection).map(\.partition) == ["public.t_2026_02"])
      #expect(try await manager.expired(connection).map(\.isPending) == [true])
      let outcomes = try await manager.retire(connection)
      #expect(outcomes.map(\.text) == ["detached"], "\(outcomes)")
      let pending = try await connection.query("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
      #expect(try pending[0].int(0) == 0)
    }
  }
}
