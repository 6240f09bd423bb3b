/// What makes a database that was loaded one that others are copied from: it is nobody's who loads, and has nothing of other runs.
///
/// All who load act as one role, `dbtool_owner`, which owns the databases that they load into, and the copies of templates: their
/// functions, triggers and foreign keys have the rights of a database's owner, by way of `pg_database_owner`. The owner may also
/// set parameters for a database. What another run did at the same moment would be gone with a copy, but stay in a template.
extension ScratchServer {
  /// Takes a database away from those who load.
  func close(_ name: String) async throws {
    try await admin.execute("ALTER DATABASE \(Quote.identifier(name)) OWNER TO \(Self.superuser)")
  }

  /// Has a database that was closed have the settings of the one that it was copied from: where strangers are, nothing that is
  /// loaded sets any (`Script.mayGainRights`).
  ///
  /// Whoever sets a parameter has the database locked while he is asked whether he owns it and until he has written it; what he has
  /// written counts when he commits (PostgreSQL: `AlterDatabaseSet`). To name its tablespace, which changes nothing, waits for
  /// the first, a lock of the catalog for the second. After both nobody is left who was still let in.
  ///
  /// - Throws: `ServerError.changedByOthers` where somebody who has written one does not commit within five seconds.
  func removeSettings(of name: String, but base: ScratchTemplate?) async throws {
    func number(_ name: String) -> String { "(SELECT oid FROM pg_database WHERE datname = \(Quote.literal(name)))" }
    let notice = Task {
      if (try? await Task.sleep(for: WaitNotice.patience)) != nil {
        WaitNotice.report("waiting for another run that sets parameters of databases on the same scratch server")
      }
    }
    defer { notice.cancel() }
    do {
      try await Connection.with(reading(database: "postgres")) { connection in
        try await connection.execute("SET lock_timeout = '5s'")
        try await connection.execute("ALTER DATABASE \(Quote.identifier(name)) SET TABLESPACE pg_default")
        // In one message: all of it or nothing, in no transaction in which others could find this connection.
        try await connection.execute(
          """
          LOCK TABLE pg_db_role_setting IN SHARE ROW EXCLUSIVE MODE;
          DELETE FROM pg_db_role_setting WHERE setdatabase = \(number(name));
          INSERT INTO pg_db_role_setting
          SELECT \(number(name)), setrole, setconfig FROM pg_db_role_setting WHERE setdatabase = \(number(base?.name ?? ""))
          """)
      }
    } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
      try generation.end()
      throw ServerError.changedByOthers
    }
  }

  /// Refuses to load, on a server that strangers share, into a database that somebody gave a setting before this session began.
  /// Only a superuser gives templates any; the session may have those.
  ///
  /// - Throws: `ServerError.changedByOthers`; nobody uses the server after that.
  nonisolated func refuseSettingsOfOthers(_ connection: Connection) async throws {
    guard isForStrangers else { return }
    // The session may find others' operators first.
    let isChanged = try await connection.query(
      """
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_settings s
         WHERE s.source OPERATOR(pg_catalog.=) ANY (ARRAY['database', 'database user']::pg_catalog.text[])
           AND NOT EXISTS (
             SELECT FROM pg_catalog.pg_db_role_setting d
               JOIN pg_catalog.pg_database t ON t.oid OPERATOR(pg_catalog.=) d.setdatabase AND t.datdba OPERATOR(pg_catalog.=) 10::pg_catalog.oid
              CROSS JOIN pg_catalog.unnest(d.setconfig) AS c (text)
              WHERE pg_catalog.split_part(c.text, '=', 1) OPERATOR(pg_catalog.=) s.name))
      """)[0].bool(0)
    if isChanged {
      try generation.end()
      throw ServerError.changedByOthers
    }
  }
}
