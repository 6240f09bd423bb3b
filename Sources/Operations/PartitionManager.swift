package import Catalog
internal import Migrations
package import Postgres

/// Creates the partitions that declared windows need, and says what there is.
package struct PartitionManager: Sendable {
  /// One partition that a window needs.
  package struct Slot: Sendable {
    package var table: FactID
    package var partition: String
    /// The bound as PostgreSQL prints it.
    package var bound: String
    package var exists: Bool
  }

  /// What there is of one window.
  package struct Coverage: Sendable {
    package var table: FactID
    package var unit: String
    package var ahead: Int
    package var keep: Int
    package var slots: [Slot]
    package var missing: [Slot] { slots.filter { !$0.exists } }
    package var partitions: Int
    package var rows: Int
    package var bytes: Int
    /// The first moment at which an insert would fail.
    package var insertsFailFrom: String?
  }

  private let windows: [Fact]

  /// - Parameter catalog: the catalog with the declared windows.
  package init(catalog: Catalog) {
    windows = catalog.facts.values.filter { $0.id.kind == .partitionWindow }.sorted { $0.id < $1.id }
  }

  package var isEmpty: Bool { windows.isEmpty }

  /// What the windows need and do not have.
  ///
  /// - Throws: `PostgresError`.
  package func missing(_ connection: Connection) async throws -> [Slot] {
    try await coverage(connection, withSizes: false).flatMap(\.missing)
  }

  /// Reads what there is; months are those of the server's clock, in UTC.
  ///
  /// - Parameter withSizes: count rows and bytes, for which each partition's files are looked at.
  /// - Throws: `PostgresError`.
  package func coverage(_ connection: Connection, withSizes: Bool = true) async throws -> [Coverage] {
    guard !windows.isEmpty else { return [] }
    var result: [Coverage] = []
    let settings = [Statement("SET timezone = 'UTC'"), Statement("SET datestyle = 'ISO'")]
    let queries = windows.flatMap {
      [Statement(Self.slotQuery, parameters($0)), Statement(Self.sizeQuery, [$0.id.sqlName, withSizes ? "t" : "f"])]
    }
    let answers = try await connection.pipeline(settings + queries).dropFirst(settings.count).map { try $0.get() }
    for (index, window) in windows.enumerated() {
      let table = FactID(.table, schema: window.id.schema, name: window.id.name)
      var insertsFailFrom: String?
      var slots: [Slot] = []
      var lastEnd: String?
      for row in answers[index * 2] {
        var reader = row.reader
        let partition = try reader.string()
        let bound = try reader.string()
        let exists = try reader.bool()
        let start = try reader.string()
        let end = try reader.string()
        let isPast = try reader.bool()
        if !exists, !isPast, insertsFailFrom == nil { insertsFailFrom = start }
        slots.append(Slot(table: table, partition: partition, bound: bound, exists: exists))
        lastEnd = end
      }
      let sizes = answers[index * 2 + 1][0]
      result.append(
        Coverage(
          table: table, unit: window.text(.unit), ahead: window.integer(.ahead) ?? 0, keep: window.integer(.keep) ?? 0,
          slots: slots, partitions: try sizes.int(0), rows: try sizes.int(1), bytes: try sizes.int(2),
          insertsFailFrom: insertsFailFrom ?? lastEnd))
    }
    return result
  }

  private func parameters(_ window: Fact) -> [String?] {
    [
      window.id.sqlName, window.id.name, window.text(.unit), String(window.integer(.ahead) ?? 0),
      String(window.integer(.keep) ?? 0),
    ]
  }

  /// The window's ranges with the bound that each partition has to have, as the key's own type prints it.
  private static let slotQuery = """
    WITH parent AS (
      SELECT to_regclass($1) AS oid,
             (SELECT format_type(a.atttypid, NULL) FROM pg_catalog.pg_partitioned_table p
                JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
               WHERE p.partrelid = to_regclass($1)) AS type),
    ranges AS (
      SELECT d AS low, d + ('1 ' || $3)::interval AS high,
             d + ('1 ' || $3)::interval <= now() AT TIME ZONE 'UTC' AS past
        FROM generate_series(date_trunc($3, now() AT TIME ZONE 'UTC') - $5::int * ('1 ' || $3)::interval,
                             date_trunc($3, now() AT TIME ZONE 'UTC') + $4::int * ('1 ' || $3)::interval,
                             ('1 ' || $3)::interval) d),
    bounds AS (
      SELECT left($2, 54) || to_char(low, '_YYYY_MM') AS name, low, high, past,
             format('FOR VALUES FROM (%L) TO (%L)',
               CASE type WHEN 'date' THEN low::date::text WHEN 'timestamp without time zone' THEN low::text
                         ELSE (low AT TIME ZONE 'UTC')::text END,
               CASE type WHEN 'date' THEN high::date::text WHEN 'timestamp without time zone' THEN high::text
                         ELSE (high AT TIME ZONE 'UTC')::text END) AS bound
        FROM ranges, parent)
    SELECT b.name, b.bound,
           EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = parent.oid AND pg_get_expr(c.relpartbound, c.oid) = b.bound),
           to_char(b.low, 'YYYY-MM-DD'), to_char(b.high, 'YYYY-MM-DD'), b.past
      FROM bounds b, parent ORDER BY b.low
    """

  private static let sizeQuery = """
    SELECT count(*), coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
      FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
     WHERE $2::boolean AND i.inhparent = to_regclass($1)
    """

  /// Creates what is missing. Writers are not blocked: a partition is made apart and attached, which takes SHARE UPDATE
  /// EXCLUSIVE on the parent, and it is empty, so nothing is scanned. Safe when two do it at once.
  ///
  /// - Returns: the names of what was created.
  /// - Throws: `PostgresError`.
  package func create(_ connection: Connection, _ report: (String) -> Void = { _ in }) async throws -> [String] {
    var created: [String] = []
    for coverage in try await coverage(connection) {
      for slot in coverage.missing {
        if try await create(slot, connection) {
          let name = Quote.qualified(slot.table.schema, slot.partition)
          created.append(name)
          report(name)
        }
      }
    }
    return created
  }

  private func create(_ slot: Slot, _ connection: Connection) async throws -> Bool {
    let name = Quote.qualified(slot.table.schema, slot.partition)
    let parent = slot.table.sqlName
    return try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '5s'")
      try await connection.query(
        "SELECT pg_advisory_xact_lock($1::int, hashtext($2))", [String(0x64_6274), parent])
      // Another run may have made it while this one waited.
      let exists = try await connection.query(
        """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                        WHERE i.inhparent = to_regclass($1) AND pg_get_expr(c.relpartbound, c.oid) = $2),
               c.relrowsecurity, c.relforcerowsecurity
          FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1)
        """, [parent, slot.bound])
      guard let row = exists.first, try !row.bool(0) else { return false }
      var statements = [
        "CREATE TABLE \(name) (LIKE \(parent) INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED "
          + "INCLUDING STORAGE INCLUDING COMPRESSION)"
      ]
      // Policies are the parent's; whoever goes past it to a partition finds no policy and sees nothing.
      if try row.bool(1) { statements.append("ALTER TABLE \(name) ENABLE ROW LEVEL SECURITY") }
      if try row.bool(2) { statements.append("ALTER TABLE \(name) FORCE ROW LEVEL SECURITY") }
      statements.append("ALTER TABLE \(parent) ATTACH PARTITION \(name) \(slot.bound)")
      for result in try await connection.pipeline(statements.map { Statement($0) }) { _ = try result.get() }
      return true
    }
  }
}
