internal import Catalog
internal import Postgres

/// Privileges on functions, relations, types and the like that came with an extension, where they are not what its script gave them
/// (`pg_init_privs`). The objects are no facts: what is said of them is a part of the extension.
enum ExtensionGrantQuery: CatalogQuery {
  static let presence: String? = "pg_extension WHERE oid >= 16384"
  static let takesExcludedSchemas = false

  static func sql(_ version: ServerVersion) -> String {
    func members(
      _ catalog: String, _ kind: String, _ prefix: String, from: String, name: String, usual: String? = nil
    ) -> String {
      """
      SELECT d.refobjid AS extension, \(kind) AS kind, \(name), o.\(prefix)acl AS acl, o.\(prefix)owner AS owner,
             coalesce(i.initprivs, pg_catalog.acldefault(\(usual ?? kind), o.\(prefix)owner)) AS usual
        FROM \(from)
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.\(catalog)'::regclass AND d.objid = o.oid
             AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
        LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = d.classid AND i.objoid = d.objid AND i.objsubid = 0
       WHERE o.\(prefix)acl IS NOT NULL AND o.\(prefix)acl IS DISTINCT FROM i.initprivs
      """
    }
    let function = FunctionQuery.argumentTypes.replacing("p.proargtypes", with: "o.proargtypes")
    return """
      SELECT e.extname, m.kind, m.schema, m.name, m.member, coalesce(g.rolname, ''),
             pg_catalog.array_agg(p.privilege ORDER BY p.privilege) FILTER (WHERE p.granted),
             pg_catalog.array_agg(p.privilege ORDER BY p.privilege) FILTER (WHERE NOT p.granted)
        FROM (\(members("pg_proc", "'f'", "pro", from: "pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace",
                       name: "n.nspname AS schema, o.proname AS name, \(function) AS member"))
              UNION ALL
              \(members("pg_class", "CASE o.relkind WHEN 'S' THEN 's' ELSE 'r' || o.relkind::text END", "rel",
                       from: "pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace",
                       name: "n.nspname, o.relname, ''",
                       usual: "CASE o.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\""))
              UNION ALL
              \(members("pg_type", "'T' || o.typtype::text", "typ",
                       from: "pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace",
                       name: "n.nspname, o.typname, ''", usual: "'T'::\"char\""))
              UNION ALL
              \(members("pg_foreign_data_wrapper", "'F'", "fdw", from: "pg_catalog.pg_foreign_data_wrapper o",
                       name: "'', o.fdwname, ''"))
              UNION ALL
              \(members("pg_foreign_server", "'S'", "srv", from: "pg_catalog.pg_foreign_server o", name: "'', o.srvname, ''"))
              UNION ALL
              \(members("pg_language", "'l'", "lan", from: "pg_catalog.pg_language o", name: "'', o.lanname, ''"))
              UNION ALL
              \(members("pg_namespace", "'n'", "nsp", from: "pg_catalog.pg_namespace o", name: "'', o.nspname, ''"))) m
        JOIN pg_catalog.pg_extension e ON e.oid = m.extension
       CROSS JOIN LATERAL (
             SELECT x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
                    AS privilege, true AS granted
               FROM pg_catalog.aclexplode(m.acl) x
             UNION ALL
             SELECT x.grantee, x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, false
               FROM pg_catalog.aclexplode(m.usual) x) p
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee
       WHERE p.grantee <> m.owner
       GROUP BY 1, 2, 3, 4, 5, 6
      """
  }

  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let `extension` = FactID(.extension, name: try row.string())
    let kind: FactKind =
      switch try row.string() {
      case "F": .foreignDataWrapper
      case "S": .foreignServer
      case "l": .language
      case "n": .schema
      case "s": .sequence
      case "rr", "rp": .table
      case "rv": .view
      case "rm": .materializedView
      case "rf": .foreignTable
      case "Td": .domain
      case "Te": .enumType
      case "Tr", "Tm": .rangeType
      case "Tc": .compositeType
      case "Tb", "Tp": .baseType
      default: .function
      }
    let subject = FactID(kind, schema: try row.string(), name: try row.string(), member: try row.string())
    let grantee = try row.string()
    let granted = try row.strings()
    let usual = try row.strings()
    guard builder.catalog.contains(`extension`), Set(granted) != Set(usual) else { return }
    let isUsual = Set(usual) == Set(kind.usualPrivileges(of: grantee))
    builder.insert(
      Fact(
        subject.about(.grant, role: grantee), parent: `extension`,
        [.privileges: .list(granted), .usualPrivileges: isUsual ? nil : .list(usual)],
        needs: grantee.isEmpty ? [] : [FactID(.role, name: grantee)]))
  }
}
