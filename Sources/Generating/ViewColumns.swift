internal import Postgres

/// What is known of views' columns beside their types: which are never NULL, as far as that is certain, and how deep arrays
/// were declared to be. PostgreSQL keeps neither with a view; both are in its parsed query.
struct ViewColumns {
  /// The parsed queries of views and materialized views, by OID.
  private var queries: [String: NodeTree] = [:]
  /// Their rows may be older than a NOT NULL.
  private var materialized: Set<String> = []
  /// The columns of tables that are NOT NULL, by the tables' OIDs.
  private var ofTables: [String: Set<Int>] = [:]
  private var dimensionsOfTables: [String: [Int: Int]] = [:]

  /// All of them: one that is asked for may stand on others.
  static let views = """
    SELECT r.ev_class::text, c.relkind = 'm', r.ev_action::text FROM pg_catalog.pg_rewrite r
      JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('v', 'm') AND r.rulename = '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    """

  /// Of the tables that views use. A child may take NULL where its parent does not, and a constraint that is not validated
  /// says nothing of the rows that are there.
  static let tables = """
    WITH RECURSIVE used AS (
      SELECT DISTINCT d.refobjid AS oid FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'f')
       WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass),
    tree AS (
      SELECT u.oid AS root, u.oid FROM used u
      UNION
      SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid)
    SELECT r.attrelid::text, r.attnum, r.attndims, pg_catalog.bool_and(y.typnotnull OR a.attnotnull AND k.oid IS NULL)
      FROM tree t
      JOIN pg_catalog.pg_attribute r ON r.attrelid = t.root AND r.attnum > 0 AND NOT r.attisdropped
      JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attname = r.attname
      JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_constraint k
             ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated
     GROUP BY r.attrelid, r.attnum, r.attndims
    """

  /// - Parameters:
  ///   - views: what `Self.views` gives.
  ///   - tables: what `Self.tables` gives.
  /// - Throws: `PostgresError` for a value that is none of the kind.
  init(views: Rows, tables: Rows) throws {
    for row in views {
      let view = try row.string(0)
      if try row.bool(1) { materialized.insert(view) }
      queries[view] = NodeTree(try row.string(2))
    }
    for row in tables {
      let (table, number, dimensions) = (try row.string(0), try row.int(1), try row.int(2))
      if dimensions > 1 { dimensionsOfTables[table, default: [:]][number] = dimensions }
      if try row.bool(3) { ofTables[table, default: []].insert(number) }
    }
  }

  private func query(_ view: String) -> Query? { queries[view]?.items.first.flatMap(Query.init) }

  /// Whether a view's column is never NULL; a materialized view's may be.
  func isCertain(_ column: Int, of view: String) -> Bool {
    guard !materialized.contains(view), let query = self.query(view) else { return false }
    return isCertain(column, of: query, within: [view])
  }

  /// How deep arrays are in a view's column that is a table's as it is; nil elsewhere.
  func dimensions(_ column: Int, of view: String) -> Int? {
    var (relation, number) = (view, column)
    var visited: Set<String> = []
    while let query = self.query(relation), visited.insert(relation).inserted {
      guard let target = query.targets.first(where: { $0["resno"]?.int == number }),
        let table = target["resorigtbl"]?.text, let origin = target["resorigcol"]?.int
      else { return nil }
      (relation, number) = (table, origin)
    }
    return dimensionsOfTables[relation]?[number]
  }

  // MARK: Queries

  /// A SELECT, and what becomes NULL in it.
  private struct Query {
    let targets: [NodeTree]
    let ranges: [NodeTree]
    /// The queries of WITH that are not recursive, by name.
    let common: [String: NodeTree]
    let setOperations: NodeTree?
    let hasGroupingSets: Bool
    /// Those on a side of a join that gives rows of NULLs.
    private(set) var optional: Set<Int> = []
    /// Columns that WHERE lets through only with a value, as range and number.
    private(set) var given: Set<[Int]> = []

    init?(_ node: NodeTree) {
      guard node.kind == "QUERY" else { return nil }
      targets = (node["targetList"]?.items ?? []).filter { $0["resjunk"]?.text == "false" }
      ranges = node["rtable"]?.items ?? []
      common = Dictionary(
        (node["cteList"]?.items ?? []).filter { $0["cterecursive"]?.text == "false" }.compactMap { item in
          guard let name = item["ctename"]?.text, let query = item["ctequery"] else { return nil }
          return (name, query)
        }, uniquingKeysWith: { first, _ in first })
      setOperations = node["setOperations"].flatMap { $0.isNothing ? nil : $0 }
      hasGroupingSets = node["groupingSets"].map { !$0.isNothing } ?? true
      guard let tree = node["jointree"] else { return nil }
      walk(tree, isOptional: false)
      tree["quals"].map { collectGiven($0) }
    }

    private mutating func walk(_ node: NodeTree, isOptional: Bool) {
      switch node.kind {
      case "FROMEXPR": for item in node["fromlist"]?.items ?? [] { walk(item, isOptional: isOptional) }
      case "JOINEXPR":
        // Inner, left, full, right; whatever else there may come to be is not known.
        let kind = node["jointype"]?.int ?? -1
        node["larg"].map { walk($0, isOptional: isOptional || kind != 0 && kind != 1) }
        node["rarg"].map { walk($0, isOptional: isOptional || kind != 0 && kind != 3) }
      case "RANGETBLREF": if isOptional, let index = node["rtindex"]?.int { optional.insert(index) }
      default: break
      }
    }

    private mutating func collectGiven(_ condition: NodeTree) {
      switch condition.kind {
      case "BOOLEXPR" where condition["boolop"]?.text == "and":
        for part in condition["args"]?.items ?? [] { collectGiven(part) }
      case "NULLTEST" where condition["nulltesttype"]?.int == 1 && condition["argisrow"]?.text == "false":
        if let place = condition["arg"].flatMap(Self.place) { given.insert(place) }
      default: break
      }
    }

    /// The range and the number of a column of this query, not of one around it.
    static func place(_ node: NodeTree) -> [Int]? {
      guard node.kind == "VAR", node["varlevelsup"]?.int == 0, let range = node["varno"]?.int,
        let number = node["varattno"]?.int, number > 0
      else { return nil }
      return [range, number]
    }
  }

  private func isCertain(_ column: Int, of query: Query, within views: Set<String>) -> Bool {
    if let operation = query.setOperations { return isCertain(column, of: operation, query, views) }
    guard let target = query.targets.first(where: { $0["resno"]?.int == column }), let value = target["expr"] else {
      return false
    }
    // A grouping set makes NULL of whatever it does not group by.
    if query.hasGroupingSets { return Self.counts(value) }
    return isCertain(value, query, views)
  }

  /// A column of a set operation has the values of all its parts.
  private func isCertain(_ column: Int, of operation: NodeTree, _ query: Query, _ views: Set<String>) -> Bool {
    switch operation.kind {
    case "SETOPERATIONSTMT":
      return ["larg", "rarg"].allSatisfy { side in
        operation[side].map { isCertain(column, of: $0, query, views) } ?? false
      }
    case "RANGETBLREF":
      guard let index = operation["rtindex"]?.int, query.ranges.indices.contains(index - 1),
        let part = query.ranges[index - 1]["subquery"].flatMap(Query.init)
      else { return false }
      return isCertain(column, of: part, within: views)
    default: return false
    }
  }

  private func isCertain(_ value: NodeTree, _ query: Query, _ views: Set<String>) -> Bool {
    switch value.kind {
    case "VAR": return Query.place(value).map { isCertain($0, query, views) } ?? false
    case "CONST": return value["constisnull"]?.text == "false"
    case "NULLTEST", "BOOLEANTEST", "DISTINCTEXPR": return true
    // EXISTS (…), ARRAY(…)
    case "SUBLINK": return [0, 6].contains(value["subLinkType"]?.int)
    case "COALESCE", "COALESCEEXPR": return value["args"]?.items.contains { isCertain($0, query, views) } ?? false
    case "RELABELTYPE", "COERCEVIAIO", "COERCETODOMAIN":
      return value["arg"].map { isCertain($0, query, views) } ?? false
    default: return Self.counts(value)
    }
  }

  /// `count(*)` and `count(…)`, which are numbers of rows even where there is none.
  private static func counts(_ value: NodeTree) -> Bool {
    let function = value.kind == "AGGREF" ? value["aggfnoid"] : value.kind == "WINDOWFUNC" ? value["winfnoid"] : nil
    return [2147, 2803].contains(function?.int)
  }

  private func isCertain(_ place: [Int], _ query: Query, _ views: Set<String>) -> Bool {
    if query.given.contains(place) { return true }
    let (index, number) = (place[0], place[1])
    guard !query.optional.contains(index), query.ranges.indices.contains(index - 1) else { return false }
    let range = query.ranges[index - 1]
    // A join's columns are its sides', and a group's those that are grouped by.
    for field in ["joinaliasvars", "groupexprs"] {
      guard let values = range[field]?.items, !values.isEmpty else { continue }
      return values.indices.contains(number - 1) && isCertain(values[number - 1], query, views)
    }
    if let part = range["subquery"].flatMap(Query.init) { return isCertain(number, of: part, within: views) }
    if range["ctelevelsup"]?.int == 0, let name = range["ctename"]?.text {
      return query.common[name].flatMap(Query.init).map { isCertain(number, of: $0, within: views) } ?? false
    }
    guard range["rtekind"]?.int == 0, let relation = range["relid"]?.text else { return false }
    if ofTables[relation]?.contains(number) == true { return true }
    guard !views.contains(relation), !materialized.contains(relation), let view = self.query(relation) else {
      return false
    }
    return isCertain(number, of: view, within: views.union([relation]))
  }
}
