/// A transaction that is in a statement's way.
package struct Blocker: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A session's, by the number of its process.
    case process(Int, application: String)
    /// One that was prepared and that no session has, by its name (`PREPARE TRANSACTION`).
    case prepared(String)
  }

  package var kind: Kind
  package var role: String
  /// How long it has been open.
  package var age: String
  /// The statement that its session is at, or was at last, without the constants in it.
  package var query: String

  package init(_ kind: Kind, role: String, age: String, query: String = "") {
    self.kind = kind
    self.role = role
    self.age = age
    // On one line: the terminal shows what else is in it.
    self.query = Secrets.withoutConstants(query).replacing("\n", with: " ")
  }

  package var description: String {
    let who =
      switch kind {
      case .process(let pid, let application): "process \(pid)\(application.isEmpty ? "" : " (\(application))")"
      case .prepared(let name): "the prepared transaction \(name)"
      }
    return "\(who)\(role.isEmpty ? "" : " of the role \(role)"), open for \(age)\(query.isEmpty ? "" : ": \(query)")"
  }

  /// What ends it, for somebody who may.
  package var ending: String {
    switch kind {
    case .process(let pid, _): "SELECT pg_catalog.pg_terminate_backend(\(pid))"
    case .prepared(let name): "ROLLBACK PREPARED \(Quote.visibleLiteral(name))"
    }
  }
}

/// A lock that a session waits for, or the word of a standby without which its COMMIT does not end.
package struct LockWait: Sendable, Hashable {
  /// What is locked, as in "a lock on public.orders".
  package var lock: String
  /// Nobody, where it is a standby that is waited for.
  package var blockers: [Blocker]

  package var description: String {
    blockers.isEmpty ? lock : "\(lock), behind \(blockers.map(\.description).joined(separator: "; "))"
  }

  /// How to end the wait, for somebody who may.
  package var ending: String {
    blockers.isEmpty
      ? "to go on without it, take it out of synchronous_standby_names and reload; what is committed stays"
      : "to end what is in the way: \(blockers.map(\.ending).joined(separator: "; "))"
  }

  /// Which wait it is: the same for as long as the same transactions are in the way.
  package var identity: [String] { [lock] + blockers.map { "\($0.kind)" } }

  /// Reads what the sessions of a condition wait for; no rows where they do not.
  ///
  /// PostgreSQL: `pg_blocking_pids`, `pg_locks`, `pg_prepared_xacts`, the wait event `SyncRep`. Everybody may read these, and
  /// who the sessions are; what the sessions of others do is for members of `pg_read_all_stats`.
  ///
  /// - Parameter sessions: a condition on `pg_stat_activity a`.
  package static func query(_ sessions: String) -> String {
    """
    SELECT p.pid, coalesce(b.application_name, x.gid, ''), coalesce(b.usename, x.owner, '')::pg_catalog.text,
           coalesce(pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - coalesce(b.xact_start, x.prepared))::pg_catalog.text,
                    'a while'),
           coalesce(pg_catalog.left(b.query, 100), ''), coalesce(l.locktype, ''),
           CASE WHEN n.nspname IS NOT NULL THEN pg_catalog.format('%I.%I', n.nspname, c.relname) END
      FROM pg_catalog.pg_stat_activity a
      LEFT JOIN LATERAL (SELECT k.* FROM pg_catalog.pg_locks k WHERE k.pid = a.pid AND NOT k.granted LIMIT 1) AS l ON true
      LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (SELECT DISTINCT u.pid FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS u (pid)) AS p
      LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = p.pid
      LEFT JOIN LATERAL (
        -- A prepared transaction has no process. What its locks name it by is the session's that began it, and its own number
        -- once the server was started anew; it has a lock of its own number in either case.
        SELECT t.gid, t.owner, t.prepared
          FROM pg_catalog.pg_locks h
          JOIN pg_catalog.pg_locks o ON o.virtualtransaction = h.virtualtransaction AND o.pid IS NULL AND o.locktype = 'transactionid'
          JOIN pg_catalog.pg_prepared_xacts t ON t.transaction = o.transactionid
         WHERE p.pid = 0 AND h.pid IS NULL AND h.granted AND h.locktype = l.locktype
           AND (h.database, h.relation, h.transactionid, h.classid, h.objid, h.objsubid)
               IS NOT DISTINCT FROM (l.database, l.relation, l.transactionid, l.classid, l.objid, l.objsubid)
         LIMIT 1) AS x ON true
     WHERE \(sessions)
    UNION ALL
    SELECT NULL, '', '', '', '', a.wait_event, pg_catalog.current_setting('synchronous_standby_names')
      FROM pg_catalog.pg_stat_activity a WHERE a.wait_event = 'SyncRep' AND (\(sessions))
     ORDER BY 1
     LIMIT 5
    """
  }

  /// - Returns: nil where nobody waits.
  /// - Throws: `PostgresError` for rows of another query.
  package init?(_ rows: Rows) throws {
    guard let first = rows.first else { return nil }
    if try first.string(5) == "SyncRep" {
      blockers = []
      lock =
        "a standby to confirm the COMMIT (synchronous_standby_names is \(Quote.literal(try first.string(6))))"
      return
    }
    blockers = try rows.filter { try $0.string(5) != "SyncRep" }.map { row in
      let (pid, name) = (try row.int(0), try row.string(1))
      return Blocker(
        pid == 0 ? .prepared(name) : .process(pid, application: name), role: try row.string(2), age: try row.string(3),
        query: try row.string(4))
    }
    let relation = try first.optionalString(6)
    lock =
      switch try first.string(5) {
      // The relation may be one that only its own transaction sees yet.
      case "relation", "tuple", "page", "extend": "a lock on \(relation ?? "a relation")"
      case "transactionid", "virtualxid", "spectoken": "the end of a transaction"
      case "advisory": "an advisory lock"
      case "": "a lock"
      case let kind: "a lock (\(kind))"
      }
  }
}
