internal import Catalog
internal import Postgres

/// Constraints of tables (`pg_constraint`); those that a partition has from its parent are the parent's. NOT NULL is the
/// column's own attribute, unless rows that were there before were not looked at: such a one comes after what it is about.
enum ConstraintQuery: CatalogQuery {
  static let opening = Opening.always
  static func sql(_ version: ServerVersion) -> String {
    // pg_get_constraintdef ends an unvalidated one with " NOT VALID"; that is an attribute of its own here. One that is
    // not enforced ends with " NOT ENFORCED", and is as valid as it will ever be.
    let isPlain = version.major >= 18 ? "(k.convalidated OR NOT k.conenforced)" : "k.convalidated"
    return """
      SELECT k.oid, k.conrelid, k.conname, k.contype, \(isPlain), k.conindid,
             CASE WHEN \(isPlain) THEN pg_catalog.pg_get_constraintdef(k.oid)
                  ELSE pg_catalog.left(pg_catalog.pg_get_constraintdef(k.oid),
                                       pg_catalog.length(pg_catalog.pg_get_constraintdef(k.oid)) - 10) END,
             fn.nspname, f.relname, coalesce(i.indisclustered, false), coalesce(i.indisreplident, false),
             ic.reloptions,
             CASE WHEN ic.reltablespace <> 0 THEN
               (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = ic.reltablespace) END,
             -- One ON ONLY a partitioned table, or with a partition that lacks its part.
             c.relkind = 'p' AND NOT coalesce(i.indisvalid, true),
             -- The partitioned index that the constraint's is a part of, where that is no constraint's or is not complete; and
             -- the table whose constraint it is.
             an.nspname, ac.relname, at.relname
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
        LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype <> 'f'
        LEFT JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
        LEFT JOIN pg_catalog.pg_class ac ON ic.relispartition AND ac.oid = \(IndexWhole.of("ic.oid"))
        LEFT JOIN pg_catalog.pg_namespace an ON an.oid = ac.relnamespace
        LEFT JOIN pg_catalog.pg_constraint ak ON ak.conindid = ac.oid AND ak.contype IN ('p', 'u', 'x')
        LEFT JOIN pg_catalog.pg_class at ON at.oid = ak.conrelid
       WHERE (k.contype IN ('p', 'u', 'f', 'c', 'x') OR k.contype = 'n' AND NOT k.convalidated)
         AND (k.conparentid = 0 AND (k.coninhcount = 0 OR k.conislocal AND (NOT c.relispartition OR k.contype = 'n'))
              OR k.contype IN ('p', 'u', 'x') AND ic.relispartition AND \(IndexWhole.isIncomplete("ic.oid")))
         AND c.relpersistence <> 't' AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    guard let table = builder.id(.relation, try row.int()) else { return }
    let id = FactID(.constraint, schema: table.schema, name: table.name, member: try row.string())
    let type = try row.string()
    let validated = try row.bool()
    let index = try row.int()
    var fact = Fact(id, parent: table, [.type: .text(type), .validated: validated ? nil : .flag(false)])
    fact.attributes[.definition] = .text(try row.string())
    if let schema = try row.optionalString(), let name = try row.optionalString() {
      fact.attributes[.foreign] = .list([schema, name])
    } else {
      _ = try row.optionalString()
    }
    fact.attributes[.clustered] = .ifTrue(try row.bool())
    fact.attributes[.replicaIdentity] = try row.bool() ? .text("INDEX") : nil
    fact.attributes[.options] = .ifPresent(try row.strings().sorted())
    fact.attributes[.tablespace] = .ifPresent(try row.optionalString())
    fact.attributes[.valid] = try row.bool() ? .flag(false) : nil
    if let schema = try row.optionalString(), let name = try row.optionalString() {
      fact.attributes[.attached] = .list([schema, name])
      let table = try row.optionalString()
      fact.needs.append(
        table.map { FactID(.constraint, schema: schema, name: $0, member: name) }
          ?? FactID(.index, schema: schema, name: name))
    }
    builder.add(fact, .constraint, oid: oid)
    if index != 0, type != "f" { builder.alias(.relation, oid: index, to: id) }
  }
}

/// Checks that a table has from its parent and that are validated there although the parent's is not.
enum InheritedConstraintQuery: CatalogQuery {
  static let presence: String? = "pg_constraint WHERE contype = 'c' AND NOT convalidated"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT k.conrelid, k.conname
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'c' AND k.convalidated AND k.coninhcount > 0 AND (c.relispartition OR NOT k.conislocal)
       AND c.relpersistence <> 't' AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
       AND EXISTS (SELECT FROM pg_catalog.pg_inherits i
                     JOIN pg_catalog.pg_constraint p ON p.conrelid = i.inhparent AND p.conname = k.conname
                    WHERE i.inhrelid = k.conrelid AND p.contype = 'c' AND NOT p.convalidated)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    guard let table = builder.id(.relation, try row.int()) else { return }
    let id = FactID(.inheritedConstraint, schema: table.schema, name: table.name, member: try row.string())
    builder.insert(Fact(id, parent: table, [.validated: .flag(true)]))
  }
}

/// Partitions' parts of foreign keys that have other names than the whole, as those have that a table brought along. `pg_dump`
/// writes none of them; they are no facts, and come to light when the partition is detached.
enum AttachedKeyQuery: CatalogQuery {
  static let presence: String? = "pg_constraint WHERE contype = 'f' AND conparentid <> 0"
  static func sql(_ version: ServerVersion) -> String {
    """
    WITH RECURSIVE parts AS (
      SELECT p.oid, k.oid AS part FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_constraint p ON p.oid = k.conparentid AND p.conparentid = 0
       WHERE k.contype = 'f'
      UNION ALL
      SELECT parts.oid, k.oid FROM parts JOIN pg_catalog.pg_constraint k ON k.conparentid = parts.part)
    SELECT k.conrelid, w.conname, k.conname
      FROM parts
      JOIN pg_catalog.pg_constraint w ON w.oid = parts.oid
      JOIN pg_catalog.pg_constraint k ON k.oid = parts.part AND k.conrelid <> w.conrelid AND k.conname <> w.conname
      JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE \(managedNamespace)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    guard let table = builder.id(.relation, try row.int()) else { return }
    let whole = FactID(.constraint, schema: table.schema, name: table.name, member: try row.string())
    builder.addAttachedKey(try row.string(), as: whole)
  }
}

/// Indexes (`pg_index`) that are not a constraint's; those that a partition has from its parent are the parent's.
enum IndexQuery: CatalogQuery {
  static let opening = Opening.where("x.indexprs IS NOT NULL OR x.indpred IS NOT NULL")
  static func sql(_ version: ServerVersion) -> String {
    // Only what follows the table's name is kept: the rest are attributes, and ONLY (printed for partitioned
    // tables) would leave the partitions without the index.
    """
    SELECT x.indexrelid, n.nspname, ic.relname, x.indrelid, x.indisunique, x.indisvalid,
           x.indisclustered, x.indisreplident,
           pg_catalog.substr(d.definition, 1 + pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I ',
             CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, ic.relname,
             CASE WHEN ic.relkind = 'I' THEN 'ONLY ' ELSE '' END, tn.nspname, c.relname))),
           CASE WHEN ic.reltablespace <> 0 THEN
             (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = ic.reltablespace) END,
           -- Only an expression has one.
           CASE WHEN x.indexprs IS NOT NULL THEN
             (SELECT pg_catalog.array_agg(a.attnum || ' ' || a.attstattarget ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = x.indexrelid AND a.attnum > 0 AND a.attstattarget >= 0) END,
           -- What it is a part of, where other partitions lack theirs.
           wn.nspname, w.relname
      FROM pg_catalog.pg_index x
      JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = ic.relnamespace
      JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
      JOIN pg_catalog.pg_namespace tn ON tn.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_class w ON ic.relispartition AND w.oid = \(IndexWhole.of("ic.oid"))
      LEFT JOIN pg_catalog.pg_namespace wn ON wn.oid = w.relnamespace
     CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_indexdef(x.indexrelid) AS definition) d
     WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
       AND (NOT ic.relispartition OR \(IndexWhole.isIncomplete("ic.oid")))
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                        WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
       AND \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.index, schema: try row.string(), name: try row.string())
    guard let relation = builder.id(.relation, try row.int()) else { return }
    var fact = Fact(id, parent: relation)
    fact.attributes[.unique] = .ifTrue(try row.bool())
    fact.attributes[.valid] = try row.bool() ? nil : .flag(false)
    fact.attributes[.clustered] = .ifTrue(try row.bool())
    fact.attributes[.replicaIdentity] = try row.bool() ? .text("INDEX") : nil
    fact.attributes[.definition] = .text(try row.string())
    fact.attributes[.tablespace] = .ifPresent(try row.optionalString())
    // The number of a column of the index, and its target.
    fact.attributes[.statistics] = .ifPresent(try row.strings())
    if let schema = try row.optionalString(), let name = try row.optionalString() {
      fact.attributes[.attached] = .list([schema, name])
      fact.needs.append(FactID(.index, schema: schema, name: name))
    }
    builder.add(fact, .relation, oid: oid)
  }
}

/// What a partition's index is a part of. PostgreSQL makes all parts of an index; one that was made ON ONLY a partitioned table has
/// those that were attached, and is not valid until every partition has one (`pg_index.indisvalid`). Until then they are indexes of their
/// own.
private enum IndexWhole {
  /// Whether what an index is directly a part of lacks other parts.
  static func isIncomplete(_ index: String) -> String {
    "EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_index p ON p.indexrelid = h.inhparent"
      + " WHERE h.inhrelid = \(index) AND NOT p.indisvalid)"
  }

  /// The index that one comes and goes with: the root, or the nearest above that is itself attached to what is incomplete; for
  /// one that is so attached, what it is attached to.
  static func of(_ index: String) -> String {
    """
    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_index p JOIN pg_catalog.pg_class pc ON pc.oid = p.indexrelid
                       WHERE NOT p.indisvalid AND pc.relkind = 'I')
         THEN (SELECT a.relid
                 FROM pg_catalog.pg_partition_ancestors(\(index)) WITH ORDINALITY a (relid, level)
                WHERE a.level > 1 AND (NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = a.relid)
                                       OR \(isIncomplete("a.relid")) OR a.level = 2 AND \(isIncomplete(index)))
                ORDER BY a.level LIMIT 1)
         ELSE pg_catalog.pg_partition_root(\(index)) END
    """
  }
}

/// Partitions' parts of indexes whose names are not those PostgreSQL gives them, or of which something is said: how they are
/// stored, what their table is clustered on, and comments.
enum PartitionIndexQuery: CatalogQuery {
  static let presence: String? = "pg_class WHERE oid >= 16384 AND relkind IN ('i', 'I') AND relispartition"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT ic.oid, coalesce(k.oid, 0), x.indrelid, r.oid, rn.nspname, r.relname, n.nspname, ic.relname,
           -- One WITHOUT OVERLAPS is named like an exclusion constraint.
           CASE WHEN k.contype = 'u' AND x.indisexclusion THEN 'x' ELSE coalesce(k.contype::text, '') END,
           -- A constraint of the partition's own, whose index is a part of one that is no constraint's.
           coalesce(k.conparentid = 0, false),
           -- An index keeps the names that its columns had; of one that is there twice, the second has a number.
           (SELECT pg_catalog.array_agg(coalesce(t.attname, a.attname)::text ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a
              LEFT JOIN pg_catalog.pg_attribute t
                ON t.attrelid = x.indrelid AND t.attnum = x.indkey[a.attnum - 1] AND t.attnum <> 0
               AND (SELECT pg_catalog.count(*) FROM pg_catalog.unnest(x.indkey) AS k (number) WHERE k.number = t.attnum) = 1
             WHERE a.attrelid = ic.oid AND a.attnum > 0),
           ic.reloptions, r.reloptions,
           CASE WHEN x.indexprs IS NOT NULL THEN
             (SELECT pg_catalog.array_agg(a.attnum || ' ' || a.attstattarget ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = ic.oid AND a.attnum > 0 AND a.attstattarget >= 0) END,
           x.indisclustered, x.indisreplident, pg_catalog.obj_description(ic.oid, 'pg_class'),
           pg_catalog.obj_description(k.oid, 'pg_constraint')
      FROM pg_catalog.pg_class ic
      JOIN pg_catalog.pg_index x ON x.indexrelid = ic.oid
      JOIN pg_catalog.pg_namespace n ON n.oid = ic.relnamespace
      JOIN pg_catalog.pg_class r ON r.oid = \(IndexWhole.of("ic.oid"))
      JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
      LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = ic.oid AND k.contype IN ('p', 'u', 'x')
     WHERE ic.relkind IN ('i', 'I') AND ic.relispartition AND NOT \(IndexWhole.isIncomplete("ic.oid"))
       AND \(managedNamespace)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let (part, key) = (try row.int(), try row.int())
    guard let table = builder.id(.relation, try row.int()), let root = builder.id(.relation, try row.int()) else {
      return
    }
    let (schema, index) = (try row.string(), try row.string())
    let place = try row.string()
    let name = try row.string()
    let constraint = try row.string()
    let isOwn = try row.bool()
    let columns = try row.strings()
    if isOwn { return }
    builder.addPart(.relation, oid: part, of: root)
    if key != 0 { builder.addPart(.constraint, oid: key, of: root) }
    let usual = ChosenName(
      table: table.name, columns: constraint == "p" ? [] : columns,
      label: ["p": "pkey", "u": "key", "x": "excl"][constraint] ?? "idx")
    let id = FactID(.partitionIndex, schema: table.schema, name: table.name, member: index, role: schema)
    var fact = Fact(id, parent: table, needs: [root])
    if usual.fits(name) {
      builder.addIndexPart(IndexPart(id: id, root: root, usual: usual), schema: place, name: name)
    } else {
      fact.attributes[.name] = .text(name)
      fact.attributes[.usual] = .text(usual.text)
    }
    let (options, usualOptions) = (try row.strings().sorted(), try row.strings().sorted())
    if options != usualOptions {
      fact.attributes[.options] = .list(options)
      fact.attributes[.usualOptions] = .ifPresent(usualOptions)
    }
    fact.attributes[.statistics] = .ifPresent(try row.strings())
    fact.attributes[.clustered] = .ifTrue(try row.bool())
    fact.attributes[.replicaIdentity] = try row.bool() ? .text("INDEX") : nil
    fact.attributes[.text] = .ifPresent(try row.optionalString())
    fact.attributes[.constraintText] = .ifPresent(try row.optionalString())
    guard fact.attributes != Attributes() else { return }
    builder.insert(fact)
  }
}

/// Triggers (`pg_trigger`) that somebody made; a partition's clones are the parent's.
enum TriggerQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, n.nspname, c.relname, c.relkind, t.tgname, t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid)
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
     WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND \(managedNamespace) AND \(notMember("pg_trigger", "t.oid"))
       -- What keeps a table the same that is being prepared.
       AND fn.nspname <> '\(ToolSchema.prepared)'
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let schema = try row.string()
    let name = try row.string()
    let relationKind = try row.string()
    let parent = FactID(
      relationKind == "v" ? .view : relationKind == "f" ? .foreignTable : .table, schema: schema, name: name)
    let id = FactID(.trigger, schema: schema, name: name, member: try row.string())
    let enabled = try row.string()
    var fact = Fact(id, parent: parent)
    fact.attributes[.enabled] = TriggerState.words(enabled).map { .text($0) }
    fact.attributes[.definition] = .text(try row.string())
    builder.add(fact, .trigger, oid: oid)
  }
}

/// Copies of triggers in partitions that fire otherwise than the parent's.
enum TriggerStateQuery: CatalogQuery {
  static let presence: String? = "pg_trigger WHERE tgparentid <> 0"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    WITH RECURSIVE copies AS (
      SELECT t.oid, t.oid AS root, t.tgenabled FROM pg_catalog.pg_trigger t WHERE t.tgparentid = 0 AND NOT t.tgisinternal
      UNION ALL
      SELECT t.oid, k.root, k.tgenabled FROM pg_catalog.pg_trigger t JOIN copies k ON k.oid = t.tgparentid)
    SELECT t.tgrelid, k.root, t.tgname, t.tgenabled, t.oid
      FROM copies k JOIN pg_catalog.pg_trigger t ON t.oid = k.oid
     WHERE t.tgparentid <> 0 AND t.tgenabled <> k.tgenabled
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    guard let table = builder.id(.relation, try row.int()), let trigger = builder.id(.trigger, try row.int()) else {
      return
    }
    let id = FactID(.triggerState, schema: table.schema, name: table.name, member: try row.string())
    let words = TriggerState.words(try row.string()) ?? "ENABLE"
    builder.insert(Fact(id, parent: table, [.enabled: .text(words)], needs: [trigger]))
    // What is said of the copy (a comment) is pg_dump's business, and so ours, for as long as its state is.
    let copy = FactID(.trigger, schema: id.schema, name: id.name, member: id.member)
    builder.alias(.trigger, oid: try row.int(), to: copy)
  }
}

/// Row level security policies (`pg_policy`).
enum PolicyQuery: CatalogQuery {
  static let opening = Opening.always
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT p.oid, n.nspname, c.relname, p.polname, p.polpermissive,
           CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                         ELSE 'ALL' END,
           (SELECT pg_catalog.array_agg(coalesce(r.rolname::text, '') ORDER BY r.rolname)
              FROM pg_catalog.unnest(p.polroles) o LEFT JOIN pg_catalog.pg_roles r ON r.oid = o),
           pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
      FROM pg_catalog.pg_policy p
      JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let table = FactID(.table, schema: try row.string(), name: try row.string())
    let id = FactID(.policy, schema: table.schema, name: table.name, member: try row.string())
    var fact = Fact(id, parent: table)
    fact.attributes[.permissive] = try row.bool() ? nil : .flag(false)
    fact.attributes[.command] = .text(try row.string())
    let roles = try row.strings()
    fact.attributes[.roles] = .list(roles)
    fact.needs = roles.filter { !$0.isEmpty }.map { FactID(.role, name: $0) }
    fact.attributes[.using] = .ifPresent(try row.optionalString())
    fact.attributes[.check] = .ifPresent(try row.optionalString())
    builder.add(fact, .policy, oid: oid)
  }
}
