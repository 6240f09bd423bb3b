package import Migrations
internal import Planning
package import Postgres

/// What migrations are about to do to tables whose rows a live database sends to subscribers, as far as these have to be changed
/// before or after: whoever declared the schema need not know of the publications of each database.
package struct PublishedChanges: Sendable {
  private struct Change: Hashable {
    /// Empty where the migration leaves it to the session.
    var schema: String
    var table: String
    /// Empty for the table itself.
    var column = ""
    var order: PublishedTables.Order
  }

  private let changes: [Change]

  /// - Throws: `MigrationError` for a file that cannot be split.
  package init(_ pending: [Applier.Pending]) throws {
    var changes: [Change] = []
    for entry in pending {
      for statement in try entry.file.segments().dropFirst(entry.done).flatMap(\.statements) {
        changes += Self.changes(statement.sql).filter { !changes.contains($0) }
      }
    }
    self.changes = changes
  }

  private static func changes(_ sql: String) -> [Change] {
    switch ParseTree.nodeNames(sql) ?? [] {
    case ["AlterTableStmt"]:
      guard let node = ParseTree(parsing: sql)?["AlterTableStmt"], node["objtype"]?.text == "OBJECT_TABLE",
        let table = node["relation"]?["relname"]?.text
      else { return [] }
      let schema = node["relation"]?["schemaname"]?.text ?? ""
      return (node["cmds"]?.elements ?? []).compactMap { $0["AlterTableCmd"] }.compactMap { command in
        let order: PublishedTables.Order
        var column = command["name"]?.text
        switch command["subtype"]?.text {
        case "AT_AddColumn":
          order = .added
          column = command["def"]?["ColumnDef"]?["colname"]?.text
        case "AT_DropColumn": order = .dropped
        case "AT_AlterColumnType": order = .retyped
        default: return nil
        }
        return column.map { Change(schema: schema, table: table, column: $0, order: order) }
      }
    case ["CreateStmt"], ["CreateTableAsStmt"]:
      let tree = ParseTree(parsing: sql)
      let relation = tree?["CreateStmt"]?["relation"] ?? tree?["CreateTableAsStmt"]?["into"]?["IntoClause"]?["rel"]
      let isView = tree?["CreateTableAsStmt"].map { $0["objtype"]?.text != "OBJECT_TABLE" } ?? false
      guard !isView, let relation, relation["relpersistence"]?.text == "p", let table = relation["relname"]?.text
      else { return [] }
      return [Change(schema: relation["schemaname"]?.text ?? "", table: table, order: .created)]
    default: return []
    }
  }

  /// For people, one for each change that a publication of the database sends on.
  ///
  /// - Throws: `PostgresError`.
  package func warnings(_ connection: Connection) async throws -> [String] {
    if changes.isEmpty { return [] }
    let tables = Set(changes.map { [$0.schema, $0.table] })
    let rows = try await connection.query(
      Self.query(await connection.serverVersion),
      [ArrayText.encode(tables.map { $0[0] }), ArrayText.encode(tables.map { $0[1] })])
    var publications: [Change: Set<String>] = [:]
    for row in rows {
      var reader = row.reader
      let (schema, table, publication) = (try reader.string(), try reader.string(), try reader.string())
      let hasList = try reader.bool()
      let columns = try reader.strings()
      // A row without a table is one of a publication of all tables, or of the schema's.
      for change in changes where change.schema.isEmpty || schema.isEmpty || change.schema == schema {
        guard change.order == .created ? table.isEmpty : change.table == table else { continue }
        if change.order == .added, hasList { continue }
        if change.order != .added, change.order != .created, hasList, !columns.contains(change.column) { continue }
        var found = change
        if !schema.isEmpty { found.schema = schema }
        publications[found, default: []].insert(publication)
      }
    }
    return changes.flatMap { change in
      publications.filter { entry in
        var key = entry.key
        if change.schema.isEmpty { key.schema = "" }
        return key == change
      }.sorted { $0.key.schema < $1.key.schema }.map { key, publications in
        PublishedTables.message(
          key.schema.isEmpty ? Quote.identifier(key.table) : Quote.qualified(key.schema, key.table),
          publications.sorted(), column: key.column, key.order)
      }
    }
  }

  /// `$1` and `$2` are schemas and names. A table is published, too, where its partitions are.
  private static func query(_ version: ServerVersion) -> String {
    let list =
      version.major >= 15
      ? """
      EXISTS (SELECT FROM pg_catalog.pg_publication_rel r
               WHERE r.prpubid = p.oid AND r.prattrs IS NOT NULL
                 AND (r.prrelid = c.oid OR r.prrelid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) a)))
      """ : "false"
    let schemas =
      version.major >= 15
      ? """
      UNION ALL
      SELECT n.nspname, '', p.pubname, false, NULL
        FROM pg_catalog.pg_publication p
        JOIN pg_catalog.pg_publication_namespace s ON s.pnpubid = p.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
       WHERE n.nspname = ANY ($1::text[])
      """ : ""
    return """
      WITH RECURSIVE named AS (
        SELECT c.oid, n.nspname, c.relname
          FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) u(schema, name)
          JOIN pg_catalog.pg_class c ON c.relname = u.name AND c.relkind IN ('r', 'p')
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE EXISTS (SELECT FROM pg_catalog.pg_publication)
           AND (n.nspname = u.schema OR u.schema = '' AND n.nspname NOT IN ('pg_catalog', 'information_schema'))
      ), line AS (
        SELECT oid AS root, oid FROM named
        UNION
        SELECT l.root, i.inhrelid FROM line l JOIN pg_catalog.pg_inherits i ON i.inhparent = l.oid
      )
      SELECT w.nspname, w.relname, p.pubname, pg_catalog.bool_and(\(list)),
             \(version.major >= 15 ? "pg_catalog.array_agg(k.name)" : "NULL::text[]")
        FROM named w
        JOIN line l ON l.root = w.oid
        JOIN pg_catalog.pg_class c ON c.oid = l.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
        JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname
       \(version.major >= 15 ? "CROSS JOIN LATERAL pg_catalog.unnest(t.attnames) k(name)" : "")
       GROUP BY 1, 2, 3
      UNION ALL
      SELECT '', '', p.pubname, false, NULL FROM pg_catalog.pg_publication p WHERE p.puballtables
      \(schemas)
      """
  }
}
