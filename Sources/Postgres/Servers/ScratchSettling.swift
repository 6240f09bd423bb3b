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
  func removeSettings(of name: String, but base: ScratchTemplate?) async throws {
    try await admin.execute("ALTER DATABASE \(Quote.identifier(name)) SET TABLESPACE pg_default")
    func number(_ name: String) -> String { "(SELECT oid FROM pg_database WHERE datname = \(Quote.literal(name)))" }
    // In one message: all of it or nothing, in no transaction in which others could find this connection.
    try await admin.execute(
      """
      LOCK TABLE pg_db_role_setting IN SHARE ROW EXCLUSIVE MODE;
      DELETE FROM pg_db_role_setting WHERE setdatabase = \(number(name));
      INSERT INTO pg_db_role_setting
      SELECT \(number(name)), setrole, setconfig FROM pg_db_role_setting WHERE setdatabase = \(number(base?.name ?? ""))
      """)
  }
}
