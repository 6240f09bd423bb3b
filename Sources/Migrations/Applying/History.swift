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

  static let create = """
    CREATE SCHEMA IF NOT EXISTS dbtool;
    CREATE TABLE IF NOT EXISTS dbtool.migrations (
      version text PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      segments integer NOT NULL,
      segments_done integer NOT NULL DEFAULT 0,
      started_at timestamptz NOT NULL DEFAULT now(),
      finished_at timestamptz,
      applied_by text NOT NULL DEFAULT session_user);
    -- The part outside of transactions that was begun last: whether it was finished is seen by looking.
    ALTER TABLE dbtool.migrations ADD COLUMN IF NOT EXISTS attempted integer;
    CREATE TABLE IF NOT EXISTS dbtool.backfills (
      version text NOT NULL,
      segment integer NOT NULL,
      position text[] NOT NULL,
      rows bigint NOT NULL,
      started_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (version, segment));
    CREATE TABLE IF NOT EXISTS dbtool.seeds (
      path text NOT NULL,
      environment text NOT NULL,
      checksum text NOT NULL,
      rows bigint NOT NULL DEFAULT 0,
      applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (path, environment));
    CREATE TABLE IF NOT EXISTS dbtool.settings (
      key text PRIMARY KEY,
      value text NOT NULL);
    COMMENT ON SCHEMA dbtool IS 'History of dbtool: applied migrations, seeds and settings.';
    """

  /// Makes the schema where it is missing.
  package static func ensure(_ connection: Connection) async throws {
    let exists = try await connection.query("SELECT to_regclass('dbtool.backfills') IS NOT NULL")
    if try exists[0].bool(0) { return }
    // Two at once would collide in the catalogs; the lock makes the second find it done.
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL client_min_messages = warning")
      try await connection.query("SELECT pg_advisory_xact_lock($1::int, 1)", [String(ApplyLock.space)])
      try await connection.execute(create)
    }
  }

  /// Writes squashed migrations in the place of those that they were made of, which were applied.
  package static func squash(_ files: [MigrationFile], _ connection: Connection) async throws {
    for file in files {
      let count = String(try file.segments().count)
      try await connection.transaction { connection in
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
    try await connection.transaction { connection in
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
      VALUES ($1, $2, $3, $4::integer, $4::integer, now())
      """, [file.version, file.name, file.digest.description, segments])
  }

  /// What was applied, in order; nothing when dbtool never was here.
  package static func entries(_ connection: Connection) async throws -> [Entry] {
    let exists = try await connection.query("SELECT to_regclass('dbtool.migrations') IS NOT NULL")
    guard try exists[0].bool(0) else { return [] }
    return try await connection.query(
      """
      SELECT version, name, checksum, segments_done, segments, finished_at IS NOT NULL,
             to_char(m.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), to_jsonb(m) ->> 'attempted'
        FROM dbtool.migrations m ORDER BY version
      """
    ).map { row in
      var reader = row.reader
      return Entry(
        version: try reader.string(), name: try reader.string(), checksum: try reader.string(),
        segmentsDone: try reader.int(), segments: try reader.int(), isFinished: try reader.bool(),
        appliedAt: try reader.string(), attempted: try reader.optionalString().flatMap(Int.init))
    }
  }

  /// Writes how far a migration is, in the transaction that did the work if there is one.
  static func record(_ file: MigrationFile, done: Int, of count: Int, _ connection: Connection) async throws {
    try await connection.query(
      """
      INSERT INTO dbtool.migrations AS m (version, name, checksum, segments, segments_done, finished_at)
      VALUES ($1, $2, $3, $4::int, $5::int, CASE WHEN $4::int = $5::int THEN clock_timestamp() END)
      ON CONFLICT (version) DO UPDATE SET segments_done = excluded.segments_done, finished_at = excluded.finished_at
      """, [file.version, file.name, file.digest.description, String(count), String(done)])
  }

  /// Writes that a part outside of transactions is begun, before it is.
  static func record(_ file: MigrationFile, attempting index: Int, of count: Int, _ connection: Connection) async throws
  {
    try await connection.query(
      """
      INSERT INTO dbtool.migrations AS m (version, name, checksum, segments, segments_done, attempted)
      VALUES ($1, $2, $3, $4::int, $5::int, $5::int)
      ON CONFLICT (version) DO UPDATE SET attempted = excluded.attempted
      """, [file.version, file.name, file.digest.description, String(count), String(index)])
  }

  /// A setting of this database, for example `environment`.
  package static func setting(_ key: String, _ connection: Connection) async throws -> String? {
    let exists = try await connection.query("SELECT to_regclass('dbtool.settings') IS NOT NULL")
    guard try exists[0].bool(0) else { return nil }
    return try await connection.query("SELECT value FROM dbtool.settings WHERE key = $1", [key]).first?.string(0)
  }

  package static func set(_ key: String, _ value: String, _ connection: Connection) async throws {
    try await connection.query(
      "INSERT INTO dbtool.settings VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      [key, value])
  }
}
