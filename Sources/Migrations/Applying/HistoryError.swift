internal import Postgres

/// Why the history of a database is not used.
package enum HistoryError: Error, CustomStringConvertible {
  /// Something in a schema of dbtool's is not dbtool's own.
  case foreign(object: String, reason: String, advice: String)
  /// A newer dbtool has written it.
  case newer(found: Int, known: Int)
  /// Somebody has written something else in its version's place.
  case notAVersion(String)

  /// The role may not read it.
  case unreadable(role: String)
  /// The server replays what another one writes.
  case standby

  package var description: String {
    switch self {
    case .unreadable(let role):
      let name = Quote.identifier(role)
      return
        "the role \(name) may not read the history of this database (dbtool.migrations). Let it: "
        + "GRANT USAGE ON SCHEMA dbtool TO \(name); GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO \(name);"
    case .standby:
      return
        "this server is a standby, which only replays what its primary writes. Nothing was changed. Name the primary with --database."
    case .foreign(let object, let reason, let advice):
      return
        "\(object) \(reason), so that dbtool neither reads nor writes its history there: what somebody else can change would "
        + "run with your rights. Nothing was changed. \(advice)"
    case .notAVersion(let text):
      return
        "dbtool.settings has \(text) as history_version, which is no version of a history. Nothing was changed. Somebody has "
        + "changed it by hand: restore the row, or drop it if the history was never upgraded."
    case .newer(let found, let known):
      return
        "the history of this database was written by a newer dbtool (its layout is \(found), this one knows \(known)). "
        + "Nothing was changed. Use the newest version of dbtool."
    }
  }
}
