/// Partitioned tables.
extension SchemaGenerator {
  mutating func partitioned() {
    sql.append(
      "CREATE TABLE s1.parted (id bigint NOT NULL, at date NOT NULL, note text\(pick(["", " DEFAULT 'n'"]))) PARTITION BY RANGE (at)"
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

  /// What is said of a partition's parts of indexes, and what uses its keys.
  mutating func partsOfIndexes() {
    guard chance(50) else { return }
    let required = pick([" NOT NULL", " NOT NULL", ""])
    sql.append("CREATE TABLE s1.sized (id integer\(required), k integer NOT NULL, v text) PARTITION BY LIST (k)")
    sql.append("CREATE TABLE s1.sized_1 PARTITION OF s1.sized FOR VALUES IN (\(pick(["1", "1, 2"])))")
    if chance(40) { sql.append("CREATE TABLE s1.sized_rest PARTITION OF s1.sized DEFAULT") }
    var parts: [String] = []
    var keys: [String] = []
    if chance(60) {
      let columns = pick(["id, k", "k, id"])
      sql.append("ALTER TABLE s1.sized ADD CONSTRAINT sized_\(pick(["key", "pkey"])) PRIMARY KEY (\(columns))")
      if chance(50) { sql.append("CREATE VIEW s1.v_sized AS SELECT id, v FROM s1.sized_1 GROUP BY \(columns)") }
      parts.append("sized_1_pkey")
      keys.append("sized_1_pkey")
      if chance(30) {
        sql.append("COMMENT ON CONSTRAINT sized_1_pkey ON s1.sized_1 IS '\(pick(["a key", "100% \"key\""]))'")
      }
    } else if chance(60) {
      let columns = pick(["id", "id, k"])
      sql.append("ALTER TABLE s1.sized_1 ADD CONSTRAINT sized_own PRIMARY KEY (\(columns))")
      if chance(50) { sql.append("CREATE VIEW s1.v_sized AS SELECT id, v FROM s1.sized_1 GROUP BY \(columns)") }
    }
    if chance(60) {
      let (column, name) = chance(50) ? ("v", "sized_1_v_idx") : ("lower(v)", "sized_1_lower_idx")
      sql.append("CREATE INDEX sized_v ON s1.sized (\(column))\(pick(["", " WITH (fillfactor = 70)"]))")
      parts.append(name)
      if column != "v", chance(40) { sql.append("ALTER INDEX s1.\(name) ALTER COLUMN 1 SET STATISTICS 30") }
    }
    if chance(40) {
      sql.append("CREATE UNIQUE INDEX sized_u ON s1.sized (k, id)")
      parts.append("sized_1_k_id_idx")
      if !required.isEmpty { keys.append("sized_1_k_id_idx") }
    }
    for part in parts {
      if chance(30) { sql.append("ALTER INDEX s1.\(part) SET (fillfactor = \(pick([40, 60])))") }
      if chance(20) { sql.append("ALTER INDEX s1.\(part) RESET (fillfactor)") }
      comment("INDEX s1.\(part)", 30)
    }
    if !parts.isEmpty, chance(30) { sql.append("ALTER TABLE s1.sized_1 CLUSTER ON \(pick(parts))") }
    let identities = ["FULL", "NOTHING"] + keys.map { "USING INDEX \($0)" }
    if chance(50) { sql.append("ALTER TABLE s1.sized_1 REPLICA IDENTITY \(pick(identities))") }
  }

  /// Lists, hashes, and partitions that are partitioned.
  mutating func partitionedOtherwise() {
    guard chance(50) else { return }
    let key = pick(["k", "k", "lower(k)"])
    sql.append(
      """
      CREATE TABLE s1.listed (k text\(pick(["", " NOT NULL"])), id integer, note text)
        PARTITION BY LIST (\(key))
      """)
    sql.append(
      "CREATE TABLE s1.listed_ab PARTITION OF s1.listed FOR VALUES IN (\(pick(["'a'", "'a', 'b'", "'a', NULL"])))")
    if chance(60) {
      sql.append("CREATE TABLE s1.listed_c PARTITION OF s1.listed FOR VALUES IN ('c') PARTITION BY HASH (id)")
      for remainder in 0..<2 where chance(85) {
        sql.append(
          "CREATE TABLE s1.listed_c\(remainder) PARTITION OF s1.listed_c FOR VALUES WITH (MODULUS \(pick([2, 4])), REMAINDER \(remainder))"
        )
      }
    }
    if chance(40) { sql.append("CREATE TABLE s1.listed_rest PARTITION OF s1.listed DEFAULT") }
    let isKeyed = key == "k" && chance(60)
    if isKeyed { sql.append("ALTER TABLE s1.listed ADD CONSTRAINT listed_key UNIQUE (k, id)") }
    if chance(40) { sql.append("CREATE INDEX listed_note ON s1.listed (note) WHERE id > \(pick([1, 2]))") }
    if chance(40) {
      sql.append("CREATE TRIGGER listed_touch BEFORE UPDATE ON s1.listed FOR EACH ROW EXECUTE FUNCTION s1.f_touch()")
      if chance(40) {
        sql.append("ALTER TABLE s1.listed_ab \(pick(["DISABLE", "ENABLE ALWAYS"])) TRIGGER listed_touch")
      }
    }
    if isKeyed, chance(60) {
      let columns = server.major >= 15 ? pick(["", " (id)"]) : ""
      sql.append(
        """
        CREATE TABLE s1.refers (k text, id integer, CONSTRAINT refers_fk FOREIGN KEY (k, id) REFERENCES s1.listed (k, id)
          \(pick(["MATCH FULL", "MATCH SIMPLE"])) ON DELETE SET NULL\(columns) ON UPDATE \(pick(["CASCADE", "NO ACTION"])))
        """)
    }
    if chance(30) {
      sql.append("ALTER TABLE s1.listed ENABLE ROW LEVEL SECURITY")
      sql.append("CREATE POLICY listed_p ON s1.listed USING (id > \(pick([0, 1])))")
    }
  }
}
