internal import Catalog
internal import Postgres

/// Roles and their memberships (`pg_roles`, `pg_auth_members`); passwords are never read.
enum RoleQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    // What a membership allows, where it is not what GRANT gives: INHERIT and SET are words of version 16, where the
    // role's own INHERIT is the default.
    let options =
      version.major >= 16
      ? """
      pg_catalog.concat_ws(', ', CASE WHEN m.admin_option THEN 'ADMIN TRUE' END,
                           CASE WHEN m.inherit_option <> r.rolinherit THEN 'INHERIT ' || m.inherit_option END,
                           CASE WHEN NOT m.set_option THEN 'SET FALSE' END)
      """ : "CASE WHEN m.admin_option THEN 'ADMIN OPTION' ELSE '' END"
    return """
      SELECT r.rolname, r.rolcanlogin, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolreplication,
             r.rolbypassrls, r.rolconnlimit,
             (SELECT pg_catalog.array_agg(DISTINCT g.rolname::text)
                FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
               WHERE m.member = r.oid),
             -- A membership is there once for each role that granted it.
             (SELECT pg_catalog.array_agg(DISTINCT g.rolname || ' WITH ' || pg_catalog.upper(o.options))
                FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
               CROSS JOIN LATERAL (SELECT \(options) AS options) o
               WHERE m.member = r.oid AND o.options <> '')
        FROM pg_catalog.pg_roles r
       WHERE r.rolname !~ '^pg_'
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let name = try row.string()
    var attributes: [String] = []
    for (word, standard) in [
      ("LOGIN", false), ("SUPERUSER", false), ("INHERIT", true), ("CREATEROLE", false), ("CREATEDB", false),
      ("REPLICATION", false), ("BYPASSRLS", false),
    ] {
      let value = try row.bool()
      if value != standard { attributes.append(value ? word : "NO" + word) }
    }
    let limit = try row.int()
    if limit != -1 { attributes.append("CONNECTION LIMIT \(limit)") }
    builder.insert(
      Fact(
        FactID(.role, name: name),
        [
          .attributes: .ifPresent(attributes.sorted()), .memberOf: .ifPresent(try row.strings().sorted()),
          .memberOptions: .ifPresent(try row.strings().sorted()),
        ]))
  }
}

/// Schemas (`pg_namespace`).
enum SchemaQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT n.oid, n.nspname, pg_catalog.pg_get_userbyid(n.nspowner)
      FROM pg_catalog.pg_namespace n
     WHERE \(managedNamespace) AND \(notMember("pg_namespace", "n.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.schema, name: try row.string())
    builder.add(Fact(id), .namespace, oid: oid)
    builder.addOwner(try row.string(), of: id)
  }
}

/// Extensions (`pg_extension`). plpgsql is in every database; pg_cron belongs to the server's set-up.
enum ExtensionQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT e.oid, e.extname, e.extversion, n.nspname
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname NOT IN ('plpgsql', 'pg_cron')
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.extension, name: try row.string())
    guard !builder.excludedExtensions.contains(id.name) else {
      return builder.addLeftOut("extension \(Quote.identifier(id.name))")
    }
    let version = try row.string()
    builder.add(Fact(id, [.version: .text(version), .schema: .text(try row.string())]), .extension, oid: oid)
  }
}

/// Default privileges (`pg_default_acl`): a fact for each grantee, where it differs from PostgreSQL's own default.
enum DefaultPrivilegeQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT pg_catalog.pg_get_userbyid(d.defaclrole), coalesce(n.nspname, ''),
           CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                                WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END,
           coalesce(g.rolname, ''),
           pg_catalog.array_agg(p.privilege ORDER BY p.privilege) FILTER (WHERE p.granted),
           pg_catalog.array_agg(p.privilege ORDER BY p.privilege) FILTER (WHERE NOT p.granted)
      FROM pg_catalog.pg_default_acl d
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
     CROSS JOIN LATERAL (
           SELECT a.grantee, a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
                  AS privilege, true AS granted
             FROM pg_catalog.aclexplode(d.defaclacl) a
           UNION ALL
           SELECT a.grantee, a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, false
             FROM pg_catalog.aclexplode(pg_catalog.acldefault(
                    CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)) a
            WHERE d.defaclnamespace = 0) p
      LEFT JOIN pg_catalog.pg_roles g ON g.oid = p.grantee
     WHERE coalesce(n.nspname <> ALL ($1::text[]), true) AND d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n', 'L')
     GROUP BY 1, 2, 3, 4
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let creator = try row.string()
    let schema = try row.string()
    let objects = try row.string()
    let grantee = try row.string()
    let granted = try row.strings()
    let usual = try row.strings()
    guard Set(granted) != Set(usual), !builder.excludedRoles.contains(creator) else { return }
    // The database's owner goes without a name: it is another role on every server.
    let member = builder.owners.contains(creator) ? "" : creator
    let isOwner = grantee == creator
    builder.insert(
      Fact(
        FactID(
          .defaultPrivilege, schema: schema, name: objects, member: member,
          role: isOwner ? FactID.ownerRole : grantee),
        parent: schema.isEmpty ? nil : FactID(.schema, name: schema),
        isOwner ? OwnPrivileges.attributes(granted: granted, usual: usual) : [.privileges: .list(granted)],
        needs: grantee.isEmpty || isOwner ? [] : [FactID(.role, name: grantee)]))
  }
}

/// Jobs of the extension pg_cron (`cron.job`) that run in this database and have a name; see `CronTable`.
enum CronJobQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT jobname, schedule, command, active FROM ONLY cron.job
     WHERE jobname IS NOT NULL AND database = pg_catalog.current_database()
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let id = FactID(.cronJob, name: try row.string())
    let schedule = try row.string()
    let command = try row.string()
    builder.insert(
      Fact(id, [.schedule: .text(schedule), .command: .text(command), .active: .flag(try row.bool())]))
  }
}

/// Jobs of the stand-in that scratch databases have in pg_cron's place.
enum CronStandInQuery: CatalogQuery {
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    "SELECT jobname, schedule, command, active FROM ONLY cron.stored_job WHERE jobname IS NOT NULL"
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    try CronJobQuery.decode(&row, into: &builder)
  }
}
