internal import Catalog
internal import Postgres

/// Makes the partitions that a window wants, and those that rows need which are there already.
struct WindowCover: Sendable {
  /// The window's declaration.
  let window: Fact
  /// The type of the partition key, as PostgreSQL prints it.
  let type: String
  /// The partitioned table, and the schema that its partitions are made in.
  let parent: String
  let schema: String
  /// What its partitions' names begin with.
  let name: String
  let hasRowSecurity: Bool
  let forcesRowSecurity: Bool

  /// More than these were a mistake in the rows (a year 9999, a default of 1970), and more locks than a server has room
  /// for in one transaction.
  private static let limit = 1_000

  private var key: String { Quote.identifier(window.text(.column)) }
  private var zone: String { Quote.literal(window.optionalText(.timeZone) ?? "UTC") }
  private var unit: String { window.text(.unit) }

  /// A key's moment in the window's time zone.
  private func moment(_ key: String) -> String {
    switch type {
    case "timestamp with time zone": "\(key) AT TIME ZONE \(zone)"
    case "uuid":
      "to_timestamp(('x' || left(replace(\(key)::text, '-', ''), 12))::bit(48)::bigint / 1000.0) AT TIME ZONE \(zone)"
    default: "\(key)::timestamp"
    }
  }

  /// - Parameter rows: the relation whose rows are to have partitions.
  func statement(for rows: String) -> String {
    let step = "interval '1 \(unit)'"
    let now = "now() AT TIME ZONE \(zone)"
    var security: [String] = []
    if hasRowSecurity { security.append("ENABLE ROW LEVEL SECURITY") }
    if forcesRowSecurity { security.append("FORCE ROW LEVEL SECURITY") }
    // Policies are the parent's; whoever goes past it to a partition finds no policy and sees nothing.
    let secure =
      security.isEmpty
      ? "" : "\n    EXECUTE format('ALTER TABLE %I.%I \(security.joined(separator: ", "))', v_schema, v_name);"
    let body = """
      DECLARE
        v_schema text := \(Quote.literal(schema));
        v_parent text := \(Quote.literal(parent));
        v_first timestamp := \(now) - \(window.integer(.keep) ?? 0) * \(step);
        v_last timestamp := \(now) + \(window.integer(.ahead) ?? 0) * \(step);
        v_low timestamp;
        v_name text;
        v_from text;
        v_to text;
      BEGIN
        PERFORM set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true),
                set_config('row_security', 'off', true);
        SELECT least(v_first, (SELECT \(moment("a.\(key)")) FROM \(rows) a ORDER BY a.\(key) LIMIT 1)),
               greatest(v_last, (SELECT \(moment("a.\(key)")) FROM \(rows) a ORDER BY a.\(key) DESC LIMIT 1))
          INTO v_first, v_last;
        IF NOT isfinite(v_first) OR NOT isfinite(v_last)
           OR extract(epoch FROM v_last - v_first) / extract(epoch FROM \(step)) > \(Self.limit) THEN
          RAISE EXCEPTION '% has rows from % to %: more than \(Self.limit) partitions', \(Quote.literal(rows)), v_first, v_last
            USING HINT = 'Correct or remove the rows that do not belong there, and apply again.';
        END IF;
        v_first := date_trunc('\(unit)', v_first);
        v_last := date_trunc('\(unit)', v_last);
        FOR v_low IN SELECT generate_series(v_first, v_last, \(step)) LOOP
          v_name := \(Quote.literal(WindowSQL.stem(of: name))) || to_char(v_low, '\(WindowSQL.suffix(unit))');
          v_from := \(WindowSQL.bound("v_low", type, zone));
          v_to := \(WindowSQL.bound("(v_low + \(step))", type, zone));
          CONTINUE WHEN to_regclass(format('%I.%I', v_schema, v_name)) IS NOT NULL;
          EXECUTE format('CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', v_schema, v_name, v_parent,
                         v_from, v_to);\(secure)
        END LOOP;
      END
      """
    return OwnBlock.sql(body)
  }

  /// What partitions have from their table, and had not before it had it.
  static func inherit(_ table: String) -> String {
    let body = """
      DECLARE
        v_statement text;
      BEGIN
        FOR v_statement IN
          SELECT s.statement
            FROM pg_class p
            JOIN pg_inherits i ON i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid
           CROSS JOIN LATERAL (
             SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(p.relowner))
              WHERE c.relowner <> p.relowner
             UNION ALL
             SELECT format('GRANT %s ON TABLE %s TO %s%s', x.privilege_type, c.oid::regclass,
                           CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                           CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
               FROM aclexplode(p.relacl) x WHERE x.grantee <> p.relowner
             UNION ALL
             SELECT format('COMMENT ON TABLE %s IS %L', c.oid::regclass, obj_description(p.oid, 'pg_class'))
              WHERE obj_description(p.oid, 'pg_class') IS NOT NULL) s (statement)
           -- What this run has made, or the owner has: nothing of others is given away.
           WHERE p.oid = \(Quote.literal(table))::regclass AND c.relispartition
             AND c.relowner IN (p.relowner, (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user))
        LOOP
          EXECUTE v_statement;
        END LOOP;
      END
      """
    return OwnBlock.sql(body)
  }
}
