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
  /// Which row is which: the columns of the second table's primary key. The first may have several rows of one key where its own is
  /// wider; the second takes one.
  let key: [KeyColumn]
  /// Where functions of the user's that the second table calls (checks, generated columns, expressions of indexes) find what they
  /// name without a schema. What dbtool itself writes names every schema, and needs none of these.
  let searchPath: [String]
  /// Whether what the table accepts the second accepts as well.
  let isCertain: Bool
  /// Whether rows are kept that no partition is made for.
  let needsRest: Bool
  /// Takes rows for which there is no partition yet: no client is refused for them.
  let rest: String
  let function: String
  /// Rows that clients have written and the second table has refused, by their keys.
  let refused: String
  private let trigger: String
  private let truncation: String

  /// - Parameters:
  ///   - columns: what clients write, quoted.
  ///   - key: the columns by which rows are known.
  ///   - taken: names of relations that are made beside it, and of the table's triggers.
  package init(
    table: FactID, newName: String? = nil, columns: [String], key: [KeyColumn], searchPath: [String],
    isCertain: Bool,
    needsRest: Bool = false, taken: Set<String> = []
  ) {
    self.table = table
    self.newName = newName ?? table.name
    self.columns = columns
    self.key = key
    self.searchPath = searchPath
    self.isCertain = isCertain
    self.needsRest = needsRest
    func helper(_ name: String, _ label: String) -> String {
      MadeUpName(name, label: label).text(unless: taken.contains)
    }
    rest = Quote.qualified(Self.newSchema, helper(table.name, "rest"))
    refused = Quote.qualified(Self.newSchema, helper(self.newName, "refused"))
    function = Quote.qualified(Self.newSchema, helper(table.name, "follow"))
    trigger = Quote.identifier(helper("~" + table.name, "follow"))
    truncation = Quote.identifier(helper("~" + table.name, "truncate"))
  }

  package var new: String { Quote.qualified(Self.newSchema, newName) }
  package var old: String { Quote.qualified(Self.oldSchema, table.name) }

  var name: String { table.sqlName }
  private func keys(of row: String) -> String { key.map { "\(row).\($0.name)" }.joined(separator: ", ") }
  /// With the operators of the key's index: whoever may create an operator in any schema of a path could otherwise have one that
  /// fits better than PostgreSQL's (`varchar = varchar`), and whoever applies this, or writes to the table, would call it.
  private func match(_ one: String, _ other: String) -> String {
    key.map { $0.equals("\(one).\($0.name)", "\(other).\($0.name)") }.joined(separator: " AND ")
  }
  private var list: String { columns.joined(separator: ", ") }

  // MARK: Keeping it the same

  package var schemas: [String] {
    [Self.newSchema, Self.oldSchema].map { "CREATE SCHEMA IF NOT EXISTS \($0)" } + [Self.trustedSchemas]
  }

  /// Lets it hear of every write. Clients need no privileges on it: the function has its owner's.
  ///
  /// A row is read again, and not taken from the trigger: another trigger may have changed it meanwhile.
  package var follow: [String] {
    let values = columns.map { "o.\($0)" }.joined(separator: ", ")
    func bring(_ row: String) -> String {
      """
      DELETE FROM \(new) n WHERE \(match("n", row));
      INSERT INTO \(new) (\(list)) OVERRIDING SYSTEM VALUE
        SELECT \(values) FROM \(name) o WHERE \(match("o", row))\(isCertain ? " ON CONFLICT DO NOTHING" : "");
      """
    }
    func guarded(_ row: String) -> String {
      if isCertain { return bring(row) }
      // A client is never refused for a row that the other table does not take: that is found out before the change.
      return """
        BEGIN
        \(bring(row).indented(2))
        EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
          INSERT INTO \(refused) VALUES (\(keys(of: row)));
        END;
        """
    }
    let body = """
      BEGIN
        -- Its name may be another relation's by now, which would be read with the rights of this function's owner.
        LOCK TABLE ONLY \(name) IN ACCESS SHARE MODE;
        IF TG_RELID IS DISTINCT FROM to_regclass(\(Quote.literal(name)))::oid
           AND NOT EXISTS (SELECT FROM pg_partition_ancestors(TG_RELID) a WHERE a.relid = to_regclass(\(Quote.literal(name)))) THEN
          RAISE EXCEPTION USING
            MESSAGE = concat(TG_RELID::regclass, ' was ', \(Quote.literal(name)), ' when it began to be followed'),
            HINT = 'Give it its name back, or drop its trigger ' || quote_ident(TG_NAME) || '.';
        END IF;
        IF TG_OP = 'TRUNCATE' THEN
          TRUNCATE \(new);
          RETURN NULL;
        END IF;
        IF TG_OP = 'DELETE' THEN
      \(guarded("OLD").indented(4))
          RETURN NULL;
        END IF;
        IF TG_OP = 'UPDATE' THEN
          IF (\(match("OLD", "NEW"))) IS NOT TRUE THEN
      \(guarded("OLD").indented(6))
          END IF;
        END IF;
      \(guarded("NEW").indented(2))
        RETURN NULL;
      END
      """
    let path = (["pg_catalog"] + searchPath.map { Quote.identifier($0) } + ["pg_temp"]).joined(separator: ", ")
    var statements =
      (searchPath.isEmpty ? [] : [trustedPath]) + [
        // Policies that hide rows from whoever does this would keep them from the trigger: refused here, not to clients.
        "SET LOCAL row_security = off", "SELECT FROM \(name) LIMIT 0",
      ]
    if !isCertain {
      statements.append(
        "CREATE TABLE \(refused) AS SELECT \(key.map(\.name).joined(separator: ", ")) FROM \(name) WITH NO DATA")
    }
    return statements + [
      "CREATE FUNCTION \(function)() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        + "  SET search_path = \(path) SET row_security = off AS \(Quote.literal(body))",
      "REVOKE EXECUTE ON FUNCTION \(function)() FROM PUBLIC", handOver,
      "CREATE TRIGGER \(trigger) AFTER INSERT OR UPDATE OR DELETE ON \(name)\n"
        + "  FOR EACH ROW EXECUTE FUNCTION \(function)()",
      "CREATE TRIGGER \(truncation) AFTER TRUNCATE ON \(name)\n  FOR EACH STATEMENT EXECUTE FUNCTION \(function)()",
      // Also for rows that replication brings.
      "ALTER TABLE \(name) ENABLE ALWAYS TRIGGER \(trigger)",
      "ALTER TABLE \(name) ENABLE ALWAYS TRIGGER \(truncation)",
    ]
  }

  /// Ends it, with nobody writing: what was refused since both were compared has to be settled.
  package var unfollow: [String] {
    var statements: [String] = []
    if !isCertain {
      let values = columns.map { "o.\($0)" }.joined(separator: ", ")
      let match = match("o", "r")
      let message = "\(new) does not take rows that \(name) has: their keys are in \(refused)"
      let body = """
        BEGIN
          PERFORM set_config('row_security', 'off', true);
          IF EXISTS (SELECT FROM \(refused)) THEN
            -- A few rows by their keys, while nobody can use the table.
            PERFORM set_config('enable_seqscan', 'off', true);
            IF EXISTS (SELECT \(values) FROM \(name) o JOIN \(refused) r ON \(match)
                       EXCEPT SELECT \(values) FROM \(new) o JOIN \(refused) r ON \(match)) THEN
              RAISE EXCEPTION USING MESSAGE = \(Quote.literal(message)),
                HINT = 'Change or delete these rows, and apply again.';
            END IF;
            PERFORM set_config('enable_seqscan', 'on', true);
          END IF;
        END
        """
      statements = [OwnBlock.sql(body), "DROP TABLE \(refused)"]
    }
    return statements + [
      "DROP TRIGGER \(trigger) ON \(name)", "DROP TRIGGER \(truncation) ON \(name)", "DROP FUNCTION \(function)()",
    ]
  }

  /// Takes away what an interrupted attempt has left.
  package var abandon: [String] {
    [
      "DROP TRIGGER IF EXISTS \(trigger) ON \(name)", "DROP TRIGGER IF EXISTS \(truncation) ON \(name)",
      "DROP FUNCTION IF EXISTS \(function)()", "DROP TABLE IF EXISTS \(new), \(refused), \(old)",
    ]
  }

  /// Rows that are locked cannot change before their copies are there to be changed as well.
  package var copy: String {
    "INSERT INTO \(new) (\(list)) OVERRIDING SYSTEM VALUE\n  SELECT \(list) FROM \(name) FOR SHARE ON CONFLICT DO NOTHING"
  }

  /// One query, so one snapshot, in which every transaction has written to both or to none.
  package var verification: String {
    let row = columns.map { "r.\($0)" }.joined(separator: ", ")
    func sum(_ relation: String) -> String {
      "SELECT count(*) AS rows, sum(hashtextextended(ROW(\(row))::text, 0)::numeric) AS checksum FROM \(relation) r"
    }
    let hint =
      "TABLE \(name) EXCEPT TABLE \(new), and the other way round, tell the rows that differ. An UPDATE that changes nothing "
      + "brings a row over; delete a row that only the copy has. Then apply again."
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
            MESSAGE = concat(\(Quote.literal(name)), ' has ', v.old_rows, ' rows (checksum ', v.old_sum, '), and its copy ',
                             \(Quote.literal(new)), ' has ', v.new_rows, ' (', v.new_sum, ')'),
            HINT = \(Quote.literal(hint));
        END IF;
      END
      """
    return OwnBlock.sql(body)
  }

  // MARK: The change

  /// Gives it to whom the first table belongs.
  var takeOwner: String {
    let body = """
      DECLARE
        v_saying text;
      BEGIN
        FOR v_saying IN
          SELECT format('ALTER TABLE %s OWNER TO %I', n.oid::regclass, pg_get_userbyid(o.relowner))
            FROM pg_class o, pg_class n
           WHERE o.oid = \(Quote.literal(name))::regclass AND n.relowner <> o.relowner
             AND (n.oid = \(Quote.literal(new))::regclass
                  OR n.oid IN (SELECT relid FROM pg_partition_tree(\(Quote.literal(new)))))
        LOOP
          EXECUTE v_saying;
        END LOOP;
      END
      """
    return OwnBlock.sql(body)
  }

  /// Keeps a table that nobody uses any more from acting on others, and others on it.
  package static func dropForeignKeys(of table: String) -> String {
    let body = """
      DECLARE
        v_name name;
      BEGIN
        FOR v_name IN
          SELECT conname FROM pg_constraint
           WHERE conrelid = \(Quote.literal(table))::regclass AND contype = 'f' AND conparentid = 0
        LOOP
          EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', \(Quote.literal(table))::regclass, v_name);
        END LOOP;
      END
      """
    return OwnBlock.sql(body)
  }

  /// Somebody may have found it empty and dropped it.
  package static var oldSchemaAgain: [String] { ["CREATE SCHEMA IF NOT EXISTS \(oldSchema)", trustedSchemas] }

  /// Refuses schemas that somebody has made before: their owner could drop what is put there, and put something else in its place, to
  /// which the trigger's function would write with the rights of whoever applies this.
  private static var trustedSchemas: String {
    OwnBlock.sql(
      """
      DECLARE
        v_found record;
      BEGIN
        SELECT n.nspname, pg_get_userbyid(n.nspowner) AS owner INTO v_found FROM pg_namespace n
         WHERE n.nspname IN (\(Quote.literal(newSchema)), \(Quote.literal(oldSchema)))
           AND n.nspowner NOT IN (
             SELECT r.oid FROM pg_roles r
              WHERE r.rolsuper OR r.rolname = current_user
                 -- A superuser's copy is no business of the database's owner, who may drop what is in a schema of his.
                 OR NOT (SELECT s.rolsuper FROM pg_roles s WHERE s.rolname = current_user)
                    AND (r.rolname = 'pg_database_owner'
                         OR r.oid = (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())))
         LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION USING
            MESSAGE = concat('the schema ', v_found.nspname, ', in which a copy is to be made, belongs to ', v_found.owner),
            HINT = concat('Drop it: DROP SCHEMA ', quote_ident(v_found.nspname), ' CASCADE. Then apply again.');
        END IF;
      END
      """)
  }

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
    return OwnBlock.sql(body)
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
       WHERE s.seqrelid OPERATOR(pg_catalog.=) \(sequence(name))::pg_catalog.regclass::pg_catalog.oid
      """
  }

  /// Others may have tables there.
  package static let dropSchemas = [newSchema, oldSchema].map { schema in
    "DO "
      + Quote.literal(
        "BEGIN\n  DROP SCHEMA \(schema);\nEXCEPTION WHEN dependent_objects_still_exist THEN\n  NULL;\nEND")
  }

  /// A column by which rows are known.
  package struct KeyColumn: Sendable, Hashable {
    /// Quoted.
    package var name: String
    /// The schema of the equality that the key's index goes by.
    package var operatorSchema: String
    /// What the operator takes; nil for PostgreSQL's own operators, beside which nobody can create another.
    package var type: String?

    package init(name: String, operatorSchema: String = "pg_catalog", type: String? = nil) {
      self.name = name
      self.operatorSchema = operatorSchema
      self.type = operatorSchema == "pg_catalog" ? nil : type
    }

    func equals(_ one: String, _ other: String) -> String {
      let cast = type.map { "::\($0)" } ?? ""
      return "\(one)\(cast) OPERATOR(\(Quote.identifier(operatorSchema)).=) \(other)\(cast)"
    }
  }
}

extension String {
  func indented(_ count: Int) -> String {
    let space = String(repeating: " ", count: count)
    return split(separator: "\n", omittingEmptySubsequences: false).map { space + $0 }.joined(separator: "\n")
  }
}
