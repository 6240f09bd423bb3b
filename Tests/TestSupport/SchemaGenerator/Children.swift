/// What partitions and children have of their own, and what their parents have alone.
extension SchemaGenerator {
  mutating func children() {
    if chance(50) { treeOfPartitions() }
    if chance(50) { heirs() }
    if chance(40) { sharedNames() }
    if chance(40) { owned() }
    if chance(30) { crashSafety() }
  }

  private mutating func treeOfPartitions() {
    let amount = pick(["integer", "integer", "bigint", "numeric", ""])
    let note = pick(["text", "text", "character varying(50)", ""])
    let generated = pick(["", "", "k * 2", "k + 1"])
    var columns = ["k integer NOT NULL", "region text NOT NULL"]
    if !amount.isEmpty { columns.append("amount \(amount)\(pick(["", "", " NOT NULL", " DEFAULT 4"]))") }
    if !note.isEmpty { columns.append("note \(note)\(pick(["", "", " NOT NULL"]))") }
    if !generated.isEmpty { columns.append("twice integer GENERATED ALWAYS AS (\(generated)) STORED") }
    sql.append("CREATE TABLE s1.tree (\(columns.joined(separator: ", "))) PARTITION BY LIST (region)")
    let isLate = chance(30)
    if !isLate { indexesOfTree() }
    var leaves = ["s1.tree_us"]
    if chance(30) {
      // A table that was filled before it became a partition may have a key of its own.
      sql.append(
        "CREATE TABLE s1.tree_us (\(columns.joined(separator: ", ")), CONSTRAINT tree_us_own UNIQUE (region, k))")
      sql.append("ALTER TABLE s1.tree ATTACH PARTITION s1.tree_us FOR VALUES IN ('us')")
    } else {
      sql.append("CREATE TABLE s1.tree_us PARTITION OF s1.tree FOR VALUES IN ('us')")
    }
    if chance(60) {
      sql.append("CREATE TABLE s1.tree_eu PARTITION OF s1.tree FOR VALUES IN ('eu') PARTITION BY RANGE (k)")
      if chance(80) {
        sql.append("CREATE TABLE s1.tree_eu_1 PARTITION OF s1.tree_eu FOR VALUES FROM (0) TO (100)")
        leaves.append("s1.tree_eu_1")
      }
    }
    if isLate { indexesOfTree() }
    if chance(25) { sql.append("ALTER TABLE s1.tree ADD CONSTRAINT tree_k CHECK (k > \(pick([0, 1])))") }
    if chance(25) {
      sql.append("ALTER TABLE s1.tree ADD CONSTRAINT tree_later CHECK (k < 1000) NOT VALID")
      if chance(50) { sql.append("ALTER TABLE \(pick(leaves)) VALIDATE CONSTRAINT tree_later") }
    }
    for leaf in leaves where chance(70) {
      own(leaf, number: !amount.isEmpty, text: !note.isEmpty, generated: !generated.isEmpty)
    }
    if !note.isEmpty, chance(20) {
      sql.append("ALTER TABLE s1.tree ALTER note SET STORAGE \(pick(["EXTERNAL", "MAIN"]))")
    }
    if !amount.isEmpty, chance(20) {
      sql.append("ALTER TABLE ONLY s1.tree ALTER amount SET STATISTICS \(pick([5, 50]))")
    }
  }

  private mutating func indexesOfTree() {
    if chance(30) { sql.append("CREATE INDEX \(pick(["tree_k_1", "tree_k_2"])) ON \(pick(["", "ONLY "]))s1.tree (k)") }
    switch pick(["", "index", "key", "only"]) {
    case "index": sql.append("CREATE UNIQUE INDEX tree_unique ON s1.tree (region, k)")
    case "key": sql.append("ALTER TABLE s1.tree ADD CONSTRAINT tree_unique UNIQUE (region, k)")
    case "only": sql.append("CREATE UNIQUE INDEX tree_unique ON ONLY s1.tree (region, k)")
    default: break
    }
  }

  /// What one partition has of its own.
  private mutating func own(_ table: String, number: Bool, text: Bool, generated: Bool) {
    let bare = table.replacing("s1.", with: "")
    if number {
      if chance(30) { sql.append("CREATE INDEX \(bare)_amount ON \(table) (amount)") }
      if chance(30) { sql.append("ALTER TABLE \(table) ADD CONSTRAINT \(bare)_check CHECK (amount > \(pick([0, 1])))") }
      if chance(20) { sql.append("ALTER TABLE \(table) ALTER amount SET DEFAULT \(pick([7, 8]))") }
      if chance(20) { sql.append("ALTER TABLE \(table) ALTER amount SET NOT NULL") }
      if chance(20) { sql.append("ALTER TABLE \(table) ALTER amount SET STATISTICS \(pick([5, 50]))") }
      if chance(20) { sql.append("CREATE STATISTICS s1.\(bare)_st ON (amount + 1) FROM \(table)") }
      if chance(25) { sql.append("CREATE POLICY \(bare)_p ON \(table) USING (amount > \(pick([1, 2])))") }
      if chance(25) {
        sql.append(
          "CREATE TRIGGER \(bare)_t BEFORE UPDATE OF amount ON \(table) FOR EACH ROW\(pick(["", " WHEN (NEW.amount > 1)"])) EXECUTE FUNCTION s1.f_touch()"
        )
      }
      if chance(20) {
        sql.append("CREATE RULE \(bare)_r AS ON DELETE TO \(table) WHERE OLD.amount > 5 DO INSTEAD NOTHING")
      }
      if chance(25) { sql.append("CREATE VIEW s1.\(bare)_v AS SELECT k, amount FROM \(table)") }
      if chance(20) { sql.append("GRANT SELECT (amount) ON \(table) TO dbtool_reader") }
      comment("COLUMN \(table).amount", 20)
    }
    if text {
      if chance(25) { sql.append("CREATE INDEX \(bare)_note ON \(table) (lower(note)) WHERE note <> ''") }
      if chance(20) { sql.append("ALTER TABLE \(table) ALTER note SET STORAGE \(pick(["EXTERNAL", "MAIN"]))") }
      if chance(20) { sql.append("ALTER TABLE \(table) ALTER note SET COMPRESSION pglz") }
      if chance(20) { sql.append("ALTER TABLE \(table) ALTER note SET (n_distinct = \(pick([5, 6])))") }
      if server.major >= 14, chance(20) {
        sql.append(
          "CREATE FUNCTION s1.\(bare)_f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(note) FROM \(table); END"
        )
      }
    }
    if generated {
      if chance(40) { sql.append("CREATE INDEX \(bare)_twice ON \(table) (twice)") }
      comment("COLUMN \(table).twice", 40)
    }
  }

  /// Children that repeat their parents' columns or do not, over two levels.
  private mutating func heirs() {
    let name = pick(["text", "text", "character varying(40)"])
    let born = pick(["date", "date", "timestamp without time zone"])
    let repeats = chance(50)
    sql.append(
      "CREATE TABLE s1.root (id integer\(pick(["", " NOT NULL"])), name \(name)\(pick(["", " DEFAULT 'r'"])), born \(born))"
    )
    let own = repeats ? ["name \(name)\(pick(["", " DEFAULT 'h'", " NOT NULL"]))"] : []
    let checks = chance(30) ? ["CONSTRAINT heir_born CHECK (born > '1900-01-01')"] : []
    sql.append("CREATE TABLE s1.heir (\((own + ["wage integer"] + checks).joined(separator: ", "))) INHERITS (s1.root)")
    if chance(50) { sql.append("CREATE TABLE s1.grandheir () INHERITS (s1.heir)") }
    let last = sql.last?.contains("grandheir") == true ? "s1.grandheir" : "s1.heir"
    if chance(30) { sql.append("CREATE INDEX heir_name ON s1.heir (name, born)") }
    if chance(30) { sql.append("CREATE VIEW s1.heirs AS SELECT id, name, born FROM \(last)") }
    if chance(30) { sql.append("ALTER TABLE \(last) ALTER born SET NOT NULL") }
    if chance(30) { sql.append("ALTER TABLE \(last) ALTER born SET STATISTICS \(pick([9, 10]))") }
    if chance(20) { sql.append("GRANT SELECT (born) ON \(last) TO dbtool_reader") }
    comment("COLUMN \(last).name", 30)
    if chance(20) {
      sql.append("ALTER TABLE s1.root ADD CONSTRAINT root_id CHECK (id > \(pick([0, 1])))\(pick(["", " NOT VALID"]))")
    }
  }

  /// Keys and indexes that give their names to each other.
  private mutating func sharedNames() {
    var names = ["shared_1", "shared_2", "shared_3"]
    for table in ["s1.share_a", "s1.share_b"] where chance(80) {
      sql.append("CREATE TABLE \(table) (x integer NOT NULL, y integer)")
      if chance(70) {
        let name = names.remove(at: pick(Array(names.indices)))
        sql.append("ALTER TABLE \(table) ADD CONSTRAINT \(name) \(pick(["UNIQUE", "PRIMARY KEY"])) (x)")
      }
      if !names.isEmpty, chance(50) {
        let name = names.remove(at: pick(Array(names.indices)))
        sql.append("CREATE INDEX \(name) ON \(table) (y)")
      }
      if names.isEmpty { break }
    }
  }

  /// Tables of others, with sequences.
  private mutating func owned() {
    let role = pick(["dbtool_reader", "\"dbtool Writer\""])
    sql.append(
      "CREATE TABLE s1.theirs (a integer, b \(pick(["integer", "serial", "integer GENERATED ALWAYS AS IDENTITY"])))")
    if chance(70) { sql.append("ALTER TABLE s1.theirs OWNER TO \(role)") }
    let owner = sql.last?.contains("OWNER TO") == true ? role : "CURRENT_USER"
    if chance(40) {
      sql.append("CREATE SEQUENCE s1.their_seq")
      if owner == role { sql.append("ALTER SEQUENCE s1.their_seq OWNER TO \(role)") }
      if chance(60) { sql.append("ALTER SEQUENCE s1.their_seq OWNED BY s1.theirs.a") }
    }
    if chance(30) { sql.append("GRANT SELECT ON s1.theirs TO \(owner) WITH GRANT OPTION") }
    if chance(30) { sql.append("GRANT UPDATE (a) ON s1.theirs TO \(owner)\(pick(["", " WITH GRANT OPTION"]))") }
    if chance(30) { sql.append("REVOKE DELETE ON s1.theirs FROM \(owner)") }
    if chance(30) { sql.append("CREATE TYPE s1.shell_only") }
    if sql.last == "CREATE TYPE s1.shell_only", chance(50) { sql.append("ALTER TYPE s1.shell_only OWNER TO \(role)") }
  }

  /// Tables that survive crashes and those that do not, with keys between them.
  private mutating func crashSafety() {
    let word = pick(["", "UNLOGGED "])
    let identity = pick(["", ", n integer GENERATED ALWAYS AS IDENTITY"])
    sql.append("CREATE \(word)TABLE s1.safe_a (id integer PRIMARY KEY, b integer\(identity))")
    sql.append("CREATE \(word)TABLE s1.safe_b (id integer PRIMARY KEY\(pick(["", " REFERENCES s1.safe_a"])))")
    if chance(40) { sql.append("ALTER TABLE s1.safe_a ADD CONSTRAINT safe_a_b FOREIGN KEY (b) REFERENCES s1.safe_b") }
    if server.major >= 15, !identity.isEmpty, chance(40) {
      sql.append("ALTER SEQUENCE s1.safe_a_n_seq SET \(pick(["LOGGED", "UNLOGGED"]))")
    }
  }
}
