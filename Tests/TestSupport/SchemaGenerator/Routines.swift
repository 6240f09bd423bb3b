/// Functions, and what calls them.
extension SchemaGenerator {
  mutating func functions(_ enums: [String]) {
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

  /// Routines and triggers of the less usual kinds.
  mutating func moreRoutines(_ tables: [TableModel]) {
    if chance(40) {
      let body = pick(["RETURN a + 1", "RETURN a * 2", "BEGIN ATOMIC SELECT 1; SELECT a; END"])
      sql.append(
        "CREATE FUNCTION s1.f_standard(a integer\(pick(["", " DEFAULT 3"]))) RETURNS integer LANGUAGE sql \(body)")
      comment("FUNCTION s1.f_standard(integer)")
    }
    if let table = tables.first, chance(30) {
      sql.append(
        "CREATE FUNCTION s1.f_atomic() RETURNS SETOF bigint LANGUAGE sql BEGIN ATOMIC SELECT t.id FROM \(table.name) t; END"
      )
    }
    if chance(40) {
      sql.append("CREATE FUNCTION s1.f_over(integer) RETURNS integer LANGUAGE sql COST \(pick([1, 50])) AS 'SELECT $1'")
      sql.append("CREATE FUNCTION s1.f_over(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT $1'")
      if chance(50) {
        sql.append("CREATE FUNCTION s1.f_over(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1'")
      }
      comment("FUNCTION s1.f_over(text, text[])")
    }
    if chance(25) {
      sql.append(
        "CREATE FUNCTION s1.f_rank() RETURNS bigint LANGUAGE internal WINDOW AS 'window_\(pick(["rank", "row_number"]))'"
      )
    }
    if chance(25) {
      sql.append(
        "CREATE FUNCTION s1.f_support(internal) RETURNS internal LANGUAGE internal STRICT AS 'generate_series_int4_support'"
      )
      sql.append(
        """
        CREATE FUNCTION s1.f_series(integer, integer) RETURNS SETOF integer LANGUAGE internal IMMUTABLE STRICT
          ROWS \(pick([10, 1000])) \(pick(["", "SUPPORT s1.f_support", "LEAKPROOF"])) AS 'generate_series_int4'
        """)
    }
    if chance(25) {
      sql.append(
        pick([
          """
          CREATE AGGREGATE s1.middle(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
            FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)
          """,
          """
          CREATE AGGREGATE s1.moving(integer) (SFUNC = int4pl, STYPE = integer, MSFUNC = int4pl, MINVFUNC = int4mi,
            MSTYPE = integer, INITCOND = '0', MINITCOND = '0')
          """,
        ]))
    }
    guard let table = tables.last, chance(60) else { return }
    sql.append("CREATE FUNCTION s1.f_statement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
    if chance(40) {
      sql.append(
        """
        CREATE CONSTRAINT TRIGGER checked AFTER INSERT\(pick(["", " OR UPDATE"])) ON \(table.name)
          \(pick(["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"])) FOR EACH ROW EXECUTE FUNCTION s1.f_statement()
        """)
      comment("TRIGGER checked ON \(table.name)")
    }
    if chance(40) {
      sql.append(
        """
        CREATE TRIGGER moved AFTER UPDATE ON \(table.name)
          REFERENCING \(pick(["OLD TABLE AS old_rows", "NEW TABLE AS new_rows", "OLD TABLE AS o NEW TABLE AS n"]))
          FOR EACH STATEMENT EXECUTE FUNCTION s1.f_statement(\(pick(["", "'an argument', '2'"])))
        """)
    }
    if chance(25) {
      sql.append("CREATE TRIGGER emptied BEFORE TRUNCATE ON \(table.name) EXECUTE FUNCTION s1.f_statement()")
    }
  }
}
