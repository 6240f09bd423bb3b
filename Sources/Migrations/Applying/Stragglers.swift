internal import Postgres

/// What goes on in the server for an apply that was killed: a server process does not notice that nobody listens before
/// it has something to say.
enum Stragglers {
  /// Waits until they have ended; only then the history and the catalogs say what was done.
  static func wait(_ connection: Connection, _ report: ([Blocker]) -> Void) async throws {
    var told = false
    while true {
      let rows = try await connection.query(
        """
        SELECT pid, application_name,
               coalesce(pg_catalog.date_trunc('second', pg_catalog.now() - xact_start)::pg_catalog.text, 'a while'),
               pg_catalog.left(query, 100)
          FROM pg_catalog.pg_stat_activity
         WHERE datname = pg_catalog.current_database() AND application_name = 'dbtool apply'
           AND pid <> pg_catalog.pg_backend_pid() AND state <> 'idle'
        """)
      if rows.isEmpty { return }
      if !told {
        report(
          try rows.map { row in
            Blocker(
              pid: try row.int(0), application: "an earlier dbtool apply", age: try row.string(2),
              query: Secrets.withoutConstants(try row.string(3)).replacing("\n", with: " "))
          })
        told = true
      }
      try await Task.sleep(for: .milliseconds(200))
    }
  }
}
