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

  /// The rows of a table of the history.
  ///
  /// - Returns: the columns' values as text, nil for NULL, in no order; nil where the table is not there, or the role may not read it.
  /// - Throws: `HistoryError` where the history is not dbtool's own; `PostgresError`.
  package static func rows(
    of table: Table, _ columns: [String], _ connection: Connection
  ) async throws -> [[String?]]? {
    try await HistoryGuard.check(.reading, connection) { found, _, connection in
      guard found.mayRead(table.rawValue) else { return nil }
      return try await connection.plainRows(of: "dbtool.\(table)", columns)
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
      let columns = ["version", "name", "checksum", "segments_done", "segments", "finished_at", "started_at"]
      let further = found.hasColumn("attempted", "migrations") ? ["attempted"] : []
      return try await connection.plainRows(of: "dbtool.migrations", columns + further).map { row in
        Entry(
          version: row[0] ?? "", name: row[1] ?? "", checksum: row[2] ?? "", segmentsDone: try number(row[3]),
          segments: try number(row[4]), isFinished: row[5] != nil,
          // To the second, of what is in UTC.
          appliedAt: String((row[6] ?? "").prefix("YYYY-MM-DD HH:MM:SS".count)),
          attempted: row.count > columns.count ? row[columns.count].flatMap { Int($0) } : nil)
      }.sorted { $0.version.utf8.lexicographicallyPrecedes($1.version.utf8) }
    }
  }

  private static func number(_ text: String?) throws -> Int {
    guard let number = text.flatMap({ Int($0) }) else {
      throw PostgresError(.decoding, "dbtool.migrations has \(text ?? "NULL") where a number is expected")
    }
    return number
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
      let rows = try await connection.plainRows(of: "dbtool.settings", ["key", "value"])
      let pairs = rows.compactMap { row in
        if let key = row[0], let value = row[1], keys.contains(key) { (key, value) } else { nil }
      }
      return Dictionary(pairs) { first, _ in first }
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
