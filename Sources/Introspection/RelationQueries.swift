internal import Catalog
internal import Postgres

/// Tables, partitions, views and materialized views (`pg_class`).
enum RelationQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, pg_catalog.pg_get_userbyid(c.relowner),
           c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispopulated,
           CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
           CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END,
           pn.nspname, p.relname,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,
           CASE WHEN c.relkind IN ('v', 'm') THEN
             (SELECT array_agg(pg_catalog.quote_ident(a.attname) || ' '
                               || pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
      LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
      LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND \(managedNamespace)
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
      default: .table
      }
    var fact = Fact(FactID(kind, schema: schema, name: name), needs: [FactID(.schema, name: schema)])
    fact.attributes[.options] = .ifPresent(options)
    if kind == .table {
      fact.attributes[.persistence] = persistence == "u" ? .text("unlogged") : nil
      fact.attributes[.rowSecurity] = .ifTrue(rowSecurity)
      fact.attributes[.forcedRowSecurity] = .ifTrue(forced)
      // "i" follows the index that says so.
      fact.attributes[.replicaIdentity] =
        replicaIdentity == "f" ? .text("FULL") : replicaIdentity == "n" ? .text("NOTHING") : nil
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

/// Columns of tables (`pg_attribute`), with their defaults (`pg_attrdef`) and identity sequences. Columns that a
/// partition has from its parent are the parent's facts.
enum ColumnQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT a.attrelid, a.attnum, n.nspname, c.relname, a.attname,
           pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
           CASE WHEN a.attcollation <> t.typcollation THEN
             (SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
               WHERE co.oid = a.attcollation) END,
           a.attidentity, a.attgenerated, d.oid, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
           CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, a.attcompression,
           coalesce(a.attstattarget, -1),
           -- Newer minor releases keep a counter of their own among the options (pg_attver).
           (SELECT array_agg(o) FROM unnest(a.attoptions) o WHERE o !~ '^pg_'),
           s.seqrelid, sc.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
           s.seqcycle
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      LEFT JOIN pg_catalog.pg_depend sd ON a.attidentity <> '' AND sd.refclassid = 'pg_catalog.pg_class'::regclass
            AND sd.refobjid = a.attrelid AND sd.refobjsubid = a.attnum
            AND sd.classid = 'pg_catalog.pg_class'::regclass AND sd.deptype = 'i'
      LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = sd.objid
      LEFT JOIN pg_catalog.pg_class sc ON sc.oid = s.seqrelid
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
       AND (a.attislocal OR a.attinhcount = 0) AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let relation = try row.int()
    let number = try row.int()
    let table = FactID(.table, schema: try row.string(), name: try row.string())
    let id = FactID(.column, schema: table.schema, name: table.name, member: try row.string())
    var fact = Fact(id, parent: table, position: number)
    let type = try row.string()
    fact.attributes[.type] = .text(type)
    fact.attributes[.notNull] = .ifTrue(try row.bool())
    fact.attributes[.collation] = .ifPresent(try row.optionalString())
    let identity = try row.string()
    let generated = try row.string()
    let defaultOID = try row.optionalInt()
    let expression = try row.optionalString()
    fact.attributes[.storage] = try row.optionalString().flatMap { storage in
      ["p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"][storage].map { .text($0) }
    }
    let compression = try row.string()
    fact.attributes[.compression] = compression == "p" ? .text("pglz") : compression == "l" ? .text("lz4") : nil
    let statistics = try row.int()
    fact.attributes[.statistics] = statistics >= 0 ? .integer(statistics) : nil
    fact.attributes[.options] = .ifPresent(try row.strings().sorted())
    if !generated.isEmpty {
      fact.attributes[.generated] = .ifPresent(expression)
    }
    let sequence = try row.optionalInt()
    let sequenceName = try row.optionalString()
    if !identity.isEmpty {
      fact.attributes[.identity] = .text(identity == "a" ? "ALWAYS" : "BY DEFAULT")
      if let sequence {
        let options = try SequenceOptions(&row, type: type)
        fact.attributes[.identityOptions] = .ifPresent(options.clauses)
        fact.attributes[.sequence] = sequenceName.map { .list([table.schema, $0]) }
        builder.alias(.relation, oid: sequence, to: id)
      }
    }
    builder.addColumn(fact, relation: relation, number: number)
    if let defaultOID {
      if generated.isEmpty, let expression {
        let defaultID = FactID(.columnDefault, schema: id.schema, name: id.name, member: id.member)
        builder.add(Fact(defaultID, parent: id, [.expression: .text(expression)]), .attributeDefault, oid: defaultOID)
      } else {
        builder.alias(.attributeDefault, oid: defaultOID, to: id)
      }
    }
  }
}

/// Defaults of a partition's columns that are not its parent's.
enum PartitionDefaultQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT d.oid, n.nspname, c.relname, a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND NOT a.attislocal AND a.attgenerated = ''
      JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      JOIN pg_catalog.pg_attribute pa ON pa.attrelid = i.inhparent AND pa.attname = a.attname
      LEFT JOIN pg_catalog.pg_attrdef pd ON pd.adrelid = i.inhparent AND pd.adnum = pa.attnum
     WHERE c.relispartition AND \(managedNamespace)
       AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_catalog.pg_get_expr(pd.adbin, pd.adrelid)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let table = FactID(.table, schema: try row.string(), name: try row.string())
    let id = FactID(.columnDefault, schema: table.schema, name: table.name, member: try row.string())
    builder.add(Fact(id, parent: table, [.expression: .text(try row.string())]), .attributeDefault, oid: oid)
  }
}

/// Sequences (`pg_sequence`) except those of identity columns, and the columns they belong to.
enum SequenceQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.relname, c.relpersistence, pg_catalog.pg_get_userbyid(c.relowner),
           pg_catalog.format_type(s.seqtypid, NULL), tn.nspname, t.relname, a.attname,
           s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle
      FROM pg_catalog.pg_sequence s
      JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid <> 0 AND d.deptype IN ('a', 'i')
      LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
      LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE c.relpersistence <> 't' AND d.deptype IS DISTINCT FROM 'i' AND \(managedNamespace)
       AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.sequence, schema: try row.string(), name: try row.string())
    let persistence = try row.string()
    let owner = try row.string()
    let type = try row.string()
    let tableSchema = try row.optionalString()
    let tableName = try row.optionalString()
    let column = try row.optionalString()
    let options = try SequenceOptions(&row, type: type)
    builder.add(
      Fact(
        id,
        [
          .type: type == "bigint" ? nil : .text(type),
          .persistence: persistence == "u" ? .text("unlogged") : nil,
          .options: .ifPresent(options.clauses),
        ], needs: [FactID(.schema, name: id.schema)]), .relation, oid: oid)
    if let tableSchema, let tableName, let column {
      builder.markOwned(sequence: oid)
      let columnID = FactID(.column, schema: tableSchema, name: tableName, member: column)
      builder.insert(
        Fact(
          FactID(.sequenceOwner, schema: id.schema, name: id.name), parent: id,
          [.column: .list([tableSchema, tableName, column])], needs: [columnID]))
      // An owned sequence always has its table's owner.
    } else {
      builder.addOwner(owner, of: id)
    }
  }
}

/// The options of a sequence that differ from what PostgreSQL would choose, as clauses of CREATE SEQUENCE.
struct SequenceOptions {
  var clauses: [String] = []

  init(_ row: inout RowReader, type: String) throws {
    let start = try row.int()
    let increment = try row.int()
    let minimum = try row.int()
    let maximum = try row.int()
    let cache = try row.int()
    let cycle = try row.bool()
    let limit: (low: Int, high: Int) =
      switch type {
      case "smallint": (Int(Int16.min), Int(Int16.max))
      case "integer": (Int(Int32.min), Int(Int32.max))
      default: (Int.min, Int.max)
      }
    let usualMinimum = increment > 0 ? 1 : limit.low
    let usualMaximum = increment > 0 ? limit.high : -1
    if increment != 1 { clauses.append("INCREMENT BY \(increment)") }
    if minimum != usualMinimum { clauses.append("MINVALUE \(minimum)") }
    if maximum != usualMaximum { clauses.append("MAXVALUE \(maximum)") }
    if start != (increment > 0 ? minimum : maximum) { clauses.append("START WITH \(start)") }
    if cache != 1 { clauses.append("CACHE \(cache)") }
    if cycle { clauses.append("CYCLE") }
  }
}

/// Row types and array types stand for what they are types of, in dependencies.
enum RowTypeQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, t.typrelid, coalesce(e.typrelid, 0), t.typelem
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
     WHERE (t.typrelid <> 0 OR t.typcategory = 'A') AND \(managedNamespace)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let relation = try row.int()
    let elementRelation = try row.int()
    let element = try row.int()
    let id =
      relation != 0
      ? builder.id(.relation, relation)
      : elementRelation != 0 ? builder.id(.relation, elementRelation) : builder.id(.type, element)
    if let id { builder.alias(.type, oid: oid, to: id) }
  }
}

/// The rewrite rules of views stand for the views, in dependencies.
enum RuleQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    "SELECT oid, ev_class FROM pg_catalog.pg_rewrite WHERE rulename = '_RETURN' AND oid >= 16384"
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    if let view = builder.id(.relation, try row.int()) { builder.alias(.rewrite, oid: oid, to: view) }
  }
}
