internal import Catalog
internal import Postgres

/// Functions, procedures and window functions (`pg_proc`).
enum FunctionQuery: CatalogQuery {
  /// The types of a routine's arguments, which identify it.
  static let argumentTypes = """
    coalesce((SELECT pg_catalog.string_agg(pg_catalog.format_type(a.type, NULL), ', ' ORDER BY a.number)
                FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY a(type, number)), '')
    """

  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT p.oid, n.nspname, p.proname, \(argumentTypes),
           p.prokind, pg_catalog.pg_get_userbyid(p.proowner), pg_catalog.pg_get_functiondef(p.oid),
           pg_catalog.pg_get_function_arguments(p.oid), coalesce(pg_catalog.pg_get_function_result(p.oid), '')
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind IN ('f', 'p', 'w') AND \(managedNamespace) AND \(notMember("pg_proc", "p.oid"))
       -- Made by PostgreSQL itself for a range type.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::regclass
                        AND i.objid = p.oid AND i.deptype = 'i')
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.function, schema: try row.string(), name: try row.string(), member: try row.string())
    var fact = Fact(id, needs: [FactID(.schema, name: id.schema)])
    fact.attributes[.routine] =
      switch try row.string() {
      case "p": .text("PROCEDURE")
      case "w": .text("WINDOW")
      default: nil
      }
    let owner = try row.string()
    fact.attributes[.definition] = .text(try row.string().trimmedTrailing)
    fact.attributes[.arguments] = .text(try row.string())
    fact.attributes[.result] = .text(try row.string())
    builder.add(fact, .procedure, oid: oid)
    builder.addOwner(owner, of: id)
  }
}

/// Aggregates (`pg_aggregate` with its `pg_proc`).
enum AggregateQuery: CatalogQuery {
  static let presence: String? = "pg_aggregate WHERE aggfnoid::oid >= 16384"
  static func sql(_ version: ServerVersion) -> String {
    func function(_ word: String, _ column: String) -> String {
      "CASE WHEN a.\(column)::oid <> 0 THEN '\(word) = ' || a.\(column) END"
    }
    func modify(_ word: String, _ column: String) -> String {
      """
      CASE WHEN a.\(column) <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN '\(word) = '
        || CASE a.\(column) WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END
      """
    }
    return """
      SELECT p.oid, n.nspname, p.proname, \(FunctionQuery.argumentTypes), pg_catalog.pg_get_userbyid(p.proowner),
             pg_catalog.format('CREATE AGGREGATE %I.%I(%s) (', n.nspname, p.proname,
               coalesce(nullif(pg_catalog.pg_get_function_arguments(p.oid), ''), '*')) || pg_catalog.concat_ws(', ',
               'SFUNC = ' || a.aggtransfn, 'STYPE = ' || pg_catalog.format_type(a.aggtranstype, NULL),
               CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE = ' || a.aggtransspace END,
               \(function("FINALFUNC", "aggfinalfn")), CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
               CASE WHEN a.aggfinalfn::oid <> 0 THEN \(modify("FINALFUNC_MODIFY", "aggfinalmodify")) END,
               \(function("COMBINEFUNC", "aggcombinefn")), \(function("SERIALFUNC", "aggserialfn")),
               \(function("DESERIALFUNC", "aggdeserialfn")),
               'INITCOND = ' || pg_catalog.quote_literal(a.agginitval),
               \(function("MSFUNC", "aggmtransfn")), \(function("MINVFUNC", "aggminvtransfn")),
               CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, NULL) END,
               CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
               \(function("MFINALFUNC", "aggmfinalfn")), CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
               CASE WHEN a.aggmfinalfn::oid <> 0 THEN \(modify("MFINALFUNC_MODIFY", "aggmfinalmodify")) END,
               'MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval),
               'SORTOP = ' || \(OperatorQuery.operatorName("a.aggsortop")),
               CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
               CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END) || ')'
        FROM pg_catalog.pg_aggregate a
        JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       WHERE \(managedNamespace) AND \(notMember("pg_proc", "p.oid"))
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.function, schema: try row.string(), name: try row.string(), member: try row.string())
    let owner = try row.string()
    builder.add(
      Fact(
        id, [.routine: .text("AGGREGATE"), .definition: .text(try row.string())],
        needs: [FactID(.schema, name: id.schema)]), .procedure, oid: oid)
    builder.addOwner(owner, of: id)
  }
}
