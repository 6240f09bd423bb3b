internal import Catalog
internal import Postgres

/// Parsers of text search (`pg_ts_parser`).
enum TextSearchParserQuery: DefinedObjectQuery {
  static let presence: String? = "pg_ts_parser WHERE oid >= 16384"
  static let kind = FactKind.textSearchParser
  static let catalogClass = CatalogClass.textSearchParser
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT p.oid, n.nspname, p.prsname, '', NULL,
           pg_catalog.format('CREATE TEXT SEARCH PARSER %I.%I (', n.nspname, p.prsname) || pg_catalog.concat_ws(', ',
             'START = ' || p.prsstart, 'GETTOKEN = ' || p.prstoken, 'END = ' || p.prsend,
             CASE WHEN p.prsheadline::oid <> 0 THEN 'HEADLINE = ' || p.prsheadline END,
             'LEXTYPES = ' || p.prslextype) || ')', NULL
      FROM pg_catalog.pg_ts_parser p JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_ts_parser", "p.oid"))
    """
  }
}

/// Templates of dictionaries (`pg_ts_template`).
enum TextSearchTemplateQuery: DefinedObjectQuery {
  static let presence: String? = "pg_ts_template WHERE oid >= 16384"
  static let kind = FactKind.textSearchTemplate
  static let catalogClass = CatalogClass.textSearchTemplate
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT t.oid, n.nspname, t.tmplname, '', NULL,
           pg_catalog.format('CREATE TEXT SEARCH TEMPLATE %I.%I (', n.nspname, t.tmplname) || pg_catalog.concat_ws(', ',
             CASE WHEN t.tmplinit::oid <> 0 THEN 'INIT = ' || t.tmplinit END, 'LEXIZE = ' || t.tmpllexize) || ')', NULL
      FROM pg_catalog.pg_ts_template t JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_ts_template", "t.oid"))
    """
  }
}

/// Dictionaries (`pg_ts_dict`).
enum TextSearchDictionaryQuery: DefinedObjectQuery {
  static let presence: String? = "pg_ts_dict WHERE oid >= 16384"
  static let kind = FactKind.textSearchDictionary
  static let catalogClass = CatalogClass.textSearchDictionary
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT d.oid, n.nspname, d.dictname, '', pg_catalog.pg_get_userbyid(d.dictowner),
           pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname,
                             tn.nspname, t.tmplname, coalesce(', ' || d.dictinitoption, '')), NULL
      FROM pg_catalog.pg_ts_dict d
      JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
      JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
      JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_ts_dict", "d.oid"))
    """
  }
}

/// Configurations (`pg_ts_config`) with their mappings (`pg_ts_config_map`).
enum TextSearchConfigurationQuery: DefinedObjectQuery {
  static let presence: String? = "pg_ts_config WHERE oid >= 16384"
  static let kind = FactKind.textSearchConfiguration
  static let catalogClass = CatalogClass.textSearchConfiguration
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.cfgname, '', pg_catalog.pg_get_userbyid(c.cfgowner),
           pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, c.cfgname,
                             pn.nspname, p.prsname),
           (SELECT pg_catalog.array_agg(pg_catalog.format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s',
                                               n.nspname, c.cfgname, m.alias, m.dictionaries) ORDER BY m.tokid)
              FROM (SELECT k.tokid, k.alias,
                           pg_catalog.string_agg(x.mapdict::regdictionary::text, ', ' ORDER BY x.mapseqno) AS dictionaries
                      FROM pg_catalog.pg_ts_config_map x
                      JOIN pg_catalog.ts_token_type(c.cfgparser) k ON k.tokid = x.maptokentype
                     WHERE x.mapcfg = c.oid GROUP BY 1, 2) m)
      FROM pg_catalog.pg_ts_config c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
      JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
      JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
     WHERE \(managedNamespace) AND \(notMember("pg_ts_config", "c.oid"))
    """
  }
}
