internal import Catalog
internal import Postgres

/// Columns of tables (`pg_attribute`), with their defaults (`pg_attrdef`) and identity sequences. Columns that a
/// partition has from its parent are the parent's facts.
enum ColumnQuery: CatalogQuery {
  /// Whether there are options of somebody's choice. Some releases keep a counter of their own among those of every
  /// column (pg_attver); to look into the arrays of all of them takes a third of the query.
  static let hasOptions =
    "(pg_catalog.cardinality(a.attoptions) > 1 OR NOT pg_catalog.starts_with(a.attoptions[1], 'pg_'))"

  /// Options of a foreign table's column, which the table has for itself wherever the column comes from.
  static let foreignOptions = """
    CASE WHEN a.attfdwoptions IS NOT NULL THEN
               \(ForeignOptions.list("a.attfdwoptions")) END
    """

  static func sql(_ version: ServerVersion) -> String {
    // NOT NULL is a constraint with a name since version 18. One that is not validated is a fact of its own.
    let notNull =
      version.major >= 18 ? "k.conname, k.convalidated, k.connoinherit, k.conislocal" : "NULL, true, false, true"
    let constraints =
      version.major >= 18
      ? """
      LEFT JOIN pg_catalog.pg_constraint k ON k.contype = 'n' AND k.conrelid = a.attrelid
            AND k.conkey = ARRAY[a.attnum]
      """ : ""
    return """
      SELECT a.attrelid, a.attnum, a.attname,
             pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
             CASE WHEN a.attcollation <> t.typcollation THEN
               (SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                  FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                 WHERE co.oid = a.attcollation) END,
             a.attidentity,
             -- A child's column that is generated as its parent's is so by inheriting.
             CASE WHEN a.attinhcount > 0 AND EXISTS (
                    SELECT FROM pg_catalog.pg_inherits xi
                      JOIN pg_catalog.pg_attribute xa ON xa.attrelid = xi.inhparent AND xa.attname = a.attname
                      JOIN pg_catalog.pg_attrdef xd ON xd.adrelid = xa.attrelid AND xd.adnum = xa.attnum
                     WHERE xi.inhrelid = a.attrelid AND xa.attgenerated <> ''
                       AND pg_catalog.pg_get_expr(xd.adbin, xd.adrelid) = pg_catalog.pg_get_expr(d.adbin, d.adrelid))
                  THEN '-' ELSE a.attgenerated::text END,
             -- A default has no columns in it, and its table need not be looked at to print it.
             d.oid,
             -- A child's column without the default that its parent's has says so.
             CASE WHEN d.oid IS NULL AND a.attinhcount > 0 AND a.attidentity = '' AND EXISTS (
                    SELECT FROM pg_catalog.pg_inherits xi
                      JOIN pg_catalog.pg_attribute xa ON xa.attrelid = xi.inhparent AND xa.attname = a.attname
                           AND xa.attgenerated = ''
                      JOIN pg_catalog.pg_attrdef xd ON xd.adrelid = xa.attrelid AND xd.adnum = xa.attnum
                     WHERE xi.inhrelid = a.attrelid) THEN 'NULL'
                  ELSE pg_catalog.pg_get_expr(d.adbin, CASE WHEN a.attgenerated <> '' THEN d.adrelid ELSE 0 END) END,
             CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, a.attcompression,
             coalesce(a.attstattarget, -1),
             CASE WHEN \(hasOptions) THEN
               (SELECT pg_catalog.array_agg(o) FROM pg_catalog.unnest(a.attoptions) o WHERE o !~ '^pg_') END,
             s.seqrelid, s.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
             s.seqcycle,
             \(foreignOptions),
             \(version.major >= 15 ? "CASE WHEN s.relpersistence <> c.relpersistence THEN s.relpersistence END" : "NULL"),
             coalesce(s.seqtypid <> a.atttypid, false), \(notNull)
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN (SELECT q.*, sc.relname, sc.relpersistence, sd.refobjid, sd.refobjsubid
                     FROM pg_catalog.pg_sequence q
                     JOIN pg_catalog.pg_class sc ON sc.oid = q.seqrelid
                     JOIN pg_catalog.pg_depend sd ON sd.classid = 'pg_catalog.pg_class'::regclass AND sd.objid = q.seqrelid
                          AND sd.refclassid = 'pg_catalog.pg_class'::regclass AND sd.deptype = 'i') s
               ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
        \(constraints)
       WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
         AND (a.attislocal OR a.attinhcount = 0) AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let relation = try row.int()
    let number = try row.int()
    guard let table = builder.id(.relation, relation) else { return }
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
    fact.attributes[.storage] =
      switch try row.optionalString() {
      case "p": .text("PLAIN")
      case "e": .text("EXTERNAL")
      case "m": .text("MAIN")
      case "x": .text("EXTENDED")
      default: nil
      }
    let compression = try row.string()
    fact.attributes[.compression] = compression == "p" ? .text("pglz") : compression == "l" ? .text("lz4") : nil
    let statistics = try row.int()
    fact.attributes[.statistics] = statistics >= 0 ? .integer(statistics) : nil
    fact.attributes[.options] = .ifPresent(try row.strings().sorted())
    if !generated.isEmpty, generated != "-" {
      fact.attributes[.generated] = .ifPresent(expression)
      fact.attributes[.virtual] = .ifTrue(generated == "v")
    }
    let sequence = try row.optionalInt()
    let sequenceName = try row.optionalString()
    var options: [String] = []
    if sequence != nil { options = try SequenceOptions(&row, type: type).clauses } else { row.skip(6) }
    fact.attributes[.foreignOptions] = .ifPresent(try row.strings())
    fact.attributes[.persistence] = try row.optionalString().map { .text($0 == "u" ? "unlogged" : "logged") }
    if try row.bool() { builder.addIdentityOfOtherType(id) }
    if let name = try row.optionalString() {
      let (isValid, isAlone, isOwn) = (try row.bool(), try row.bool(), try row.bool())
      if isValid {
        let usual = ChosenName(table: table.name, columns: [id.member], label: "not_null")
        fact.attributes[.notNullName] = usual.fits(name) || !isOwn ? nil : .text(name)
        fact.attributes[.notNullOptions] = .ifPresent((isAlone ? ["NO INHERIT"] : []) + (isOwn ? [] : ["INHERITED"]))
        if fact.attributes[.notNullName] == nil, name != usual.text { builder.addNotNullName(name, of: id) }
      } else {
        fact.attributes[.notNull] = nil
      }
    }
    if !identity.isEmpty {
      fact.attributes[.identity] = .text(identity == "a" ? "ALWAYS" : "BY DEFAULT")
      if let sequence {
        fact.attributes[.identityOptions] = .ifPresent(options)
        fact.attributes[.sequence] = sequenceName.map { .list([table.schema, $0]) }
        builder.alias(.relation, oid: sequence, to: id)
      }
    }
    builder.addColumn(fact, relation: relation, number: number)
    if generated.isEmpty, let expression {
      let defaultID = FactID(.columnDefault, schema: id.schema, name: id.name, member: id.member)
      builder.insert(Fact(defaultID, parent: id, [.expression: .text(expression)]))
      if let defaultOID { builder.alias(.attributeDefault, oid: defaultOID, to: defaultID) }
    } else if let defaultOID {
      builder.alias(.attributeDefault, oid: defaultOID, to: id)
    }
  }
}

/// What a table says of columns that are its parent's, otherwise than the parent; and what a materialized view says of
/// its columns, otherwise than their types.
enum InheritedColumnQuery: CatalogQuery {
  static let presence: String? =
    "pg_class WHERE oid >= 16384 AND (relkind = 'm' OR relkind IN ('r', 'p', 'f') AND oid IN (SELECT inhrelid FROM pg_catalog.pg_inherits))"
  static func sql(_ version: ServerVersion) -> String {
    // NOT NULL is a constraint with a name since version 18: a child may have it from its parents and of its own, or of
    // its own beside one that is the parent's alone, and may hold for all of its rows what its parent promises for new
    // ones only. A partition that was attached keeps its name.
    let isOwn =
      version.major >= 18
      ? "coalesce(k.convalidated AND (k.conislocal AND NOT c.relispartition OR pg_catalog.bool_or(pk.convalidated) IS NOT TRUE), false)"
      : "a.attnotnull AND NOT pg_catalog.bool_or(pa.attnotnull)"
    let name =
      version.major >= 18
      ? """
      k.conname, k.conname <> pg_catalog.min(pk.conname) AS is_other,
                 c.relispartition AND coalesce(k.convalidated, true) AS is_partition,
                 k.conislocal AND pg_catalog.bool_or(pk.oid IS NOT NULL) AS is_both, k.connoinherit AS is_alone
      """ : "NULL AS conname, false AS is_other, false AS is_partition, false AS is_both, false AS is_alone"
    // A partition may compute a column in its own way, and say so since version 17 (ALTER COLUMN … SET EXPRESSION).
    let computed =
      version.major >= 17
      ? """
      , CASE WHEN c.relispartition AND a.attgenerated <> '' THEN
                     (SELECT 'SET EXPRESSION AS (' || pg_catalog.pg_get_expr(g.adbin, g.adrelid) || ')'
                        FROM pg_catalog.pg_attrdef g JOIN pg_catalog.pg_attrdef pg ON pg.adrelid = pg_catalog.min(pa.attrelid)
                         AND pg.adnum = pg_catalog.min(pa.attnum)
                       WHERE g.adrelid = a.attrelid AND g.adnum = a.attnum AND pg_catalog.pg_get_expr(g.adbin, g.adrelid)
                             <> pg_catalog.pg_get_expr(pg.adbin, pg.adrelid)) END
      """ : ""
    let hasName =
      version.major >= 18 ? "OR o.is_other OR o.is_partition AND o.is_both" : ""
    let constraints =
      version.major >= 18
      ? """
      LEFT JOIN pg_catalog.pg_constraint k ON k.contype = 'n' AND k.conrelid = a.attrelid
            AND k.conkey = ARRAY[a.attnum]
      LEFT JOIN pg_catalog.pg_constraint pk ON pk.contype = 'n' AND pk.conrelid = pa.attrelid
            AND pk.conkey = ARRAY[pa.attnum]
      """ : ""
    return """
      SELECT o.attrelid, o.attname, o.settings, o.conname, coalesce(o.is_other, false), o.is_partition,
             coalesce(o.is_both, false), coalesce(o.is_alone, false), coalesce(o.default_oid, 0),
             CASE WHEN NOT coalesce(o.is_parents, false) AND (o.default_oid IS NOT NULL OR o.parent_has_default)
               THEN coalesce(o.expression, 'NULL') END, o.foreign_options
        FROM (
          SELECT a.attrelid, a.attnum, a.attname, d.oid AS default_oid,
                 pg_catalog.pg_get_expr(d.adbin, 0) AS expression,
                 pg_catalog.bool_or(pd.adbin IS NOT NULL) AS parent_has_default,
                 -- The same tree is the same text; only others are worth printing.
                 pg_catalog.bool_or(CASE WHEN pd.adbin::text = d.adbin::text THEN true
                              ELSE pg_catalog.pg_get_expr(pd.adbin, 0) = pg_catalog.pg_get_expr(d.adbin, 0) END)
                   AS is_parents,
                 pg_catalog.array_remove(ARRAY[
                   CASE WHEN \(isOwn) THEN 'SET NOT NULL' END,
                   CASE WHEN a.attstorage::text <> coalesce(pg_catalog.min(pa.attstorage::text), y.typstorage::text)
                     THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                                                              WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
                   CASE WHEN a.attcompression::text <> coalesce(pg_catalog.min(pa.attcompression::text), '')
                     THEN 'SET COMPRESSION ' || CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4'
                                                                      ELSE 'default' END END,
                   CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END,
                   CASE WHEN \(ColumnQuery.hasOptions) THEN
                     (SELECT 'SET (' || pg_catalog.string_agg(x, ', ' ORDER BY x) || ')' FROM pg_catalog.unnest(a.attoptions) x
                       WHERE x !~ '^pg_') END\(computed)], NULL) AS settings,
                 \(ColumnQuery.foreignOptions) AS foreign_options,
                 \(name)
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum AND a.attgenerated = ''
            LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
            LEFT JOIN pg_catalog.pg_attribute pa ON pa.attrelid = i.inhparent AND pa.attname = a.attname
            LEFT JOIN pg_catalog.pg_attrdef pd ON pd.adrelid = pa.attrelid AND pd.adnum = pa.attnum
                  AND pa.attgenerated = ''
            \(constraints)
           WHERE (c.relkind = 'm' OR c.relkind IN ('r', 'p', 'f') AND NOT a.attislocal AND a.attinhcount > 0)
             AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
           GROUP BY a.attrelid, a.attnum, c.oid, y.oid, d.oid\(version.major >= 18 ? ", k.oid" : "")) o
       WHERE o.settings <> '{}' OR o.foreign_options IS NOT NULL \(hasName)
          OR NOT coalesce(o.is_parents, false) AND (o.default_oid IS NOT NULL OR o.parent_has_default)
       ORDER BY o.attrelid, o.attnum
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    guard let table = builder.id(.relation, try row.int()) else { return }
    let column = try row.string()
    let settings = try row.strings()
    let notNull = try row.optionalString()
    let (isOther, isPartition) = (try row.bool(), try row.bool())
    let (isBoth, isAlone) = (try row.bool(), try row.bool())
    let isOwn = settings.contains("SET NOT NULL")
    let oid = try row.int()
    let expression = try row.optionalString()
    let foreignOptions = try row.strings()
    if !settings.isEmpty || !foreignOptions.isEmpty, table.kind.isTable {
      let id = FactID(.inheritedColumn, schema: table.schema, name: table.name, member: column)
      var fact = Fact(
        id, parent: table, [.columnSettings: .ifPresent(settings), .foreignOptions: .ifPresent(foreignOptions)])
      if isOwn, let notNull {
        let usual = ChosenName(table: table.name, columns: [column], label: "not_null")
        fact.attributes[.notNullName] = usual.fits(notNull) ? nil : .text(notNull)
        fact.attributes[.notNullOptions] = isAlone ? .list(["NO INHERIT"]) : nil
        if fact.attributes[.notNullName] == nil, notNull != usual.text { builder.addNotNullName(notNull, of: id) }
      }
      builder.insert(fact)
    } else if !settings.isEmpty {
      builder.addColumnSettings(settings.map { "\(Quote.identifier(column)) \($0)" }, of: table)
    }
    if !isOwn, let notNull, table.kind.isTable {
      let id = FactID(.inheritedColumn, schema: table.schema, name: table.name, member: column)
      if isOther, isPartition { builder.addNotNull(notNull, of: column, in: table) }
      if isOther, !isPartition { builder.addNotNullName(notNull, of: id) }
      if isBoth, isPartition { builder.addOwnNotNull(id) }
    }
    guard let expression else { return }
    let id = FactID(.columnDefault, schema: table.schema, name: table.name, member: column)
    builder.add(Fact(id, parent: table, [.expression: .text(expression)]), .attributeDefault, oid: oid)
  }
}

/// Columns that a table has from its parents alone and that something of its own depends on (an index, a check, a
/// policy): they stand for the parents' columns.
enum UsedInheritedColumnQuery: CatalogQuery {
  static let presence: String? = "pg_inherits"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT DISTINCT a.attrelid, a.attnum, a.attname
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid
           AND d.refobjsubid = a.attnum
     WHERE NOT a.attislocal AND a.attinhcount > 0 AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relkind IN ('r', 'p', 'f') AND \(managedNamespace)
       -- What is the parent's as well: defaults, parts of indexes, copies of constraints.
       AND NOT (d.classid = 'pg_catalog.pg_attrdef'::regclass
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef x JOIN pg_catalog.pg_attribute g ON g.attrelid = x.adrelid AND g.attnum = x.adnum
                                 WHERE x.oid = d.objid AND g.attislocal AND g.attgenerated <> ''))
       AND NOT (d.classid = 'pg_catalog.pg_class'::regclass
                AND EXISTS (SELECT FROM pg_catalog.pg_class dc WHERE dc.oid = d.objid AND dc.relispartition))
       AND NOT (d.classid = 'pg_catalog.pg_constraint'::regclass
                AND EXISTS (SELECT FROM pg_catalog.pg_constraint k
                             WHERE k.oid = d.objid
                               AND (k.conparentid <> 0 OR k.contype = 'n' AND (k.convalidated OR NOT k.conislocal))))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let (relation, number) = (try row.int(), try row.int())
    builder.addInherited(try row.string(), relation: relation, number: number)
  }
}

/// Defaults of views' columns, which an INSERT into the view takes.
enum ViewDefaultQuery: CatalogQuery {
  static let presence: String? =
    "pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid WHERE c.relkind = 'v'"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT d.oid, c.oid, a.attname, pg_catalog.pg_get_expr(d.adbin, 0)
      FROM pg_catalog.pg_attrdef d
      JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
     WHERE c.relkind = 'v' AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    guard let view = builder.id(.relation, try row.int()) else { return }
    let id = FactID(.columnDefault, schema: view.schema, name: view.name, member: try row.string())
    builder.add(Fact(id, parent: view, [.expression: .text(try row.string())]), .attributeDefault, oid: oid)
  }
}
