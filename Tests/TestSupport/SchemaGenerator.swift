/// A random schema over every kind that dbtool models, as plain SQL: it shares no code with what it tests.
package struct SchemaGenerator {
  private var random: SeededRandom
  var sql: [String] = []
  private var comments: [String] = []

  /// Roles that the schemas refer to; made once on the server.
  package static let roles = ["dbtool_reader", "dbtool Writer"]

  private let hasExtension: Bool
  /// Where it differs from the schema of the same seed.
  private var variation: SeededRandom?

  let server: Server

  /// What the server that the schema is for can do.
  package struct Server: Sendable {
    package var major: Int
    /// Whether it has the extension pg_trgm.
    package var hasTrigrams: Bool
    package init(major: Int = 15, hasTrigrams: Bool = true) {
      self.major = major
      self.hasTrigrams = hasTrigrams
    }
  }

  private init(seed: UInt64, variation: UInt64?, server: Server) {
    self.server = server
    random = SeededRandom(seed: seed)
    self.variation = variation.map(SeededRandom.init)
    hasExtension = seed / 2 % 2 == 0
  }

  /// The statements that make the schema, in an order that works.
  ///
  /// - Parameter variation: makes a near relative of the schema that the seed alone gives.
  package static func schema(seed: UInt64, variation: UInt64? = nil, for server: Server = Server()) -> [String] {
    var generator = SchemaGenerator(seed: seed, variation: variation, server: server)
    return generator.generate()
  }

  private mutating func number(below bound: Int) -> Int {
    let usual = Int.random(in: 0..<bound, using: &random)
    guard variation != nil, Int.random(in: 0..<25, using: &variation!) == 0 else { return usual }
    return Int.random(in: 0..<bound, using: &variation!)
  }
  mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }
  mutating func pick<T>(_ items: [T]) -> T { items[number(below: items.count)] }
  private mutating func some<T>(_ items: [T], _ percent: Int) -> [T] { items.filter { _ in chance(percent) } }

  private struct TableModel {
    var name: String
    var columns: [(name: String, type: String)]
    var idType: String
    var isReferable = true
    func has(_ column: String) -> String? { columns.first { $0.name == column }?.type }
  }

  private mutating func comment(_ on: String, _ percent: Int = 25) {
    if chance(percent) { comments.append("COMMENT ON \(on) IS '\(pick(["plain", "it''s", "two\nlines"]))'") }
  }

  private mutating func generate() -> [String] {
    sql.append("CREATE SCHEMA s1")
    comment("SCHEMA s1")
    if chance(60) { sql.append("CREATE SCHEMA \"S two\"") }
    let other = sql.last == "CREATE SCHEMA \"S two\"" ? "\"S two\"" : "s1"
    // An extension that is created while default privileges are in force differs from one created before: its members'
    // privileges are history, which no schema holds. So a pair has the one or the other.
    if hasExtension, server.hasTrigrams, chance(50) { sql.append("CREATE EXTENSION pg_trgm WITH SCHEMA \(other)") }
    let hasTrigrams = sql.last?.contains("pg_trgm") == true

    types()
    var enums: [String] = []
    for name in ["s1.e1", "\(other).\"e Two\""] where chance(75) {
      let labels = pick([
        ["a", "b", "c"], ["a", "c", "b"], ["a", "b"], ["a", "x", "b", "c"], ["a", "b", "c", "d'e"], ["a"],
      ])
      sql.append(
        "CREATE TYPE \(name) AS ENUM (\(labels.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")))")
      comment("TYPE \(name)")
      enums.append(name)
    }
    for name in ["s1.q1", "\(other).q2"] where chance(60) {
      var text = "CREATE SEQUENCE \(name)"
      if chance(30) { text += " AS \(pick(["integer", "smallint"]))" }
      if chance(40) { text += " INCREMENT BY \(pick([2, 10, -1]))" }
      if chance(30) { text += " CACHE \(pick([5, 20]))" }
      if chance(30) { text += " CYCLE" }
      sql.append(text)
      comment("SEQUENCE \(name)")
      if chance(30) { sql.append("GRANT USAGE ON SEQUENCE \(name) TO dbtool_reader") }
    }
    functions(enums)
    var tables: [TableModel] = []
    for name in ["s1.t1", "s1.t2", "\(other).\"Table 3\"", "s1.t4"] where chance(80) {
      tables.append(table(name, enums, tables))
    }
    if chance(60) { partitioned() }
    rareKinds(tables)
    for index in tables.indices { parts(&tables[index], tables, hasTrigrams ? other : nil) }
    views(tables)
    for table in tables { security(table, tables) }
    defaultPrivileges(other)
    jobs()
    newerKinds()
    return sql + comments
  }

  private mutating func functions(_ enums: [String]) {
    if chance(80) {
      let body = pick(["SELECT $1 + 1", "SELECT $1 * 2", "SELECT abs($1)"])
      let strict = pick(["", " STRICT", " PARALLEL SAFE"])
      sql.append(
        "CREATE FUNCTION s1.f_plain(\(pick(["x", "y"])) integer) RETURNS integer LANGUAGE sql IMMUTABLE\(strict) AS '\(body)'"
      )
      comment("FUNCTION s1.f_plain(integer)")
      if chance(40) { sql.append("REVOKE EXECUTE ON FUNCTION s1.f_plain(integer) FROM PUBLIC") }
      if chance(40) { sql.append("GRANT EXECUTE ON FUNCTION s1.f_plain(integer) TO dbtool_reader") }
    }
    if chance(60) {
      let result = pick(["TABLE(a integer, b text)", "TABLE(a integer, b text, c date)", "SETOF integer"])
      sql.append(
        "CREATE FUNCTION s1.f_rows(n integer DEFAULT \(pick([1, 5])), OUT_x text DEFAULT NULL) RETURNS \(result) "
          + "LANGUAGE plpgsql SECURITY \(pick(["DEFINER", "INVOKER"])) SET search_path TO \(pick(["''", "s1, pg_temp"])) "
          + "AS $$ BEGIN RETURN; END $$")
    }
    if let type = enums.first, chance(50) {
      sql.append("CREATE FUNCTION s1.f_enum(v \(type)) RETURNS text LANGUAGE sql STABLE AS 'SELECT v::text'")
    }
    if chance(40) {
      sql.append(
        "CREATE PROCEDURE s1.p_note(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN n := n + \(pick([1, 2])); END $$")
      comment("PROCEDURE s1.p_note(integer)")
    }
    let body = pick(["RETURN NEW;", "NEW.id := NEW.id; RETURN NEW;"])
    sql.append("CREATE FUNCTION s1.f_touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) END $$")
  }

  private mutating func table(_ name: String, _ enums: [String], _ others: [TableModel]) -> TableModel {
    let idType = pick(["integer", "bigint"])
    let identity = pick(
      ["GENERATED ALWAYS AS IDENTITY", "GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 5)", "serial", "none", "none"])
    var lines: [String] = []
    if identity == "serial" {
      lines.append("id \(idType == "bigint" ? "bigserial" : "serial")")
    } else {
      lines.append("id \(idType)\(identity == "none" ? "" : " \(identity)") NOT NULL")
    }
    var model = TableModel(name: name, columns: [], idType: idType)
    var types = [
      "integer", "bigint", "text", "character varying(20)", "numeric(8,2)", "timestamp with time zone", "boolean",
      "jsonb", "uuid", "date", "text[]",
    ]
    types += enums + enums.map { $0 + "[]" } + enums
    for column in ["c1", "c2", "\"C 3\"", "c4", "\"order\""] where chance(75) {
      let type = pick(types)
      var text = "\(column) \(type)"
      if type == "text", chance(15) { text += " COMPRESSION pglz" }
      if type == "text" || type.hasPrefix("character"), chance(20) { text += " COLLATE \"C\"" }
      if let value = defaultValue(type, enums), chance(40) { text += " DEFAULT \(value)" }
      if chance(35) { text += " NOT NULL" }
      lines.append(text)
      model.columns.append((column, type))
    }
    if chance(30) {
      let type = pick(["integer", "bigint"])
      lines.append("g \(type) GENERATED ALWAYS AS (\(pick(["id * 2", "id + 1"]))) STORED")
      model.columns.append(("g", "generated"))
    }
    let unlogged = chance(12) && others.isEmpty ? "UNLOGGED " : ""
    let options = chance(20) ? " WITH (fillfactor = \(pick([70, 80])))" : ""
    sql.append("CREATE \(unlogged)TABLE \(name) (\(lines.joined(separator: ", ")))\(options)")
    // A permanent table may not refer to one that a crash empties.
    model.isReferable = unlogged.isEmpty
    comment("TABLE \(name)")
    for column in model.columns { comment("COLUMN \(name).\(column.name)", 15) }
    if identity.hasPrefix("GENERATED"), name != "\"S two\".\"Table 3\"", name != "s1.\"Table 3\"" {
      comment("SEQUENCE \(name)_id_seq", 20)
    }
    return model
  }

  private mutating func defaultValue(_ type: String, _ enums: [String]) -> String? {
    switch type {
    case "integer", "bigint": pick(["0", "42", "(1 + 1)"])
    case "text", "character varying(20)": pick(["'x'", "'it''s'", "upper('y')"])
    case "numeric(8,2)": "1.5"
    case "timestamp with time zone": "now()"
    case "boolean": pick(["true", "false"])
    case "jsonb": "'{}'"
    case "uuid": "gen_random_uuid()"
    case "date": "CURRENT_DATE"
    default: enums.contains(type) ? "'a'" : nil
    }
  }

  private mutating func partitioned() {
    let key = pick(["at", "at", "id, at"])
    sql.append(
      "CREATE TABLE s1.parted (id bigint NOT NULL, at date NOT NULL, note text\(pick(["", " DEFAULT 'n'"]))) PARTITION BY \(key == "at" ? "RANGE (at)" : "RANGE (at)")"
    )
    sql.append("CREATE TABLE s1.parted_a PARTITION OF s1.parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")
    if chance(60) {
      sql.append(
        "CREATE TABLE s1.parted_b PARTITION OF s1.parted FOR VALUES FROM ('2026-02-01') TO ('\(pick(["2026-03-01", "2026-04-01"]))')"
      )
    }
    if chance(40) {
      let from = sql.last?.hasSuffix("TO ('2026-03-01')") == true ? "2026-03-01" : "2026-04-01"
      sql.append("CREATE TABLE s1.parted_c PARTITION OF s1.parted FOR VALUES FROM ('\(from)') TO ('2026-05-01')")
    } else if chance(30) {
      sql.append("CREATE TABLE s1.parted_c (id bigint NOT NULL, at date NOT NULL, note text)")
    }
    if chance(30) { sql.append("CREATE TABLE s1.parted_rest PARTITION OF s1.parted DEFAULT") }
    if chance(60) {
      sql.append("ALTER TABLE s1.parted ADD CONSTRAINT parted_pkey PRIMARY KEY (\(pick(["id, at", "at, id"])))")
    }
    if chance(50) { sql.append("CREATE INDEX parted_note_idx ON s1.parted (\(pick(["note", "lower(note)"])))") }
    if chance(30) { sql.append("CREATE INDEX parted_a_local_idx ON s1.parted_a (note, id)") }
    if chance(30) { sql.append("ALTER TABLE s1.parted ADD CONSTRAINT parted_check CHECK (id > \(pick([0, 1])))") }
    if chance(40) {
      sql.append("CREATE TRIGGER parted_touch BEFORE INSERT ON s1.parted FOR EACH ROW EXECUTE FUNCTION s1.f_touch()")
    }
    if chance(30) { sql.append("GRANT SELECT ON s1.parted_a TO dbtool_reader") }
    if chance(20) { sql.append("ALTER TABLE s1.parted_a ALTER COLUMN note SET DEFAULT 'local'") }
    comment("TABLE s1.parted_a")
  }

  private mutating func parts(_ table: inout TableModel, _ tables: [TableModel], _ trigrams: String?) {
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
        "ALTER TABLE \(name) ADD CONSTRAINT \(bare)_c1_key UNIQUE\(pick(["", " NULLS NOT DISTINCT"])) (id, c1)")
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

  /// Types other than enums, and what is made of functions.
  private mutating func types() {
    if chance(50) {
      let rest = pick(["", " DEFAULT 5", " NOT NULL", " DEFAULT 7 NOT NULL"])
      sql.append("CREATE DOMAIN s1.d1 AS \(pick(["integer", "integer", "bigint"]))\(rest)")
      if chance(60) {
        sql.append(
          "ALTER DOMAIN s1.d1 ADD CONSTRAINT d1_check CHECK (VALUE > \(pick([0, 1])))\(pick(["", " NOT VALID"]))")
        comment("CONSTRAINT d1_check ON DOMAIN s1.d1")
      }
      comment("DOMAIN s1.d1")
      if chance(30) { sql.append("REVOKE USAGE ON TYPE s1.d1 FROM PUBLIC") }
    }
    if chance(50) {
      sql.append(
        "CREATE TYPE s1.pair AS (\(pick(["a integer, b text", "a integer, b text, c date", "a bigint, b text"])))")
      comment("TYPE s1.pair")
      comment("COLUMN s1.pair.a")
      if chance(30) { sql.append("CREATE TABLE s1.typed OF s1.pair (PRIMARY KEY (a))") }
    }
    if chance(40) {
      sql.append("CREATE TYPE s1.span AS RANGE (SUBTYPE = \(pick(["integer", "date", "text"])))")
      comment("TYPE s1.span")
    }
    if chance(40) {
      let other = pick(["", ", PARALLEL = SAFE", ", INITCOND = '0'"])
      sql.append(
        "CREATE AGGREGATE s1.total(\(pick(["integer", "integer", "bigint"]))) (SFUNC = \(pick(["int4pl", "int4larger"])), STYPE = integer\(other))"
          .replacing("total(bigint)", with: "total(integer)"))
    }
    if chance(40) {
      sql.append("CREATE FUNCTION s1.same(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a = b'")
      sql.append(
        "CREATE OPERATOR s1.=== (FUNCTION = s1.same, LEFTARG = text, RIGHTARG = text\(pick(["", ", COMMUTATOR = OPERATOR(s1.===)", ", RESTRICT = eqsel"])))"
      )
      comment("OPERATOR s1.=== (text, text)")
    }
    if chance(30) {
      sql.append("CREATE COLLATION s1.plain (provider = libc, locale = '\(pick(["C", "POSIX"]))')")
      comment("COLLATION s1.plain")
    }
    if chance(30) {
      sql.append("CREATE TEXT SEARCH DICTIONARY s1.words (TEMPLATE = simple\(pick(["", ", accept = false"])))")
      sql.append("CREATE TEXT SEARCH CONFIGURATION s1.search (PARSER = default)")
      sql.append(
        "ALTER TEXT SEARCH CONFIGURATION s1.search ADD MAPPING FOR \(pick(["word", "asciiword", "word, asciiword"])) WITH s1.words"
      )
      comment("TEXT SEARCH CONFIGURATION s1.search")
    }
  }

  /// Kinds that few databases have.
  private mutating func rareKinds(_ tables: [TableModel]) {
    if chance(35) {
      sql.append("CREATE FOREIGN DATA WRAPPER w1\(pick(["", " OPTIONS (debug 'true')"]))")
      sql.append(
        "CREATE SERVER \"far away\"\(pick(["", " VERSION '2'"])) FOREIGN DATA WRAPPER w1\(pick(["", " OPTIONS (host 'h')"]))"
      )
      comment("SERVER \"far away\"")
      if chance(50) {
        sql.append("CREATE USER MAPPING FOR dbtool_reader SERVER \"far away\" OPTIONS (\"user\" '\(pick(["a", "b"]))')")
      }
      if chance(60) {
        sql.append(
          "CREATE FOREIGN TABLE s1.far (id integer\(pick(["", " NOT NULL"])), note text\(pick(["", " OPTIONS (column_name 'n')"]))) SERVER \"far away\" OPTIONS (table_name '\(pick(["x", "y"]))')"
        )
        comment("FOREIGN TABLE s1.far")
        comment("COLUMN s1.far.id")
        if chance(40) { sql.append("GRANT SELECT ON s1.far TO dbtool_reader") }
      }
      if chance(30) { sql.append("GRANT USAGE ON FOREIGN SERVER \"far away\" TO dbtool_reader") }
    }
    if chance(40) {
      sql.append(
        "CREATE TABLE s1.elder (id integer NOT NULL, name text DEFAULT 'e'\(pick(["", ", CONSTRAINT elder_check CHECK (id > 0)"])))"
      )
      if chance(70) {
        sql.append("CREATE TABLE s1.younger (extra \(pick(["integer", "text"]))) INHERITS (s1.elder)")
        if chance(30) { sql.append("ALTER TABLE s1.younger ALTER COLUMN name SET DEFAULT 'y'") }
        if chance(30) { sql.append("ALTER TABLE s1.younger ALTER COLUMN name SET NOT NULL") }
      }
    }
    for table in tables where table.has("c2") != nil && chance(20) {
      let bare = table.name.filter { $0.isLetter || $0.isNumber }.lowercased()
      guard !["jsonb", "generated"].contains(table.has("c2")),
        !table.columns.contains(where: { $0.type == "jsonb" && $0.name == "c2" })
      else { continue }
      sql.append("CREATE STATISTICS s1.\(bare)_stats\(pick(["", " (ndistinct)"])) ON id, c2 FROM \(table.name)")
      comment("STATISTICS s1.\(bare)_stats")
    }
    if let table = tables.first, chance(25) {
      sql.append("CREATE RULE keep AS ON DELETE TO \(table.name)\(pick(["", " WHERE OLD.id < 3"])) DO INSTEAD NOTHING")
      comment("RULE keep ON \(table.name)")
    }
    if chance(20) {
      sql.append("CREATE FUNCTION s1.f_event() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$")
      sql.append(
        "CREATE EVENT TRIGGER watch_\(pick(["ddl", "ddl"])) ON \(pick(["ddl_command_end", "sql_drop"]))\(pick(["", " WHEN TAG IN ('CREATE VIEW')"])) EXECUTE FUNCTION s1.f_event()"
      )
    }
    if chance(30) {
      sql.append(
        "CREATE PUBLICATION changes\(pick(["", " WITH (publish = 'insert')", " WITH (publish_via_partition_root = true)"]))"
      )
      comment("PUBLICATION changes")
      if let table = tables.first(where: { $0.isReferable }), chance(70) {
        sql.append("ALTER PUBLICATION changes ADD TABLE \(table.name)\(pick(["", " WHERE (id > 5)"]))")
      }
    }
  }

  private mutating func views(_ tables: [TableModel]) {
    guard !tables.isEmpty else { return }
    let table = pick(tables)
    let columns = ["id"] + table.columns.filter { _ in chance(60) }.map(\.name)
    if chance(80) {
      let options = pick(["", " WITH (security_invoker = true)", " WITH (security_barrier = true)"])
      sql.append(
        "CREATE VIEW s1.v1\(options) AS SELECT \(columns.map { "t.\($0)" }.joined(separator: ", ")) FROM \(table.name) t\(pick(["", " WHERE t.id > 1"]))"
      )
      comment("VIEW s1.v1")
      comment("COLUMN s1.v1.id")
      if chance(50) { sql.append("GRANT SELECT ON s1.v1 TO dbtool_reader") }
      if chance(60) {
        sql.append("CREATE VIEW s1.v2 AS SELECT v.id, count(*) AS n FROM s1.v1 v GROUP BY v.id")
      }
      if chance(50) {
        sql.append(
          "CREATE MATERIALIZED VIEW s1.m1 AS SELECT v.id, max(v.id) AS top FROM s1.v1 v GROUP BY v.id\(pick(["", " WITH NO DATA"]))"
        )
        if chance(70) { sql.append("CREATE UNIQUE INDEX m1_id_idx ON s1.m1 (id)") }
        comment("MATERIALIZED VIEW s1.m1")
        if chance(40) { sql.append("GRANT SELECT ON s1.m1 TO \"dbtool Writer\"") }
      }
    }
  }

  private mutating func security(_ table: TableModel, _ tables: [TableModel]) {
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

  private mutating func defaultPrivileges(_ other: String) {
    if chance(25) { sql.append("ALTER DEFAULT PRIVILEGES IN SCHEMA s1 GRANT SELECT ON TABLES TO dbtool_reader") }
    if !hasExtension, chance(40) { sql.append("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC") }
    if chance(15) { sql.append("ALTER DEFAULT PRIVILEGES IN SCHEMA s1 GRANT USAGE ON SEQUENCES TO \"dbtool Writer\"") }
    if chance(30) { sql.append("GRANT USAGE ON SCHEMA s1 TO dbtool_reader") }
    if other != "s1", chance(30) { sql.append("GRANT USAGE, CREATE ON SCHEMA \(other) TO \"dbtool Writer\"") }
  }

  private mutating func jobs() {
    if chance(40) {
      sql.append("SELECT cron.schedule('nightly', '\(pick(["0 3 * * *", "0 4 * * *"]))', 'SELECT \(pick([1, 2]))')")
    }
  }
}

/// SplitMix64: the same seed gives the same schema on every machine.
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
