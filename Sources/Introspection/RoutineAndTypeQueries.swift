internal import Catalog
internal import Postgres

/// Functions and procedures (`pg_proc`).
enum FunctionQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT p.oid, n.nspname, p.proname,
           coalesce((SELECT pg_catalog.string_agg(pg_catalog.format_type(a.type, NULL), ', ' ORDER BY a.number)
                       FROM unnest(p.proargtypes) WITH ORDINALITY a(type, number)), ''),
           p.prokind, pg_catalog.pg_get_userbyid(p.proowner), pg_catalog.pg_get_functiondef(p.oid),
           pg_catalog.pg_get_function_arguments(p.oid), coalesce(pg_catalog.pg_get_function_result(p.oid), '')
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind IN ('f', 'p') AND \(managedNamespace) AND \(notMember("pg_proc", "p.oid"))
       -- Made by PostgreSQL itself for a range type.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::regclass
                        AND i.objid = p.oid AND i.deptype = 'i')
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.function, schema: try row.string(), name: try row.string(), member: try row.string())
    var fact = Fact(id, needs: [FactID(.schema, name: id.schema)])
    fact.attributes[.routine] = try row.string() == "p" ? .text("PROCEDURE") : nil
    let owner = try row.string()
    fact.attributes[.definition] = .text(try row.string().trimmedTrailing)
    fact.attributes[.arguments] = .text(try row.string())
    fact.attributes[.result] = .text(try row.string())
    builder.add(fact, .procedure, oid: oid)
    builder.addOwner(owner, of: id)
  }
}

/// Enum types with their labels in order (`pg_type`, `pg_enum`).
enum EnumQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, n.nspname, t.typname, pg_catalog.pg_get_userbyid(t.typowner),
           (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
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
