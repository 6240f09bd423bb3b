internal import Postgres

/// Why the history of a database is not used.
package enum HistoryError: Error, CustomStringConvertible {
  /// Something in a schema of dbtool's is not dbtool's own.
  case foreign(object: String, reason: String, advice: String)
  /// Something became so while dbtool was at work, after it had looked.
  case changedMeanwhile(object: String, reason: String, advice: String)
  /// The schema that dbtool had looked at is gone, or has another name.
  case replaced(schema: String)
  /// A newer dbtool has written it.
  case newer(found: Int, known: Int)
  /// Somebody has written something else in its version's place.
  case notAVersion(String)

  /// The role may not read it.
  case unreadable(role: String)
  /// The role may read it, and not write to it.
  case unwritable(role: String, schema: String)
  /// The server replays what another one writes.
  case standby

  package var description: String {
    switch self {
    case .unreadable(let role):
      let name = Quote.identifier(role)
      return
        "the role \(name) may not read the history of this database (dbtool.migrations). Let it: "
        + "GRANT USAGE ON SCHEMA dbtool TO \(name); GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO \(name);"
    case .unwritable(let role, let schema):
      return
        "the role \(Quote.identifier(role)) may not write to the history of this database (the schema \(Quote.identifier(schema))). "
        + "Connect as the role that applies this project's migrations, or as a member of it that acts as it (ALTER ROLE … SET role)."
    case .changedMeanwhile(let object, let reason, let advice):
      return
        "\(object) \(reason), and had not when dbtool began: somebody changes its history while it is at work. dbtool has written "
        + "nothing there since, and has stopped; what it had finished before stays. \(advice)"
    case .replaced(let schema):
      return
        "somebody has renamed or dropped the schema \(Quote.identifier(schema)) while dbtool was at work. It has written nothing there "
        + "since, and has stopped; what it had finished before stays. Find out who has done it, give the schema its name back, and "
        + "run this again."
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

  /// The same, found when dbtool was at work already.
  var meanwhile: HistoryError {
    guard case .foreign(let object, let reason, let advice) = self else { return self }
    return .changedMeanwhile(object: object, reason: reason, advice: advice)
  }
}
