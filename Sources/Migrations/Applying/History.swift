internal import Catalog
package import Postgres

/// The schema `dbtool` in the target database: what was applied, written in the transaction that did it.
package enum History {
  /// One migration as the database remembers it.
  package struct Entry: Sendable {
    package var version: String
    package var name: String
    package var checksum: String
    package var segmentsDone: Int
    package var segments: Int
    package var isFinished: Bool
    package var appliedAt: String
    /// The part outside of transactions that was begun last, counted from 0.
    var attempted: Int?
  }

  /// Makes the schema where it is missing, and brings it to the version of this dbtool.
  ///
  /// - Throws: `HistoryError` where it is not dbtool's own; `PostgresError`.
  package static func ensure(_ connection: Connection) async throws {
    if try await connection.query("SELECT pg_catalog.pg_is_in_recovery()")[0].bool(0) { throw HistoryError.standby }
    if try await HistoryGuard.check(.writing, connection, { _, version, _ in version }) == HistoryLayout.version {
      return
    }
    // Two at once would collide in the catalogs; the lock makes the second find it done.
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL client_min_messages = warning")
      try await connection.query("SELECT pg_catalog.pg_advisory_xact_lock(\(AdvisoryKey.history.arguments))")
      // Nobody may have put anything there meanwhile.
      let (found, version) = try await HistoryGuard.check(.writing, connection) { found, version, _ in (found, version)
      }
      if version == HistoryLayout.version { return }
      // Event triggers are somebody's, and may read what they like.
      try await connection.letViewsBeRead()
      if !found.schemas.contains(ToolSchema.history) { try await connection.execute("CREATE SCHEMA dbtool") }
      for upgrade in HistoryLayout.upgrades[version...] { try await connection.execute(upgrade) }
      if version == 0 { try await connection.execute(HistoryLayout.revocation) }
      try await set(HistoryLayout.versionKey, String(HistoryLayout.version), connection)
    }
  }

  /// The tables of the schema `dbtool`.
  package enum Table: String, CaseIterable, Sendable { case migrations, backfills, seeds, settings, retired }

  /// Reads a table of the history, which stays as it was seen to be until `body` has ended.
  ///
  /// - Returns: nil, without running `body`, where the table is not there, or the role may not read it.
  /// - Throws: `HistoryError` where the history is not dbtool's own; `PostgresError`; what `body` throws.
  package static func reading<Result: Sendable>(
    _ table: Table, _ connection: Connection, _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result? {
    try await HistoryGuard.check(.reading, connection) { found, _, connection in
      found.mayRead(table.rawValue) ? try await body(connection) : nil
    }
  }

  /// Writes to tables of the history, as part of the transaction that is open or in one of its own. They are looked at once more
  /// before it, and stay as they were seen to be until the transaction ends. `ensure` comes before it.
  ///
  /// - Throws: `HistoryError` where the history is not dbtool's own any more; `PostgresError`; what `body` throws.
  @discardableResult
  package static func writing<Result: Sendable>(
    _ tables: Table..., to connection: Connection, _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    try await HistoryHold.writing(ToolSchema.history, tables.map(\.rawValue), connection, body)
  }

  /// Writes squashed migrations in the place of those that they were made of, which were applied.
  ///
  /// - Throws: `MigrationError` for a file that cannot be split; `PostgresError`.
  package static func squash(_ files: [MigrationFile], _ connection: Connection) async throws {
    for file in files {
      let count = String(try file.segments().count)
      try await writing(.migrations, to: connection) { connection in
        let parts = ArrayText.encode(file.replaced.flatMap(\.versions))
        try await connection.query("DELETE FROM dbtool.migrations WHERE version = ANY ($1::text[])", [parts])
        try await insert(file, count, connection)
      }
    }
  }

  /// Changes what the history says, in one transaction, and nothing else.
  package struct Correction: Sendable {
    package var forgotten: [String] = []
    /// What it has under another version or name, however far it is, and the file that this is.
    package var renamed: [(version: String, file: MigrationFile)] = []
    /// What it has with other contents, and may have in part, and what is there in fact.
    package var rewritten: [MigrationFile] = []
    package var adopted: [MigrationFile] = []
    package init() {}
    package var isEmpty: Bool {
      forgotten.isEmpty && renamed.isEmpty && rewritten.isEmpty && adopted.isEmpty
    }
  }

  /// - Throws: `PostgresError`; `MigrationError` for a file that cannot be split.
  package static func correct(_ correction: Correction, _ connection: Connection) async throws {
    try await ensure(connection)
    let adopted = try (correction.rewritten + correction.adopted).map { ($0, String(try $0.segments().count)) }
    try await writing(.migrations, .backfills, to: connection) { connection in
      for version in correction.forgotten + correction.rewritten.map(\.version) {
        try await connection.query("DELETE FROM dbtool.migrations WHERE version = $1", [version])
        try await connection.query("DELETE FROM dbtool.backfills WHERE version = $1", [version])
      }
      // Versions may change places: all of them make room first.
      for (index, (version, _)) in correction.renamed.enumerated() {
        try await connection.query(
          "UPDATE dbtool.migrations SET version = $2 WHERE version = $1", [version, "\(index)"])
        try await connection.query(
          "UPDATE dbtool.backfills SET version = $2 WHERE version = $1", [version, "\(index)"])
      }
      for (index, (_, file)) in correction.renamed.enumerated() {
        try await connection.query(
          "UPDATE dbtool.migrations SET version = $2, name = $3, checksum = $4 WHERE version = $1",
          ["\(index)", file.version, file.name, file.digest.description])
        try await connection.query(
          "UPDATE dbtool.backfills SET version = $2 WHERE version = $1", ["\(index)", file.version])
      }
      for (file, count) in adopted { try await insert(file, count, connection) }
    }
  }

  private static func insert(_ file: MigrationFile, _ segments: String, _ connection: Connection) async throws {
    try await connection.query(
      """
      INSERT INTO dbtool.migrations (version, name, checksum, segments, segments_done, finished_at)
      VALUES ($1, $2, $3, $4::integer, $4::integer, pg_catalog.now())
      """, [file.version, file.name, file.digest.description, segments])
  }

  /// The error of a role that may not read the history.
  ///
  /// - Throws: `PostgresError`.
  package static func unreadable(_ connection: Connection) async throws -> HistoryError {
    .unreadable(role: try await connection.query("SELECT CURRENT_USER")[0].string(0))
  }

  /// What was applied, in order; nothing when dbtool never was here.
  ///
  /// - Throws: `HistoryError` where the history is not dbtool's own; `PostgresError`.
  package static func entries(_ connection: Connection) async throws -> [Entry] {
    try await HistoryGuard.check(.reading, connection) { found, _, connection in
      guard found.has("migrations") else { return [] }
      guard found.mayRead("migrations") else { throw try await unreadable(connection) }
      return try await connection.query(
        """
        SELECT version, name, checksum, segments_done, segments, finished_at IS NOT NULL,
               pg_catalog.to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
               \(found.hasColumn("attempted", "migrations") ? "attempted" : "NULL")
          FROM dbtool.migrations ORDER BY version
        """
      ).map { row in
        var reader = row.reader
        return Entry(
          version: try reader.string(), name: try reader.string(), checksum: try reader.string(),
          segmentsDone: try reader.int(), segments: try reader.int(), isFinished: try reader.bool(),
          appliedAt: try reader.string(), attempted: try reader.optionalString().flatMap { Int($0) })
      }
    }
  }

  /// Writes how far a migration is, in the transaction that did the work if there is one.
  static func record(_ file: MigrationFile, done: Int, of count: Int, _ connection: Connection) async throws {
    try await writing(.migrations, to: connection) {
      try await $0.query(
        """
        INSERT INTO dbtool.migrations AS m (version, name, checksum, segments, segments_done, finished_at)
        VALUES ($1, $2, $3, $4::int, $5::int, CASE WHEN $4::int = $5::int THEN pg_catalog.clock_timestamp() END)
        ON CONFLICT (version) DO UPDATE SET segments_done = excluded.segments_done, finished_at = excluded.finished_at
        """, [file.version, file.name, file.digest.description, String(count), String(done)])
    }
  }

  /// Writes that a part outside of transactions is begun, before it is.
  static func record(_ file: MigrationFile, attempting index: Int, of count: Int, _ connection: Connection) async throws
  {
    try await writing(.migrations, to: connection) {
      try await $0.query(
        """
        INSERT INTO dbtool.migrations AS m (version, name, checksum, segments, segments_done, attempted)
        VALUES ($1, $2, $3, $4::int, $5::int, $5::int)
        ON CONFLICT (version) DO UPDATE SET attempted = excluded.attempted
        """, [file.version, file.name, file.digest.description, String(count), String(index)])
    }
  }

  /// Writes that the server has refused the part that was begun, and that nothing of it is there.
  static func recordRefusal(_ file: MigrationFile, _ connection: Connection) async throws {
    try await writing(.migrations, to: connection) {
      try await $0.query("UPDATE dbtool.migrations SET attempted = NULL WHERE version = $1", [file.version])
    }
  }

  /// Settings of this database, for example `environment`, as far as it has them.
  ///
  /// - Throws: `HistoryError` where the history is not dbtool's own; `PostgresError`.
  package static func settings(_ keys: [String], _ connection: Connection) async throws -> [String: String] {
    try await HistoryGuard.check(.reading, connection) { found, _, connection in
      guard found.has("settings") else { return [:] }
      guard found.mayRead("settings") else { throw try await unreadable(connection) }
      let rows = try await connection.query(
        "SELECT key, value FROM dbtool.settings WHERE key = ANY ($1::pg_catalog.text[])", [ArrayText.encode(keys)])
      return Dictionary(try rows.map { (try $0.string(0), try $0.string(1)) }) { first, _ in first }
    }
  }

  /// A setting of this database.
  ///
  /// - Throws: `HistoryError` where the history is not dbtool's own; `PostgresError`.
  package static func setting(_ key: String, _ connection: Connection) async throws -> String? {
    try await settings([key], connection)[key]
  }

  /// Writes a setting of this database; `ensure` comes before it.
  ///
  /// - Throws: `PostgresError`.
  package static func set(_ key: String, _ value: String, _ connection: Connection) async throws {
    try await writing(.settings, to: connection) {
      try await $0.query(
        """
        INSERT INTO dbtool.settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value
        """, [key, value])
    }
  }
}
