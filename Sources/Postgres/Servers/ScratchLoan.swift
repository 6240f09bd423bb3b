/// Who owns a scratch database: the superuser, but for as long as somebody loads into it.
///
/// All who load act as one role, `dbtool_owner`. The owner of a database may set parameters for it, and say of it that it is a
/// template: what another run's load did at the same time would stay with this database, and with what is copied from it. So a
/// database is lent; and where strangers share the server, its parameters are made afterwards what they were, and what this
/// load itself has set by statements that dbtool has signed.
struct LentDatabase: Sendable {
  /// How many sessions load into it.
  var sessions = 0
  /// Its parameters when it was lent: for which role, and which.
  var before: [(role: String, settings: String)] = []
  /// What has set parameters since, in order.
  var statements: [String] = []
}

extension ScratchServer {
  /// Runs a load that needs the database to be the loading role's.
  nonisolated func withLent<Result: Sendable>(
    _ name: String, _ watch: LoadingWatch, _ body: () async throws -> Result
  ) async throws -> Result {
    try await lend(name)
    do {
      let result = try await body()
      try await takeBack(name, watch)
      return result
    } catch {
      try? await takeBack(name, watch)
      throw error
    }
  }

  private func lend(_ name: String) async throws {
    if var lent = lent[name], lent.sessions > 0 {
      lent.sessions += 1
      self.lent[name] = lent
      return
    }
    let results = try await admin.pipeline([
      Statement(
        """
        SELECT s.setrole::text, s.setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
         WHERE d.datname = $1
        """, [name]),
      Statement("ALTER DATABASE \(Quote.identifier(name)) OWNER TO \(ScratchRights.owner)"),
    ])
    let before = try results[0].get().map { (role: try $0.string(0), settings: try $0.string(1)) }
    _ = try results[1].get()
    lent[name, default: LentDatabase()].sessions += 1
    lent[name]?.before = before
    lent[name]?.statements = []
  }

  private func takeBack(_ name: String, _ watch: LoadingWatch) async throws {
    lent[name]?.sessions -= 1
    lent[name]?.statements += watch.settings
    guard lent[name]?.sessions == 0 else { return }
    try await admin.execute("ALTER DATABASE \(Quote.identifier(name)) OWNER TO \(Self.superuser)")
    try await restoreSettings(name)
  }

  /// Has a database that was lent be nobody's any more who may still be about to change it.
  ///
  /// Whoever sets a parameter has the database locked while he is asked whether he owns it, and until he has written it; what he has
  /// written counts when he commits (PostgreSQL: `AlterDatabaseSet`). A new name waits for the first, a lock of the catalog
  /// for the second. After both nobody is left who was still let in.
  func settle(_ name: String) async throws {
    guard lent[name] != nil, isShared else { return }
    let (own, other) = (Quote.identifier(name), Quote.identifier(name + "_settling"))
    try await admin.execute("ALTER DATABASE \(own) RENAME TO \(other)")
    try await admin.execute("ALTER DATABASE \(other) RENAME TO \(own)")
    try await restoreSettings(name, after: "LOCK TABLE pg_db_role_setting IN SHARE ROW EXCLUSIVE MODE")
  }

  /// Where one text, or one run, has the server for itself, what it has set stays, however it did that.
  private func restoreSettings(_ name: String, after lock: String = "SELECT") async throws {
    guard isShared, let lent = lent[name] else { return }
    let database = "FROM pg_database WHERE datname = \(Quote.literal(name))"
    var statements = [lock, "DELETE FROM pg_db_role_setting WHERE setdatabase = (SELECT oid \(database))"]
    statements += lent.before.map { row in
      "INSERT INTO pg_db_role_setting SELECT oid, \(Quote.literal(row.role))::oid, \(Quote.literal(row.settings))::text[] \(database)"
    }
    // All of them or none, without a transaction in which others might find this connection.
    try await admin.execute((statements + lent.statements).joined(separator: ";\n"))
  }
}
