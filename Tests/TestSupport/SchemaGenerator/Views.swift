/// Views and materialized views.
extension SchemaGenerator {
  mutating func views(_ tables: [TableModel]) {
    guard !tables.isEmpty else { return }
    let table = pick(tables)
    let columns = ["id"] + table.columns.filter { _ in chance(60) }.map(\.name)
    if chance(80) {
      let options = pick([
        "", server.major >= 15 ? " WITH (security_invoker = true)" : "", " WITH (security_barrier = true)",
      ])
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

  /// Views of the less usual kinds.
  mutating func moreViews(_ tables: [TableModel]) {
    if chance(30) {
      sql.append(
        "CREATE RECURSIVE VIEW s1.chain (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM chain WHERE n < \(pick([10, 20]))"
      )
    }
    guard let table = tables.last else { return }
    if chance(40) {
      let option = pick(["", " WITH LOCAL CHECK OPTION", " WITH CASCADED CHECK OPTION"])
      sql.append("CREATE VIEW s1.checked AS SELECT t.id FROM \(table.name) t WHERE t.id > 0\(option)")
      if chance(30) { sql.append("ALTER VIEW s1.checked ALTER COLUMN id SET DEFAULT 5") }
      if chance(40) {
        sql.append("CREATE FUNCTION s1.f_instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
        sql.append("CREATE VIEW s1.v_instead AS SELECT t.id, count(*) AS n FROM \(table.name) t GROUP BY t.id")
        sql.append(
          "CREATE TRIGGER instead INSTEAD OF \(pick(["INSERT", "UPDATE OR DELETE"])) ON s1.v_instead FOR EACH ROW EXECUTE FUNCTION s1.f_instead()"
        )
      }
      if chance(40) {
        sql.append(
          "CREATE MATERIALIZED VIEW s1.m_checked\(pick(["", " WITH (fillfactor = 70)"])) AS SELECT c.id, c FROM s1.checked c"
        )
        sql.append("CREATE INDEX m_checked_idx ON s1.m_checked (id \(pick(["", "DESC"])))")
        if chance(50) { sql.append("ALTER TABLE s1.m_checked ALTER COLUMN id SET STATISTICS \(pick([10, 20]))") }
      }
    }
  }
}
