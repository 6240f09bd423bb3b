internal import Catalog
internal import Postgres

/// Tables, partitions, views and materialized views (`pg_class`).
enum RelationQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, pg_catalog.pg_get_userbyid(c.relowner),
           c.reloptions || CASE WHEN c.reltoastrelid <> 0 THEN
             (SELECT pg_catalog.array_agg('toast.' || o) FROM pg_catalog.pg_class tc, pg_catalog.unnest(tc.reloptions) o
               WHERE tc.oid = c.reltoastrelid) END, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispopulated,
           CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
           CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END,
           pn.nspname, p.relname,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,
           CASE WHEN c.relkind IN ('v', 'm') THEN
             (SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) || ' '
                               || pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
           CASE WHEN c.reltablespace <> 0 THEN
             (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace) END,
           -- heap is number 2.
           -- On a partitioned table it is what new partitions get, and nothing where nobody has said one.
           CASE WHEN c.relam NOT IN (0, 2) OR c.relkind = 'p' AND c.relam = 2 THEN (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam) END,
           CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END,
           CASE WHEN NOT c.relispartition THEN
             (SELECT pg_catalog.array_agg(pg_catalog.format('%I.%I', xn.nspname, x.relname) ORDER BY xi.inhseqno)
                FROM pg_catalog.pg_inherits xi JOIN pg_catalog.pg_class x ON x.oid = xi.inhparent
                JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace WHERE xi.inhrelid = c.oid) END,
           fs.srvname,
           CASE WHEN ft.ftoptions IS NOT NULL THEN
             \(ForeignOptions.list("ft.ftoptions")) END
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
      LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
      LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
      LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid
      LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND \(managedNamespace)
       AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let schema = try row.string()
    let name = try row.string()
    let relationKind = try row.string()
    let persistence = try row.string()
    let owner = try row.string()
    let options = try row.strings().sorted()
    let rowSecurity = try row.bool()
    let forced = try row.bool()
    let replicaIdentity = try row.string()
    let populated = try row.bool()
    let partitionKey = try row.optionalString()
    let bound = try row.optionalString()
    let parentSchema = try row.optionalString()
    let parentName = try row.optionalString()
    let definition = try row.optionalString()
    let columns = try row.strings()

    let kind: FactKind =
      switch relationKind {
      case "v": .view
      case "m": .materializedView
      case "f": .foreignTable
      default: .table
      }
    var fact = Fact(FactID(kind, schema: schema, name: name), needs: [FactID(.schema, name: schema)])
    fact.attributes[.options] = .ifPresent(options)
    fact.attributes[.tablespace] = .ifPresent(try row.optionalString())
    fact.attributes[.accessMethod] = .ifPresent(try row.optionalString())
    fact.attributes[.ofType] = .ifPresent(try row.optionalString())
    fact.attributes[.inherits] = .ifPresent(try row.strings())
    fact.attributes[.server] = .ifPresent(try row.optionalString())
    fact.attributes[.foreignOptions] = .ifPresent(try row.strings())
    if kind.isTable {
      fact.attributes[.persistence] = persistence == "u" ? .text("unlogged") : nil
      fact.attributes[.rowSecurity] = .ifTrue(rowSecurity)
      fact.attributes[.forcedRowSecurity] = .ifTrue(forced)
      // "i" follows the index that says so.
      fact.attributes[.replicaIdentity] =
        kind == .foreignTable
        ? nil
        : replicaIdentity == "f" ? .text("FULL") : replicaIdentity == "n" ? .text("NOTHING") : nil
      fact.attributes[.partitionKey] = .ifPresent(partitionKey)
      fact.attributes[.bound] = .ifPresent(bound)
      if let parentSchema, let parentName {
        fact.attributes[.partitionOf] = .list([parentSchema, parentName])
        fact.parent = FactID(.table, schema: parentSchema, name: parentName)
      }
    } else {
      // pg_get_viewdef ends with a semicolon.
      fact.attributes[.definition] = .ifPresent(definition.map { $0.hasSuffix(";") ? String($0.dropLast()) : $0 })
      fact.attributes[.columns] = .ifPresent(columns)
      if kind == .materializedView { fact.attributes[.populated] = .flag(populated) }
    }
    builder.add(fact, .relation, oid: oid)
    builder.addOwner(owner, of: fact.id)
  }
}

/// Rewrite rules (`pg_rewrite`). Those of views stand for the views, in dependencies.
enum RuleQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT r.oid, r.ev_class, r.rulename, r.ev_enabled,
           CASE WHEN r.rulename <> '_RETURN' THEN pg_catalog.pg_get_ruledef(r.oid) END
      FROM pg_catalog.pg_rewrite r WHERE r.oid >= 16384
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    guard let relation = builder.id(.relation, try row.int()) else { return }
    let name = try row.string()
    let enabled = try row.string()
    guard let definition = try row.optionalString() else {
      builder.alias(.rewrite, oid: oid, to: relation)
      return
    }
    var fact = Fact(FactID(.rule, schema: relation.schema, name: relation.name, member: name), parent: relation)
    fact.attributes[.enabled] = TriggerState.words(enabled).map { .text($0) }
    // pg_get_ruledef ends with a semicolon.
    fact.attributes[.definition] = .text(definition.hasSuffix(";") ? String(definition.dropLast()) : definition)
    builder.add(fact, .rewrite, oid: oid)
  }
}

/// Extended statistics (`pg_statistic_ext`).
enum StatisticsQuery: CatalogQuery {
  static let presence: String? = "pg_statistic_ext WHERE oid >= 16384"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT s.oid, s.stxrelid, n.nspname, s.stxname, pg_catalog.pg_get_userbyid(s.stxowner),
           coalesce(s.stxstattarget, -1),
           -- Columns come in the order that they have in the table, which says nothing: they are put in that of their names.
           coalesce(pg_catalog.replace(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON ' || k.numbered, ' ON ' || k.named),
                    pg_catalog.pg_get_statisticsobjdef(s.oid))
      FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
     CROSS JOIN LATERAL (
       SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) AS numbered,
              pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname) AS named
         FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::pg_catalog.int2[])) k
     WHERE \(managedNamespace) AND \(notMember("pg_statistic_ext", "s.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let relation = builder.id(.relation, try row.int())
    let id = FactID(.statistics, schema: try row.string(), name: try row.string())
    let owner = try row.string()
    let target = try row.int()
    var fact = Fact(id, parent: relation, needs: [FactID(.schema, name: id.schema)])
    fact.attributes[.statistics] = target >= 0 ? .integer(target) : nil
    fact.attributes[.definition] = .text(try row.string())
    builder.add(fact, .statistics, oid: oid)
    builder.addOwner(owner, of: id)
  }
}
