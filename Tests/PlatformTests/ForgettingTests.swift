import Platform
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// The right to be forgotten covers every column that is marked as personal.
@Suite struct ForgettingTests {
  @Test func everyPersonalColumnIsCovered() async throws {
    try await PlatformDatabase.connected { connection in
      _ = try await World.build(connection)
      let columns = Platform.database.personalColumns
      #expect(columns.count > 35)
      // Of one tenant first: the other's people stay known.
      try await connection.execute(World.forget(1))
      for column in columns {
        let others = try await Self.known(column, connection)
        #expect(others > 0, "\(column): the world has nothing personal in it, or it was forgotten with somebody else's")
      }
      try await connection.execute(World.forget(2))
      for column in columns {
        #expect(try await Self.known(column, connection) == 0, "\(column) still says something about somebody")
      }
      // What counts places and what was paid are still right.
      #expect(try await connection.query(BookingTests.wrongCounters)[0].int(0) == 0)
      #expect(try await connection.query("SELECT count(*) FROM payments WHERE amount = 20")[0].int(0) == 2)
    }
  }

  /// Rows whose value leads to a person of the world: it has the mark in it, or tells what somebody did.
  private static func known(_ column: PersonalColumn, _ connection: Connection) async throws -> Int {
    let name = Quote.identifier(column.column)
    let table = Quote.qualified(column.relation.schema.name, column.relation.name)
    let isMarked = "lower(replace(\(name)::text, ':', '')) LIKE '%\(World.mark)%'"
    return try await connection.query(
      "SELECT count(*) FROM \(table) WHERE \(column.kind == .behaviour ? "\(name) IS NOT NULL" : isMarked)")[0].int(0)
  }

  /// Functions that run with their owner's rights find only what they were written to find.
  @Test func definersPinTheirSearchPath() async throws {
    try await PlatformDatabase.connected { connection in
      let loose = try await connection.query(
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p
         WHERE p.prosecdef AND p.oid >= 16384
           AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%pg_temp')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        """
      ).map { try $0.string(0) }
      #expect(loose.isEmpty, "\(loose)")
    }
  }

  @Test func everythingIsCommented() async throws {
    try await PlatformDatabase.connected { connection in
      let silent = try await connection.query(
        """
        SELECT 'relation ' || c.oid::regclass FROM pg_class c
         WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND c.oid >= 16384
           AND c.relnamespace IN ('public'::regnamespace, 'webinar'::regnamespace, 'checkin'::regnamespace)
           AND obj_description(c.oid, 'pg_class') IS NULL
        UNION ALL
        SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
         WHERE p.oid >= 16384 AND p.pronamespace IN ('public'::regnamespace, 'webinar'::regnamespace, 'checkin'::regnamespace)
           AND obj_description(p.oid, 'pg_proc') IS NULL
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT 'type ' || t.oid::regtype FROM pg_type t
         WHERE t.typtype = 'e' AND obj_description(t.oid, 'pg_type') IS NULL
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
        """
      ).map { try $0.string(0) }
      #expect(silent.isEmpty, "\(silent)")
    }
  }
}
