/// What belongs to tables.
extension SchemaGenerator {
  mutating func parts(_ table: inout TableModel, _ tables: [TableModel], _ trigrams: String?) {
    let name = table.name
    let bare = String(name.split(separator: ".").last ?? "").filter { $0.isLetter || $0.isNumber }.lowercased()
    let schema = String(name.prefix { $0 != "." })
    if chance(85) {
      sql.append("ALTER TABLE \(name) ADD CONSTRAINT \(bare)_pkey PRIMARY KEY (id)")
    } else {
      sql.append("ALTER TABLE \(name) ADD CONSTRAINT \(bare)_id_key UNIQUE (id)")
    }
    if table.has("c1") != nil, chance(30) {
      sql.append(
        "ALTER TABLE \(name) ADD CONSTRAINT \(bare)_c1_key UNIQUE\(server.major >= 15 ? pick(["", " NULLS NOT DISTINCT"]) : "") (id, c1)"
      )
      comment("CONSTRAINT \(bare)_c1_key ON \(name)", 40)
    }
    if chance(40) {
      sql.append(
        "ALTER TABLE \(name) ADD CONSTRAINT \(bare)_check CHECK (\(pick(["id > 0", "id <> 5", "id > 0 AND id < 1000000"])))\(pick(["", "", " NOT VALID"]))"
      )
    }
    if chance(20) {
      sql.append(
        "ALTER TABLE \(name) ADD CONSTRAINT \(bare)_excl EXCLUDE USING btree (id WITH =)\(pick(["", " WHERE (id > 3)"]))"
      )
    }
    for column in table.columns {
      let safe = column.name.filter { $0.isLetter || $0.isNumber }.lowercased()
      let index = "\(bare)_\(safe)_idx"
      guard chance(30) else { continue }
      switch column.type {
      case "text", "character varying(20)":
        if let trigrams, chance(30) {
          sql.append("CREATE INDEX \(index) ON \(name) USING gin (\(column.name) \(trigrams).gin_trgm_ops)")
        } else {
          sql.append(
            "CREATE \(pick(["", "UNIQUE "]))INDEX \(index) ON \(name) (\(pick(["lower(\(column.name))", column.name, "\(column.name) DESC NULLS LAST", "\(column.name) text_pattern_ops"])), id)"
          )
        }
      case "jsonb": sql.append("CREATE INDEX \(index) ON \(name) USING gin (\(column.name))")
      case "boolean": sql.append("CREATE INDEX \(index) ON \(name) (id) WHERE \(column.name)")
      case "uuid": sql.append("CREATE INDEX \(index) ON \(name) USING hash (\(column.name))")
      case "s1.e1", "s1.\"e Two\"", "\"S two\".\"e Two\"":
        sql.append("CREATE INDEX \(index) ON \(name) (id) WHERE \(column.name) = 'a'")
      default:
        sql.append(
          "CREATE INDEX \(index) ON \(name) (\(column.name)) INCLUDE (id)\(pick(["", " WITH (fillfactor = 60)"]))")
      }
      comment("INDEX \(schema).\(index)", 20)
    }
    for column in table.columns where column.type == "integer" || column.type == "bigint" {
      guard chance(35) else { continue }
      let targets = tables.filter(\.isReferable)
      guard table.isReferable, !targets.isEmpty else { continue }
      let target = pick(targets)
      // Made last: any table may be the target, also a later one.
      comments.append(
        "ALTER TABLE \(name) ADD CONSTRAINT \"\(bare)_\(column.name.filter { $0.isLetter || $0.isNumber })_fk\" FOREIGN KEY (\(column.name)) REFERENCES \(target.name) (id)"
          + pick(["", " ON DELETE CASCADE", " ON DELETE SET NULL", " DEFERRABLE INITIALLY DEFERRED"])
          + pick(["", "", " NOT VALID"]))
    }
    if chance(35) {
      let condition = pick(["", " WHEN (NEW.id > 1)"])
      sql.append(
        "CREATE TRIGGER touch BEFORE \(pick(["INSERT", "UPDATE", "INSERT OR UPDATE", "UPDATE OF id"])) ON \(name) FOR EACH ROW\(condition) EXECUTE FUNCTION s1.f_touch()"
      )
      if chance(20) { sql.append("ALTER TABLE \(name) \(pick(["DISABLE", "ENABLE ALWAYS"])) TRIGGER touch") }
      comment("TRIGGER touch ON \(name)")
    }
    let hasKey = sql.contains("ALTER TABLE \(name) ADD CONSTRAINT \(bare)_pkey PRIMARY KEY (id)")
    let key = "\(bare)_\(hasKey ? "pkey" : "id_key")"
    let identity = pick(["FULL", "NOTHING", "USING INDEX \(key)", "", "", "", ""])
    if !identity.isEmpty { sql.append("ALTER TABLE \(name) REPLICA IDENTITY \(identity)") }
    if chance(15) { sql.append("ALTER TABLE \(name) CLUSTER ON \(key)") }
    for column in table.columns where column.type == "text" && chance(15) {
      sql.append("ALTER TABLE \(name) ALTER COLUMN \(column.name) SET STORAGE \(pick(["EXTERNAL", "MAIN"]))")
    }
    if chance(15) { sql.append("ALTER TABLE \(name) ALTER COLUMN id SET STATISTICS \(pick([50, 500]))") }
  }

  mutating func security(_ table: TableModel, _ tables: [TableModel]) {
    let name = table.name
    if chance(40) {
      sql.append("ALTER TABLE \(name) ENABLE ROW LEVEL SECURITY\(pick(["", ", FORCE ROW LEVEL SECURITY"]))")
      let other = pick(tables)
      let using = pick(["true", "id > 3", "EXISTS (SELECT FROM \(other.name) o WHERE o.id = \(name).id)"])
      let kind = pick(["", " AS RESTRICTIVE"])
      let command = pick(["SELECT", "ALL", "UPDATE", "DELETE"])
      sql.append(
        "CREATE POLICY \"p one\" ON \(name)\(kind) FOR \(command) TO \(pick(["PUBLIC", "dbtool_reader", "dbtool_reader, \"dbtool Writer\""])) USING (\(using))"
      )
      if chance(50) {
        sql.append("CREATE POLICY p_two ON \(name) FOR INSERT WITH CHECK (\(pick(["true", "id < 100"])))")
      }
      comment("POLICY \"p one\" ON \(name)")
    }
    if chance(50) {
      sql.append(
        "GRANT \(pick(["SELECT", "SELECT, INSERT", "ALL"])) ON \(name) TO dbtool_reader\(pick(["", " WITH GRANT OPTION"]))"
      )
    }
    if chance(25) { sql.append("GRANT UPDATE (id) ON \(name) TO \"dbtool Writer\"") }
  }

  /// Indexes of every access method, with the options of each.
  mutating func indexesOfEveryKind() {
    guard chance(45) else { return }
    sql.append(
      """
      CREATE TABLE s1.spots (id integer PRIMARY KEY, p point, r int4range, words tsvector, name text, n integer,
        made timestamptz DEFAULT now())
      """)
    let indexes = [
      "spots_r ON s1.spots USING gist (r)", "spots_p ON s1.spots USING gist (p)",
      "spots_sp ON s1.spots USING spgist (p \(pick(["kd_point_ops", "quad_point_ops"])))",
      "spots_brin ON s1.spots USING brin (n int4_minmax_multi_ops (values_per_range='\(pick([16, 32]))')) WITH (pages_per_range=\(pick([16, 64])))",
      "spots_gin ON s1.spots USING gin (words) WITH (fastupdate=\(pick(["on", "off"])))",
      "spots_gist ON s1.spots USING gist (words tsvector_ops (siglen='\(pick([100, 200]))'))",
      "spots_name ON s1.spots (name COLLATE \"\(pick(["C", "POSIX"]))\" \(pick(["NULLS FIRST", "DESC", "DESC NULLS LAST"])))",
      "spots_expr ON s1.spots ((n \(pick(["+ 1", "* 2"]))), lower(name)) INCLUDE (made)",
    ]
    for index in indexes where chance(45) { sql.append("CREATE INDEX \(index)") }
    if sql.contains(where: { $0.hasPrefix("CREATE INDEX spots_expr") }), chance(50) {
      sql.append("ALTER INDEX s1.spots_expr ALTER COLUMN 1 SET STATISTICS \(pick([50, 60]))")
    }
    if chance(40) {
      sql.append(
        """
        ALTER TABLE s1.spots ADD CONSTRAINT spots_apart EXCLUDE USING gist (r WITH &&)
          \(pick(["", "WHERE (id > 3)", "DEFERRABLE INITIALLY DEFERRED"]))
        """)
      comment("CONSTRAINT spots_apart ON s1.spots")
    }
    if chance(40) {
      sql.append(
        "CREATE STATISTICS s1.spots_stats\(pick([" (mcv)", " (ndistinct, mcv)", ""])) ON (n + 1), name FROM s1.spots")
      if chance(50) { sql.append("ALTER STATISTICS s1.spots_stats SET STATISTICS \(pick([10, 200]))") }
    }
    if chance(40) {
      sql.append("ALTER TABLE s1.spots ALTER COLUMN name SET (n_distinct = \(pick(["-0.5", "100"])))")
      sql.append("ALTER TABLE s1.spots SET (\(pick(["autovacuum_enabled = off", "toast.autovacuum_enabled = off"])))")
    }
  }

  /// Names that only a quoting tool gets right; the longest have 63 bytes.
  mutating func oddNames() {
    guard chance(40) else { return }
    let long = "\"" + String(repeating: "ä", count: 31) + "\(pick(["x", "y"]))\""
    let table = "s1.\"we\"\"ird.näme\""
    sql.append(
      """
      CREATE TABLE \(table) ("a.b" integer CONSTRAINT "it's" CHECK ("a.b" > \(pick([0, 1]))), "select" text DEFAULT 'it''s \\ "x"',
        \(long) integer, "Üpper" text)
      """)
    comment("TABLE \(table)", 50)
    comment("COLUMN \(table).\(long)", 50)
    if chance(60) { sql.append("CREATE INDEX \(long) ON \(table) (\"select\", \(long))") }
    if chance(50) { sql.append("CREATE POLICY \"po \"\"li\" ON \(table) USING (\"a.b\" > 1)") }
    if chance(50) {
      sql.append(
        "CREATE VIEW s1.\"vi.ew\" AS SELECT w.\"a.b\" AS \"x\"\"y\", w.\"select\" AS \"group\" FROM \(table) w")
    }
    if chance(50) {
      sql.append("CREATE FUNCTION s1.\"Fn.x\"(\"arg one\" integer) RETURNS integer LANGUAGE sql AS 'SELECT $1'")
      comment("FUNCTION s1.\"Fn.x\"(integer)")
    }
    if chance(40) {
      sql.append("CREATE TYPE s1.\"ty.pe\" AS ENUM ('it''s', 'ä', '\(pick(["b", "c"]))\"')")
      sql.append("ALTER TABLE \(table) ADD COLUMN \"kind of\" s1.\"ty.pe\" DEFAULT 'it''s'")
    }
    if chance(40) { sql.append("GRANT SELECT (\"a.b\", \(long)) ON \(table) TO \"dbtool Writer\"") }
  }
}
