internal import FoundationEssentials

/// The settings that dbtool's own statements rely on.
///
/// Whoever owns a role or a database can give its sessions any `search_path`, put a function, an operator or a cast into a
/// schema that comes first there, and so have it run by whoever connects. A session that is *pinned* finds nothing but what
/// PostgreSQL brings, and prints and waits as dbtool expects. What a user has written (migrations, seeds) runs with the
/// session's own settings: `Connection.asSession`.
package enum SessionSettings {
  private static let usual: [(name: String, value: String)] = [
    // The temporary schema last: otherwise its tables come before the catalogs.
    ("search_path", "pg_catalog, pg_temp"),
    ("DateStyle", "ISO, MDY"), ("TimeZone", "UTC"), ("IntervalStyle", "postgres"),
    ("standard_conforming_strings", "on"), ("backslash_quote", "safe_encoding"), ("transform_null_equals", "off"),
    ("array_nulls", "on"), ("bytea_output", "hex"), ("extra_float_digits", "1"), ("xmloption", "content"),
    ("quote_all_identifiers", "off"), ("row_security", "on"), ("check_function_bodies", "on"),
    ("constraint_exclusion", "partition"), ("client_encoding", "UTF8"),
    ("statement_timeout", "0"), ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
    ("idle_session_timeout", "0"), ("exit_on_error", "off"),
    ("default_transaction_isolation", "read committed"), ("default_transaction_read_only", "off"),
    ("default_transaction_deferrable", "off"),
    ("default_tablespace", ""), ("default_table_access_method", "heap"),
    // A query of catalogs without statistics looks dear: to compile it takes a second, to run it a hundredth of that.
    ("jit", "off"),
    // Whoever owns a role or a database may give it any setting, and would say there which partitions are too old.
    (clock, rehearsal ?? ""),
  ]

  /// The moment that partitions' windows take for the present; empty for the present. Whoever runs dbtool sets another by the
  /// environment's `DBTOOL_NOW`, for a rehearsal.
  package static let clock = "dbtool.now"

  /// What `DBTOOL_NOW` says, if anything.
  package static let rehearsal = ProcessInfo.processInfo.environment["DBTOOL_NOW"].flatMap { $0.isEmpty ? nil : $0 }

  static func all(_ version: ServerVersion) -> [(name: String, value: String)] {
    version.major >= 17 ? usual + [("transaction_timeout", "0")] : usual
  }

  /// Keeps a statement from reading a view or a foreign table that is not PostgreSQL's own, as `pg_dump` does since CVE-2024-7348:
  /// between a look at what a name stands for and the use of the name, somebody may have put a view there. What a user's triggers
  /// and functions read is theirs to say: `unrestricted`. Servers have it from 14.13, 15.8, 16.4 and 17 on.
  private static let restriction = "restrict_nonsystem_relation_kind"
  private static let restricted = "view, foreign-table"
  private static func hasRestriction(_ version: ServerVersion) -> Bool {
    version.major >= 17 || version.minor >= [14: 13, 15: 8, 16: 4][version.major, default: .max]
  }

  /// A call that does nothing where the server does not know the setting.
  private static func restrict(_ value: String, isLocal: String) -> String {
    "CASE WHEN pg_catalog.current_setting('\(restriction)', true) IS NOT NULL "
      + "THEN pg_catalog.set_config('\(restriction)', \(Quote.literal(value)), \(isLocal)) END"
  }

  /// For the transaction: no view and no foreign table is read.
  package static let restrictTransaction = restrict(restricted, isLocal: "true")

  /// For the rest of a transaction in which PostgreSQL calls what belongs to users: checks, triggers, event triggers.
  package static let unrestricted = Statement("SELECT " + restrict("", isLocal: "true"))

  /// What only a superuser may set, and nobody is given by accident.
  private static let replication = "session_replication_role"
  private static let isSuperuser =
    "EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER AND r.rolsuper)"

  /// The server process, and what each setting is. Nothing in it can be shadowed: it runs before anything is pinned.
  static func current(_ version: ServerVersion) -> Statement {
    let values = (all(version).map(\.name) + [restriction, replication]).map {
      "pg_catalog.current_setting(\(Quote.literal($0)), true)"
    }
    return Statement("SELECT pg_catalog.pg_backend_pid(), " + values.joined(separator: ", "))
  }

  /// Reads what `current` tells: the server process, and the values in the order in which `restore` takes them.
  static func decode(_ rows: Rows, _ version: ServerVersion) throws -> (process: Int, values: [String]) {
    let row = rows[0]
    return (try row.int(0), try (1...all(version).count + 2).map { try row.optionalString($0) ?? "" })
  }

  /// Pins the session, unless the process is not the one that libpq was told of: then a pooler stands between, the session
  /// is others' as well, and the settings end with this transaction.
  static func pin(_ version: ServerVersion, unlessOtherThan process: Int) -> Statement {
    let isOther = "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.<>) $1::pg_catalog.int4"
    return Statement(
      set(all(version).map(\.value) + [restricted, "origin"], version, isLocal: isOther), [String(process)])
  }

  /// Pins what is left of the transaction: a pipeline up to its synchronisation is one.
  static func pinTransaction(_ version: ServerVersion) -> Statement {
    Statement(set(all(version).map(\.value) + [restricted], version, isLocal: "true"))
  }

  /// Takes back what `current` has told.
  static func restore(_ values: [String], _ version: ServerVersion, isLocal: Bool) -> Statement {
    Statement(set(values, version, isLocal: "\(isLocal)"))
  }

  /// The role that the session acts as.
  static let role = Statement("SELECT pg_catalog.current_setting('role')")

  /// Acts as a role, until the transaction ends or for the session.
  static func act(as role: String, isLocal: Bool = true) -> Statement {
    Statement("SELECT pg_catalog.set_config('role', \(Quote.literal(role)), \(isLocal))")
  }

  /// For the beginning of a script that is one transaction. It takes no snapshot, so that a `BEGIN` may follow with any
  /// isolation level.
  static func script(_ version: ServerVersion) -> String {
    (all(version) + (hasRestriction(version) ? [(restriction, restricted)] : [])).map { name, value in
      // A list of names, which as one literal would be one name.
      "SET LOCAL \(name) = \(name == "search_path" ? value : Quote.literal(value)); "
    }.joined()
  }

  private static func set(_ values: [String], _ version: ServerVersion, isLocal: String) -> String {
    var calls = zip(all(version), values).map { setting, value in
      "pg_catalog.set_config(\(Quote.literal(setting.name)), \(Quote.literal(value)), \(isLocal))"
    }
    let others = values.dropFirst(calls.count)
    if let value = others.first { calls.append(restrict(value, isLocal: isLocal)) }
    if let value = others.dropFirst().first {
      calls.append(
        """
        CASE WHEN pg_catalog.current_setting('\(replication)') OPERATOR(pg_catalog.<>) \(Quote.literal(value))
              AND \(isSuperuser)
             THEN pg_catalog.set_config('\(replication)', \(Quote.literal(value)), \(isLocal)) END
        """)
    }
    return "SELECT " + calls.joined(separator: ", ")
  }
}
