internal import Catalog
internal import Postgres

/// Foreign-data wrappers (`pg_foreign_data_wrapper`).
enum ForeignDataWrapperQuery: CatalogQuery {
  static let presence: String? = "pg_foreign_data_wrapper WHERE oid >= 16384"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT w.oid, w.fdwname, pg_catalog.pg_get_userbyid(w.fdwowner),
           CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
           CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::regproc::text END, \(ForeignOptions.list("w.fdwoptions"))
      FROM pg_catalog.pg_foreign_data_wrapper w WHERE \(notMember("pg_foreign_data_wrapper", "w.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    var fact = Fact(FactID(.foreignDataWrapper, name: try row.string()))
    let owner = try row.string()
    fact.attributes[.handler] = .ifPresent(try row.optionalString())
    fact.attributes[.validator] = .ifPresent(try row.optionalString())
    fact.attributes[.foreignOptions] = .ifPresent(try row.strings())
    builder.add(fact, .foreignDataWrapper, oid: oid)
    builder.addOwner(owner, of: fact.id)
  }
}

/// Foreign servers (`pg_foreign_server`).
enum ForeignServerQuery: CatalogQuery {
  static let presence: String? = "pg_foreign_server WHERE oid >= 16384"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT s.oid, s.srvname, pg_catalog.pg_get_userbyid(s.srvowner), w.fdwname, s.srvtype, s.srvversion,
           \(ForeignOptions.list("s.srvoptions"))
      FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
     WHERE \(notMember("pg_foreign_server", "s.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    var fact = Fact(FactID(.foreignServer, name: try row.string()))
    let owner = try row.string()
    fact.attributes[.wrapper] = .text(try row.string())
    fact.attributes[.type] = .ifPresent(try row.optionalString())
    fact.attributes[.version] = .ifPresent(try row.optionalString())
    fact.attributes[.foreignOptions] = .ifPresent(try row.strings())
    builder.add(fact, .foreignServer, oid: oid)
    builder.addOwner(owner, of: fact.id)
  }
}

/// User mappings (`pg_user_mappings`). What looks like a secret is never read.
enum UserMappingQuery: CatalogQuery {
  static let presence: String? = "pg_foreign_server WHERE oid >= 16384"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT m.umid, m.srvid, m.srvname, CASE WHEN m.umuser = 0 THEN '' ELSE m.usename END,
           \(ForeignOptions.list("m.umoptions", except: Secrets.mappingPattern))
      FROM pg_catalog.pg_user_mappings m
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    guard let server = builder.id(.foreignServer, try row.int()) else { return }
    let id = FactID(.userMapping, name: try row.string(), member: try row.string())
    // Dropping a server does not drop its mappings, so they are no part of it.
    let needs = [server] + (id.member.isEmpty ? [] : [FactID(.role, name: id.member)])
    builder.add(Fact(id, [.foreignOptions: .ifPresent(try row.strings())], needs: needs), .userMapping, oid: oid)
  }
}

/// Event triggers (`pg_event_trigger`).
enum EventTriggerQuery: CatalogQuery {
  static let presence: String? = "pg_event_trigger WHERE oid >= 16384"
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, t.evtname, pg_catalog.pg_get_userbyid(t.evtowner), t.evtenabled,
           pg_catalog.format('CREATE EVENT TRIGGER %I ON %I', t.evtname, t.evtevent)
           || coalesce(' WHEN TAG IN (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(x), ', ' ORDER BY n)
                                              FROM pg_catalog.unnest(t.evttags) WITH ORDINALITY e (x, n)) || ')', '')
           || ' EXECUTE FUNCTION ' || t.evtfoid::regproc || '()'
      FROM pg_catalog.pg_event_trigger t
      JOIN pg_catalog.pg_proc f ON f.oid = t.evtfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
     WHERE n.nspname <> ALL ($1::text[]) AND \(notMember("pg_event_trigger", "t.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.eventTrigger, name: try row.string())
    let owner = try row.string()
    var fact = Fact(id)
    fact.attributes[.enabled] = TriggerState.words(try row.string()).map { .text($0) }
    fact.attributes[.definition] = .text(try row.string())
    builder.add(fact, .eventTrigger, oid: oid)
    builder.addOwner(owner, of: id)
  }
}

/// Publications (`pg_publication`); what they publish are facts of their own.
enum PublicationQuery: CatalogQuery {
  static let presence: String? = "pg_publication WHERE oid >= 16384"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    let generated =
      version.major >= 18
      ? "CASE p.pubgencols WHEN 's' THEN 'publish_generated_columns = stored' END" : "NULL::text"
    return """
      SELECT p.oid, p.pubname, pg_catalog.pg_get_userbyid(p.pubowner), p.puballtables,
             pg_catalog.concat_ws(', ',
               'publish = ' || pg_catalog.quote_literal(pg_catalog.concat_ws(', ',
                 CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                 CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)),
               CASE WHEN p.pubviaroot THEN 'publish_via_partition_root = true' END, \(generated))
        FROM pg_catalog.pg_publication p
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.publication, name: try row.string())
    let owner = try row.string()
    var fact = Fact(id)
    fact.attributes[.active] = .ifTrue(try row.bool())
    fact.attributes[.options] = .list([try row.string()])
    builder.add(fact, .publication, oid: oid)
    builder.addOwner(owner, of: id)
  }
}

/// Tables of publications (`pg_publication_rel`), with their column lists and row filters.
enum PublicationTableQuery: CatalogQuery {
  static let presence: String? = "pg_publication WHERE oid >= 16384"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    let extras =
      version.major >= 15
      ? """
      (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum)
         FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)),
      pg_catalog.pg_get_expr(r.prqual, r.prrelid)
      """ : "NULL, NULL"
    return """
      SELECT r.oid, p.pubname, r.prrelid, \(extras)
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let publication = try row.string()
    guard let table = builder.id(.relation, try row.int()) else { return }
    let columns = try row.strings()
    let filter = try row.optionalString()
    builder.add(
      Fact(
        FactID(.publicationTable, schema: table.schema, name: table.name, member: publication), parent: table,
        [.columns: .ifPresent(columns), .expression: .ifPresent(filter)],
        needs: [FactID(.publication, name: publication)]), .publicationTable, oid: oid)
  }
}

/// Schemas of publications (`pg_publication_namespace`, version 15 and newer).
enum PublicationSchemaQuery: CatalogQuery {
  static let since = 15
  static let presence: String? = "pg_publication WHERE oid >= 16384"
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT s.oid, p.pubname, n.nspname
      FROM pg_catalog.pg_publication_namespace s
      JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid
      JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let publication = try row.string()
    let schema = FactID(.schema, name: try row.string())
    guard builder.catalog.contains(schema) else { return }
    builder.add(
      Fact(
        FactID(.publicationSchema, name: schema.name, member: publication), parent: schema,
        needs: [FactID(.publication, name: publication)]), .publicationSchema, oid: oid)
  }
}

/// How `pg_trigger.tgenabled` and its kin are said in ALTER; nil for what is usual.
enum TriggerState {
  static func words(_ enabled: String) -> String? {
    switch enabled {
    case "D": "DISABLE"
    case "R": "ENABLE REPLICA"
    case "A": "ENABLE ALWAYS"
    default: nil
    }
  }
}

extension String {
  fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}

/// Options of foreign-data wrappers, servers, tables and user mappings, of which some are nobody's to read.
enum ForeignOptions {
  /// An array of quoted names with their values, without what looks like a secret.
  static func list(_ column: String, except secret: String = Secrets.optionPattern) -> String {
    """
    (SELECT pg_catalog.array_agg(pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value)
                      ORDER BY o.option_name)
       FROM pg_catalog.pg_options_to_table(\(column)) o
      WHERE o.option_name !~* \(Quote.literal(secret)) AND o.option_value !~* \(Quote.literal(Secrets.valuePattern)))
    """
  }
}
