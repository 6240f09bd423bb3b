internal import Catalog
internal import Postgres

extension ProofRows {
  /// Looks for rows of tables that have none so far: values that their checks name, texts that their patterns match, and small
  /// numbers, put together at random, until PostgreSQL takes a few. Why it took none is kept.
  ///
  /// - Parameter isReferring: whether foreign keys take what the tables that they refer to have, instead of the usual numbers.
  static func search(_ connection: Connection, isReferring: Bool) async throws {
    try await connection.execute(
      """
      DROP TABLE IF EXISTS dbtool_proof.pools, dbtool_proof.reasons, dbtool_proof.rowless;
      CREATE UNLOGGED TABLE dbtool_proof.pools (attrelid oid, attnum int, attname text, type text, pool text[]);
      CREATE UNLOGGED TABLE dbtool_proof.reasons (attrelid oid, reason text);
      CREATE UNLOGGED TABLE dbtool_proof.rowless (attrelid oid);
      DO $dbtool$
      DECLARE t record; found boolean;
      BEGIN
        FOR t IN SELECT DISTINCT v.attrelid AS oid, v.attrelid::regclass AS name FROM dbtool_proof.columns v LOOP
          BEGIN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', t.name) INTO found;
          -- A part of it may be a foreign table, which nobody serves.
          EXCEPTION WHEN OTHERS THEN found := true;
          END;
          IF NOT found THEN INSERT INTO dbtool_proof.rowless VALUES (t.oid); END IF;
        END LOOP;
      END $dbtool$
      """)
    let conditions = try await conditions(connection)
    guard !conditions.isEmpty else { return }
    var pools: [String] = []
    for row in try await connection.query(Self.columnsQuery) {
      var reader = row.reader
      let (table, number) = (try reader.string(), try reader.string())
      let (name, type) = (try reader.string(), try reader.string())
      let pool = try Column(&reader).pool(conditions[table] ?? Hints(), isReferring: isReferring)
      pools.append(
        "(\(table), \(number), \(Quote.literal(name)), \(Quote.literal(type)), "
          + "\(Quote.literal(ArrayText.encode(pool)))::text[])")
    }
    guard !pools.isEmpty else { return }
    try await connection.execute("INSERT INTO dbtool_proof.pools VALUES \(pools.joined(separator: ", "))")
    try await connection.execute(Self.search)
  }

  /// Why tables have no rows.
  static func reasons(_ connection: Connection) async throws -> [FactID: String] {
    var reasons: [FactID: String] = [:]
    for row in try await connection.query(
      """
      SELECT n.nspname, c.relname, r.reason FROM dbtool_proof.reasons r
        JOIN pg_catalog.pg_class c ON c.oid = r.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE r.reason IS NOT NULL
      """)
    { reasons[FactID(.table, schema: try row.string(0), name: try row.string(1))] = try row.string(2) }
    return reasons
  }

  /// What the checks of a table and of its columns' domains speak of.
  private struct Hints {
    var texts: Set<String> = []
    var numbers: Set<Int> = []

    mutating func add(_ condition: String) {
      ParseTree(parsing: "SELECT \(condition)")?.visit { node in
        guard let constant = node["A_Const"] else { return }
        if let text = constant["sval"]?["sval"]?.text {
          texts.insert(text)
          numbers.formUnion(text.split { !$0.isNumber }.compactMap { Int($0) })
        }
        if let number = constant["ival"]?["ival"]?.number { numbers.insert(number) }
        if let number = constant["fval"]?["fval"]?.text.flatMap({ Double($0) }), abs(number) < 1e9 {
          numbers.insert(Int(number))
        }
      }
    }
  }

  private static func conditions(_ connection: Connection) async throws -> [String: Hints] {
    var hints: [String: Hints] = [:]
    // A domain may be over another one.
    for row in try await connection.query(
      """
      WITH RECURSIVE types AS (
        SELECT r.attrelid, a.atttypid AS type FROM dbtool_proof.rowless r
          JOIN pg_catalog.pg_attribute a ON a.attrelid = r.attrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION
        SELECT t.attrelid, CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.typelem END
          FROM types t JOIN pg_catalog.pg_type y ON y.oid = t.type WHERE y.typtype = 'd' OR y.typelem <> 0)
      SELECT r.attrelid::text, coalesce(k.condition, 'true')
        FROM dbtool_proof.rowless r
        LEFT JOIN LATERAL (
          SELECT pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS condition FROM pg_catalog.pg_constraint k
           WHERE k.conrelid = r.attrelid AND k.contype = 'c'
          UNION ALL
          SELECT pg_catalog.pg_get_expr(k.conbin, 0) FROM types t JOIN pg_catalog.pg_constraint k ON k.contypid = t.type
           WHERE t.attrelid = r.attrelid AND k.contype = 'c'
          UNION ALL
          -- Rows have to find a partition: its bounds say which do.
          SELECT pg_catalog.pg_get_partition_constraintdef(p.relid) FROM pg_catalog.pg_partition_tree(r.attrelid) p
           WHERE p.isleaf AND p.level > 0) k ON true
      """)
    { hints[try row.string(0), default: Hints()].add(try row.string(1)) }
    return hints
  }

  private static let columnsQuery = """
    SELECT v.attrelid::text, v.attnum::text, v.attname::text, v.type, v.value, b.typcategory::text, b.typname::text,
           NOT a.attnotnull, a.atthasdef,
           EXISTS (SELECT FROM pg_catalog.pg_constraint k
                    WHERE k.contype IN ('p', 'f', 'u') AND k.conrelid = v.attrelid AND v.attnum = ANY (k.conkey)
                       OR k.contype = 'f' AND k.confrelid = v.attrelid AND v.attnum = ANY (k.confkey)),
           array(SELECT l.label FROM dbtool_proof.labels l WHERE l.type = b.oid ORDER BY l.place),
           EXISTS (SELECT FROM pg_catalog.pg_constraint k
                    WHERE k.contype = 'c' AND k.conrelid = v.attrelid AND v.attnum = ANY (k.conkey)) OR b.oid <> a.atttypid
           OR EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p
                       WHERE p.partrelid = v.attrelid AND v.attnum = ANY (p.partattrs)),
           (SELECT format('(SELECT p.%I FROM %s p ORDER BY p.tableoid, p.ctid OFFSET (K - 1) %% (SELECT greatest(1, count(*)) FROM %s) LIMIT 1)',
                          f.attname, k.confrelid::regclass, k.confrelid::regclass)
              FROM pg_catalog.pg_constraint k
              JOIN pg_catalog.pg_attribute f
                ON f.attrelid = k.confrelid AND f.attnum = k.confkey[array_position(k.conkey, v.attnum)]
             WHERE k.conrelid = v.attrelid AND k.contype = 'f' AND v.attnum = ANY (k.conkey) ORDER BY k.conname LIMIT 1)
      FROM dbtool_proof.columns v JOIN dbtool_proof.rowless r USING (attrelid)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = v.attrelid AND a.attnum = v.attnum
     CROSS JOIN LATERAL (
       WITH RECURSIVE base AS (
         SELECT y.oid, y.typcategory, y.typname, y.typtype, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = a.atttypid
         UNION ALL
         SELECT y.oid, y.typcategory, y.typname, y.typtype, y.typbasetype
           FROM base JOIN pg_catalog.pg_type y ON y.oid = base.typbasetype WHERE base.typtype = 'd')
       SELECT oid, typcategory, typname FROM base WHERE typtype <> 'd') b
     ORDER BY v.attrelid, v.attnum
    """

  /// A column of a table without rows, and what may stand in it.
  private struct Column {
    let usual: String
    let category: String
    let type: String
    let isNullable: Bool
    let hasDefault: Bool
    let isKey: Bool
    let labels: [String]
    /// Whether a check, a domain or a partition key has a say in it.
    let isChecked: Bool
    /// The values of the column that it refers to.
    let referred: String?

    init(_ reader: inout RowReader) throws {
      usual = try reader.string()
      category = try reader.string()
      type = try reader.string()
      isNullable = try reader.bool()
      hasDefault = try reader.bool()
      isKey = try reader.bool()
      labels = try reader.strings()
      isChecked = try reader.bool()
      referred = try reader.optionalString()
    }

    /// SQL expressions of a row's number `K`. In the usual value, which is marked, it stands for the number's text.
    func pool(_ hints: Hints, isReferring: Bool) -> [String] {
      let usual = "\u{1}" + usual
      if isReferring, let referred { return [referred] + (isNullable ? ["NULL"] : []) }
      // Keys are found by their numbers.
      if isKey, !isChecked { return [usual] + (isNullable && !isReferring ? ["NULL"] : []) }
      var pool = [usual]
      if hasDefault { pool += ["DEFAULT", "DEFAULT"] }
      if isNullable { pool += ["NULL", "NULL"] }
      let numbers = Set(hints.numbers.flatMap { [$0, $0 - 1, $0 + 1, $0 / 2] }).sorted()
      switch category {
      case "N":
        pool += (numbers + [0, 1, 2, 3, 5, 10, 50, 100]).map { "\($0)" } + ["K", "K * 10", "K * 100"]
      case "S": pool += texts(hints)
      case "D" where type.hasPrefix("time") && !type.hasPrefix("timestamp"):
        pool += ["'0' || K || ':00'", "'1' || K || ':30'", "'00:00'", "'23:59'"]
      case "D":
        pool += ["'2026-01-0' || K", "'2026-02-0' || K", "'2027-03-0' || K || ' 12:00'", "'2026-01-01'"]
        pool += hints.texts.filter { $0.first?.isNumber == true }.sorted().map(Quote.literal)
      case "B": pool += ["true", "false"]
      case "R": pool += ["'[' || K || ',' || K || ']'", "'[2026-01-0' || K || ',2026-01-0' || K || ']'", "'(,)'"]
      case "A":
        pool +=
          ["'{' || K || '}'", "'{a' || K || '}'"] + hints.texts.sorted().map { Quote.literal(ArrayText.encode([$0])) }
      case "I": pool += ["'10.0.0.0/8'", "'10.0.' || K || '.0/24'", "'10.0.0.' || K"]
      case "E": pool += labels.map { Quote.literal($0) }
      case "T": pool += ["K || ' hours'", "K || ' days'"]
      default: break
      }
      if type == "json" || type == "jsonb" {
        pool +=
          ["'[]'", "'\"a\"'", "K::text"]
          + hints.texts.sorted().flatMap { text -> [String] in
            let key = Quote.literal(text)
            return [
              "pg_catalog.jsonb_build_object(\(key), 'a')::text", "pg_catalog.jsonb_build_object(\(key), 1)::text",
              "pg_catalog.jsonb_build_array(\(key))::text",
            ]
          }
      }
      return pool
    }

    private func texts(_ hints: Hints) -> [String] {
      var texts = ["'a' || K", "'A' || K", "'user' || K || '@example.org'", "'https://example.org/' || K", "K::text"]
      for hint in hints.texts.sorted() {
        let samples = RegexSample.samples(of: hint)
        texts += [Quote.literal(hint), "(ARRAY[\(samples.map { Quote.literal($0) }.joined(separator: ", "))])[K]"]
      }
      for length in hints.numbers.sorted() where (1...300).contains(length) {
        texts += ["repeat(K::text, \(length))", "repeat('A', \(length - 1)) || K", "repeat('a', \(length - 1)) || K"]
      }
      return texts
    }
  }

  /// A pseudo-random choice for each column, the same in every run.
  private static let search = """
    DO $dbtool$
    DECLARE
      t record; round int; made int; names text; formats text; message text;
    BEGIN
      PERFORM pg_catalog.dbtool_without_triggers();
      SET LOCAL client_min_messages = warning;
      -- Where there is little to choose from, chance has tried all of it after a few rounds.
      FOR t IN
        SELECT r.attrelid AS oid, r.attrelid::regclass AS name,
               least(600, 6 * exp(least(5, sum(ln(greatest(1, cardinality(q.pool)))))))::int AS rounds
          FROM dbtool_proof.rowless r JOIN dbtool_proof.pools q USING (attrelid) GROUP BY r.attrelid ORDER BY 1
      LOOP
        made := 0;
        message := NULL;
        FOR round IN 1..t.rounds LOOP
          SELECT string_agg(quote_ident(p.attname), ', ' ORDER BY p.attnum),
                 string_agg(format('(%s)::%s', CASE WHEN left(p.choice, 1) = chr(1)
                                                    THEN replace(substr(p.choice, 2), 'K', (made + 1)::text) ELSE p.choice END, p.type),
                            ', ' ORDER BY p.attnum)
            INTO names, formats
            FROM (SELECT q.attname, q.attnum, q.type,
                         q.pool[1 + abs(hashint8(round::bigint * 1000 + q.attnum)::bigint) % cardinality(q.pool)] AS choice
                    FROM dbtool_proof.pools q WHERE q.attrelid = t.oid) p
           WHERE p.choice <> 'DEFAULT';
          CONTINUE WHEN names IS NULL;
          BEGIN
            EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM (SELECT %s AS k) AS number', t.name, names,
                           formats, made + 1);
            made := made + 1;
          EXCEPTION WHEN OTHERS THEN
            -- Of a value that is none of its type there is nothing to say but that it was a guess.
            IF message IS NULL OR SQLSTATE LIKE '23%' THEN message := SQLERRM; END IF;
          END;
          EXIT WHEN made >= 3;
        END LOOP;
        IF made = 0 THEN INSERT INTO dbtool_proof.reasons VALUES (t.oid, message); END IF;
      END LOOP;
    END $dbtool$
    """
}
