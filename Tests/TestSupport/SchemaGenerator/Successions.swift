/// What takes the place, or the name, of something else while other things hold on to it.
extension SchemaGenerator {
  mutating func successions() {
    if chance(30) { overloaded() }
    if chance(30) { exchanged() }
    if chance(30) { renumbered() }
    if chance(30) { keyedWithin() }
    if chance(30) { foreignHeir() }
    if chance(30) { hungOnType() }
  }

  /// A function that takes other arguments, and calls that mean one of its name.
  private mutating func overloaded() {
    let arguments = pick(["a integer", "a integer, b integer DEFAULT 1", "a bigint", "VARIADIC a integer[]"])
    sql.append("CREATE FUNCTION s1.f_called(\(arguments)) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'")
    sql.append("CREATE TABLE s1.called (a integer DEFAULT s1.f_called(\(pick([1, 2]))))")
    if chance(40) { sql.append("CREATE VIEW s1.v_calls AS SELECT s1.f_called(\(pick([1, 2]))) AS called") }
    if chance(40) { sql.append("CREATE POLICY calls ON s1.called USING (s1.f_called(\(pick([1, 2]))) > 0)") }
    if chance(40) { sql.append("ALTER TABLE s1.called ADD CHECK (a <> s1.f_called(\(pick([1, 2]))))") }
    if chance(30) {
      sql.append(
        "CREATE FUNCTION s1.f_calls() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT s1.f_called(\(pick([1, 2]))); END"
      )
    }
  }

  /// Columns whose types are made anew, and change places.
  private mutating func exchanged() {
    let types = pick([["one_of", "other_of"], ["other_of", "one_of"], ["one_of", "one_of"]])
    for name in ["one_of", "other_of"] {
      sql.append(
        pick([
          "CREATE DOMAIN s1.\(name) AS integer", "CREATE DOMAIN s1.\(name) AS bigint",
          "CREATE DOMAIN s1.\(name) AS text",
        ]))
    }
    sql.append("CREATE TABLE s1.exchanged (a s1.\(types[0]), b s1.\(types[1])\(pick(["", "[]"])))")
    if chance(30) { sql.append("CREATE INDEX exchanged_a ON s1.exchanged (a)") }
  }

  /// Numbers that come from an identity or from a sequence, and may be missing in the end.
  private mutating func renumbered() {
    if chance(50) {
      sql.append(
        "CREATE TABLE s1.renumbered (id integer GENERATED \(pick(["ALWAYS", "BY DEFAULT"])) AS IDENTITY\(pick(["", " PRIMARY KEY"])))"
      )
    } else {
      let sequence = pick(["renumbered_id_seq", "other_numbers"])
      sql.append("CREATE SEQUENCE s1.\(sequence)")
      sql.append("CREATE TABLE s1.renumbered (id integer DEFAULT nextval('s1.\(sequence)')\(pick(["", " NOT NULL"])))")
    }
  }

  /// A partition that is partitioned by a column whose type may change once it is gone.
  private mutating func keyedWithin() {
    let isKeyed = chance(40)
    sql.append(
      "CREATE TABLE s1.keyed_part (id integer, n \(isKeyed ? "integer" : pick(["integer", "bigint"]))) PARTITION BY LIST (id)"
    )
    sql.append("CREATE TABLE s1.keyed_1 PARTITION OF s1.keyed_part FOR VALUES IN (1)")
    if isKeyed {
      sql.append("CREATE TABLE s1.keyed_2 PARTITION OF s1.keyed_part FOR VALUES IN (2) PARTITION BY LIST (n)")
    }
  }

  /// A foreign table that has its columns from another table.
  private mutating func foreignHeir() {
    sql.append("CREATE FOREIGN DATA WRAPPER heir_wrapper")
    sql.append("CREATE SERVER heir_wrapper FOREIGN DATA WRAPPER heir_wrapper")
    sql.append("CREATE TABLE s1.bequest (a integer, b text)")
    sql.append("CREATE FOREIGN TABLE s1.far_heir () INHERITS (s1.bequest) SERVER heir_wrapper")
    if chance(60) {
      sql.append("ALTER FOREIGN TABLE s1.far_heir ALTER b OPTIONS (ADD column_name '\(pick(["x", "y"]))')")
    }
  }

  /// What hangs on the columns of a table that is of a type.
  private mutating func hungOnType() {
    let (a, c) = (pick(["integer", "bigint"]), pick(["", ", c text"]))
    sql.append("CREATE TYPE s1.shape_of AS (a \(a), b \(pick(["text", "character varying"]))\(c))")
    sql.append("CREATE TABLE s1.of_shape OF s1.shape_of")
    if chance(40) { sql.append("CREATE POLICY shaped ON s1.of_shape USING (a > \(pick([1, 2])))") }
    if chance(40) { sql.append("CREATE INDEX shaped_b ON s1.of_shape (b\(c.isEmpty ? "" : ", c"))") }
    if chance(40) { sql.append("CREATE VIEW s1.v_shaped AS SELECT s.b <> '' AS filled FROM s1.of_shape s") }
    if chance(40) {
      sql.append("CREATE RULE shaped AS ON UPDATE TO s1.of_shape WHERE new.a > 3 DO ALSO SELECT \(pick([1, 2]))")
    }
    if !c.isEmpty, chance(40) { sql.append("ALTER TABLE s1.of_shape ADD CHECK (c <> '')") }
  }
}
