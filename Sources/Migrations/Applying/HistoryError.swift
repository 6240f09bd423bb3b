/// Why the history of a database is not used.
package enum HistoryError: Error, CustomStringConvertible {
  /// Something in a schema of dbtool's is not dbtool's own.
  case foreign(object: String, reason: String, advice: String)
  /// A newer dbtool has written it.
  case newer(found: Int, known: Int)
  /// Somebody has written something else in its version's place.
  case notAVersion(String)

  package var description: String {
    switch self {
    case .foreign(let object, let reason, let advice):
      "\(object) \(reason), so that dbtool neither reads nor writes its history there: what somebody else can change would "
        + "run with your rights. Nothing was changed. \(advice)"
    case .notAVersion(let text):
      "dbtool.settings has \(text) as history_version, which is no version of a history. Nothing was changed. Somebody has "
        + "changed it by hand: restore the row, or drop it if the history was never upgraded."
    case .newer(let found, let known):
      "the history of this database was written by a newer dbtool (its layout is \(found), this one knows \(known)). "
        + "Nothing was changed. Use the newest version of dbtool."
    }
  }
}
