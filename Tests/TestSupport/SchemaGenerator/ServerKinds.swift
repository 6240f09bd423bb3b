/// Kinds that few databases have, and what reaches beyond one.
extension SchemaGenerator {
  /// Kinds that few databases have.
  mutating func rareKinds(_ tables: [TableModel]) {
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
        "CREATE EVENT TRIGGER watch_ddl ON \(pick(["ddl_command_end", "sql_drop"]))\(pick(["", " WHEN TAG IN ('CREATE VIEW')"])) EXECUTE FUNCTION s1.f_event()"
      )
    }
    if chance(30) {
      sql.append(
        "CREATE PUBLICATION changes\(pick(["", " WITH (publish = 'insert')", " WITH (publish_via_partition_root = true)"]))"
      )
      comment("PUBLICATION changes")
      if let table = tables.first(where: { $0.isReferable }), chance(70) {
        sql.append(
          "ALTER PUBLICATION changes ADD TABLE \(table.name)\(server.major >= 15 ? pick(["", " WHERE (id > 5)"]) : "")")
      }
    }
  }

  mutating func defaultPrivileges(_ other: String) {
    if chance(25) { sql.append("ALTER DEFAULT PRIVILEGES IN SCHEMA s1 GRANT SELECT ON TABLES TO dbtool_reader") }
    if !hasExtension, chance(40) { sql.append("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC") }
    if chance(15) { sql.append("ALTER DEFAULT PRIVILEGES IN SCHEMA s1 GRANT USAGE ON SEQUENCES TO \"dbtool Writer\"") }
    if chance(30) { sql.append("GRANT USAGE ON SCHEMA s1 TO dbtool_reader") }
    if other != "s1", chance(30) { sql.append("GRANT USAGE, CREATE ON SCHEMA \(other) TO \"dbtool Writer\"") }
  }

  mutating func jobs() {
    if chance(40) {
      sql.append("SELECT cron.schedule('nightly', '\(pick(["0 3 * * *", "0 4 * * *"]))', 'SELECT \(pick([1, 2]))')")
    }
  }

  /// What belongs to the server as much as to the database.
  mutating func moreServerKinds() {
    for name in ["from_afar", "\"from Afar\""] where chance(15) && server.hasSubscriptions {
      let options = pick([
        "", ", slot_name = NONE", ", binary = true", ", synchronous_commit = remote_apply", ", streaming = on",
      ])
      sql.append(
        """
        CREATE SUBSCRIPTION \(name) CONNECTION '\(pick(["host=nowhere", "dbname=x host=nowhere"]))'
          PUBLICATION \(pick(["one", "one, two", "\"T wo\""])) WITH (connect = false\(options))
        """)
      comment("SUBSCRIPTION \(name)")
    }
    if chance(25) {
      let setting = pick(["work_mem = '5MB'", "search_path = s1, \"$user\"", "work_mem = '6MB'"])
      let subject = pick(["DATABASE %I", "DATABASE %I", "ROLE dbtool_reader IN DATABASE %I"])
      sql.append(
        "DO $$ BEGIN EXECUTE format('ALTER \(subject) SET \(setting.replacing("'", with: "''"))', current_database()); END $$"
      )
    }
    if chance(15) {
      sql.append("CREATE ACCESS METHOD heap9 TYPE TABLE HANDLER heap_tableam_handler")
      comment("ACCESS METHOD heap9")
      sql.append("CREATE TABLE s1.kept (id integer) USING \(pick(["heap9", "heap"]))")
    }
    if chance(15) {
      let isTrusted = chance(50)
      sql.append(
        """
        CREATE \(isTrusted ? "TRUSTED " : "")LANGUAGE plother HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler
          VALIDATOR plpgsql_validator
        """)
      comment("LANGUAGE plother")
      sql.append("CREATE FUNCTION s1.f_other() RETURNS integer LANGUAGE plother AS 'BEGIN RETURN \(pick([1, 2])); END'")
      if isTrusted, chance(60) { sql.append("GRANT USAGE ON LANGUAGE plother TO dbtool_reader") }
    }
  }
}
