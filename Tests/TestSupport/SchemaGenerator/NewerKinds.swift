extension SchemaGenerator {
  /// What versions after 15 brought.
  mutating func newerKinds() {
    guard server.major >= 18 else { return }
    if chance(50) {
      sql.append(
        """
        CREATE TABLE s1.newer (
          id integer CONSTRAINT \(pick(["newer_id_not_null", "\"must have\"", "id_there"])) NOT NULL,
          amount integer\(pick(["", " NOT NULL", " NOT NULL NO INHERIT"])),
          twice integer GENERATED ALWAYS AS (\(pick(["amount * 2", "amount + amount"]))) \(pick(["VIRTUAL", "STORED"])),
          note text)
        """)
      if chance(50) {
        sql.append(
          "ALTER TABLE s1.newer ADD CONSTRAINT noted NOT NULL note\(pick(["", " NO INHERIT"]))\(pick(["", " NOT VALID"]))"
        )
      }
      if chance(50) {
        sql.append(
          "ALTER TABLE s1.newer ADD CONSTRAINT newer_check CHECK (id > 0)\(pick(["", " NOT ENFORCED", " NOT VALID"]))")
      }
    }
    if chance(50) {
      let check = pick(["", ", CONSTRAINT months_check CHECK (n > 0)"])
      let key = pick(["", ", PRIMARY KEY (id)"])
      let name = pick(["months_at_not_null", "own"])
      sql += [
        "CREATE TABLE s1.months (id bigint NOT NULL, at date NOT NULL, n integer\(check)) PARTITION BY RANGE (at)",
        "CREATE TABLE s1.january (at date CONSTRAINT \(name) NOT NULL, n integer, id bigint NOT NULL\(key)\(check))",
        "ALTER TABLE s1.months ATTACH PARTITION s1.january FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
      ]
      if chance(50) {
        sql.append("CREATE TABLE s1.february PARTITION OF s1.months FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')")
      }
    }
    if chance(50) { computedByPartitions() }
    if chance(50) { spans() }
    if chance(50) { promises("vow", "vow_kept", isPartitioned: false) }
    if chance(50) { promises("promise", "promise_kept", isPartitioned: true) }
    if chance(50) {
      sql.append(
        """
        CREATE TABLE s1.temporal (room int4range, during daterange,
          CONSTRAINT temporal_key \(pick(["PRIMARY KEY", "UNIQUE"])) (room, during WITHOUT OVERLAPS))
        """)
      if chance(60) {
        sql.append(
          """
          CREATE TABLE s1.visits (room int4range, during daterange\(pick(["", " NOT NULL"])),
            CONSTRAINT visits_room FOREIGN KEY (room, PERIOD during) REFERENCES s1.temporal (room, PERIOD during)
              \(pick(["", "NOT ENFORCED", "DEFERRABLE"])))
          """)
      }
    }
  }

  /// A column that partitions compute in their own way.
  private mutating func computedByPartitions() {
    let kind = pick(["VIRTUAL", "STORED"])
    func own() -> String { pick(["", " (c GENERATED ALWAYS AS (a + \(pick([30, 40]))) \(kind))"]) }
    sql.append(
      "CREATE TABLE s1.counted (a integer, c integer GENERATED ALWAYS AS (a + \(pick([1, 2]))) \(kind)) PARTITION BY LIST (a)"
    )
    sql.append("CREATE TABLE s1.counted_1 PARTITION OF s1.counted\(own()) FOR VALUES IN (1)")
    sql.append("CREATE TABLE s1.counted_2 PARTITION OF s1.counted\(own()) FOR VALUES IN (2) PARTITION BY LIST (a)")
    sql.append("CREATE TABLE s1.counted_2a PARTITION OF s1.counted_2\(own()) FOR VALUES IN (2)")
  }

  /// Keys over a range, or a domain of ranges, that may be made anew.
  private mutating func spans() {
    sql.append("CREATE TYPE s1.stretch AS RANGE (SUBTYPE = \(pick(["integer", "bigint"])))")
    sql.append("CREATE DOMAIN s1.stretches AS s1.stretch\(pick(["", " CHECK (NOT isempty(VALUE))"]))")
    sql.append(
      "CREATE TABLE s1.stretched (room int4range, of s1.\(pick(["stretch", "stretches"])), CONSTRAINT stretched_key PRIMARY KEY (room, of WITHOUT OVERLAPS))"
    )
  }

  /// NOT NULL of a table and of one below it, for all rows or for new ones.
  private mutating func promises(_ whole: String, _ part: String, isPartitioned: Bool) {
    sql += [
      "CREATE TABLE s1.\(whole) (a integer, k integer)\(isPartitioned ? " PARTITION BY LIST (k)" : "")",
      "CREATE TABLE s1.\(part) (a integer, k integer)",
    ]
    let attach =
      isPartitioned
      ? "ALTER TABLE s1.\(whole) ATTACH PARTITION s1.\(part) FOR VALUES IN (1)"
      : "ALTER TABLE s1.\(part) INHERIT s1.\(whole)"
    let above = pick(isPartitioned ? [nil, "", " NOT VALID"] : [nil, "", " NOT VALID", " NO INHERIT"])
    // What a child promises may be more than what its parent does, never less.
    var below: [String?] = [nil, ""]
    if above != "" { below.append(" NOT VALID") }
    if above == nil || above == " NO INHERIT" { below.append(" NO INHERIT") }
    func add(_ table: String, _ name: String, _ words: String?) -> [String] {
      words.map { ["ALTER TABLE s1.\(table) ADD CONSTRAINT \(name) NOT NULL a\($0)"] } ?? []
    }
    let own = add(part, pick(["of_part", "of_whole"]), pick(below))
    if chance(50) || own.isEmpty {
      sql += [attach] + own + add(whole, pick(["of_whole", "kept"]), above)
    } else {
      sql += own + add(whole, pick(["of_whole", "kept"]), above) + [attach]
    }
  }
}
