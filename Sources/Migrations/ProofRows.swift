package import Catalog
internal import Planning
package import Postgres

/// Rows for the tables of a scratch database, so that a plan is proved on data and not on empty tables.
///
/// The value in row `k` depends on the type alone, so that a foreign key of row `k` finds row `k` of the table it refers
/// to. Rows that a check refuses are left out.
package enum ProofRows {
  /// Fills the tables of a database in the source state.
  ///
  /// - Throws: `PostgresError`.
  package static func fill(_ connection: Connection, source: Catalog, target: Catalog) async throws {
    // Tables of the proof's own are unlogged, which nobody publishes: a publication would ask them for a replica identity.
    try await connection.execute("CREATE SCHEMA dbtool_proof")
    let (before, after) = (TableTree(source), TableTree(target))
    let changing = source.facts.values.filter {
      $0.attributes[.partitionKey] != nil && $0.attributes[.partitionOf] == nil
        && (after.members(of: $0.id) != before.members(of: $0.id)
          || before.members(of: $0.id).contains { source[$0]?.attributes[.bound] != target[$0]?.attributes[.bound] })
    }
    try await addDefaultPartitions(connection, except: changing.map(\.id))
    try await collectLabels(connection, source, target)
    try await collectHomeless(connection, source, target)
    try await connection.execute(
      #"""
      CREATE UNLOGGED TABLE dbtool_proof.columns AS
        SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
               a.attnotnull AND NOT a.atthasdef AS required,
               CASE
                 WHEN y.typtype = 'e' THEN format('(SELECT l.label FROM dbtool_proof.labels l WHERE l.type = %s ORDER BY l.place OFFSET (K %% (SELECT count(*) FROM dbtool_proof.labels l WHERE l.type = %s)) LIMIT 1)', y.oid, y.oid)
                 WHEN y.typcategory = 'B' THEN 'K % 2 = 0'
                 WHEN y.typcategory = 'C' THEN quote_literal(r.text)
                 -- Arrays of what is made of others hold one.
                 WHEN e.typtype = 'c' THEN quote_literal('{"' || r.text || '"}')
                 WHEN e.typtype = 'd' AND e.typcategory = 'N' THEN '''{K}'''
                 WHEN y.typcategory = 'A' THEN '''{}'''
                 WHEN y.typname = 'uuid' THEN 'lpad(K::text, 32, ''0'')'
                 WHEN y.typname IN ('json', 'jsonb') THEN '''{}'''
                 WHEN y.typname = 'bytea' THEN 'K::text'
                 WHEN y.typname IN ('inet', 'cidr') THEN '''10.0.0.'' || K'
                 WHEN y.typname = 'interval' THEN 'K || '' hours'''
                 WHEN y.typname IN ('time', 'timetz') THEN '''0'' || K || '':00'''
                 WHEN y.typcategory = 'D' THEN '(''2026-01-0'' || K || '' 00:00:00'')'
                 WHEN y.typcategory = 'R' THEN '''empty'''
                 ELSE 'K::text' END AS value
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
          LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype
          LEFT JOIN pg_catalog.pg_type e ON e.oid = coalesce(nullif(y.typelem, 0), b.typelem)
          LEFT JOIN LATERAL (
            SELECT '(' || string_agg(CASE WHEN t.typcategory IN ('N', 'S') THEN 'K' ELSE '' END, ',' ORDER BY f.attnum) || ')' AS text
              FROM pg_catalog.pg_attribute f JOIN pg_catalog.pg_type t ON t.oid = f.atttypid
             WHERE f.attrelid = coalesce(nullif(e.typrelid, 0), nullif(b.typrelid, 0), nullif(y.typrelid, 0)) AND f.attnum > 0
               AND NOT f.attisdropped) r ON true
          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
           AND n.nspname NOT IN ('information_schema', 'cron', 'dbtool', 'dbtool_proof')
           AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
      DELETE FROM dbtool_proof.columns WHERE attrelid IN (SELECT to_regclass(t) FROM dbtool_proof.homeless);
      """#)
    try await chooseConvertible(connection, source: source, target: target)
    try await connection.execute(
      #"""
      -- Where a check on one column refuses the usual value, others are tried: PostgreSQL says which will do. Texts that
      -- the check names are good guesses, as they are or as patterns.
      DO $dbtool$
      DECLARE
        f record; candidate text; fits boolean;
      BEGIN
        FOR f IN
          SELECT v.attrelid, v.attnum, v.attname, v.type, v.value,
                 string_agg('(' || pg_catalog.pg_get_expr(k.conbin, k.conrelid) || ')', ' AND ') AS condition
            FROM pg_catalog.pg_constraint k
            JOIN dbtool_proof.columns v ON v.attrelid = k.conrelid AND k.conkey = ARRAY[v.attnum]
           WHERE k.contype = 'c' GROUP BY 1, 2, 3, 4, 5
        LOOP
          FOREACH candidate IN ARRAY ARRAY[
            f.value, '''[]''', '''{}''', '''""''', '(K + 100)::text', '(K * 1000)::text', '''a'' || K', '''A'' || K',
            '''user'' || K || ''@example.org''', 'lpad(K::text, 32, ''0'')', 'lpad(K::text, 64, ''0'')',
            '''https://example.org/'' || K', '(-K)::text']
            || ARRAY(SELECT DISTINCT unnest(ARRAY[quote_literal(m[1]),
                       quote_literal(replace(replace(m[1], '_', 'a'), '%', 'x')) || ' || K'])
                       FROM regexp_matches(f.condition, '''([^'']+)''', 'g') m)
          LOOP
            BEGIN
              EXECUTE format('SELECT bool_and((%s) IS NOT FALSE) FROM (SELECT (%s)::%s AS %I UNION ALL SELECT (%s)::%s) t',
                             f.condition, replace(candidate, 'K', '1'), f.type, f.attname,
                             replace(candidate, 'K', '2'), f.type) INTO fits;
              IF fits THEN
                UPDATE dbtool_proof.columns SET value = candidate WHERE attrelid = f.attrelid AND attnum = f.attnum;
                EXIT;
              END IF;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
          END LOOP;
        END LOOP;
      END $dbtool$;

      DO $dbtool$
      DECLARE
        t record; attempt int; k int; made int; names text; formats text;
      BEGIN
        PERFORM pg_catalog.dbtool_without_triggers();
        SET LOCAL client_min_messages = warning;
        FOR t IN SELECT DISTINCT v.attrelid AS oid, v.attrelid::regclass AS name FROM dbtool_proof.columns v ORDER BY 1
        LOOP
          -- First with every column, then with those alone that must have a value.
          FOR attempt IN 1..2 LOOP
            SELECT string_agg(quote_ident(v.attname), ', ' ORDER BY v.attnum),
                   string_agg(format('(%s)::%s', v.value, v.type), ', ' ORDER BY v.attnum)
              INTO names, formats
              FROM dbtool_proof.columns v
             WHERE v.attrelid = t.oid AND (attempt = 1 OR v.required);
            CONTINUE WHEN names IS NULL;
            made := 0;
            FOR k IN 1..3 LOOP
              BEGIN
                EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', t.name, names,
                               replace(formats, 'K', k::text));
                made := made + 1;
              EXCEPTION WHEN OTHERS THEN NULL;
              END;
            END LOOP;
            EXIT WHEN made > 0;
          END LOOP;
        END LOOP;
      END $dbtool$
      """#)
    try await search(connection, isReferring: false)
    try await makeRoom(connection, source: source, target: target)
    try await removeUnreferred(connection)
    // What lost its rows so finds those of the others.
    try await search(connection, isReferring: true)
    try await makeRoom(connection, source: source, target: target)
    try await removeUnreferred(connection)
    try await ProofNumbers.advance(connection)
  }

  /// Foreign keys were not looked at; what they refuse goes.
  private static func removeUnreferred(_ connection: Connection) async throws {
    try await connection.execute(
      #"""
      DO $dbtool$
      DECLARE
        f record; removed bigint; round int;
      BEGIN
        PERFORM pg_catalog.dbtool_without_triggers();
        SET LOCAL client_min_messages = warning;
        FOR round IN 1..20 LOOP
          removed := 0;
          FOR f IN
            SELECT k.conrelid::regclass AS child, k.confrelid::regclass AS parent,
                   (SELECT string_agg(format('p.%I = c.%I', pa.attname, ca.attname), ' AND ')
                      FROM unnest(k.conkey, k.confkey) u(child, parent)
                      JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child
                      JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent) AS matches,
                   (SELECT string_agg(format('c.%I IS NOT NULL', ca.attname), ' AND ')
                      FROM unnest(k.conkey) u(child)
                      JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child) AS given
              FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
          LOOP
            DECLARE count bigint;
            BEGIN
              EXECUTE format('DELETE FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)',
                             f.child, f.given, f.parent, f.matches);
              GET DIAGNOSTICS count = ROW_COUNT;
              removed := removed + count;
            EXCEPTION WHEN OTHERS THEN
              -- A published table without a replica identity lets no row go.
              EXECUTE format('TRUNCATE %s CASCADE', f.child);
            END;
          END LOOP;
          EXIT WHEN removed = 0;
        END LOOP;
      END $dbtool$
      """#)
  }

  /// Takes the rows of tables away, and of those that refer to them.
  package static func empty(_ tables: [FactID], _ connection: Connection) async throws {
    guard !tables.isEmpty else { return }
    let truncate = "TRUNCATE \(tables.map(\.sqlName).joined(separator: ", ")) CASCADE"
    try await connection.execute(
      """
      DO $dbtool$
      BEGIN
        PERFORM pg_catalog.dbtool_without_triggers();
        SET LOCAL client_min_messages = warning;
        EXECUTE \(Quote.literal(truncate));
      END $dbtool$
      """)
  }

  // MARK: Values

  /// The labels that enums keep. Rows with one that goes are refused by the change, as its hazard says.
  private static func collectLabels(_ connection: Connection, _ source: Catalog, _ target: Catalog) async throws {
    let gone = source.facts.values.filter { $0.id.kind == .enumType }.flatMap { fact -> [String] in
      let (before, after) = (fact.list(.labels), target[fact.id]?.list(.labels) ?? [])
      // Where none is the same, all of them have other names.
      guard !Set(before).isDisjoint(with: after) else { return [] }
      return before.filter { !after.contains($0) }.map {
        "(\(Quote.literal(fact.id.sqlName))::regtype, \(Quote.literal($0)))"
      }
    }
    try await connection.execute(
      """
      CREATE UNLOGGED TABLE dbtool_proof.labels AS
        SELECT enumtypid AS type, enumlabel::text AS label, enumsortorder AS place FROM pg_catalog.pg_enum
      """)
    guard !gone.isEmpty else { return }
    try await connection.execute(
      "DELETE FROM dbtool_proof.labels WHERE (type, label) IN (\(gone.joined(separator: ", ")))")
  }

  /// Tables whose rows might find no partition when they become partitioned: which values have one, only the declared
  /// bounds tell.
  private static func collectHomeless(_ connection: Connection, _ source: Catalog, _ target: Catalog) async throws {
    let parents = Set(target.facts.values.filter { $0.text(.bound) == "DEFAULT" }.compactMap(\.partitionParent))
    let names = target.facts.values.filter { fact in
      guard let key = fact.optionalText(.partitionKey), let old = source[fact.id] else { return false }
      return old.optionalText(.partitionKey) != key && !key.hasPrefix("HASH") && !parents.contains(fact.id)
        && !target.windows.contains(FactID(.partitionWindow, schema: fact.id.schema, name: fact.id.name))
    }.map(\.id.sqlName).sorted()
    try await connection.query(
      "CREATE UNLOGGED TABLE dbtool_proof.homeless AS SELECT unnest(\(Quote.literal(ArrayText.encode(names)))::text[]) AS t"
    )
  }

  /// What is in a table, as far as both states have it.
  package struct Content: Hashable, Sendable {
    package var rows: Int
    package var hash: String
  }

  /// Counts and hashes the rows of the tables that both catalogs have, over the columns that keep their type.
  ///
  /// - Throws: `PostgresError`.
  package static func contents(
    _ connection: Connection, source: Catalog, target: Catalog, replaced: Set<FactID>
  ) async throws -> [FactID: Content] {
    let (before, after) = (TableTree(source), TableTree(target))
    // A partitioned table as a whole where its partitions stay; each partition by itself where they come and go.
    let tables = source.facts.values.filter { fact in
      guard fact.id.kind == .table, target.contains(fact.id), !replaced.contains(fact.id) else { return false }
      let root = before.root(of: fact.id)
      // A partition goes with a parent that is made anew, unless it is one no more.
      if target[fact.id]?.partitionParent != nil, before.ancestors(of: fact.id).contains(where: replaced.contains) {
        return false
      }
      // One that is partitioned in another way is made anew with its partitions.
      let change = (source[root]?.attributes[.partitionKey], target[root]?.attributes[.partitionKey])
      if change.0 != change.1, target[root]?.partitionParent == nil { return fact.id == root }
      let isWhole = before.members(of: root) == after.members(of: root)
      return isWhole ? fact.id == root : fact.attributes[.partitionKey] == nil
    }.map(\.id).sorted()
    guard !tables.isEmpty else { return [:] }
    let layouts = TypeLayouts(from: source, to: target)
    let queries = tables.map { table in
      let (old, new) = (before.columns(of: table), after.columns(of: table))
      let columns = old.filter { name, fact in
        guard !replaced.contains(fact.id), let other = new[name] else { return false }
        return fact.attributes[.type] == other.attributes[.type] && fact.attributes[.generated] == nil
          && other.attributes[.generated] == nil && layouts.changed(within: fact.id).isEmpty
      }.keys.sorted()
      let row =
        columns.isEmpty ? "NULL" : "ROW(\(columns.map { "t." + Quote.identifier($0) }.joined(separator: ", ")))"
      // Children by inheritance count for themselves.
      let isPlain = [source, target].allSatisfy { $0[table]?.attributes[.partitionKey] == nil }
      let only = isPlain ? "ONLY " : ""
      return "SELECT count(*), coalesce(sum(hashtextextended((\(row))::text, 0)::numeric), 0)::text"
        + " FROM \(only)\(table.sqlName) t"
    }
    let results = try await connection.pipeline(queries.map { Statement($0) })
    var contents: [FactID: Content] = [:]
    for (table, result) in zip(tables, results) {
      let row = try result.get()[0]
      contents[table] = Content(rows: try row.int(0), hash: try row.string(1))
    }
    return contents
  }
}

/// Which table is a partition of which, and the columns that it has from there.
private struct TableTree {
  private let catalog: Catalog
  private let children: [FactID: [FactID]]
  private var membersByRoot: [FactID: Set<FactID>] = [:]

  init(_ catalog: Catalog) {
    self.catalog = catalog
    children = catalog.childrenByParent()
    for fact in catalog.facts.values where fact.id.kind == .table {
      membersByRoot[root(of: fact.id), default: []].insert(fact.id)
    }
  }

  func root(of table: FactID) -> FactID { ancestors(of: table).last ?? table }

  /// The tables that it is a partition of, the nearest first.
  func ancestors(of table: FactID) -> [FactID] {
    var ancestors: [FactID] = []
    while let next = catalog[ancestors.last ?? table]?.partitionParent, catalog.contains(next) {
      ancestors.append(next)
    }
    return ancestors
  }

  func members(of root: FactID) -> Set<FactID> { membersByRoot[root] ?? [] }

  /// By name; those of parents among them.
  func columns(of table: FactID) -> [String: Fact] {
    var columns: [String: Fact] = [:]
    var queue = [table]
    while let current = queue.popLast() {
      for id in children[current] ?? [] where id.kind == .column {
        if columns[id.member] == nil, let fact = catalog[id] { columns[id.member] = fact }
      }
      guard let fact = catalog[current] else { continue }
      if let next = catalog[current]?.partitionParent { queue.append(next) }
      let inherited = fact.list(.inherits)
      queue += fact.needs.filter { $0.kind.isTable && inherited.contains($0.sqlName) }
    }
    return columns
  }
}
