/// What bug reports were about, and few schemas have: others' grants, invalid indexes, typed tables, collations made
/// anew, extensions whose types stand in columns, names of NOT NULL that change places.
extension SchemaGenerator {
  mutating func rarities(_ other: String) {
    if chance(30) { handedOn() }
    if chance(30) { invalidIndex() }
    if chance(30) { formed() }
    if chance(30) { collated() }
    if hasExtension, server.hasTrigrams, chance(30) { extensionColumns(other) }
    if server.major >= 18, chance(40) { swappedNames() }
  }

  /// Privileges that a grantee granted.
  private mutating func handedOn() {
    let privileges = pick(["SELECT", "SELECT, UPDATE", "SELECT (a), UPDATE (b)"])
    sql += [
      "CREATE TABLE s1.handed (a integer, b integer)", "GRANT USAGE ON SCHEMA s1 TO dbtool_reader",
      "GRANT \(privileges) ON s1.handed TO dbtool_reader WITH GRANT OPTION",
    ]
    guard chance(70) else { return }
    let handed = privileges.contains("(") ? "SELECT (a)" : pick(["SELECT", "SELECT (a)"])
    // Who holds the grant option of the whole table may not hand on that of a column.
    let isHandedOn = privileges.contains("(") == handed.contains("(") && chance(30)
    sql.append("SET ROLE dbtool_reader")
    sql.append("GRANT \(handed) ON s1.handed TO \"dbtool Writer\"\(isHandedOn ? " WITH GRANT OPTION" : "")")
    sql.append("RESET ROLE")
    if chance(30) { sql.append("GRANT \(handed) ON s1.handed TO \"dbtool Writer\"") }
  }

  /// An index that was left behind when its making failed.
  private mutating func invalidIndex() {
    sql.append("CREATE TABLE s1.left_behind (a integer, b integer)")
    sql.append("CREATE INDEX left_behind_a ON s1.left_behind (a)")
    if chance(50) {
      sql.append("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's1.left_behind_a'::regclass")
    }
    if chance(30) { sql.append("CREATE UNIQUE INDEX left_behind_b ON s1.left_behind (b)") }
  }

  /// A table that is of a type, or looks like one.
  private mutating func formed() {
    let type = pick(["integer", "integer", "bigint"])
    sql.append("CREATE TYPE s1.form AS (a \(type), b text)")
    sql.append(pick(["CREATE TABLE s1.formed OF s1.form", "CREATE TABLE s1.formed (a \(type), b text)"]))
    if chance(40) { sql.append("ALTER TABLE s1.formed ADD CONSTRAINT formed_a CHECK (a > 0)") }
    if chance(40) { sql.append("CREATE INDEX formed_b ON s1.formed (b)") }
    if chance(40) { sql.append("ALTER TABLE s1.formed ALTER b SET DEFAULT '\(pick(["x", "y"]))'") }
    if chance(30) { sql.append("CREATE VIEW s1.v_formed AS SELECT f.a, f.b FROM s1.formed f") }
    if chance(30) { sql.append("CREATE TABLE s1.form_list (id integer, forms s1.form[], row_of s1.formed)") }
  }

  /// A collation that cannot be altered, where it stands.
  private mutating func collated() {
    sql.append("CREATE COLLATION s1.order_of (LOCALE = '\(pick(["C", "C", "POSIX"]))')")
    comment("COLLATION s1.order_of")
    sql.append("CREATE DOMAIN s1.word AS text COLLATE s1.order_of\(pick(["", " CHECK (VALUE <> '')"]))")
    sql.append(
      "CREATE TABLE s1.collated (id integer PRIMARY KEY, a text COLLATE s1.order_of, b text, c s1.word DEFAULT 'w')")
    if chance(50) { sql.append("CREATE INDEX collated_a ON s1.collated (a)") }
    if chance(40) { sql.append("CREATE INDEX collated_b ON s1.collated (b COLLATE s1.order_of)") }
    if chance(40) { sql.append("ALTER TABLE s1.collated ADD CONSTRAINT collated_c CHECK (a < 'm' OR c > a)") }
    if chance(40) { sql.append("CREATE VIEW s1.v_collated AS SELECT c.a, c.c FROM s1.collated c ORDER BY c.a") }
  }

  /// Columns of types that an extension brings, wherever it is.
  private mutating func extensionColumns(_ other: String) {
    let schema = pick(["s1", other])
    sql.append("CREATE EXTENSION hstore WITH SCHEMA \(schema)")
    sql.append("CREATE TABLE s1.extended (id integer, h \(schema).hstore, hs \(schema).hstore[])")
    if chance(50) { sql.append("CREATE INDEX extended_h ON s1.extended USING gin (h)") }
    if chance(40) { sql.append("ALTER TABLE s1.extended ADD CONSTRAINT extended_h CHECK (\(schema).exist(h, 'a'))") }
    if chance(40) {
      sql.append(
        "CREATE FUNCTION s1.f_h(v \(schema).hstore) RETURNS text[] LANGUAGE sql IMMUTABLE RETURN \(schema).akeys(v)")
    }
    if chance(30) { sql.append("CREATE DOMAIN s1.some_h AS \(schema).hstore") }
  }

  /// Names of NOT NULL constraints, which are constraints since version 18.
  private mutating func swappedNames() {
    let names = pick([["one", "two"], ["two", "one"], ["one", "three"]])
    let alone = pick(["", " NO INHERIT"])
    sql.append("CREATE TABLE s1.swapped (a integer CONSTRAINT \(names[0]) NOT NULL, b integer, c integer)")
    sql.append("ALTER TABLE s1.swapped ADD CONSTRAINT \(names[1]) NOT NULL b\(alone)")
    comment("CONSTRAINT \(names[0]) ON s1.swapped", 50)
    comment("CONSTRAINT \(names[1]) ON s1.swapped", 50)
    if chance(50) { sql.append("CREATE TABLE s1.swapped_child () INHERITS (s1.swapped)") }
    if sql.last == "CREATE TABLE s1.swapped_child () INHERITS (s1.swapped)", chance(50) {
      sql.append("ALTER TABLE s1.swapped_child ADD CONSTRAINT own_c NOT NULL c")
    }
  }
}
