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
    let isMarked = "lower(replace(\(name)::text, ':', '')) ~ '\(World.mark)|\(World.number)'"
    return try await connection.query(
      "SELECT count(*) FROM \(table) WHERE \(column.kind == .behaviour ? "\(name)::text <> '{}'" : isMarked)")[0].int(0)
  }
}
