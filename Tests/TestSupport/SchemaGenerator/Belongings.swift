/// What hangs on partitions and children beside `Children.swift`, and what others were given of it.
extension SchemaGenerator {
  mutating func belongings(_ other: String) {
    if has("CREATE TABLE s1.heir "), chance(50) { heirsBelongings() }
    if chance(30) { rowsOfChildren() }
    if chance(40) { publications() }
    if chance(30) { partitionKeyTypes() }
    if chance(30) { partitionsWithMadeTypes() }
    if chance(40) { moving(other) }
    if chance(40) { loneChecks() }
    if has("pg_trgm WITH SCHEMA"), chance(40) {
      sql.append("GRANT EXECUTE ON FUNCTION \(other).similarity(text, text) TO dbtool_reader")
      if chance(50) { sql.append("REVOKE EXECUTE ON FUNCTION \(other).show_trgm(text) FROM PUBLIC") }
    }
    if server.major >= 18, chance(60) { requiredOfChildren() }
  }

  /// Whether there is a statement that has these words.
  private func has(_ words: String) -> Bool { sql.contains { $0.contains(words) } }

  /// What a child by inheritance has of its own on columns that are its parent's.
  private mutating func heirsBelongings() {
    let heir = has("CREATE TABLE s1.grandheir ") ? pick(["s1.heir", "s1.grandheir"]) : "s1.heir"
    if chance(30) { sql.append("CREATE POLICY heir_p ON \(heir) USING (born > '\(pick([1900, 1950]))-01-01')") }
    if chance(30) {
      sql.append(
        "CREATE TRIGGER heir_t BEFORE UPDATE OF born ON \(heir) FOR EACH ROW\(pick(["", " WHEN (NEW.born > '1900-01-01')"])) EXECUTE FUNCTION s1.f_touch()"
      )
    }
    if chance(30) {
      sql.append("CREATE RULE heir_r AS ON DELETE TO \(heir) WHERE OLD.name = 'x' DO INSTEAD NOTHING")
    }
    if chance(30) {
      sql.append(
        "CREATE FUNCTION s1.f_heirs() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(born) FROM \(heir); END")
    }
    if chance(30) {
      sql.append("ALTER TABLE \(heir) ADD CONSTRAINT heir_name CHECK (name <> '')\(pick(["", " NOT VALID"]))")
    }
    if chance(30) { sql.append("CREATE STATISTICS s1.heir_st ON name, born FROM \(heir)") }
    if chance(20) { sql.append("CREATE TABLE s1.heir_rows (id integer, r \(heir), rs \(heir)[])") }
    if chance(20) { sql.append("ALTER TABLE s1.root ADD CONSTRAINT root_alone CHECK (id > 0) NO INHERIT") }
  }

  /// Columns of partitions' row types.
  private mutating func rowsOfChildren() {
    guard has("CREATE TABLE s1.tree ") else { return }
    sql.append(
      "CREATE TABLE s1.leaf_rows (id integer PRIMARY KEY, r \(pick(["s1.tree", "s1.tree_us", "s1.tree_us[]"])))")
    if chance(40) {
      sql.append("CREATE FUNCTION s1.f_leaf(v s1.tree_us) RETURNS integer LANGUAGE sql IMMUTABLE RETURN (v).k")
    }
  }

  /// What subscribers get, of partitions and children too.
  private mutating func publications() {
    var items: [String] = []
    if has("CREATE TABLE s1.tree_us ") { items.append("s1.tree_us") }
    if has("CREATE TABLE s1.heir ") { items.append("ONLY s1.heir") }
    if has("CREATE TABLE s1.numbered ") { items.append("s1.numbered") }
    let columns = ["s1.tree_us": "k, region", "ONLY s1.heir": "id, born", "s1.numbered": "id"]
    let rows = ["s1.tree_us": "k > 1", "ONLY s1.heir": "born > '1900-01-01'", "s1.numbered": "id > 0"]
    let parts = items.map { item -> String in
      guard server.major >= 15 else { return item }
      var text = item
      if chance(40), let list = columns[item] { text += " (\(list))" }
      if chance(40), let condition = rows[item] { text += " WHERE (\(condition))" }
      return text
    }
    guard !parts.isEmpty else { return }
    sql.append("CREATE PUBLICATION of_children FOR TABLE \(parts.joined(separator: ", ")) WITH (publish = 'insert')")
    if server.major >= 15, chance(30) {
      sql.append("CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA s1 WITH (publish = 'insert')")
    }
  }

  /// Keys of partitions, of one type or another.
  private mutating func partitionKeyTypes() {
    let number = pick(["integer", "integer", "integer", "integer", "bigint"])
    sql.append("CREATE TABLE s1.hashed (id \(number) NOT NULL, v text) PARTITION BY HASH (id)")
    for remainder in 0..<2 {
      sql.append(
        "CREATE TABLE s1.hashed_\(remainder) PARTITION OF s1.hashed FOR VALUES WITH (MODULUS 2, REMAINDER \(remainder))"
      )
    }
    if chance(50) { sql.append("ALTER TABLE s1.hashed ADD PRIMARY KEY (id)") }
    let time = pick(["timestamp", "timestamp", "timestamp", "timestamptz", "date"])
    let kind = pick(["integer", "integer", "integer", "text"])
    sql += [
      "CREATE TABLE s1.ranged (at \(time) NOT NULL, kind \(kind), v integer) PARTITION BY RANGE (at)",
      "CREATE TABLE s1.ranged_a PARTITION OF s1.ranged FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY LIST (kind)",
      "CREATE TABLE s1.ranged_a1 PARTITION OF s1.ranged_a FOR VALUES IN ('1', '2')",
    ]
    if chance(50) { sql.append("CREATE INDEX ranged_v ON s1.ranged (v, at)") }
    let (key, values) = pick([
      ("integer", "1, 2"), ("integer", "1, 2"), ("integer", "1, 2"), ("int4range", "'[1,2)', '[2,3)'"),
    ])
    sql.append("CREATE TABLE s1.kinds (k \(key), v integer) PARTITION BY LIST (k)")
    sql.append("CREATE TABLE s1.kinds_1 PARTITION OF s1.kinds FOR VALUES IN (\(values))")
  }

  /// Partitions whose columns are of types that are made of others.
  private mutating func partitionsWithMadeTypes() {
    guard has("CREATE TYPE s1.boxes ") else { return }
    let columns = ["a s1.amount", "b s1.amount[]", "c s1.box", "d s1.box[]", "e s1.boxes"].filter { _ in chance(60) }
    guard !columns.isEmpty else { return }
    sql.append("CREATE TABLE s1.boxed (k integer, \(columns.joined(separator: ", "))) PARTITION BY LIST (k)")
    sql.append("CREATE TABLE s1.boxed_1 PARTITION OF s1.boxed FOR VALUES IN (1)")
    if chance(50) { sql.append("CREATE TABLE s1.boxed_rest PARTITION OF s1.boxed DEFAULT") }
    if columns.contains("c s1.box"), chance(40) {
      sql.append("CREATE POLICY boxed_p ON s1.boxed_1 USING ((c).tag <> '')")
    }
    if columns.contains("a s1.amount"), chance(40) {
      sql.append("ALTER TABLE s1.boxed_1 ADD CONSTRAINT boxed_a CHECK (a > \(pick([0, 1])))")
    }
    if columns.contains("b s1.amount[]"), chance(40) { sql.append("CREATE INDEX boxed_b ON s1.boxed_1 ((b[1]))") }
  }

  /// What is in one schema or the other.
  private mutating func moving(_ other: String) {
    let schema = pick(["s1", other])
    sql.append("CREATE TABLE \(schema).roams (id serial PRIMARY KEY, v text DEFAULT 'r', n integer)")
    if chance(50) { sql.append("CREATE INDEX roams_v ON \(schema).roams (v)") }
    comment("TABLE \(schema).roams", 40)
    if chance(40) { sql.append("CREATE VIEW s1.v_roams AS SELECT r.id, r.v FROM \(schema).roams r") }
    if chance(40) { sql.append("CREATE TABLE s1.follows (id integer REFERENCES \(schema).roams)") }
    let sequence = pick(["s1", other])
    sql.append("CREATE SEQUENCE \(sequence).roaming")
    if chance(50) {
      sql.append("CREATE TABLE s1.numbered (id integer DEFAULT nextval('\(sequence).roaming') PRIMARY KEY)")
    }
  }

  /// Checks that are a parent's alone, and those that are not validated, of one and the other.
  private mutating func loneChecks() {
    sql.append("CREATE TABLE s1.lone (a integer\(pick(["", " NOT NULL"])), b integer)")
    sql.append("CREATE TABLE s1.lone_child (c integer) INHERITS (s1.lone)")
    if chance(60) {
      sql.append("ALTER TABLE s1.lone ADD CONSTRAINT lone_a CHECK (a > 0)\(pick([" NO INHERIT", "", " NOT VALID"]))")
    }
    if chance(50) {
      sql.append("ALTER TABLE s1.lone_child ADD CONSTRAINT lone_b CHECK (b > 0)\(pick(["", " NOT VALID"]))")
    }
    if chance(30) { sql.append("ALTER TABLE s1.lone ADD CONSTRAINT lone_b CHECK (b > 0) NO INHERIT NOT VALID") }
  }

  /// NOT NULL of parents and children from version 18 on.
  private mutating func requiredOfChildren() {
    let alone = pick(["", " NOT NULL", " NOT NULL NO INHERIT", " CONSTRAINT own_name NOT NULL"])
    sql.append("CREATE TABLE s1.must (a integer\(alone), b integer)")
    sql.append(
      "CREATE TABLE s1.must_child (\(pick(["", "a integer NOT NULL", "a integer CONSTRAINT child_name NOT NULL"]))) INHERITS (s1.must)"
    )
    if chance(40) { sql.append("ALTER TABLE s1.must ADD CONSTRAINT must_b NOT NULL b NOT VALID") }
    sql.append("CREATE TABLE s1.must_part (k integer, v integer) PARTITION BY LIST (k)")
    sql.append("CREATE TABLE s1.must_part_1 PARTITION OF s1.must_part FOR VALUES IN (1)")
    if chance(50) {
      sql.append("ALTER TABLE s1.must_part ADD CONSTRAINT must_v NOT NULL v NOT VALID")
      if chance(50) { sql.append("ALTER TABLE s1.must_part_1 VALIDATE CONSTRAINT must_v") }
      comment("CONSTRAINT must_v ON s1.must_part", 40)
    }
    if chance(40) {
      sql.append("CREATE DOMAIN s1.must_d AS integer CONSTRAINT \(pick(["one_name", "other_name"])) NOT NULL")
    }
    if chance(40) {
      sql.append("ALTER TABLE s1.must ADD CONSTRAINT must_c CHECK (b > 0)\(pick(["", " NOT ENFORCED", " NOT VALID"]))")
    }
  }
}
