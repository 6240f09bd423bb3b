internal import Catalog
package import Postgres

/// What a declaration spells out and a catalog of facts holds as printed text: read in the same snapshot.
package struct ImportDetails: Sendable {
  /// A routine's parts (`pg_proc`).
  struct Routine: Sendable {
    struct Parameter: Sendable {
      var name: String
      var type: String
      /// `i`, `o`, `b`, `v` or `t`, as in `proargmodes`.
      var mode: String
      var defaultValue: String?
    }
    var parameters: [Parameter]
    var source: String
    var language: String
    var volatility: String
    var isDefiner: Bool
    var parallel: String
    var isStrict: Bool
    var settings: [String]
    /// Whether it has nothing that the DSL has no word for.
    var isPlain: Bool
    var returnsSet: Bool
    /// The result's type, without SETOF.
    var result: String
  }

  struct ViewColumn: Sendable {
    var name: String
    var type: String
  }

  var viewColumns: [FactID: [ViewColumn]] = [:]
  /// The elements of an index, columns and expressions, without what is said about them.
  var indexKeys: [FactID: [String]] = [:]
  var indexConditions: [FactID: String] = [:]
  var routines: [FactID: Routine] = [:]

  package init() {}

  /// Reads them all in one round trip, within the reader's transaction, with its `search_path`.
  ///
  /// - Throws: `PostgresError`.
  package static func read(_ connection: Connection) async throws -> ImportDetails {
    let results = try await connection.pipeline([Statement(columns), Statement(indexes), Statement(functions)])
    var details = ImportDetails()
    for row in try results[0].get() {
      let kind: FactKind = try row.string(2) == "m" ? .materializedView : .view
      details.viewColumns[FactID(kind, schema: try row.string(0), name: try row.string(1)), default: []]
        .append(ViewColumn(name: try row.string(3), type: try row.string(4)))
    }
    for row in try results[1].get() {
      var reader = row.reader
      let id = FactID(.index, schema: try reader.string(), name: try reader.string())
      details.indexKeys[id] = try reader.strings()
      details.indexConditions[id] = try reader.optionalString()
    }
    for row in try results[2].get() {
      var reader = row.reader
      let id = FactID(.function, schema: try reader.string(), name: try reader.string(), member: try reader.string())
      details.routines[id] = try routine(&reader)
    }
    return details
  }

  private static func routine(_ row: inout RowReader) throws -> Routine {
    let names = try row.strings()
    let types = try row.strings()
    let modes = try row.strings()
    let defaults = try row.strings()
    var inputs = 0
    let parameters = types.enumerated().map { index, type in
      let mode = modes.isEmpty ? "i" : modes[index]
      defer { if ["i", "b", "v"].contains(mode) { inputs += 1 } }
      let value = ["i", "b", "v"].contains(mode) && inputs < defaults.count ? defaults[inputs] : ""
      return Routine.Parameter(
        name: index < names.count ? names[index] : "", type: type, mode: mode, defaultValue: value.isEmpty ? nil : value
      )
    }
    return Routine(
      parameters: parameters, source: try row.string(), language: try row.string(), volatility: try row.string(),
      isDefiner: try row.bool(), parallel: try row.string(), isStrict: try row.bool(), settings: try row.strings(),
      isPlain: try row.bool(), returnsSet: try row.bool(), result: try row.string())
  }

  private static let managed = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"

  private static let columns = """
    SELECT n.nspname, c.relname, c.relkind, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('v', 'm')
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND \(managed)
     ORDER BY c.oid, a.attnum
    """

  private static let indexes = """
    SELECT n.nspname, c.relname,
           (SELECT array_agg(pg_catalog.pg_get_indexdef(x.indexrelid, k, false) ORDER BY k)
              FROM pg_catalog.generate_series(1, x.indnkeyatts) k),
           pg_catalog.pg_get_expr(x.indpred, x.indrelid)
      FROM pg_catalog.pg_index x
      JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT c.relispartition AND \(managed)
    """

  /// The languages' own cost, 100, and rows, 1000 of a set, are nothing that anybody said.
  private static let functions = """
    SELECT n.nspname, p.proname,
           coalesce((SELECT pg_catalog.string_agg(pg_catalog.format_type(a.type, NULL), ', ' ORDER BY a.number)
                       FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY a (type, number)), ''),
           p.proargnames,
           (SELECT array_agg(pg_catalog.format_type(a.type, NULL) ORDER BY a.number)
              FROM pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a (type, number)),
           p.proargmodes::text[],
           (SELECT array_agg(coalesce(pg_catalog.pg_get_function_arg_default(p.oid, d.place), '') ORDER BY d.place)
              FROM (SELECT a.place::integer AS place
                      FROM pg_catalog.unnest(coalesce(p.proargmodes::text[], array_fill('i'::text, ARRAY[p.pronargs::integer])))
                           WITH ORDINALITY a (mode, place)
                     WHERE a.mode IN ('i', 'b', 'v')) d),
           p.prosrc, l.lanname, p.provolatile, p.prosecdef, p.proparallel, p.proisstrict, p.proconfig,
           l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') AND p.procost = 100 AND NOT p.proleakproof
             AND p.prorows = CASE WHEN p.proretset THEN 1000 ELSE 0 END AND p.prosupport::oid = 0
             AND pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NULL,
           p.proretset, pg_catalog.format_type(p.prorettype, NULL)
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
     WHERE p.prokind IN ('f', 'p') AND \(managed)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass
                        AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
    """
}
