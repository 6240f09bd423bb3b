package import Catalog
internal import Postgres

/// A second table beside one that clients use: a trigger keeps it the same, batches copy what was there before, and a query
/// says whether both are equal.
package struct TableReplica: Sendable {
  /// It has the table's own name there, and its indexes and constraints their own.
  package static let newSchema = ToolSchema.prepared
  package static let oldSchema = ToolSchema.replaced

  let table: FactID
  /// The second table's name.
  let newName: String
  /// What clients write, quoted, in the second table's order; PostgreSQL generates the others.
  let columns: [String]
  /// Which row is which, in both tables.
  let key: [String]
  /// Whether what the table accepts the second accepts as well.
  let isCertain: Bool
  /// Whether rows are kept that no partition is made for.
  let needsRest: Bool

  /// - Parameters:
  ///   - columns: what clients write, quoted.
  ///   - key: the columns by which rows are known, quoted.
  package init(
    table: FactID, newName: String? = nil, columns: [String], key: [String], isCertain: Bool = true,
    needsRest: Bool = false
  ) {
    self.table = table
    self.newName = newName ?? table.name
    self.columns = columns
    self.key = key
    self.isCertain = isCertain
    self.needsRest = needsRest
  }

  package var new: String { Quote.qualified(Self.newSchema, newName) }
  package var old: String { Quote.qualified(Self.oldSchema, table.name) }
  /// Takes rows for which there is no partition yet: no client is refused for them.
  var rest: String { Quote.qualified(Self.newSchema, OnlineStrategy.standIn(table.name, "rest")) }

  private var name: String { table.sqlName }
  private var function: String {
    Quote.qualified(Self.newSchema, ChosenName(table: table.name, columns: [], label: "follow").text)
  }
  // Its name comes last, and triggers are called in the order of their names.
  private var trigger: String { Quote.identifier("~\(OnlineStrategy.standIn(table.name, "follow"))") }
  private var truncation: String { Quote.identifier("~\(OnlineStrategy.standIn(table.name, "truncate"))") }
  private var list: String { columns.joined(separator: ", ") }

  // MARK: Keeping it the same

  package var schemas: [String] { [Self.newSchema, Self.oldSchema].map { "CREATE SCHEMA IF NOT EXISTS \($0)" } }

  /// Lets it hear of every write. Clients need no privileges on it: the function has its owner's.
  package var follow: [String] {
    let values = columns.map { "NEW.\($0)" }.joined(separator: ", ")
    let match = key.map { "n.\($0) = OLD.\($0)" }.joined(separator: " AND ")
    let work = """
      IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE \(new);
        RETURN NULL;
      END IF;
      IF TG_OP <> 'INSERT' THEN
        DELETE FROM \(new) n WHERE \(match);
      END IF;
      IF TG_OP <> 'DELETE' THEN
        INSERT INTO \(new) (\(list)) OVERRIDING SYSTEM VALUE VALUES (\(values)) ON CONFLICT DO NOTHING;
      END IF;
      RETURN NULL;
      """
    // A client is never refused for a row that the other table does not take: that is found out before the change.
    let body =
      isCertain
      ? "BEGIN\n\(work.indented(2))\nEND"
      : "BEGIN\n\(work.indented(2))\nEXCEPTION WHEN data_exception OR integrity_constraint_violation THEN\n  RETURN NULL;\nEND"
    return [
      "CREATE FUNCTION \(function)() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        + "  SET search_path = pg_catalog, pg_temp AS \(Quote.literal(body))",
      "CREATE TRIGGER \(trigger) AFTER INSERT OR UPDATE OR DELETE ON \(name)\n"
        + "  FOR EACH ROW EXECUTE FUNCTION \(function)()",
      "CREATE TRIGGER \(truncation) AFTER TRUNCATE ON \(name)\n  FOR EACH STATEMENT EXECUTE FUNCTION \(function)()",
      // Also for rows that replication brings.
      "ALTER TABLE \(name) ENABLE ALWAYS TRIGGER \(trigger)",
      "ALTER TABLE \(name) ENABLE ALWAYS TRIGGER \(truncation)",
    ]
  }

  package var unfollow: [String] {
    [
      "DROP TRIGGER \(trigger) ON \(name)", "DROP TRIGGER \(truncation) ON \(name)", "DROP FUNCTION \(function)()",
    ]
  }

  /// Takes away what an interrupted attempt has left.
  package var abandon: [String] {
    [
      "DROP TRIGGER IF EXISTS \(trigger) ON \(name)", "DROP TRIGGER IF EXISTS \(truncation) ON \(name)",
      "DROP FUNCTION IF EXISTS \(function)()", "DROP TABLE IF EXISTS \(new)",
    ]
  }

  /// Rows that are locked cannot change before their copies are there to be changed as well.
  package var copy: String {
    "INSERT INTO \(new) (\(list)) OVERRIDING SYSTEM VALUE\n  SELECT \(list) FROM \(name) FOR SHARE ON CONFLICT DO NOTHING"
  }

  /// One query, so one snapshot, in which every transaction has written to both or to none.
  package var verification: String {
    func sum(_ relation: String) -> String {
      "SELECT count(*) AS rows, sum(hashtextextended(ROW(\(list))::text, 0)::numeric) AS checksum FROM \(relation)"
    }
    let hint =
      "Rows that one has and the other has not: TABLE \(name) EXCEPT TABLE \(new), and the other way round. An UPDATE of such "
      + "a row that changes nothing brings it over; then apply again."
    let body = """
      DECLARE
        v record;
      BEGIN
        -- A policy that hides rows would hide them from the comparison.
        PERFORM set_config('row_security', 'off', true);
        SELECT o.rows AS old_rows, o.checksum AS old_sum, n.rows AS new_rows, n.checksum AS new_sum INTO v
          FROM (\(sum(name))) o,
               (\(sum(new))) n;
        IF v.old_rows <> v.new_rows OR v.old_sum IS DISTINCT FROM v.new_sum THEN
          RAISE EXCEPTION USING
            MESSAGE = format(%L, v.old_rows, v.old_sum, v.new_rows, v.new_sum),
            HINT = %H;
        END IF;
      END
      """
    let message = "\(name) has %s rows (checksum %s), and its copy \(new) has %s (%s)"
    return "DO "
      + Quote.literal(
        body.replacing("%L", with: Quote.literal(message)).replacing("%H", with: Quote.literal(hint)))
  }

  // MARK: The change

  /// Moves a table with its partitions to another schema; their names stay.
  package static func move(_ table: String, to schema: String) -> String {
    let body = """
      DECLARE
        v_table regclass;
      BEGIN
        FOR v_table IN
          SELECT relid FROM pg_partition_tree(\(Quote.literal(table))) UNION SELECT \(Quote.literal(table))::regclass
        LOOP
          EXECUTE format('ALTER TABLE %s SET SCHEMA %I', v_table, \(Quote.literal(schema)));
        END LOOP;
      END
      """
    return "DO \(Quote.literal(body))"
  }

  /// Brings rows that had no partition to those that they have now.
  var settleRest: [String] {
    [
      "INSERT INTO \(new) (\(list)) OVERRIDING SYSTEM VALUE SELECT \(list) FROM \(rest)", "DROP TABLE \(rest)",
    ]
  }

  /// Lets the second table's numbers go on where the first one's are.
  func continueNumbers(_ column: String) -> String {
    func sequence(_ table: String) -> String {
      "pg_catalog.pg_get_serial_sequence(\(Quote.literal(table)), \(Quote.literal(column)))"
    }
    return """
      SELECT pg_catalog.setval(\(sequence(new)), coalesce(l.last, s.seqstart), l.last IS NOT NULL)
        FROM pg_catalog.pg_sequence s, LATERAL (SELECT pg_catalog.pg_sequence_last_value(s.seqrelid) AS last) l
       WHERE s.seqrelid = \(sequence(name))::regclass
      """
  }

  /// Others may have tables there.
  package static let dropSchemas = [newSchema, oldSchema].map { schema in
    "DO "
      + Quote.literal(
        "BEGIN\n  DROP SCHEMA \(schema);\nEXCEPTION WHEN dependent_objects_still_exist THEN\n  NULL;\nEND")
  }
}

extension String {
  fileprivate func indented(_ count: Int) -> String {
    let space = String(repeating: " ", count: count)
    return split(separator: "\n", omittingEmptySubsequences: false).map { space + $0 }.joined(separator: "\n")
  }
}
