package import Postgres

/// A copy of a table's rows in batches, outside of migrations.
package enum BatchCopy {
  /// Copies from the first row on.
  ///
  /// - Parameters:
  ///   - statement: `INSERT … SELECT … FOR SHARE ON CONFLICT DO NOTHING`.
  ///   - name: what its progress is written down by.
  /// - Returns: how many rows were copied.
  /// - Throws: `ApplyError`, `PostgresError`.
  package static func run(_ statement: String, named name: String, _ connection: Connection) async throws -> Int {
    try await History.ensure(connection)
    let file = MigrationFile(version: name, name: "copy", text: statement)
    let forget = "DELETE FROM dbtool.backfills WHERE version = $1"
    try await History.writing(.backfills, to: connection) { try await $0.query(forget, [name]) }
    let copy = try Backfill(ScriptStatement(sql: statement, line: 1), at: 0, of: file, maxLag: nil)
    try await copy.run(connection) { _ in }
    return try await History.writing(.backfills, to: connection) {
      try await $0.query("\(forget) RETURNING rows", [name]).first?.int(0) ?? 0
    }
  }
}
