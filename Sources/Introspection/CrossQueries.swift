internal import Catalog
internal import Postgres

/// Comments (`pg_description`). An extension's own comment comes with the extension.
enum CommentQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT d.classoid, d.objoid, d.objsubid, a.attname, d.description, k.conname, k.conrelid, k.contypid,
           (SELECT ka.attname FROM pg_catalog.pg_attribute ka WHERE ka.attrelid = k.conrelid AND ka.attnum = k.conkey[1])
      FROM pg_catalog.pg_description d
      -- NOT NULL is its column's, or its domain's.
      LEFT JOIN pg_catalog.pg_constraint k ON d.classoid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objoid
           AND k.contype = 'n'
      LEFT JOIN pg_catalog.pg_attribute a ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid <> 0
           AND a.attrelid = d.objoid AND a.attnum = d.objsubid
     WHERE d.classoid <> 'pg_catalog.pg_extension'::regclass
       AND (d.objoid >= 16384 OR d.classoid = 'pg_catalog.pg_namespace'::regclass)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    var rest = row
    guard let (subject, parent) = try subject(&row, builder) else {
      rest.skip(4)
      let text = try rest.string()
      guard let name = try rest.optionalString() else { return }
      let (relation, type) = (try rest.int(), try rest.int())
      if let table = builder.id(.relation, relation), let column = try rest.optionalString() {
        builder.addNotNullComment(text, on: name, of: column, in: table)
      } else if let domain = builder.id(.type, type), domain.kind == .domain {
        let subject = FactID(.domainConstraint, schema: domain.schema, name: domain.name, member: name)
        builder.insert(Fact(subject.about(.comment), parent: domain, [.text: .text(text)]))
      }
      return
    }
    builder.insert(Fact(subject.about(.comment), parent: parent, [.text: .text(try row.string())]))
  }

  /// What the first four columns name, and the fact that it is a part of.
  static func subject(
    _ row: inout RowReader, _ builder: CatalogBuilder
  ) throws -> (subject: FactID, parent: FactID)? {
    let classID = try row.int()
    let oid = try row.int()
    let subID = try row.int()
    let column = try row.optionalString()
    guard var subject = builder.id(classID: classID, oid: oid, subID: 0) else { return nil }
    // The index of a constraint can have a comment of its own; it goes with the constraint's name.
    var parent = subject
    if classID == CatalogClass.relation.rawValue, subject.kind == .column {
      // So can the sequence of an identity column.
      guard let name = builder.catalog[subject]?.list(.sequence), name.count == 2 else { return nil }
      subject = FactID(.sequence, schema: name[0], name: name[1])
    }
    if subject.kind == .trigger, !builder.catalog.contains(subject) {
      // A partition's copy of a trigger, that fires otherwise than the parent's.
      parent = FactID(.triggerState, schema: subject.schema, name: subject.name, member: subject.member)
    }
    if classID == CatalogClass.relation.rawValue, subject.kind == .constraint {
      subject = FactID(.index, schema: subject.schema, name: subject.member)
    }
    if subID != 0, let column {
      subject = FactID(.column, schema: subject.schema, name: subject.name, member: column)
      if builder.catalog.contains(subject) { parent = subject }
    }
    return (subject, parent)
  }
}

/// Security labels (`pg_seclabel`).
enum SecurityLabelQuery: CatalogQuery {
  static let presence: String? = "pg_seclabel"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT l.classoid, l.objoid, l.objsubid, a.attname, l.provider, l.label
      FROM pg_catalog.pg_seclabel l
      LEFT JOIN pg_catalog.pg_attribute a ON l.classoid = 'pg_catalog.pg_class'::regclass AND l.objsubid <> 0
           AND a.attrelid = l.objoid AND a.attnum = l.objsubid
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    guard let (subject, parent) = try CommentQuery.subject(&row, builder) else { return }
    let id = subject.about(.securityLabel, role: try row.string())
    builder.insert(Fact(id, parent: parent, [.text: .text(try row.string())]))
  }
}

/// Settings of this database (`pg_db_role_setting`). Parameters of extensions and applications whose names or values speak
/// of secrets are not read.
enum SettingQuery: CatalogQuery {
  static let presence: String? = "pg_db_role_setting"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT coalesce(r.rolname, ''), pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
      FROM pg_catalog.pg_db_role_setting s
      JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
      LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
     CROSS JOIN pg_catalog.unnest(s.setconfig) c
     WHERE (s.setrole = 0 OR r.oid IS NOT NULL)
       AND NOT (pg_catalog.split_part(c, '=', 1) LIKE '%.%'
                AND (pg_catalog.split_part(c, '=', 1) ~* \(Quote.literal(Secrets.settingPattern))
                     OR pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) ~* \(Quote.literal(Secrets.valuePattern))))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let role = try row.string()
    let id = FactID(.setting, name: try row.string(), role: role)
    let needs = role.isEmpty ? [] : [FactID(.role, name: role)]
    builder.insert(Fact(id, [.text: .text(try row.string())], needs: needs))
  }
}

/// Privileges (`aclitem[]` columns): a fact for each grantee that may do more or less than by PostgreSQL's default, and one for
/// what others than the owner granted.
enum GrantQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT o.classid, o.oid, o.subid, a.attname, coalesce(g.rolname, ''),
           pg_catalog.array_agg(p.privilege ORDER BY p.privilege) FILTER (WHERE p.granted),
           pg_catalog.array_agg(p.privilege ORDER BY p.privilege) FILTER (WHERE NOT p.granted),
           p.grantee = o.owner, h.rolname
      FROM (SELECT 'pg_catalog.pg_class'::regclass::oid AS classid, oid, 0 AS subid,
                   CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS kind, relacl AS acl, relowner AS owner
              FROM pg_catalog.pg_class WHERE relacl IS NOT NULL AND oid >= 16384
            UNION ALL
            SELECT 'pg_catalog.pg_class'::regclass, t.attrelid, t.attnum, 'c', t.attacl, c.relowner
              FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
             WHERE t.attacl IS NOT NULL AND t.attrelid >= 16384 AND NOT t.attisdropped
            UNION ALL
            SELECT 'pg_catalog.pg_proc'::regclass, oid, 0, 'f', proacl, proowner
              FROM pg_catalog.pg_proc WHERE proacl IS NOT NULL AND oid >= 16384
            UNION ALL
            SELECT 'pg_catalog.pg_type'::regclass, oid, 0, 'T', typacl, typowner
              FROM pg_catalog.pg_type WHERE typacl IS NOT NULL AND oid >= 16384
            UNION ALL
            SELECT 'pg_catalog.pg_namespace'::regclass, oid, 0, 'n', nspacl, nspowner
              FROM pg_catalog.pg_namespace WHERE nspacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_language'::regclass, oid, 0, 'l', lanacl, lanowner
              FROM pg_catalog.pg_language WHERE lanacl IS NOT NULL AND oid >= 16384
            UNION ALL
            SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 0, 'F', fdwacl, fdwowner
              FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, 0, 'S', srvacl, srvowner
              FROM pg_catalog.pg_foreign_server WHERE srvacl IS NOT NULL) o
      LEFT JOIN pg_catalog.pg_attribute a ON o.subid <> 0 AND a.attrelid = o.oid AND a.attnum = o.subid
     CROSS JOIN LATERAL (
           SELECT x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
                  AS privilege, true AS granted, nullif(x.grantor, o.owner) AS grantor
             FROM pg_catalog.aclexplode(o.acl) x
           UNION ALL
           SELECT x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, false,
                  NULL
             FROM pg_catalog.aclexplode(pg_catalog.acldefault(o.kind, o.owner)) x) p
      LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee
      LEFT JOIN pg_catalog.pg_roles h ON h.oid = p.grantor
     GROUP BY 1, 2, 3, 4, 5, p.grantee, o.owner, h.rolname
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let classID = try row.int()
    let oid = try row.int()
    let subID = try row.int()
    let column = try row.optionalString()
    let grantee = try row.string()
    let granted = try row.strings()
    let usual = try row.strings()
    let isOwner = try row.bool()
    let grantor = try row.optionalString()
    guard Set(granted) != Set(usual), var subject = builder.id(classID: classID, oid: oid, subID: 0) else { return }
    // A table's row type has privileges that nobody sets.
    if classID == CatalogClass.type.rawValue, !subject.kind.isType { return }
    var parent = subject
    if subject.kind == .column {
      // The sequence of an identity column is part of the column, and has privileges of its own.
      guard let name = builder.catalog[subject]?.list(.sequence), name.count == 2 else { return }
      subject = FactID(.sequence, schema: name[0], name: name[1])
    }
    if subID != 0, let column {
      subject = FactID(.column, schema: subject.schema, name: subject.name, member: column)
      if builder.catalog.contains(subject) { parent = subject }
    }
    if let grantor {
      let grantee = isOwner ? FactID.ownerRole : grantee
      builder.addDelegated(
        granted.map { DelegatedGrant(grantor: grantor, grantee: grantee, privilege: $0) }, on: subject, parent: parent)
      return
    }
    if isOwner {
      // Whoever that is: what is said is what the owner gave up, and was given beyond what owners have.
      builder.insert(
        Fact(
          subject.about(.grant, role: FactID.ownerRole), parent: parent,
          OwnPrivileges.attributes(granted: granted, usual: usual), needs: [subject.about(.owner)]))
      return
    }
    builder.insert(
      Fact(
        subject.about(.grant, role: grantee), parent: parent, [.privileges: .list(granted)],
        needs: [subject.about(.owner)] + (grantee.isEmpty ? [] : [FactID(.role, name: grantee)])))
  }
}

/// What an owner may do otherwise than owners do.
enum OwnPrivileges {
  static func attributes(granted: [String], usual: [String]) -> Attributes {
    let option = " WITH GRANT OPTION"
    let revoked = usual.filter { !granted.contains($0) && !granted.contains($0 + option) }
    let further = granted.filter { !usual.contains($0) }
    return [.revoked: .ifPresent(revoked), .privileges: .ifPresent(further)]
  }
}

/// What depends on what (`pg_depend`), at the grain of columns.
enum DependencyQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    // Second part: what refers to a member of an extension needs the extension. Arrays, multiranges and row types are no members
    // by themselves.
    """
    WITH RECURSIVE members AS (
      SELECT e.classid, e.objid, e.refclassid, e.refobjid FROM pg_catalog.pg_depend e WHERE e.deptype = 'e'
      UNION
      SELECT t.classid, t.objid, m.refclassid, m.refobjid
        FROM members m JOIN pg_catalog.pg_depend t ON t.refclassid = m.classid AND t.refobjid = m.objid
       WHERE t.deptype = 'i' AND t.classid = 'pg_catalog.pg_type'::regclass)
    SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype = 'a'
      FROM pg_catalog.pg_depend d
     WHERE d.deptype IN ('n', 'a', 'i') AND d.objid >= 16384 AND d.refobjid >= 2200
       -- Row types, TOAST tables, indexes of constraints, triggers of keys, rules of views: parts of one fact.
       AND NOT (d.deptype = 'i' AND d.classid IN (
                  'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_class'::regclass,
                  'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_rewrite'::regclass))
       -- A default and its column, a policy and its table, a relation and its schema: known from the names. These are a
       -- third of the rows.
       AND NOT (d.deptype = 'a' AND d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_policy'::regclass))
       AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_namespace'::regclass)
    UNION ALL
    SELECT d.classid, d.objid, d.objsubid, e.refclassid, e.refobjid, 0, false
      FROM members e
      JOIN pg_catalog.pg_depend d ON d.refclassid = e.classid AND d.refobjid = e.objid AND d.deptype IN ('n', 'a')
     WHERE d.objid >= 16384
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    builder.addNeed(
      classID: try row.int(), oid: try row.int(), subID: try row.int(), referencedClass: try row.int(),
      referenced: try row.int(), referencedSub: try row.int(), isAuto: try row.bool())
  }
}

/// What is not modelled, so that it can be reported: subscriptions that only a superuser can read, privileges on
/// PostgreSQL's own functions, relations and languages where they are not what `initdb` gave (`pg_init_privs`), what was told to
/// go with an extension (`ALTER … DEPENDS ON EXTENSION`), and identities that partitions have of their own, before version 17.
enum UnmodeledQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT 'subscription', s.subname::text FROM pg_catalog.\(SubscriptionQuery.here)
       AND NOT \(SubscriptionQuery.isReadable)
    UNION ALL
    SELECT 'privileges', o.oid::text
      FROM (SELECT 'pg_catalog.pg_proc'::regclass AS classid, p.oid::regprocedure AS oid, p.oid AS objid, p.proacl AS acl,
                   pg_catalog.acldefault('f', p.proowner) AS usual
              FROM pg_catalog.pg_proc p WHERE p.proacl IS NOT NULL AND p.oid < 16384
                                                   AND p.pronamespace = 'pg_catalog'::regnamespace) o
      LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = o.classid AND i.objoid = o.objid AND i.objsubid = 0
     WHERE coalesce(i.initprivs, o.usual) <> o.acl
    UNION ALL
    SELECT 'privileges', c.oid::regclass::text
      FROM pg_catalog.pg_class c
      LEFT JOIN pg_catalog.pg_init_privs i
        ON i.classoid = 'pg_catalog.pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = 0
     WHERE c.relacl IS NOT NULL AND c.oid < 16384 AND c.relnamespace = 'pg_catalog'::regnamespace
       AND coalesce(i.initprivs, pg_catalog.acldefault('r', c.relowner)) <> c.relacl
    UNION ALL
    SELECT 'privileges', pg_catalog.pg_describe_object(d.classid, d.objid, 0)
      FROM pg_catalog.pg_depend d
      LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
      LEFT JOIN pg_catalog.pg_type t ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
      LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = d.classid AND i.objoid = d.objid AND i.objsubid = 0
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e' AND d.objid >= 16384
       AND coalesce(c.relacl, t.typacl) IS NOT NULL AND coalesce(c.relacl, t.typacl) IS DISTINCT FROM i.initprivs
    UNION ALL
    SELECT 'privileges', 'language ' || pg_catalog.quote_ident(l.lanname)
      FROM pg_catalog.pg_language l
      LEFT JOIN pg_catalog.pg_init_privs i
        ON i.classoid = 'pg_catalog.pg_language'::regclass AND i.objoid = l.oid AND i.objsubid = 0
     WHERE l.lanacl IS NOT NULL AND l.oid < 16384
       AND coalesce(i.initprivs, pg_catalog.acldefault('l', l.lanowner)) <> l.lanacl
    UNION ALL
    SELECT 'dependence on extension ' || pg_catalog.quote_ident(e.extname),
           'of ' || pg_catalog.pg_describe_object(d.classid, d.objid, 0)
      FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
     WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'x' AND d.objid >= 16384
    UNION ALL
    SELECT 'identity', 'of its own of ' || c.oid::regclass::text || '.' || pg_catalog.quote_ident(a.attname)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
      JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
      JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname AND p.attidentity = ''
     -- A child's column that is its own as well is a fact, with its identity.
     WHERE c.relispartition OR NOT a.attislocal
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    builder.addUnmodeled(UnmodeledObject(kind: try row.string(), name: try row.string()))
  }
}
