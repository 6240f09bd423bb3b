internal import Catalog
internal import Postgres

/// Enum types with their labels in order (`pg_type`, `pg_enum`).
enum EnumQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, n.nspname, t.typname, pg_catalog.pg_get_userbyid(t.typowner),
           (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
              FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE t.typtype = 'e' AND \(managedNamespace) AND \(notMember("pg_type", "t.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.enumType, schema: try row.string(), name: try row.string())
    let owner = try row.string()
    builder.add(
      Fact(id, [.labels: .list(try row.strings())], needs: [FactID(.schema, name: id.schema)]), .type, oid: oid)
    builder.addOwner(owner, of: id)
  }
}

/// Domains (`pg_type`); their constraints are facts of their own.
enum DomainQuery: CatalogQuery {
  static let presence: String? = "pg_type WHERE oid >= 16384 AND typtype = 'd'"
  static func sql(_ version: ServerVersion) -> String {
    // NOT NULL of a domain is a constraint with a name since version 17.
    """
    SELECT t.oid, n.nspname, t.typname, pg_catalog.pg_get_userbyid(t.typowner),
           pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull,
           CASE WHEN t.typcollation <> b.typcollation THEN
             (SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
               WHERE co.oid = t.typcollation) END,
           coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass),
                    pg_catalog.quote_literal(t.typdefault)),
           k.conname
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid AND k.contype = 'n'
     WHERE t.typtype = 'd' AND \(managedNamespace) AND \(notMember("pg_type", "t.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.domain, schema: try row.string(), name: try row.string())
    let owner = try row.string()
    var fact = Fact(id, needs: [FactID(.schema, name: id.schema)])
    fact.attributes[.type] = .text(try row.string())
    fact.attributes[.notNull] = .ifTrue(try row.bool())
    fact.attributes[.collation] = .ifPresent(try row.optionalString())
    fact.attributes[.defaultExpression] = .ifPresent(try row.optionalString())
    if let name = try row.optionalString() {
      let usual = ChosenName(table: id.name, columns: [], label: "not_null")
      fact.attributes[.notNullName] = usual.fits(name) ? nil : .text(name)
      if name != usual.text { builder.addNotNullName(name, of: id) }
    }
    builder.add(fact, .type, oid: oid)
    builder.addOwner(owner, of: id)
  }
}

/// Checks of domains (`pg_constraint`). NOT NULL is the domain's own attribute, with its name.
enum DomainConstraintQuery: CatalogQuery {
  static let presence: String? = "pg_type WHERE oid >= 16384 AND typtype = 'd'"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT k.oid, k.contypid, k.conname, k.convalidated,
           CASE WHEN k.convalidated THEN pg_catalog.pg_get_constraintdef(k.oid)
                ELSE pg_catalog.left(pg_catalog.pg_get_constraintdef(k.oid),
                                     pg_catalog.length(pg_catalog.pg_get_constraintdef(k.oid)) - 10) END
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
     WHERE k.contypid <> 0 AND k.contype = 'c' AND \(managedNamespace)
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    guard let domain = builder.id(.type, try row.int()) else { return }
    let id = FactID(.domainConstraint, schema: domain.schema, name: domain.name, member: try row.string())
    var fact = Fact(id, parent: domain)
    fact.attributes[.validated] = try row.bool() ? nil : .flag(false)
    fact.attributes[.definition] = .text(try row.string())
    builder.add(fact, .constraint, oid: oid)
  }
}

/// Stand-alone composite types (`pg_class` of kind `c` with its `pg_attribute`).
enum CompositeTypeQuery: CatalogQuery {
  static let presence: String? = "pg_class WHERE oid >= 16384 AND relkind = 'c'"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, c.oid, n.nspname, t.typname, pg_catalog.pg_get_userbyid(t.typowner),
           (SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
           (SELECT pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod)
                             || coalesce(' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.'
                                         || pg_catalog.quote_ident(co.collname), '') ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a
              JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
              LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> y.typcollation
              LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_type", "t.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let relation = try row.int()
    let id = FactID(.compositeType, schema: try row.string(), name: try row.string())
    let owner = try row.string()
    let names = try row.strings()
    let types = try row.strings()
    builder.add(
      Fact(
        id, [.columns: .list(zip(names, types).map { "\($0) \($1)" })], needs: [FactID(.schema, name: id.schema)]),
      .type, oid: oid)
    builder.alias(.relation, oid: relation, to: id)
    builder.addOwner(owner, of: id)
  }
}

/// Range types (`pg_range`), with the multirange types that belong to them.
enum RangeTypeQuery: CatalogQuery {
  static let presence: String? = "pg_range WHERE rngtypid >= 16384"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, r.rngmultitypid, n.nspname, t.typname, pg_catalog.pg_get_userbyid(t.typowner), r.rngcanonical <> 0,
           pg_catalog.format('CREATE TYPE %I.%I AS RANGE (', n.nspname, t.typname) || pg_catalog.concat_ws(', ',
             'SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, NULL),
             'MULTIRANGE_TYPE_NAME = ' || pg_catalog.format('%I.%I', mn.nspname, m.typname),
             CASE WHEN NOT oc.opcdefault THEN
               'SUBTYPE_OPCLASS = ' || pg_catalog.format('%I.%I', ocn.nspname, oc.opcname) END,
             CASE WHEN co.oid IS NOT NULL THEN 'COLLATION = ' || pg_catalog.format('%I.%I', cn.nspname, co.collname) END,
             CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical END,
             CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff END) || ')'
      FROM pg_catalog.pg_range r
      JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype
      JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid
      JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
      JOIN pg_catalog.pg_opclass oc ON oc.oid = r.rngsubopc
      JOIN pg_catalog.pg_namespace ocn ON ocn.oid = oc.opcnamespace
      LEFT JOIN pg_catalog.pg_collation co ON co.oid = r.rngcollation AND r.rngcollation <> s.typcollation
      LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_type", "t.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let multirange = try row.int()
    let id = FactID(.rangeType, schema: try row.string(), name: try row.string())
    let owner = try row.string()
    let needsShell = try row.bool()
    builder.add(
      Fact(id, [.definition: .text(try row.string())], needs: [FactID(.schema, name: id.schema)]), .type, oid: oid)
    builder.alias(.type, oid: multirange, to: id)
    builder.addOwner(owner, of: id)
    if needsShell { builder.addShell(of: id) }
  }
}

/// Base types (`pg_type`), and the shells of types that nobody defined yet.
enum BaseTypeQuery: CatalogQuery {
  static let presence: String? =
    "pg_type t WHERE t.oid >= 16384 AND (t.typtype = 'p' OR t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid))"
  static func sql(_ version: ServerVersion) -> String {
    let subscripting =
      version.major >= 14
      ? "CASE WHEN t.typsubscript::oid NOT IN (0, 'pg_catalog.array_subscript_handler'::regproc::oid) "
        + "THEN 'SUBSCRIPT = ' || t.typsubscript END," : ""
    return """
      SELECT t.oid, n.nspname, t.typname, pg_catalog.pg_get_userbyid(t.typowner), t.typisdefined,
             pg_catalog.format('CREATE TYPE %I.%I (', n.nspname, t.typname) || pg_catalog.concat_ws(', ',
               'INPUT = ' || t.typinput, 'OUTPUT = ' || t.typoutput,
               CASE WHEN t.typreceive::oid <> 0 THEN 'RECEIVE = ' || t.typreceive END,
               CASE WHEN t.typsend::oid <> 0 THEN 'SEND = ' || t.typsend END,
               CASE WHEN t.typmodin::oid <> 0 THEN 'TYPMOD_IN = ' || t.typmodin END,
               CASE WHEN t.typmodout::oid <> 0 THEN 'TYPMOD_OUT = ' || t.typmodout END,
               CASE WHEN t.typanalyze::oid <> 0 THEN 'ANALYZE = ' || t.typanalyze END,
               \(subscripting)
               'INTERNALLENGTH = ' || CASE t.typlen WHEN -1 THEN 'VARIABLE' ELSE t.typlen::text END,
               CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END,
               'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double'
                                      ELSE 'int4' END,
               'STORAGE = ' || CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                                    ELSE 'extended' END,
               CASE WHEN t.typcategory <> 'U' THEN 'CATEGORY = ' || pg_catalog.quote_literal(t.typcategory::text) END,
               CASE WHEN t.typispreferred THEN 'PREFERRED = true' END,
               'DEFAULT = ' || pg_catalog.quote_literal(t.typdefault),
               CASE WHEN t.typelem <> 0 THEN 'ELEMENT = ' || pg_catalog.format_type(t.typelem, NULL) END,
               CASE WHEN t.typdelim <> ',' THEN 'DELIMITER = ' || pg_catalog.quote_literal(t.typdelim::text) END,
               CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END) || ')'
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       WHERE (t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
              OR t.typtype = 'p' AND NOT t.typisdefined)
         AND \(managedNamespace) AND \(notMember("pg_type", "t.oid"))
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.baseType, schema: try row.string(), name: try row.string())
    let owner = try row.string()
    let isDefined = try row.bool()
    let definition = try row.string()
    guard isDefined else {
      builder.add(
        Fact(FactID(.shellType, schema: id.schema, name: id.name), needs: [FactID(.schema, name: id.schema)]), .type,
        oid: oid)
      builder.addOwner(owner, of: FactID(.shellType, schema: id.schema, name: id.name))
      return
    }
    builder.add(
      Fact(id, [.definition: .text(definition)], needs: [FactID(.schema, name: id.schema)]), .type, oid: oid)
    builder.addOwner(owner, of: id)
    builder.addShell(of: id)
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
     WHERE (t.typrelid <> 0 OR e.typarray = t.oid) AND \(managedNamespace)
       -- Only those that something refers to.
       AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_type'::regclass
                      AND d.refobjid = t.oid AND d.deptype <> 'i')
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
