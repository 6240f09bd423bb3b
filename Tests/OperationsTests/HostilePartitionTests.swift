import FoundationEssentials
import Operations
import Postgres
import TestSupport
import Testing

/// Partitions come and go without anything of what somebody has put before PostgreSQL's own.
@Suite struct HostilePartitionTests {
  @Test(arguments: Shadowing.kinds)
  func whatComesFirstInTheSearchPathIsNotFound(kind: String) async throws {
    try await Databases.with { database in
      func execute(_ sql: String) async throws {
        try await Connection.with(database.target) { connection in
          for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
        }
      }
      try await execute(
        Shadowing.trap + (Shadowing.sql[kind] ?? "")
          + """
          CREATE TABLE public.t (id pg_catalog.int4, at pg_catalog.date NOT NULL) PARTITION BY RANGE (at);
          CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
          INSERT INTO public.t VALUES (1, '2026-01-10'), (2, '2026-02-10');
          ALTER DATABASE \(database.name) SET search_path = evil, pg_catalog, public;
          """)
      let manager = PartitionTests.manager(ahead: 1, keep: 1, retire: "detach")
      try await Connection.with(database.target.pinned) { connection in
        for now in ["2026-02-15", "2026-05-15"] {
          try await connection.query("SELECT pg_catalog.set_config('dbtool.now', $1, false)", [now])
          let created = try await manager.create(connection)
          #expect(!created.isEmpty && created.allSatisfy { $0.failure == nil }, "\(created)")
          let retired = try await manager.retire(connection)
          #expect(retired.allSatisfy { $0.failure == nil }, "\(retired)")
          #expect(try await manager.coverage(connection).allSatisfy { $0.missing.isEmpty })
        }
        #expect(try await connection.query("SELECT count(*) FROM dbtool.retired")[0].int(0) == 3)
        #expect(try await connection.query("SELECT is_called FROM evil.runs")[0].bool(0) == false)
      }
    }
  }
}
