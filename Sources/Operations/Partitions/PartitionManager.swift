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
    package var timeZone: String
    /// Whether rows have come for which there was no partition.
    package var hasRowsInDefault: Bool
    /// The first day on which an insert would fail; nil where a default partition takes what fits nowhere.
    package var insertsFailFrom: String?
  }

  let windows: [Window]
  /// Tables whose windows the catalog and the declarations have differently. Nothing of these is retired.
  let disputed: [FactID]

  /// - Parameters:
  ///   - catalog: the catalog with the windows.
  ///   - declarations: what the declarations say of windows.
  ///   - tables: the declared tables; of others, the declarations say nothing.
  package init(catalog: Catalog, declarations: [Fact] = [], of tables: Set<FactID> = []) {
    let facts = catalog.facts.values.filter { $0.id.kind == .partitionWindow }.sorted { $0.id < $1.id }
    windows = facts.map { Window($0) }
    let declared = Dictionary(declarations.filter { $0.id.kind == .partitionWindow }.map { ($0.id, $0) }) { first, _ in
      first
    }
    disputed = facts.map { Window($0).table }.filter(tables.contains).filter { table in
      let id = FactID(.partitionWindow, schema: table.schema, name: table.name)
      return declared[id]?.attributes != catalog[id]?.attributes
    }
  }

  package var isEmpty: Bool { windows.isEmpty }

  /// How bounds are printed and read, for the transaction that a pipeline is: behind a pooler a session's settings would
  /// stay with a server process that others get next.
  static let settings = Statement(
    "SELECT pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('datestyle', 'ISO', true)")

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
    let queries = windows.flatMap {
      [Statement(Window.slots, $0.parameters), Statement(Window.sizes, [$0.table.sqlName, withSizes ? "t" : "f"])]
    }
    let answers = try await connection.pipeline([Self.settings] + queries).dropFirst().map { try $0.get() }
    for (index, window) in windows.enumerated() {
      let table = window.table
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
      let other = try sizes.optionalString(3)
      var hasRowsInDefault = false
      if let other, withSizes {
        hasRowsInDefault = try await TableCode.hasRows(other, connection)
      }
      result.append(
        Coverage(
          table: table, unit: window.unit, ahead: window.ahead, keep: window.keep,
          slots: slots, partitions: try sizes.int(0), rows: try sizes.int(1), bytes: try sizes.int(2),
          timeZone: window.timeZone, hasRowsInDefault: hasRowsInDefault,
          insertsFailFrom: other == nil ? insertsFailFrom ?? lastEnd : nil))
    }
    return result
  }

  /// A partition that lies before its window.
  package struct Expired: Sendable {
    package var table: FactID
    package var partition: FactID
    /// What is done about it: `detach`, `drop` or `archive`.
    package var action: String
    package var oid: Int
    /// The bound as PostgreSQL prints it.
    package var bound: String
    /// Whether a detach was begun and not ended.
    package var isPending: Bool
  }

  /// What the windows no longer keep, oldest first.
  ///
  /// - Throws: `PostgresError`.
  package func expired(_ connection: Connection) async throws -> [Expired] {
    let retiring = windows.filter { $0.retirement != .stay && !disputed.contains($0.table) }
    guard !retiring.isEmpty else { return [] }
    let lists = try await connection.pipeline(
      [Self.settings] + retiring.map { Statement(Window.partitions, [$0.table.sqlName]) }
    ).dropFirst()
    var bounded: [[(partition: Expired, high: String)]] = []
    var questions: [Statement] = []
    for (window, list) in zip(retiring, lists) {
      var found: [(Expired, String)] = []
      var type: String?
      for row in try list.get() {
        var reader = row.reader
        let oid = try reader.int()
        let id = FactID(.table, schema: try reader.string(), name: try reader.string())
        let partition = Expired(
          table: window.table, partition: id, action: window.retirement.rawValue, oid: oid, bound: try reader.string(),
          isPending: try reader.bool())
        type = try reader.optionalString()
        if let range = BoundRange(partition.bound) { found.append((partition, range.high)) }
      }
      guard let type, !found.isEmpty else { continue }
      bounded.append(found)
      questions.append(Statement(Window.expired(type), window.parameters + [ArrayText.encode(found.map(\.1))]))
    }
    var result: [Expired] = []
    for (found, answer) in zip(bounded, try await connection.pipeline([Self.settings] + questions).dropFirst()) {
      for row in try answer.get() { result.append(found[try row.int(0) - 1].partition) }
    }
    return result
  }
}
