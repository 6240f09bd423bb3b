package import Postgres

/// The history of the Supabase CLI, `supabase_migrations.schema_migrations`: migrations by the same 14 digits of UTC time,
/// with their statements. A project can go over to dbtool with it, and back.
package enum SupabaseHistory {
  private static let table = "supabase_migrations.schema_migrations"

  package struct Entry: Sendable {
    package var version: String
    package var name: String
  }

  /// What it says is applied, in order; nil where there is none.
  ///
  /// - Throws: `HistoryError` where it is not the CLI's own; `PostgresError`.
  package static func entries(_ connection: Connection) async throws -> [Entry]? {
    try await HistoryGuard.checkSupabase(.reading, connection) { found, connection in
      guard let columns = found.columns[table] else { return nil }
      // Older versions of the CLI kept no names.
      let names = ["version"] + (columns.contains("name") ? ["name"] : [])
      return try await connection.plainRows(of: table, names).map { row in
        Entry(version: row[0] ?? "", name: (row.count > 1 ? row[1] : nil) ?? "")
      }.sorted { $0.version.utf8.lexicographicallyPrecedes($1.version.utf8) }
    }
  }

  /// Writes into it what dbtool's own history has and it has not; makes it where it is missing, as the CLI does.
  ///
  /// - Returns: how many were written.
  /// - Throws: `PostgresError`; `MigrationError` for a file that cannot be split.
  package static func write(_ files: [MigrationFile], _ connection: Connection) async throws -> Int {
    let comparison = HistoryComparison(files, try await History.entries(connection))
    let applied = comparison.lines.filter { [.applied, .appliedInParts].contains($0.state) }.compactMap(\.file)
    let rows = try applied.map { file in
      [file.version, file.name, ArrayText.encode(try file.segments().flatMap(\.statements).map(\.sql))]
    }
    return try await connection.transaction { connection in
      let found = try await HistoryGuard.checkSupabase(.writing, connection) { found, _ in found }
      if !found.schemas.contains(HistoryGuard.supabase) {
        try await connection.execute("CREATE SCHEMA supabase_migrations")
      }
      try await connection.execute(
        """
        SET LOCAL client_min_messages = warning;
        CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
        ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
        ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
        """)
      return try await HistoryHold.writing(HistoryGuard.supabase, [HistoryGuard.supabaseTable], connection) {
        connection in
        var count = 0
        for row in rows {
          let inserted = try await connection.query(
            """
            INSERT INTO supabase_migrations.schema_migrations (version, name, statements) VALUES ($1, $2, $3::text[])
            ON CONFLICT (version) DO NOTHING RETURNING version
            """, row)
          count += inserted.count
        }
        return count
      }
    }
  }
}
