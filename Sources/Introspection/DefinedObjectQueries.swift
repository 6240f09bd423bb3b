internal import Catalog
internal import Postgres

/// Objects of which the statement that makes them says everything: object id, schema (empty for what lives in none),
/// name, member, owner (NULL for what has none), and the statement.
protocol DefinedObjectQuery: CatalogQuery {
  static var kind: FactKind { get }
  static var catalogClass: CatalogClass { get }
}

extension DefinedObjectQuery {
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(kind, schema: try row.string(), name: try row.string(), member: try row.string())
    let owner = try row.optionalString()
    var fact = Fact(id, needs: id.schema.isEmpty ? [] : [FactID(.schema, name: id.schema)])
    fact.attributes[.definition] = .text(try row.string())
    fact.attributes[.further] = .ifPresent(try row.strings())
    builder.add(fact, catalogClass, oid: oid)
    if let owner { builder.addOwner(owner, of: id) }
  }

  /// An operator by its qualified name, without its argument types.
  static func operatorName(_ oid: String) -> String {
    """
    (SELECT pg_catalog.format('OPERATOR(%I.%s)', pn.nspname, po.oprname) FROM pg_catalog.pg_operator po
       JOIN pg_catalog.pg_namespace pn ON pn.oid = po.oprnamespace WHERE po.oid = \(oid))
    """
  }
}

/// Languages (`pg_language`) that no extension brought.
enum LanguageQuery: DefinedObjectQuery {
  static let presence: String? = "pg_language WHERE oid >= 16384"
  static let kind = FactKind.language
  static let catalogClass = CatalogClass.language
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT l.oid, '', l.lanname, '', pg_catalog.pg_get_userbyid(l.lanowner),
           pg_catalog.format('CREATE %sLANGUAGE %I', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' ELSE '' END, l.lanname)
           || ' HANDLER ' || l.lanplcallfoid::regproc
           || CASE WHEN l.laninline <> 0 THEN ' INLINE ' || l.laninline::regproc ELSE '' END
           || CASE WHEN l.lanvalidator <> 0 THEN ' VALIDATOR ' || l.lanvalidator::regproc ELSE '' END, NULL
      FROM pg_catalog.pg_language l
     WHERE l.lanispl AND l.oid >= 16384 AND \(notMember("pg_language", "l.oid"))
    """
  }
}

/// Collations (`pg_collation`).
enum CollationQuery: DefinedObjectQuery {
  static let presence: String? = "pg_collation WHERE oid >= 16384"
  static let kind = FactKind.collation
  static let catalogClass = CatalogClass.collation
  static func sql(_ version: ServerVersion) -> String {
    let locale =
      version.major >= 17 ? "c.colllocale" : version.major >= 15 ? "c.colliculocale" : "c.collcollate"
    let rules = version.major >= 16 ? "'rules = ' || pg_catalog.quote_literal(c.collicurules)," : ""
    return """
      SELECT c.oid, n.nspname, c.collname, '', pg_catalog.pg_get_userbyid(c.collowner),
             pg_catalog.format('CREATE COLLATION %I.%I (', n.nspname, c.collname) || pg_catalog.concat_ws(', ',
               'provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
               CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END,
               CASE WHEN c.collprovider IN ('i', 'b') THEN 'locale = ' || pg_catalog.quote_literal(\(locale))
                    WHEN c.collcollate = c.collctype THEN 'locale = ' || pg_catalog.quote_literal(c.collcollate)
                    ELSE 'lc_collate = ' || pg_catalog.quote_literal(c.collcollate)
                         || ', lc_ctype = ' || pg_catalog.quote_literal(c.collctype) END,
               \(rules) NULL) || ')', NULL
        FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
       WHERE \(managedNamespace) AND \(notMember("pg_collation", "c.oid"))
      """
  }
}

/// Conversions between encodings (`pg_conversion`).
enum ConversionQuery: DefinedObjectQuery {
  static let presence: String? = "pg_conversion WHERE oid >= 16384"
  static let kind = FactKind.conversion
  static let catalogClass = CatalogClass.conversion
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.conname, '', pg_catalog.pg_get_userbyid(c.conowner),
           pg_catalog.format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s',
             CASE WHEN c.condefault THEN 'DEFAULT ' ELSE '' END, n.nspname, c.conname,
             pg_catalog.pg_encoding_to_char(c.conforencoding), pg_catalog.pg_encoding_to_char(c.contoencoding),
             c.conproc), NULL
      FROM pg_catalog.pg_conversion c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
     WHERE \(managedNamespace) AND \(notMember("pg_conversion", "c.oid"))
    """
  }
}

/// Casts (`pg_cast`) that somebody made.
enum CastQuery: DefinedObjectQuery {
  static let presence: String? = "pg_cast WHERE oid >= 16384"
  static let kind = FactKind.cast
  static let catalogClass = CatalogClass.cast
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, '', pg_catalog.format_type(c.castsource, NULL), pg_catalog.format_type(c.casttarget, NULL), NULL,
           pg_catalog.format('CREATE CAST (%s AS %s) ', pg_catalog.format_type(c.castsource, NULL),
                             pg_catalog.format_type(c.casttarget, NULL))
           || CASE c.castmethod WHEN 'b' THEN 'WITHOUT FUNCTION' WHEN 'i' THEN 'WITH INOUT'
                   ELSE 'WITH FUNCTION ' || c.castfunc::regprocedure END
           || CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END, NULL
      FROM pg_catalog.pg_cast c
     WHERE c.oid >= 16384 AND \(notMember("pg_cast", "c.oid"))
       -- Made by PostgreSQL itself for a range type.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_cast'::regclass
                        AND i.objid = c.oid AND i.deptype = 'i')
    """
  }
}

/// Transforms (`pg_transform`).
enum TransformQuery: DefinedObjectQuery {
  static let presence: String? = "pg_transform WHERE oid >= 16384"
  static let kind = FactKind.transform
  static let catalogClass = CatalogClass.transform
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, '', pg_catalog.format_type(t.trftype, NULL), l.lanname, NULL,
           pg_catalog.format('CREATE TRANSFORM FOR %s LANGUAGE %I (', pg_catalog.format_type(t.trftype, NULL), l.lanname)
           || pg_catalog.concat_ws(', ',
                CASE WHEN t.trffromsql <> 0 THEN 'FROM SQL WITH FUNCTION ' || t.trffromsql::regprocedure END,
                CASE WHEN t.trftosql <> 0 THEN 'TO SQL WITH FUNCTION ' || t.trftosql::regprocedure END) || ')', NULL
      FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang
     WHERE t.oid >= 16384 AND \(notMember("pg_transform", "t.oid"))
    """
  }
}

/// Access methods (`pg_am`).
enum AccessMethodQuery: DefinedObjectQuery {
  static let presence: String? = "pg_am WHERE oid >= 16384"
  static let kind = FactKind.accessMethod
  static let catalogClass = CatalogClass.accessMethod
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT a.oid, '', a.amname, '', NULL,
           pg_catalog.format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', a.amname,
                             CASE a.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, a.amhandler), NULL
      FROM pg_catalog.pg_am a
     WHERE a.oid >= 16384 AND \(notMember("pg_am", "a.oid"))
    """
  }
}

/// Operators (`pg_operator`); those that are named by others and not defined are left to them.
enum OperatorQuery: DefinedObjectQuery {
  static let presence: String? = "pg_operator WHERE oid >= 16384"
  static let kind = FactKind.operator
  static let catalogClass = CatalogClass.operator
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT o.oid, n.nspname, o.oprname,
           CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END || ', '
           || CASE WHEN o.oprright = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END,
           pg_catalog.pg_get_userbyid(o.oprowner),
           pg_catalog.format('CREATE OPERATOR %I.%s (', n.nspname, o.oprname) || pg_catalog.concat_ws(', ',
             'FUNCTION = ' || o.oprcode,
             CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || pg_catalog.format_type(o.oprleft, NULL) END,
             CASE WHEN o.oprright <> 0 THEN 'RIGHTARG = ' || pg_catalog.format_type(o.oprright, NULL) END,
             'COMMUTATOR = ' || \(operatorName("o.oprcom")), 'NEGATOR = ' || \(operatorName("o.oprnegate")),
             CASE WHEN o.oprrest::oid <> 0 THEN 'RESTRICT = ' || o.oprrest END,
             CASE WHEN o.oprjoin::oid <> 0 THEN 'JOIN = ' || o.oprjoin END,
             CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END) || ')', NULL
      FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
     WHERE o.oprcode::oid <> 0 AND \(managedNamespace) AND \(notMember("pg_operator", "o.oid"))
    """
  }
}

/// Operator families (`pg_opfamily`), with the members that belong to no class.
enum OperatorFamilyQuery: DefinedObjectQuery {
  static let presence: String? = "pg_opfamily WHERE oid >= 16384"
  static let kind = FactKind.operatorFamily
  static let catalogClass = CatalogClass.operatorFamily
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT f.oid, n.nspname, f.opfname, a.amname, pg_catalog.pg_get_userbyid(f.opfowner),
           pg_catalog.format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, a.amname),
           (SELECT ARRAY[pg_catalog.format('ALTER OPERATOR FAMILY %I.%I USING %I ADD ', n.nspname, f.opfname, a.amname)
                         || pg_catalog.string_agg(m.text, ', ' ORDER BY m.place, m.number, m.text)]
              FROM (\(OperatorClassQuery.members("pg_opfamily", "f.oid", isLoose: true))) m HAVING pg_catalog.count(*) > 0)
      FROM pg_catalog.pg_opfamily f
      JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
      JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
     WHERE \(managedNamespace) AND \(notMember("pg_opfamily", "f.oid"))
    """
  }
}

/// Operator classes (`pg_opclass`) with their members.
enum OperatorClassQuery: DefinedObjectQuery {
  static let presence: String? = "pg_opclass WHERE oid >= 16384"
  static let kind = FactKind.operatorClass
  static let catalogClass = CatalogClass.operatorClass

  /// The operators (`pg_amop`) and functions (`pg_amproc`) of a class, or those of a family that are in no class, as the
  /// clauses that add them.
  static func members(_ catalog: String, _ oid: String, isLoose: Bool) -> String {
    """
    SELECT 1 AS place, o.amopstrategy AS number,
           pg_catalog.format('OPERATOR %s %s', o.amopstrategy, o.amopopr::regoperator)
           || coalesce((SELECT pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname)
                          FROM pg_catalog.pg_opfamily sf JOIN pg_catalog.pg_namespace sn ON sn.oid = sf.opfnamespace
                         WHERE sf.oid = o.amopsortfamily), '') AS text
      FROM pg_catalog.pg_amop o JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_amop'::regclass AND d.objid = o.oid
       AND d.refclassid = 'pg_catalog.\(catalog)'::regclass AND d.refobjid = \(oid)
       \(isLoose ? "AND d.deptype = 'a'" : "AND d.deptype = 'i'")
    UNION ALL
    SELECT 2, p.amprocnum,
           pg_catalog.format('FUNCTION %s (%s, %s) %s', p.amprocnum, pg_catalog.format_type(p.amproclefttype, NULL),
                             pg_catalog.format_type(p.amprocrighttype, NULL), p.amproc::regprocedure)
      FROM pg_catalog.pg_amproc p JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_amproc'::regclass AND d.objid = p.oid
       AND d.refclassid = 'pg_catalog.\(catalog)'::regclass AND d.refobjid = \(oid)
       \(isLoose ? "AND d.deptype = 'a'" : "AND d.deptype = 'i'")
    """
  }

  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.opcname, a.amname, pg_catalog.pg_get_userbyid(c.opcowner),
           pg_catalog.format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS ', n.nspname, c.opcname,
             CASE WHEN c.opcdefault THEN ' DEFAULT' ELSE '' END, pg_catalog.format_type(c.opcintype, NULL), a.amname,
             fn.nspname, f.opfname)
           || pg_catalog.concat_ws(', ',
                CASE WHEN c.opckeytype NOT IN (0, c.opcintype) OR m.text IS NULL
                     THEN 'STORAGE ' || pg_catalog.format_type(coalesce(nullif(c.opckeytype, 0), c.opcintype), NULL) END,
                m.text), NULL
      FROM pg_catalog.pg_opclass c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
      JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
      JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
      JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
     CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(x.text, ', ' ORDER BY x.place, x.number, x.text) AS text
                           FROM (\(members("pg_opclass", "c.oid", isLoose: false))) x) m
     WHERE \(managedNamespace) AND \(notMember("pg_opclass", "c.oid"))
    """
  }
}

/// The rows of `pg_amop` and `pg_amproc` stand for the class or family that they belong to, in dependencies.
enum OperatorMemberQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT d.classid, d.objid, d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
     WHERE d.classid IN ('pg_catalog.pg_amop'::regclass, 'pg_catalog.pg_amproc'::regclass) AND d.objid >= 16384
       AND d.refclassid IN ('pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_opfamily'::regclass)
       AND d.deptype IN ('i', 'a')
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let classID = try row.int()
    let oid = try row.int()
    if let catalog = CatalogClass(rawValue: classID),
      let owner = builder.id(classID: try row.int(), oid: try row.int(), subID: 0)
    {
      builder.alias(catalog, oid: oid, to: owner)
    }
  }
}
