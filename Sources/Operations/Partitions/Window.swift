internal import Catalog
internal import Postgres

/// A declared window: which partitions a table should have around now.
struct Window: Sendable {
  enum Retirement: String, Sendable { case stay, detach, drop, archive }

  let table: FactID
  /// `day`, `week`, `month` or `year`, as `date_trunc` knows them.
  let unit: String
  let ahead: Int
  let keep: Int
  let timeZone: String
  let retirement: Retirement

  init(_ fact: Fact) {
    table = FactID(.table, schema: fact.id.schema, name: fact.id.name)
    unit = fact.text(.unit)
    ahead = fact.integer(.ahead) ?? 0
    keep = fact.integer(.keep) ?? 0
    timeZone = fact.optionalText(.timeZone) ?? "UTC"
    retirement = Retirement(rawValue: fact.text(.drop)) ?? .detach
  }

  /// Whether a table has the name that this window gives its partitions: what it detaches becomes a table of its own, under
  /// that name.
  func names(_ id: FactID) -> Bool {
    guard id.kind == .table, id.schema == table.schema else { return false }
    let shape =
      switch unit {
      case "day": "_0000_00_00"
      case "week": "_0000_w00"
      case "year": "_0000"
      default: "_0000_00"
      }
    let name = id.name.map { $0.isASCII && $0.isNumber ? "0" : $0 }
    // The second is what long names were cut to before.
    return [WindowSQL.stem(of: table.name), String(table.name.prefix(51))].contains { stem in
      id.name.hasPrefix(stem) && name.dropFirst(stem.count).elementsEqual(shape)
    }
  }

  /// What the queries below are given.
  var parameters: [String?] {
    [table.sqlName, WindowSQL.stem(of: table.name), unit, String(ahead), String(keep), timeZone]
  }

  /// The present moment; rehearsals set another by `DBTOOL_NOW` (`SessionSettings.clock`).
  static let clock =
    "coalesce(nullif(pg_catalog.current_setting('\(SessionSettings.clock)', true), '')::timestamptz, pg_catalog.now())"

  /// A moment in the zone's time, as a literal of the partition key's type.
  private static func literal(_ moment: String) -> String {
    """
    CASE parent.type WHEN 'date' THEN \(moment)::date::text
         WHEN 'timestamp without time zone' THEN \(moment)::text
         -- The smallest identifier of version 7 (RFC 9562) with this time.
         WHEN 'uuid' THEN overlay(pg_catalog.lpad(pg_catalog.to_hex((extract(epoch FROM \(moment) AT TIME ZONE $6) * 1000)::bigint), 12, '0')
                                  PLACING '-' FROM 9 FOR 0) || '-0000-0000-000000000000'
         ELSE (\(moment) AT TIME ZONE $6)::text END
    """
  }

  /// The type of the partition key `a`, or what its domain is made of: to cast to a domain runs the domain's checks.
  private static let baseType = """
    (WITH RECURSIVE made AS (
       SELECT t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
       UNION ALL
       SELECT t.oid, t.typtype, t.typbasetype FROM made JOIN pg_catalog.pg_type t ON t.oid = made.typbasetype
        WHERE made.typtype = 'd')
     SELECT made.oid FROM made WHERE made.typtype <> 'd')
    """

  /// The name of that type; NULL for one that has no time in it: to read a literal of such may run what its owner likes.
  static let timeType = """
    (SELECT pg_catalog.format_type(b.type, NULL) FROM (SELECT \(baseType)) b (type)
      WHERE b.type IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'uuid'::regtype))
    """

  private static let parent = """
    parent AS (
      SELECT pg_catalog.to_regclass($1) AS oid,
             (SELECT pg_catalog.format_type(\(baseType), NULL) FROM pg_catalog.pg_partitioned_table p
                JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
               WHERE p.partrelid = pg_catalog.to_regclass($1)) AS type)
    """

  /// The window's ranges with the bound that each partition has to have, as the key's own type prints it; whether it is
  /// there, its first and last day, and whether it is over.
  static let slots = """
    WITH \(parent),
    ranges AS (
      SELECT d AS low, d + ('1 ' || $3)::interval AS high,
             d + ('1 ' || $3)::interval <= \(clock) AT TIME ZONE $6 AS past
        FROM pg_catalog.generate_series(pg_catalog.date_trunc($3, \(clock) AT TIME ZONE $6) - $5::int * ('1 ' || $3)::interval,
                             pg_catalog.date_trunc($3, \(clock) AT TIME ZONE $6) + $4::int * ('1 ' || $3)::interval,
                             ('1 ' || $3)::interval) d),
    bounds AS (
      SELECT $2 || pg_catalog.to_char(low, CASE $3 WHEN 'day' THEN '_YYYY_MM_DD' WHEN 'week' THEN '_IYYY_"w"IW'
                                                  WHEN 'year' THEN '_YYYY' ELSE '_YYYY_MM' END) AS name,
             low, high, past, pg_catalog.format('FOR VALUES FROM (%L) TO (%L)', \(literal("low")), \(literal("high"))) AS bound
        FROM ranges, parent)
    SELECT b.name, b.bound,
           EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = parent.oid AND pg_catalog.pg_get_expr(c.relpartbound, c.oid) = b.bound),
           pg_catalog.to_char(b.low, 'YYYY-MM-DD'), pg_catalog.to_char(b.high, 'YYYY-MM-DD'), b.past
      FROM bounds b, parent
     -- A table that is not partitioned yet has no use for them.
     WHERE parent.type IS NOT NULL ORDER BY b.low
    """

  /// How many partitions there are, their rows by the planner's estimate, and their bytes.
  static let sizes = """
    SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::bigint,
           coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::bigint,
           (SELECT p.partdefid::regclass::text FROM pg_catalog.pg_partitioned_table p
             WHERE p.partrelid = pg_catalog.to_regclass($1) AND p.partdefid <> 0)
      FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
     WHERE $2::boolean AND i.inhparent = pg_catalog.to_regclass($1)
    """

  /// The partitions with their bounds, whether a detach was begun and not ended, and the type of the partition key.
  static let partitions = """
    SELECT c.oid::bigint, n.nspname, c.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending,
           \(timeType)
      FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = i.inhparent
      JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
     WHERE i.inhparent = pg_catalog.to_regclass($1) ORDER BY c.relname
    """

  /// The type of a table's partition key; NULL where there is no time in it.
  static let keyType = """
    SELECT \(timeType)
      FROM pg_catalog.pg_partitioned_table p
      JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
     WHERE p.partrelid = pg_catalog.to_regclass($1)
    """

  /// Which upper bounds lie before the window; as what they are, not as texts.
  ///
  /// - Parameter type: the type of the partition key, as PostgreSQL prints it.
  static func expired(_ type: String) -> String {
    """
    WITH \(parent),
    first AS (
      SELECT pg_catalog.date_trunc($3, \(clock) AT TIME ZONE $6) - $5::int * ('1 ' || $3)::interval AS low
       WHERE $2::text IS NOT NULL AND $4::text IS NOT NULL)
    SELECT u.place FROM pg_catalog.unnest($7::text[]) WITH ORDINALITY AS u (high, place), first, parent
     WHERE u.high::\(type) <= (\(literal("first.low")))::\(type) ORDER BY u.place
    """
  }
}
