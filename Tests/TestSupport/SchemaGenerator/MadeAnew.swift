import Postgres

/// Types and tables that are made anew while others hold on to what they were.
extension SchemaGenerator {
  mutating func madeAnew() {
    if chance(30) { calledAlike() }
    if chance(30) { narrowed() }
    if chance(30) { lenient() }
    if chance(30) { handedDown() }
    if chance(30) { unfinished() }
    if chance(30) { computedRows() }
    if chance(30) { relabelled() }
    if chance(30) { looksAlike() }
  }

  /// A name that an enum has, or a domain; and a column that is computed, or was.
  private mutating func calledAlike() {
    sql.append(
      pick([
        "CREATE TYPE s1.alike AS ENUM ('a', 'b')", "CREATE DOMAIN s1.alike AS text CHECK (VALUE IN ('a', 'b'))",
        "CREATE DOMAIN s1.alike AS character varying(9)",
      ]))
    let computed = pick(["", " GENERATED ALWAYS AS ('a'::s1.alike) STORED"])
    sql.append("CREATE TABLE s1.of_alike (id integer, a s1.alike DEFAULT 'a', b s1.alike[], g s1.alike\(computed))")
    if chance(40) { sql.append("CREATE INDEX of_alike_a ON s1.of_alike (a)") }
  }

  /// Values within others, of types that may become narrower.
  private mutating func narrowed() {
    let (word, number) = (
      pick(["character varying(9)", "character varying(3)", "text"]), pick(["numeric", "numeric(5,1)"])
    )
    sql.append("CREATE TYPE s1.narrow_pair AS (w \(word), n \(number))")
    sql.append("CREATE DOMAIN s1.narrow_word AS \(word)")
    sql.append("CREATE TABLE s1.narrowed (p s1.narrow_pair, q s1.narrow_pair[], w s1.narrow_word, v s1.narrow_word[])")
  }

  /// A check that is for new values, of a domain that may be made anew.
  private mutating func lenient() {
    sql.append("CREATE DOMAIN s1.lenient AS \(pick(["text", "character varying"]))")
    sql.append("CREATE TYPE s1.lenient_pair AS (l s1.lenient)")
    sql.append("CREATE TABLE s1.of_lenient (a s1.lenient, b s1.lenient[], c s1.lenient_pair)")
    if chance(60) {
      sql.append("ALTER DOMAIN s1.lenient ADD CONSTRAINT long CHECK (length(VALUE) > \(pick([5, 50]))) NOT VALID")
    }
  }

  /// What somebody handed on, whoever the owner is.
  private mutating func handedDown() {
    let writer = Quote.identifier(Self.roles[1])
    sql.append("CREATE TABLE s1.handed_down (a integer)")
    if chance(50) { sql.append("ALTER TABLE s1.handed_down OWNER TO \(Self.roles[0])") }
    sql.append("GRANT SELECT ON s1.handed_down TO \(writer) WITH GRANT OPTION")
    if chance(60) {
      sql.append("GRANT USAGE ON SCHEMA s1 TO \(writer)")
      sql.append("SET ROLE \(writer)")
      sql.append("GRANT SELECT ON s1.handed_down TO PUBLIC")
      sql.append("RESET ROLE")
    }
  }

  /// An index that its parent has alone, while partitions come, go, and get other bounds.
  private mutating func unfinished() {
    sql.append("CREATE TABLE s1.unfinished (k integer NOT NULL, v text) PARTITION BY LIST (k)")
    sql.append("CREATE TABLE s1.unfinished_1 PARTITION OF s1.unfinished FOR VALUES IN (\(pick(["1", "1, 2"])))")
    if chance(50) { sql.append("CREATE TABLE s1.unfinished_2 PARTITION OF s1.unfinished FOR VALUES IN (5)") }
    if chance(70) { sql.append("CREATE INDEX unfinished_v ON ONLY s1.unfinished (v)") }
    if chance(50) { sql.append("ALTER TABLE ONLY s1.unfinished ADD CONSTRAINT unfinished_k UNIQUE (k)") }
  }

  /// Rows of a table that are computed in another.
  private mutating func computedRows() {
    sql.append("CREATE TABLE s1.computed_row (a \(pick(["integer", "bigint"])))")
    let computed = pick(["", " GENERATED ALWAYS AS (ROW(id)::s1.computed_row) STORED"])
    sql.append("CREATE TABLE s1.computed_rows (id integer, g s1.computed_row\(computed))")
  }

  /// An enum that may lose a label, while a table that uses it is made anew.
  private mutating func relabelled() {
    sql.append("CREATE TYPE s1.relabelled AS ENUM (\(pick(["'a', 'b'", "'b', 'a'", "'a'"])))")
    sql.append("CREATE TYPE s1.relabelled__old AS ENUM ('x')")
    sql.append(
      "CREATE TABLE s1.of_relabelled (a integer, e s1.relabelled) PARTITION BY \(pick(["LIST", "RANGE"])) (a)")
    sql.append(
      "CREATE TABLE s1.also_relabelled (e s1.relabelled\(pick([" DEFAULT 'a'", " GENERATED ALWAYS AS ('a'::s1.relabelled) STORED"])))"
    )
  }

  /// Names and texts that Unicode holds to be the same.
  private mutating func looksAlike() {
    let letters = ["K", "\u{212a}"]
    for letter in letters where chance(60) {
      sql.append(
        "CREATE TABLE s1.\"alike \(letter)\" (\"\(pick(letters))\" integer, note text DEFAULT '\(pick(letters))')")
    }
    sql.append("CREATE VIEW s1.v_alike AS SELECT '\(pick(letters))'::text AS letter")
  }
}
